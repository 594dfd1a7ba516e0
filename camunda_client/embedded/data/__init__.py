"""What an engine keeps of its life in a directory: a log of its commands, and snapshots of its state."""

from camunda_client.embedded.data._journal import DataError, Journal, Record
from camunda_client.embedded.data._storage import Recovery, Storage

__all__ = ["DataError", "Journal", "Record", "Recovery", "Storage"]
