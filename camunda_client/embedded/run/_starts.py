"""Start events of deployed processes: messages, signals and timers that begin instances by themselves."""

from __future__ import annotations

from functools import partial

from camunda_client.embedded._present import present
from camunda_client.embedded.model import Cycle, Definition, Element, first_due, next_due
from camunda_client.embedded.run._clock import Clock
from camunda_client.embedded.run._lifecycle import Lifecycle
from camunda_client.embedded.run._messages import Messages
from camunda_client.embedded.run._schedule import Entry, Schedule
from camunda_client.embedded.run._signals import Signals


class Starts:
    """Only the latest version of a process listens."""

    def __init__(
        self, lifecycle: Lifecycle, messages: Messages, signals: Signals, schedule: Schedule, clock: Clock
    ) -> None:
        self._lifecycle = lifecycle
        self._messages = messages
        self._signals = signals
        self._schedule = schedule
        self._clock = clock
        #: What is due next, by the key of the version and the id of its start event.
        self._timers: dict[int, dict[str, Entry]] = {}

    def replace(self, old: Definition | None, new: Definition | None) -> None:
        """Let a new version listen in place of the old one."""
        if old is not None:
            self._messages.forget_starts(old)
            self._signals.forget_starts(old)
            for entry in self._timers.pop(old.key, {}).values():
                entry.cancel()
        if new is not None:
            for start in new.process.root.starts:
                self._listen(new, start)

    def _listen(self, definition: Definition, start: Element) -> None:
        event = start.event
        name = event.name.evaluate({}, now=self._clock.now) if event.name is not None else ""
        if event.kind == "message":
            self._messages.listen_at_start(definition, start, str(name))
        elif event.kind == "signal":
            self._signals.listen_at_start(definition, start, str(name))
        elif event.kind == "timer":
            timer = present(event.timer)
            value = timer.raw({}, [], self._clock.now)
            due_ms, cycle = first_due(event.timer_kind, value, timer, self._clock.now_ms())
            self._at(definition, start, due_ms, cycle)

    def _at(self, definition: Definition, start: Element, due_ms: int, cycle: Cycle | None) -> None:
        entry = self._schedule.at(due_ms, partial(self._due, definition, start, due_ms, cycle))
        self._timers.setdefault(definition.key, {})[start.id] = entry

    def _due(self, definition: Definition, start: Element, due_ms: int, cycle: Cycle | None) -> None:
        following = next_due(cycle, due_ms, self._clock.now_ms()) if cycle is not None else None
        if following is not None:
            self._at(definition, start, following, cycle)
        self._lifecycle.start(definition, {}, definition.tenant_id, at=[start], event_variables={})
