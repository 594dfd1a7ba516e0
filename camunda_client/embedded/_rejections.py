"""A command the engine refuses, with the type and the words a real Camunda uses."""

from __future__ import annotations


class EngineError(Exception):
    """The base of what the embedded engine raises."""


class Rejection(EngineError):
    """A command was refused; nothing has changed.

    ``code`` is NOT_FOUND, INVALID_STATE, INVALID_ARGUMENT, ALREADY_EXISTS or EXCEEDED_BATCH_RECORD_SIZE;
    ``command`` is the intent (COMPLETE, CREATE, ...).
    """

    def __init__(self, command: str, code: str, reason: str) -> None:
        self.command = command
        self.code = code
        self.reason = reason
        super().__init__(f"Command '{command}' rejected with code '{code}': {reason}")


def not_found(command: str, reason: str) -> Rejection:
    """Return a rejection for a key or id that nothing bears."""
    return Rejection(command, "NOT_FOUND", reason)


def invalid_state(command: str, reason: str) -> Rejection:
    """Return a rejection for something that exists but can't take the command now."""
    return Rejection(command, "INVALID_STATE", reason)


def invalid_argument(command: str, reason: str) -> Rejection:
    """Return a rejection for a command that could never succeed."""
    return Rejection(command, "INVALID_ARGUMENT", reason)
