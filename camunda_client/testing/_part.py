"""What a missing real part raises, so that a test run can tell "not here" from "broken"."""

from __future__ import annotations


class MissingPartError(RuntimeError):
    """Something this machine does not have (Maven, a Java, a distribution) is needed; the message says what to do."""


class PartFailedError(RuntimeError):
    """A part is there but did not start, stop or answer as it must; the message carries the tail of its log."""
