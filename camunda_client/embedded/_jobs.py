"""Jobs as Camunda has them: offered by type in order of their keys, leased, failed, resolved.

A lease is no lock: whoever knows the key may complete, fail or extend a job as long as it exists and
is not FAILED or ERROR_THROWN, leased or not, and the first one wins.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._rejections import invalid_argument, invalid_state, not_found
from camunda_client.embedded._user_tasks import evaluated

if TYPE_CHECKING:
    from camunda_client.embedded._clock import Clock
    from camunda_client.embedded._incidents import Incident
    from camunda_client.embedded._instances import ElementInstance
    from camunda_client.embedded._lifecycle import Lifecycle
    from camunda_client.embedded._model import JobDefinition, Listener
    from camunda_client.embedded._schedule import Entry, Schedule

#: A lease can't end later than this; longer ones would overflow a 64-bit moment.
FAR_FUTURE_MS = (1 << 63) - 1
ACTIVATABLE, ACTIVATED, FAILED, ERROR_THROWN = "ACTIVATABLE", "ACTIVATED", "FAILED", "ERROR_THROWN"
_VERBS = {
    "COMPLETE": "complete job",
    "FAIL": "fail job",
    "THROW_ERROR": "throw an error for job",
    "UPDATE": "update job",
}


class Job:
    """A piece of work for a worker."""

    __slots__ = ("deadline_ms", "due", "error_message", "headers", "incident", "instance", "key", "listener_phase",
                 "retries", "state", "type", "worker")  # fmt: skip

    def __init__(
        self, key: int, job_type: str, retries: int, headers: dict[str, str], instance: ElementInstance
    ) -> None:
        self.key = key
        self.type = job_type
        self.retries = retries
        self.headers = headers
        self.instance = instance
        self.state = ACTIVATABLE
        self.worker = ""
        self.deadline_ms = -1
        self.error_message = ""
        self.listener_phase: str | None = None
        self.incident: Incident | None = None
        self.due: Entry | None = None

    @property
    def tenant_id(self) -> str:
        """Whose job it is."""
        return self.instance.process.tenant_id

    @property
    def element_id(self) -> str:
        """The id of the element that waits for it."""
        return self.instance.element.id

    @property
    def process_instance_key(self) -> int:
        """The key of the instance it belongs to."""
        return self.instance.process.key

    def __repr__(self) -> str:
        return f"<job {self.key} {self.type!r} {self.state} retries={self.retries}>"


class Poll:
    """A request for jobs that waits. ``deliver`` is called once, with the jobs, when some are there."""

    __slots__ = ("deliver", "job_type", "lease_ms", "max_jobs", "open", "tenant_ids", "worker")

    def __init__(
        self, job_type: str, worker: str, lease_ms: int, max_jobs: int, tenant_ids: frozenset[str] | None,
        deliver: Callable[[list[Job]], None],
    ) -> None:  # fmt: skip
        self.job_type = job_type
        self.worker = worker
        self.lease_ms = lease_ms
        self.max_jobs = max_jobs
        self.tenant_ids = tenant_ids
        self.deliver = deliver
        self.open = True


class Jobs:
    """All jobs, and the polls that wait for them."""

    def __init__(self, lifecycle: Lifecycle, clock: Clock, schedule: Schedule) -> None:
        self._lifecycle = lifecycle
        self._clock = clock
        self._schedule = schedule
        self._jobs: dict[int, Job] = {}
        self._ready: dict[str, list[int]] = {}
        self._polls: dict[str, deque[Poll]] = {}
        self._to_serve: dict[str, None] = {}

    # -- creation ---------------------------------------------------------------------------------------------------
    def create_for(self, instance: ElementInstance, definition: JobDefinition, headers: dict[str, str]) -> Job:
        """Create the job of a task.

        Raises:
            Failure: Type or retries can't be evaluated.
        """
        variables = self._lifecycle.variables
        job_type = variables.text(definition.type, instance)
        return self._create(instance, job_type, self._retries(definition, instance), headers)

    def _retries(self, definition: JobDefinition, instance: ElementInstance) -> int:
        value = self._lifecycle.variables.typed(definition.retries, instance, (str, int, float), "'NUMBER'")
        try:
            return int(value)
        except ValueError:
            message = f"Expected result of the expression '{definition.retries.text}' to be 'NUMBER', but was 'STRING'."
            raise Failure("EXTRACT_VALUE_ERROR", message) from None

    def create_listener(self, instance: ElementInstance, listener: Listener, phase: str) -> Job:
        """Create the job of an execution listener."""
        job = self.create_for(instance, listener.job, dict(instance.element.headers))
        job.listener_phase = phase
        return job

    def create_for_user_task(self, instance: ElementInstance, job_type: str, details: dict[str, Any]) -> Job:
        """Create the job of a job-based user task; assignment and form go into its headers."""
        # Camunda's own tasks alone have a priority; here it is not even evaluated.
        given = {name: expression for name, expression in details.items() if name != "priority"}
        properties = evaluated(given, self._lifecycle, instance)
        if "formKey" in details:
            properties["formKey"] = details["formKey"]
        headers = dict(instance.element.headers)
        for name, value in properties.items():
            if value not in (None, ""):
                headers[f"io.camunda.zeebe:{name}"] = value if isinstance(value, str) else _json(value)
        return self._create(instance, job_type, 1, headers)

    def _create(self, instance: ElementInstance, job_type: str, retries: int, headers: dict[str, str]) -> Job:
        job = Job(self._lifecycle.keys.next(), job_type, retries, headers, instance)
        instance.job = job
        self._jobs[job.key] = job
        _record(job, "CREATED")
        self._offer(job)
        return job

    # -- hand-over --------------------------------------------------------------------------------------------------
    def activate(self, poll: Poll) -> list[Job]:
        """Lease the jobs a poll may have now, lowest keys first."""
        ready = self._ready.get(poll.job_type)
        taken: list[Job] = []
        passed_over: list[int] = []
        while ready and len(taken) < poll.max_jobs:
            key = heapq.heappop(ready)
            job = self._jobs.get(key)
            if job is None or job.state != ACTIVATABLE:
                continue
            if poll.tenant_ids is not None and job.tenant_id not in poll.tenant_ids:
                passed_over.append(key)
                continue
            job.state = ACTIVATED
            job.worker = poll.worker
            self._lease(job, poll.lease_ms)
            _record(job, ACTIVATED)
            taken.append(job)
        if ready is not None:
            for key in passed_over:
                heapq.heappush(ready, key)
            if not ready:
                self._ready.pop(poll.job_type, None)
        return taken

    def wait(self, poll: Poll) -> None:
        """Keep a poll until jobs of its type come or :meth:`give_up` is called."""
        self._polls.setdefault(poll.job_type, deque()).append(poll)

    def give_up(self, poll: Poll) -> None:
        """Forget a poll that waits."""
        poll.open = False
        waiting = self._polls.get(poll.job_type)
        if waiting is not None:
            try:
                waiting.remove(poll)
            except ValueError:  # it was served meanwhile
                return
            if not waiting:
                del self._polls[poll.job_type]

    def serve(self) -> None:
        """Give jobs that came to the polls that wait, oldest poll first."""
        while self._to_serve:
            job_type = next(iter(self._to_serve))
            del self._to_serve[job_type]
            for poll in list(self._polls.get(job_type, ())):
                if not self._ready.get(job_type):
                    break
                jobs = self.activate(poll)
                if jobs:
                    self.give_up(poll)
                    poll.deliver(jobs)

    def _offer(self, job: Job) -> None:
        job.state = ACTIVATABLE
        if job.due is not None:
            job.due.cancel()
        job.deadline_ms = -1
        heapq.heappush(self._ready.setdefault(job.type, []), job.key)
        if job.type in self._polls:
            self._to_serve[job.type] = None

    def _lease(self, job: Job, lease_ms: int) -> None:
        deadline_ms = min(self._clock.now_ms() + lease_ms, FAR_FUTURE_MS)
        job.deadline_ms = deadline_ms
        # At the deadline itself the lease still holds: a clock pinned to it keeps the job hidden.
        self._due(job, deadline_ms + 1, self._lease_ended)

    def _due(self, job: Job, due_ms: int, action: Callable[[Job], None]) -> None:
        """Let something happen to a job at a moment, instead of what was to happen so far."""
        if job.due is not None:
            job.due.cancel()
        job.due = self._schedule.at(due_ms, lambda: action(job))

    def _lease_ended(self, job: Job) -> None:
        if job.state == ACTIVATED:
            _record(job, "TIMED_OUT")
            self._offer(job)

    # -- commands ---------------------------------------------------------------------------------------------------
    def get(self, key: int, command: str) -> Job:
        """Return a job.

        Raises:
            Rejection: NOT_FOUND.
        """
        job = self._jobs.get(key)
        if job is None:
            raise not_found(command, f"Expected to {_VERBS[command]} with key '{key}', but no such job was found")
        return job

    def _workable(self, key: int, command: str) -> Job:
        job = self.get(key, command)
        if job.state in (FAILED, ERROR_THROWN):
            raise invalid_state(
                command, f"Expected to {_VERBS[command]} with key '{key}', but it is in state '{job.state}'"
            )
        return job

    def complete(self, key: int, variables: dict[str, Any]) -> None:
        """Complete a job; its element goes on."""
        job = self._workable(key, "COMPLETE")
        instance = job.instance
        _record(job, "COMPLETED", variables=variables)
        self._remove(job)
        if job.listener_phase is not None:
            self._lifecycle.listener_completed(instance, job.listener_phase, variables)
            return
        instance.event_variables = variables
        self._lifecycle.complete_soon(instance)

    def fail(self, key: int, retries: int, message: str, back_off_ms: int, variables: dict[str, Any]) -> None:
        """Give a job back with the retries that are left; with none, an incident is raised."""
        job = self._workable(key, "FAIL")
        job.retries = retries
        job.error_message = message
        _record(job, FAILED, message=message, back_off_ms=back_off_ms, variables=variables)
        self._lifecycle.variables.set_local(job.instance, variables)
        if retries <= 0:
            job.state = FAILED
            text = message or "No more retries left."
            self._lifecycle.incidents.raise_for(
                job.instance, Failure("JOB_NO_RETRIES", text), lambda: self._offer(job), job
            )
        elif back_off_ms > 0:
            job.state = FAILED
            due_ms = self._clock.now_ms() + back_off_ms
            job.deadline_ms = due_ms
            self._due(job, due_ms, self._back_off_ended)
        else:
            self._offer(job)

    def _back_off_ended(self, job: Job) -> None:
        if job.state == FAILED and job.incident is None:
            self._offer(job)

    def throw_error(self, key: int, code: str, message: str, variables: dict[str, Any]) -> None:
        """End a job with a BPMN error; uncaught, an incident is raised."""
        job = self._workable(key, "THROW_ERROR")
        instance = job.instance
        _record(job, ERROR_THROWN, message=message, error_code=code, variables=variables)
        # Before the event is looked for: a task that ends by its own error has not CANCELED its job.
        job.state = ERROR_THROWN
        if self._lifecycle.events.throw_error(instance, code, variables):
            self._remove(job)
            return
        described = f" with message '{message}'" if message else ""
        text = (
            f"Expected to throw an error event with the code '{code}'{described}, but it was not caught. "
            f"{self._lifecycle.events.catchable(instance)}"
        )
        self._lifecycle.incidents.raise_for(
            instance, Failure("UNHANDLED_ERROR_EVENT", text), lambda: self._offer(job), job
        )

    def update(self, key: int, retries: int | None, timeout_ms: int | None) -> None:
        """Set the retries, or the lease anew from now."""
        job = self.get(key, "UPDATE")
        problems = []
        if retries is not None and retries < 1:
            problems.append(
                f"Expected to update retries for job with key '{key}' with a positive amount of retries, "
                f"but the amount given was '{retries}'"
            )
        if timeout_ms is not None and job.state != ACTIVATED:
            problems.append(f"Expected to update the timeout of job with key '{key}', but it is not active")
        if problems:
            raise invalid_argument("UPDATE", ", ".join(problems))
        if retries is not None:
            job.retries = retries
        if timeout_ms is not None:
            self._lease(job, timeout_ms)

    def cancel_of(self, instance: ElementInstance) -> None:
        """Remove the job of an instance that is terminated."""
        job = instance.job
        if job is not None:
            if job.state != ERROR_THROWN or job.incident is not None:
                _record(job, "CANCELED")
            self._remove(job)

    def _remove(self, job: Job) -> None:
        self._jobs.pop(job.key, None)
        if job.due is not None:
            job.due.cancel()
        self._lifecycle.incidents.close(job.incident)
        if job.instance.job is job:
            job.instance.job = None

    def all(self) -> list[Job]:
        """Return every job there is, oldest first."""
        return list(self._jobs.values())


def _record(job: Job, state: str, **told: Any) -> None:
    job.instance.process.history.job(job, state, **told)


def _json(value: Any) -> str:
    import json

    return json.dumps(value, separators=(",", ":"))
