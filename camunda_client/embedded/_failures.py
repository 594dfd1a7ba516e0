"""Why an element instance can't go on. The life cycle turns a failure into an incident."""

from __future__ import annotations


class Failure(Exception):
    """A step of an element instance failed; it is tried again when its incident is resolved."""

    def __init__(self, error_type: str, message: str) -> None:
        self.error_type = error_type
        self.message = message
        super().__init__(f"{error_type}: {message}")

    @classmethod
    def unknown(cls, error: BaseException) -> Failure:
        """Return the failure that a fault of the embedded engine itself is; a real Camunda's has none of that type."""
        return cls("UNKNOWN", f"the embedded engine failed, please report it: {error!r}")
