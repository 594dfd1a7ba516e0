"""The command ``camunda-client``: run workers, deploy, start instances, look at the cluster.

Imports of everything else happen inside the commands: ``worker`` has to patch before any of it is loaded.
"""

from camunda_client.cli._main import main

__all__ = ["main"]
