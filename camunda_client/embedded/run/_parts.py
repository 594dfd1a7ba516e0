"""What the life cycle asks of the rest: to wait for events, to do what elements are for, to iterate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from camunda_client.embedded.model import Listener
from camunda_client.embedded.run._instances import ElementInstance, ProcessInstance


class Waiting(Protocol):
    """What instances wait for."""

    def subscribe_scope(self, scope: ElementInstance) -> None:
        """Wait for the events of a scope's event sub-processes."""

    def subscribe_boundaries(self, instance: ElementInstance) -> None:
        """Wait for the boundary events of an activity."""

    def close(self, instance: ElementInstance) -> None:
        """Stop waiting for anything."""

    def process_ended(self, process: ProcessInstance) -> None:
        """A process instance has completed or was terminated."""


class Working(Protocol):
    """What elements do."""

    def check(self, instance: ElementInstance) -> None:
        """Fail before an instance that throws counts as activated."""

    def activate(self, instance: ElementInstance) -> None:
        """Do what the element is for."""

    def create_listener(self, instance: ElementInstance, listener: Listener, phase: str) -> Any:
        """Create the job of an execution listener."""

    def cancel_of(self, instance: ElementInstance) -> None:
        """Take back the work of an instance that is terminated."""

    def left(self, instance: ElementInstance) -> None:
        """Note what an instance that has completed leaves to be undone, or has undone."""

    def has_last_words(self, instance: ElementInstance) -> bool:
        """Whether something is to be heard before an instance ends."""

    def hear(self, instance: ElementInstance, then: Callable[[], None]) -> None:
        """Let that be said, and call ``then``."""

    def close(self, instance: ElementInstance) -> None:
        """Stop waiting for events."""


class Iterating(Protocol):
    """What multi-instance bodies do, and their iterations."""

    def activate(self, body: ElementInstance) -> None:
        """Begin a body."""

    def set_loop_variables(self, inner: ElementInstance) -> None:
        """Give an iteration its item and its number."""

    def collect(self, inner: ElementInstance) -> None:
        """Put an iteration's output into the collection."""

    def after(self, body: ElementInstance) -> None:
        """Go on after an iteration."""

    def publish(self, body: ElementInstance) -> None:
        """Hand the collected outputs to the scope around the body."""
