"""The instances that call activities wait for, and what hinders those: their caller goes on only when they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from camunda_client.embedded import Engine, Incident, InstanceHistory
    from camunda_client.embedded._instances import ProcessInstance


def called_by(history: InstanceHistory, engine: Engine) -> list[tuple[str, InstanceHistory]]:
    """Return the running instances that an instance has called, oldest first, each after the element that did."""
    return [
        (process.caller.element.id, process.history)
        for process in _running(engine)
        if process.caller is not None and process.caller.process.key == history.process_instance_key
    ]


def called_keys(engine: Engine) -> set[int]:
    """Return the keys of all running instances that another one has called."""
    return {process.key for process in _running(engine) if process.caller is not None}


def open_incidents(history: InstanceHistory, engine: Engine) -> list[Incident]:
    """Return an instance's open incidents, followed by those of the instances it called, and so on."""
    found = list(history.open_incidents)
    for _, called in called_by(history, engine):
        found += open_incidents(called, engine)
    return found


def _running(engine: Engine) -> list[ProcessInstance]:
    # Nothing public of the engine knows the caller, and a history is kept without it.
    return list(engine._lifecycle.processes.values())
