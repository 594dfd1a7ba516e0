"""What became of a process instance, in words: the text under a failing assertion."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from camunda_client.testing._calls import called_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from camunda_client.embedded import Engine, Incident, InstanceHistory, Job, UserTask, Wait
    from camunda_client.testing.worker_session import WorkedJob

#: Characters of one variable's value; a whole document would bury the path.
_VALUE_LIMIT = 200
#: Jobs of an instance that are told; of a loop only the last ones matter.
_JOBS_TOLD = 12
_INCIDENTS_TOLD = 12
#: Elements told of each end of a path; one that goes round for ever has a hundred thousand.
_PATH_END = 20
#: Called instances of one instance that are told, and how far down.
_CALLS_TOLD = 5
_DEEPEST_CALL = 5


def heading(history: InstanceHistory) -> str:
    """Return the line that names an instance."""
    return f"{history.process_id} version {history.version}, instance {history.process_instance_key}: {history.state}"


def story(history: InstanceHistory, engine: Engine, worked: Iterable[WorkedJob] = (), hint: str = "") -> str:
    """Return the path taken, what was done, where it stands and why, its variables and incidents.

    Args:
        history: The instance.
        engine: Where it ran.
        worked: The jobs that handlers worked; those of other instances are passed over.
        hint: What may be done about jobs that wait.
    """
    jobs = engine.jobs()
    lines = _told(history, engine, jobs, list(worked))
    # Of the called instances too: their jobs are what it waits for.
    keys = {history.process_instance_key, *_called_keys(history, engine)}
    if hint and any(job.state == "ACTIVATABLE" and job.process_instance_key in keys for job in jobs):
        lines.append(f"  {hint}")
    return "\n".join(lines)


def _told(
    history: InstanceHistory, engine: Engine, jobs: list[Job], worked: list[WorkedJob], depth: int = 0
) -> list[str]:
    key = history.process_instance_key
    lines = [heading(history), f"  path taken: {path_taken(history)}"]
    if history.terminated:
        lines.append("  terminated: " + ", ".join(_ends(history.terminated)))
    done = [f"  {done}" for done in worked if done.job.process_instance_key == str(key)]
    lines += _last(done, _JOBS_TOLD, "jobs")
    lines += _last([_incident(one) for one in history.incidents], _INCIDENTS_TOLD, "incidents")
    lines.append("  variables: " + (", ".join(f"{k}={shown(v)}" for k, v in history.variables.items()) or "(none)"))
    lines += _places(history, [job for job in jobs if job.process_instance_key == key], engine)
    calls = called_by(history, engine) if depth < _DEEPEST_CALL else []
    if len(calls) > _CALLS_TOLD:
        lines.append(f"  ({len(calls) - _CALLS_TOLD} more called instances before these)")
    for element_id, called in calls[-_CALLS_TOLD:]:
        first, *rest = _told(called, engine, jobs, worked, depth + 1)
        lines += [f"  {element_id} called {first}", *(f"  {line}" for line in rest)]
    return lines


def _called_keys(history: InstanceHistory, engine: Engine) -> Iterator[int]:
    for _, called in called_by(history, engine):
        yield called.process_instance_key
        yield from _called_keys(called, engine)


def path_taken(history: InstanceHistory) -> str:
    """Return the elements visited, of a long path its ends."""
    return " > ".join(_ends(history.path)) or "(nothing was activated)"


def shown(value: Any) -> str:
    """Return a value's text, cut where it gets long."""
    text = repr(value)
    return text if len(text) <= _VALUE_LIMIT else f"{text[:_VALUE_LIMIT]}… ({len(text)} characters)"


def retries_left(retries: int) -> str:
    """Return how many retries are left, in words."""
    return "1 retry left" if retries == 1 else f"{retries} retries left"


def _ends(names: list[str]) -> list[str]:
    between = len(names) - 2 * _PATH_END
    return names if between <= 0 else [*names[:_PATH_END], f"({between} more)", *names[-_PATH_END:]]


def _last(lines: list[str], limit: int, what: str) -> list[str]:
    left_out = len(lines) - limit
    return lines if left_out <= 0 else [f"  ({left_out} more {what} before these)", *lines[-limit:]]


def _incident(incident: Incident) -> str:
    word = "open" if incident.open else "closed"
    message = incident.message.replace("\n", "\n    ")
    return f"  incident at {incident.element_id} ({word}): {incident.error_type}: {message}"


def _places(history: InstanceHistory, jobs: list[Job], engine: Engine) -> Iterator[str]:
    """Say of each active element what it waits for; of a container only what itself waits for."""
    waits = engine.waits(history.process_instance_key)
    tasks = [task for task in engine.user_tasks() if task.instance.process.key == history.process_instance_key]
    kinds = {record.element_id: record.kind.lower().replace("_", " ") for record in history.elements}
    for element_id in dict.fromkeys([*history.active, *(wait.element_id for wait in waits)]):
        told = [_job(job, engine) for job in jobs if job.element_id == element_id]
        told += [_user_task(task) for task in tasks if task.instance.element.id == element_id]
        told += [_event(wait, engine) for wait in waits if wait.element_id == element_id]
        told = [text if count == 1 else f"{count} times {text}" for text, count in Counter(told).items()]
        yield f"  waits at {element_id} " + (f"for {' or '.join(told)}" if told else f"({kinds[element_id]})")


def _job(job: Job, engine: Engine) -> str:
    text = f"a job of type {job.type!r} ({retries_left(job.retries)})"
    if job.state == "FAILED" and job.incident is None:
        return f"{text}, which failed and is offered again {_in(engine, job.deadline_ms)}"
    return text


def _user_task(task: UserTask) -> str:
    whose = f" of {task.assignee!r}" if task.assignee else ""
    return f"a user task{whose}, which camunda.user_task({task.instance.element.id!r}).complete() ends"


def _event(wait: Wait, engine: Engine) -> str:
    at = "" if wait.catcher_id == wait.element_id else f" ({wait.catcher_id})"
    if wait.due_ms is not None:
        return f"a {wait.kind} that is due {_in(engine, wait.due_ms)}{at}"
    key = f" with correlation key {wait.correlation_key!r}" if wait.correlation_key else ""
    return f"a {wait.kind} {wait.name!r}{key}{at}"


def _in(engine: Engine, moment_ms: int) -> str:
    return f"in {timedelta(milliseconds=moment_ms - engine.clock.now_ms())}"
