"""Signals: all that wait for a name get it, and none that come later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from camunda_client.embedded.model import Definition, Element
from camunda_client.embedded.run._instances import Subscription
from camunda_client.embedded.run._lifecycle import Lifecycle


class Signals:
    """Subscriptions and start events by name."""

    def __init__(self, lifecycle: Lifecycle, trigger: Callable[[Subscription, dict[str, Any]], None]) -> None:
        self._lifecycle = lifecycle
        self._trigger = trigger
        self._waiting: dict[tuple[str, str], list[Subscription]] = {}
        self._starts: dict[tuple[str, str], dict[str, tuple[Definition, Element]]] = {}

    def open(self, subscription: Subscription) -> None:
        """Wait for a signal."""
        self._waiting.setdefault((subscription.tenant_id, subscription.name), []).append(subscription)

    def close(self, subscription: Subscription) -> None:
        """Stop waiting."""
        waiting = self._waiting.get((subscription.tenant_id, subscription.name), [])
        if subscription in waiting:
            waiting.remove(subscription)

    def listen_at_start(self, definition: Definition, start: Element, name: str) -> None:
        """Let signals of a name start a process; replaces the process's older version."""
        self._starts.setdefault((definition.tenant_id, name), {})[definition.process_id] = (definition, start)

    def forget_starts(self, definition: Definition) -> None:
        """Start no more instances of a version."""
        for by_process in self._starts.values():
            if by_process.get(definition.process_id, (None, None))[0] is definition:
                del by_process[definition.process_id]

    def broadcast(self, name: str, variables: dict[str, Any], tenant_id: str) -> None:
        """Start the processes and trigger the elements that listen now."""
        for definition, start in list(self._starts.get((tenant_id, name), {}).values()):
            self._lifecycle.start(definition, {}, tenant_id, at=[start], event_variables=dict(variables))
        for subscription in list(self._waiting.get((tenant_id, name), [])):
            self._trigger(subscription, dict(variables))
