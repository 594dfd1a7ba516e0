"""What became of process instances, in words: the text under a failing assertion."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from camunda_client.testing._jobs import retries_left

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from camunda_client.embedded import Engine, Incident, InstanceHistory, Job, UserTask, Wait
    from camunda_client.testing._jobs import WorkedJob
    from camunda_client.testing.worker_session import WorkerSession

#: Characters of one variable's value; a whole document would bury the path.
_VALUE_LIMIT = 200
#: Jobs and incidents shown of one instance; of a loop only the last ones matter.
_LAST = 12
#: Elements shown of each end of a path; one in a loop may have a hundred thousand.
_PATH_END = 20
#: Called instances shown of one instance, and how far down.
_LAST_CALLS = 5
_DEEPEST_CALL = 5
#: Instances described together; the failing assertion is about a late one more often than not.
_LAST_INSTANCES = 8


class Histories:
    """Describes the process instances of one engine."""

    def __init__(self, engine: Engine, session: Callable[[], WorkerSession | None]) -> None:
        """Describe what happened in ``engine``, and the jobs of its worker session, if there is one by then."""
        self._engine = engine
        self._session = session

    def describe(self, history: InstanceHistory) -> str:
        """Return the path taken, what was done, where the instance stands and why, its variables and incidents."""
        session, jobs = self._session(), self._engine.jobs()
        lines = self._lines(history, jobs, session.worked if session is not None else [])
        # Of the called instances too: their jobs are what it waits for.
        keys = {history.process_instance_key, *self._called_keys(history)}
        if any(job.state == "ACTIVATABLE" and job.process_instance_key in keys for job in jobs):
            no_handlers = "no handlers run here; job(...) ends jobs by hand"
            lines.append(f"  {no_handlers if session is None else session.hint()}")
        return "\n".join(lines)

    def latest(self) -> list[str]:
        """Return the descriptions of the last instances; a running one that was called is shown with its caller."""
        called = {call.called.process_instance_key for call in self._engine.calls()}
        found = [one for one in self._engine.instances if one.process_instance_key not in called]
        left_out = len(found) - _LAST_INSTANCES
        first = [f"({left_out} more process instances before these)"] if left_out > 0 else []
        return first + [self.describe(one) for one in found[-_LAST_INSTANCES:]]

    def open_incidents(self, history: InstanceHistory) -> list[Incident]:
        """Return an instance's open incidents, followed by those of the instances it called, and so on."""
        found = list(history.open_incidents)
        for _, called in self._called_by(history):
            found += self.open_incidents(called)
        return found

    def _called_by(self, history: InstanceHistory) -> list[tuple[str, InstanceHistory]]:
        """Return the running instances that an instance has called, oldest first, each after the element that did."""
        mine = history.process_instance_key
        return [(call.element_id, call.called) for call in self._engine.calls() if call.process_instance_key == mine]

    def _called_keys(self, history: InstanceHistory) -> Iterator[int]:
        for _, called in self._called_by(history):
            yield called.process_instance_key
            yield from self._called_keys(called)

    def _lines(self, history: InstanceHistory, jobs: list[Job], worked: list[WorkedJob], depth: int = 0) -> list[str]:
        key = history.process_instance_key
        lines = [heading(history), f"  path taken: {path_taken(history)}"]
        if history.terminated:
            lines.append("  terminated: " + ", ".join(_ends(history.terminated)))
        done = [f"  {done}" for done in worked if done.job.process_instance_key == str(key)]
        lines += _last(done, "jobs")
        lines += _last([_incident(one) for one in history.incidents], "incidents")
        lines.append("  variables: " + (", ".join(f"{k}={shown(v)}" for k, v in history.variables.items()) or "(none)"))
        lines += _places(history, [job for job in jobs if job.process_instance_key == key], self._engine)
        calls = self._called_by(history) if depth < _DEEPEST_CALL else []
        if len(calls) > _LAST_CALLS:
            lines.append(f"  ({len(calls) - _LAST_CALLS} more called instances before these)")
        for element_id, called in calls[-_LAST_CALLS:]:
            first, *rest = self._lines(called, jobs, worked, depth + 1)
            lines += [f"  {element_id} called {first}", *(f"  {line}" for line in rest)]
        return lines


def heading(history: InstanceHistory) -> str:
    """Return the line that names an instance."""
    return f"{history.process_id} version {history.version}, instance {history.process_instance_key}: {history.state}"


def path_taken(history: InstanceHistory) -> str:
    """Return the elements visited; of a long path only its two ends."""
    return " > ".join(_ends(history.path)) or "(nothing was activated)"


def shown(value: Any) -> str:
    """Return a value's text, cut where it gets long."""
    text = repr(value)
    return text if len(text) <= _VALUE_LIMIT else f"{text[:_VALUE_LIMIT]}… ({len(text)} characters)"


def _ends(names: list[str]) -> list[str]:
    between = len(names) - 2 * _PATH_END
    return names if between <= 0 else [*names[:_PATH_END], f"({between} more)", *names[-_PATH_END:]]


def _last(lines: list[str], what: str) -> list[str]:
    left_out = len(lines) - _LAST
    return lines if left_out <= 0 else [f"  ({left_out} more {what} before these)", *lines[-_LAST:]]


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
        reasons = [_job(job, engine) for job in jobs if job.element_id == element_id]
        reasons += [_user_task(task) for task in tasks if task.instance.element.id == element_id]
        reasons += [_event(wait, engine) for wait in waits if wait.element_id == element_id]
        reasons = [text if count == 1 else f"{count} times {text}" for text, count in Counter(reasons).items()]
        yield f"  waits at {element_id} " + (f"for {' or '.join(reasons)}" if reasons else f"({kinds[element_id]})")


def _job(job: Job, engine: Engine) -> str:
    text = f"a job of type {job.type!r} ({retries_left(job.retries)})"
    if job.state == "FAILED" and job.incident is None:
        return f"{text}, which failed and is offered again {_in(engine, job.deadline_ms)}"
    return text


def _user_task(task: UserTask) -> str:
    whose = f" of {task.assignee!r}" if task.assignee else ""
    if task.transition is not None:  # the job that it waits for is named, too
        return f"the listeners of a user task{whose}, which is {task.state}"
    return f"a user task{whose}, which camunda.user_task({task.instance.element.id!r}).complete() ends"


def _event(wait: Wait, engine: Engine) -> str:
    at = "" if wait.catcher_id == wait.element_id else f" ({wait.catcher_id})"
    if wait.due_ms is not None:
        return f"a {wait.kind} that is due {_in(engine, wait.due_ms)}{at}"
    key = f" with correlation key {wait.correlation_key!r}" if wait.correlation_key else ""
    return f"a {wait.kind} {wait.name!r}{key}{at}"


def _in(engine: Engine, moment_ms: int) -> str:
    return f"in {timedelta(milliseconds=moment_ms - engine.clock.now_ms())}"
