"""The command ``camunda-client``: run workers, deploy, start instances, look at the cluster.

Imports of everything else happen inside ``main`` and the commands: ``worker`` has to be deaf to SIGUSR1 before anything
slow, and to patch before what is to be patched is loaded.
"""

from camunda_client.cli._entry import main

__all__ = ["main"]
