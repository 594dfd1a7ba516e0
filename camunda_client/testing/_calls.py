"""The instances that call activities wait for, and what hinders those: their caller goes on only when they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from camunda_client.embedded import Engine, Incident, InstanceHistory


def called_by(history: InstanceHistory, engine: Engine) -> list[tuple[str, InstanceHistory]]:
    """Return the running instances that an instance has called, oldest first, each after the element that did."""
    mine = history.process_instance_key
    return [(call.element_id, call.called) for call in engine.calls() if call.process_instance_key == mine]


def called_keys(engine: Engine) -> set[int]:
    """Return the keys of all running instances that another one has called."""
    return {call.called.process_instance_key for call in engine.calls()}


def open_incidents(history: InstanceHistory, engine: Engine) -> list[Incident]:
    """Return an instance's open incidents, followed by those of the instances it called, and so on."""
    found = list(history.open_incidents)
    for _, called in called_by(history, engine):
        found += open_incidents(called, engine)
    return found
