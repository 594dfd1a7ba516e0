"""Job worker and REST client for Camunda 8: plain blocking handlers, hundreds at once, in one process.

Importing this package does nothing else: no patching, no configuration, no network. Start at
:mod:`camunda_client.c8.worker` for workers, :mod:`camunda_client.c8.api` for single calls.
"""

__version__ = "9.0.0.dev0"
