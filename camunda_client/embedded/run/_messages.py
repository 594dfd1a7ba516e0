"""Messages: correlated to who waits, buffered for who comes later, each at most once per process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from camunda_client.embedded._rejections import Rejection, not_found
from camunda_client.embedded.model import Definition, Element
from camunda_client.embedded.run._clock import Clock
from camunda_client.embedded.run._instances import ProcessInstance, Subscription
from camunda_client.embedded.run._lifecycle import Lifecycle
from camunda_client.embedded.run._schedule import Schedule

Address = tuple[str, str, str]


@dataclass(slots=True, eq=False)
class Message:
    """A published message."""

    key: int
    name: str
    correlation_key: str
    variables: dict[str, Any]
    tenant_id: str
    message_id: str = ""
    deadline_ms: int = 0
    correlated: dict[str, int] = field(default_factory=dict)

    @property
    def address(self) -> Address:
        """What a subscription must have in common with it."""
        return (self.tenant_id, self.name, self.correlation_key)


class Messages:
    """Subscriptions, start events and the buffer."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        clock: Clock,
        schedule: Schedule,
        trigger: Callable[[Subscription, dict[str, Any]], None],
    ) -> None:
        self._lifecycle = lifecycle
        self._clock = clock
        self._schedule = schedule
        self._trigger = trigger
        self._waiting: dict[Address, list[Subscription]] = {}
        self._buffer: dict[Address, list[Message]] = {}
        self._starts: dict[tuple[str, str], dict[str, tuple[Definition, Element]]] = {}
        #: (tenant, process id, correlation key) of running instances that a message started.
        self._running: dict[Address, int] = {}

    # -- who waits --------------------------------------------------------------------------------------------------
    def open(self, subscription: Subscription) -> None:
        """Wait for a message; one that is buffered already comes soon."""
        address = (subscription.tenant_id, subscription.name, subscription.correlation_key)
        self._waiting.setdefault(address, []).append(subscription)
        _note("CREATED", subscription)
        self._lifecycle.agenda.soon(self._from_buffer, subscription, address)

    def close(self, subscription: Subscription) -> None:
        """Stop waiting."""
        address = (subscription.tenant_id, subscription.name, subscription.correlation_key)
        waiting = self._waiting.get(address, [])
        if subscription in waiting:
            waiting.remove(subscription)
            if not subscription.spent:
                _note("DELETED", subscription)
        if not waiting:
            self._waiting.pop(address, None)

    def _from_buffer(self, subscription: Subscription, address: Address) -> None:
        if not subscription.open:
            return
        for message in self._buffer.get(address, []):
            if subscription.process_id not in message.correlated:
                self._correlate(message, subscription)
                return

    def _correlate(self, message: Message, subscription: Subscription) -> None:
        message.correlated[subscription.process_id] = subscription.owner.process.key
        _note("CORRELATED", subscription, message.key)
        subscription.spent = not _takes_more(subscription)
        self._trigger(subscription, dict(message.variables))
        if subscription.open:  # a non-interrupting one takes the next buffered message too
            self._lifecycle.agenda.soon(self._from_buffer, subscription, message.address)

    def listen_at_start(self, definition: Definition, start: Element, name: str) -> None:
        """Let messages of a name start a process; replaces the process's older version."""
        self._starts.setdefault((definition.tenant_id, name), {})[definition.process_id] = (definition, start)
        for (tenant_id, other, _key), messages in list(self._buffer.items()):
            if (tenant_id, other) == (definition.tenant_id, name):
                for message in list(messages):
                    self._lifecycle.agenda.soon(self._start_instances, message)

    def forget_starts(self, definition: Definition) -> None:
        """Start no more instances of a version."""
        for by_process in self._starts.values():
            if by_process.get(definition.process_id, (None, None))[0] is definition:
                del by_process[definition.process_id]

    # -- what comes -------------------------------------------------------------------------------------------------
    def publish(
        self, name: str, correlation_key: str, variables: dict[str, Any], ttl_ms: int, message_id: str, tenant_id: str
    ) -> Message:
        """Correlate a message and buffer it for its time to live.

        Raises:
            Rejection: ALREADY_EXISTS: a message of that id, name and key is buffered.
        """
        message = Message(0, name, correlation_key, variables, tenant_id, message_id)
        if message_id and any(m.message_id == message_id for m in self._buffer.get(message.address, [])):
            raise Rejection(
                "PUBLISH",
                "ALREADY_EXISTS",
                f"Expected to publish a new message with id '{message_id}', "
                "but a message with that id was already published",
            )
        message.key = self._lifecycle.keys.next()
        if ttl_ms > 0:
            message.deadline_ms = self._clock.now_ms() + ttl_ms
            self._buffer.setdefault(message.address, []).append(message)
            self._schedule.at(message.deadline_ms, partial(self._expire, message))
        self._deliver(message)
        return message

    def correlate(
        self, name: str, correlation_key: str, variables: dict[str, Any], tenant_id: str
    ) -> tuple[Message, int]:
        """Correlate a message now or not at all; return it and the process instance's key.

        Raises:
            Rejection: NOT_FOUND: nothing waits for it.
        """
        message = Message(self._lifecycle.keys.next(), name, correlation_key, variables, tenant_id)
        self._deliver(message)
        if not message.correlated:
            raise not_found(
                "CORRELATE",
                f"Expected to find subscription for message with name '{name}' and correlation key "
                f"'{correlation_key}', but none was found.",
            )
        return message, next(iter(message.correlated.values()))

    def _deliver(self, message: Message) -> None:
        for subscription in list(self._waiting.get(message.address, [])):
            if subscription.process_id not in message.correlated:
                self._correlate(message, subscription)
        self._start_instances(message)

    def _start_instances(self, message: Message) -> None:
        for process_id, (definition, start) in list(self._starts.get((message.tenant_id, message.name), {}).items()):
            running = (message.tenant_id, process_id, message.correlation_key)
            if process_id in message.correlated or (message.correlation_key and running in self._running):
                continue
            process = self._lifecycle.start(
                definition, {}, message.tenant_id, at=[start], event_variables=dict(message.variables)
            )
            message.correlated[process_id] = process.key
            process.history.message("CORRELATED", start.id, 0, message.name, message.correlation_key, message.key)
            if message.correlation_key:
                process.correlation_key = message.correlation_key
                self._running[running] = process.key

    def process_ended(self, process: ProcessInstance) -> None:
        """Let the next message of the same correlation key start an instance."""
        if process.correlation_key is None:
            return
        self._running.pop((process.tenant_id, process.definition.process_id, process.correlation_key), None)
        for address, messages in list(self._buffer.items()):
            if address[0] == process.tenant_id and address[2] == process.correlation_key:
                for message in list(messages):
                    self._lifecycle.agenda.soon(self._start_instances, message)

    def _expire(self, message: Message) -> None:
        buffered = self._buffer.get(message.address, [])
        if message in buffered:
            buffered.remove(message)
        if not buffered:
            self._buffer.pop(message.address, None)


def _takes_more(subscription: Subscription) -> bool:
    """Whether it goes on waiting after a message: only what interrupts nothing does."""
    catcher = subscription.catcher
    return catcher.kind in ("BOUNDARY_EVENT", "START_EVENT") and not catcher.interrupting


def _note(state: str, subscription: Subscription, message_key: int = 0) -> None:
    owner = subscription.owner
    owner.process.history.message(
        state, subscription.catcher.id, owner.key, subscription.name, subscription.correlation_key, message_key
    )
