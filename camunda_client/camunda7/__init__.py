"""Runs files written for Camunda 7's external tasks as they are: ``camunda-client worker --camunda7 file.py``.

In place of the libraries that they import, ``camunda-external-task-client-python3`` and ``pycamunda``, they find
modules of the same names that work Camunda 8's jobs. docs/camunda7.md says what there is, and what is different.
"""

from camunda_client.camunda7._modules import install
from camunda_client.camunda7._script import Script, run
from camunda_client.camunda7._subscriptions import give_json_as_text, register

__all__ = ["Script", "give_json_as_text", "install", "register", "run"]
