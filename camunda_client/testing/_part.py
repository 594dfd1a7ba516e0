"""What a server process raises that does not do as it must."""

from __future__ import annotations


class PartFailedError(RuntimeError):
    """A server did not start, stop or answer as it must; the message carries the tail of its log."""
