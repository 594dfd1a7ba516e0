"""What a process instance waits for, beside jobs: times, messages, signals, instances that it called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from camunda_client.embedded.run._history import InstanceHistory
from camunda_client.embedded.run._instances import ProcessInstance


@dataclass(frozen=True, slots=True)
class Wait:
    """An element waits for an event, its own or that of a boundary event or event sub-process (``catcher_id``)."""

    element_id: str
    catcher_id: str
    #: ``timer``, ``message``, ``signal``, ...
    kind: str
    #: Of the message or signal.
    name: str
    correlation_key: str
    #: When a timer is due.
    due_ms: int | None


@dataclass(frozen=True, slots=True)
class ActiveCall:
    """A call activity waits for the instance that it called."""

    #: Key of the process instance that called, and its element that did.
    process_instance_key: int
    element_id: str
    called: InstanceHistory


def waits_of(process: ProcessInstance) -> list[Wait]:
    """Return what the elements of an instance wait for, in order of their activation."""
    return [
        Wait(
            instance.element.id, one.catcher.id, one.kind, one.name, one.correlation_key,
            None if one.entry is None else one.entry.due_ms,
        )
        for instance in process.elements.values()
        for one in instance.subscriptions
        if one.open
    ]  # fmt: skip


def calls_among(processes: Iterable[ProcessInstance]) -> list[ActiveCall]:
    """Return the calls that these instances were started by."""
    return [
        ActiveCall(process.caller.process.key, process.caller.element.id, process.history)
        for process in processes
        if process.caller is not None
    ]
