"""Jobs as Camunda has them: offered by type in order of their keys, leased, failed, resolved.

A lease is not a lock: who knows the key may complete, fail or extend a job as long as it exists and
is not FAILED or ERROR_THROWN, leased or not, and the first one wins. From 8.10 on a worker may ask for leases
with a token: a report without the token of the latest lease is refused.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._rejections import invalid_argument, invalid_state, not_found
from camunda_client.embedded.model import JobDefinition, Listener
from camunda_client.embedded.run._clock import Clock
from camunda_client.embedded.run._events import Events
from camunda_client.embedded.run._instances import (
    ACTIVATABLE,
    ACTIVATED,
    AD_HOC_SUB_PROCESS,
    BPMN_ELEMENT,
    ERROR_THROWN,
    EXECUTION_LISTENER,
    FAILED,
    TASK_LISTENER,
    ElementInstance,
    Job,
)
from camunda_client.embedded.run._job_properties import priority_of, retries_of
from camunda_client.embedded.run._lifecycle import Lifecycle
from camunda_client.embedded.run._schedule import Schedule

#: A lease can't end later than this; longer ones would overflow a 64-bit moment.
FAR_FUTURE_MS = (1 << 63) - 1
_VERBS = {
    "COMPLETE": "complete job",
    "FAIL": "fail job",
    "THROW_ERROR": "throw an error for job",
    "UPDATE": "update job",
}
#: The types of incidents, by the kind of the job that has no retries left.
_NO_RETRIES = {kind: f"{kind}_NO_RETRIES" for kind in (AD_HOC_SUB_PROCESS, EXECUTION_LISTENER, TASK_LISTENER)}


class Poll:
    """A request for jobs that waits. ``deliver`` is called once, with the jobs, when some are there."""

    __slots__ = ("deliver", "job_type", "lease_ms", "max_jobs", "number", "open", "tenant_ids", "with_lease", "worker")

    def __init__(
        self, job_type: str, worker: str, lease_ms: int, max_jobs: int, tenant_ids: frozenset[str] | None,
        deliver: Callable[[list[Job]], None], *, with_lease: bool = False,
    ) -> None:  # fmt: skip
        self.job_type = job_type
        self.worker = worker
        self.lease_ms = lease_ms
        self.max_jobs = max_jobs
        self.tenant_ids = tenant_ids
        self.deliver = deliver
        self.open = True
        self.with_lease = with_lease
        #: What the log of an engine that keeps its data calls it.
        self.number = 0

    def may_have(self, job: Job) -> bool:
        """Whether a job is of one of the tenants it asks for, and had no lease with a token unless it asks for one."""
        return (self.with_lease or not job.lease_token) and (
            self.tenant_ids is None or job.tenant_id in self.tenant_ids
        )

    def plain(self) -> list[Any]:
        """Return what it asks for, for the log."""
        tenant_ids = None if self.tenant_ids is None else sorted(self.tenant_ids)
        asked_for = [self.job_type, self.worker, self.lease_ms, self.max_jobs, tenant_ids]
        return [*asked_for, True] if self.with_lease else asked_for

    @classmethod
    def of(cls, plain: Sequence[Any]) -> Poll:
        """Return a poll as the log has it; who was behind it is gone."""
        job_type, worker, lease_ms, max_jobs, tenant_ids, *with_lease = plain
        tenants = None if tenant_ids is None else frozenset(tenant_ids)
        return cls(job_type, worker, lease_ms, max_jobs, tenants, lambda _jobs: None, with_lease=bool(with_lease))


class Deciding(Protocol):
    """What takes the completions of jobs that decide something."""

    def check(self, job: Job, variables: dict[str, Any], result: dict[str, Any] | None) -> None:
        """Refuse what such a job can't be completed with."""

    def decided(self, instance: ElementInstance, variables: dict[str, Any], result: dict[str, Any]) -> None:
        """Go on with it."""


class Jobs:
    """All jobs, and the polls that wait for them."""

    def __init__(self, lifecycle: Lifecycle, events: Events, clock: Clock, schedule: Schedule) -> None:
        self._lifecycle = lifecycle
        self._events = events
        self._clock = clock
        self._schedule = schedule
        self._jobs: dict[int, Job] = {}
        #: By type, heaps of priorities (negative, as the highest comes first) and keys.
        self._ready: dict[str, list[tuple[int, int]]] = {}
        self._polls: dict[str, deque[Poll]] = {}
        self._to_serve: dict[str, None] = {}
        #: Who takes their completions, by the kinds of jobs that decide something.
        self.deciding: dict[str, Deciding] = {}

    # -- creation ---------------------------------------------------------------------------------------------------
    def create_for(
        self, instance: ElementInstance, definition: JobDefinition, headers: dict[str, str], *,
        kind: str = BPMN_ELEMENT, phase: str | None = None,
    ) -> Job:  # fmt: skip
        """Create the job of a task, or of a listener for a phase of it.

        Raises:
            Failure: Type or retries can't be evaluated.
        """
        variables = self._lifecycle.variables
        job_type, retries = variables.text(definition.type, instance), retries_of(definition, instance, variables)
        priority = priority_of(definition.priority, instance, variables)
        return self._create(instance, job_type, retries, headers, priority, kind=kind, phase=phase)

    def create_listener(self, instance: ElementInstance, listener: Listener, phase: str) -> Job:
        """Create the job of an execution listener."""
        headers = {**instance.element.headers, **listener.headers}
        return self.create_for(instance, listener.job, headers, kind=EXECUTION_LISTENER, phase=phase)

    def create(self, instance: ElementInstance, job_type: str, retries: int, headers: dict[str, str]) -> Job:
        """Create the job of a task that defines none.

        Raises:
            Failure: The priority of the process's jobs can't be evaluated.
        """
        priority = priority_of(None, instance, self._lifecycle.variables)
        return self._create(instance, job_type, retries, headers, priority)

    def _create(
        self, instance: ElementInstance, job_type: str, retries: int, headers: dict[str, str], priority: int, *,
        kind: str = BPMN_ELEMENT, phase: str | None = None,
    ) -> Job:  # fmt: skip
        job = Job(self._lifecycle.keys.next(), job_type, retries, headers, instance, kind, phase, priority)
        instance.job = job
        self._jobs[job.key] = job
        job.record("CREATED")
        self._offer(job)
        return job

    # -- hand-over --------------------------------------------------------------------------------------------------
    def any_for(self, poll: Poll) -> bool:
        """Whether a poll would be given something now."""
        ready = self._ready.get(poll.job_type, [])
        while ready and not self._is_ready(ready[0]):  # of instances that were cancelled; nothing else takes them out
            heapq.heappop(ready)
        return any(self._is_ready(offer) and poll.may_have(self._jobs[offer[1]]) for offer in ready)

    def _is_ready(self, offer: tuple[int, int]) -> bool:
        job = self._jobs.get(offer[1])
        # An offer from before its priority was changed is followed by another.
        return job is not None and job.state == ACTIVATABLE and offer[0] == -job.priority

    def activate(self, poll: Poll) -> list[Job]:
        """Lease the jobs a poll may have now, highest priorities and lowest keys first."""
        ready = self._ready.get(poll.job_type)
        taken: list[Job] = []
        passed_over: list[tuple[int, int]] = []
        while ready and len(taken) < poll.max_jobs:
            offer = heapq.heappop(ready)
            job = self._jobs.get(offer[1])
            if job is None or job.state != ACTIVATABLE or offer[0] != -job.priority:
                continue
            if not poll.may_have(job):
                passed_over.append(offer)
                continue
            job.state = ACTIVATED
            job.worker = poll.worker
            if poll.with_lease:
                job.lease_with_token()
            self._lease(job, poll.lease_ms)
            job.record(ACTIVATED)
            taken.append(job)
        if ready is not None:
            for offer in passed_over:
                heapq.heappush(ready, offer)
            if not ready:
                self._ready.pop(poll.job_type, None)
        return taken

    def wait(self, poll: Poll) -> None:
        """Keep a poll until jobs of its type come or :meth:`give_up` is called."""
        self._polls.setdefault(poll.job_type, deque()).append(poll)

    def give_up(self, poll: Poll) -> bool:
        """Forget a poll that waits; return whether it did."""
        poll.open = False
        waiting = self._polls.get(poll.job_type)
        if waiting is None:
            return False
        try:
            waiting.remove(poll)
        except ValueError:  # it was served meanwhile
            return False
        if not waiting:
            del self._polls[poll.job_type]
        return True

    def waiting_polls(self) -> list[Poll]:
        """Return the polls that wait, in the order in which those of a type are served."""
        return [poll for polls in self._polls.values() for poll in polls]

    def forget_polls(self) -> None:
        """Forget all polls, as an engine that starts again has."""
        self._polls.clear()
        self._to_serve.clear()

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
                    self._lifecycle.agenda.after.append(partial(poll.deliver, jobs))

    def _offer(self, job: Job) -> None:
        job.state = ACTIVATABLE
        if job.due is not None:
            job.due.cancel()
        job.deadline_ms = -1
        heapq.heappush(self._ready.setdefault(job.type, []), (-job.priority, job.key))
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
        job.due = self._schedule.at(due_ms, partial(action, job))

    def _lease_ended(self, job: Job) -> None:
        if job.state == ACTIVATED:
            job.record("TIMED_OUT")
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

    def _workable(self, key: int, command: str, lease_token: str | None) -> Job:
        job = self.get(key, command)
        if job.state in (FAILED, ERROR_THROWN):
            raise invalid_state(
                command, f"Expected to {_VERBS[command]} with key '{key}', but it is in state '{job.state}'"
            )
        if job.lease_token and lease_token is None:
            reason = f"Expected to {_VERBS[command]} with key '{key}', but it is leased, and no lease token was given"
            raise invalid_state(command, reason)
        _check_token(job, command, lease_token)
        return job

    def complete(
        self, key: int, variables: dict[str, Any], lease_token: str | None, business_id: str | None = None,
        result: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Complete a job; its element goes on."""
        job = self._workable(key, "COMPLETE", lease_token)
        instance, deciding = job.instance, self.deciding.get(job.kind)
        if deciding is not None:
            deciding.check(job, variables, result)
        elif result is not None:
            reason = f"Expected to complete job with key '{key}', but a job of the kind '{job.kind}' takes no result"
            raise invalid_argument("COMPLETE", reason)
        if business_id is not None:
            _assign(job, business_id)
        said = result or {}
        denied_reason = (said.get("deniedReason") or "") if said.get("denied") else None
        job.record("COMPLETED", variables=variables, denied_reason=denied_reason)
        self._remove(job)
        if deciding is not None:
            self._lifecycle.agenda.do(deciding.decided, instance, variables, result or {})
            return
        if job.listener_phase is not None:
            self._lifecycle.agenda.do(self._lifecycle.listener_completed, instance, job.listener_phase, variables)
            return
        instance.event_variables = variables
        self._lifecycle.complete_soon(instance)

    def fail(
        self, key: int, retries: int, message: str, back_off_ms: int, variables: dict[str, Any], lease_token: str | None
    ) -> None:
        """Give a job back with the retries that are left; with none, an incident is raised."""
        job = self._workable(key, "FAIL", lease_token)
        job.retries = retries
        job.error_message = message
        job.record(FAILED, message=message, back_off_ms=back_off_ms, variables=variables)
        self._lifecycle.variables.set_local(job.instance, variables)
        if retries <= 0:
            job.state = FAILED
            text = message or "No more retries left."
            self._lifecycle.incidents.raise_for(
                job.instance, Failure(_NO_RETRIES.get(job.kind, "JOB_NO_RETRIES"), text), partial(self._offer, job), job
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

    def throw_error(
        self, key: int, code: str, message: str, variables: dict[str, Any], lease_token: str | None
    ) -> None:
        """End a job with a BPMN error; uncaught, an incident is raised."""
        job = self._workable(key, "THROW_ERROR", lease_token)
        if job.kind == TASK_LISTENER:
            reason = f"Expected to throw an error for job with key '{key}', but task listeners can't throw errors"
            raise invalid_state("THROW_ERROR", reason)
        instance = job.instance
        job.record(ERROR_THROWN, message=message, error_code=code, variables=variables)
        # Before the event is looked for: a task that ends by its own error has not CANCELED its job.
        job.state = ERROR_THROWN
        if self._events.throw_error(instance, code, variables):
            self._remove(job)
            return
        described = f" with message '{message}'" if message else ""
        text = (
            f"Expected to throw an error event with the code '{code}'{described}, but it was not caught. "
            f"{self._events.catchable(instance)}"
        )
        self._lifecycle.incidents.raise_for(
            instance, Failure("UNHANDLED_ERROR_EVENT", text), partial(self._offer, job), job
        )

    def update(
        self, key: int, retries: int | None, timeout_ms: int | None, lease_token: str | None, priority: int | None
    ) -> None:
        """Set the retries, the lease anew from now, or the priority.

        A token is checked if there is one. Without one it applies, because operators have none: so the published
        description of 8.10 has it.
        """
        job = self.get(key, "UPDATE")
        _check_token(job, "UPDATE", lease_token)
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
        if priority is not None and priority != job.priority:
            job.priority = priority
            if job.state == ACTIVATABLE:
                self._offer(job)

    def cancel_of(self, instance: ElementInstance) -> None:
        """Remove the job of an instance that is terminated."""
        job = instance.job
        if job is not None:
            if job.state != ERROR_THROWN or job.incident is not None:
                job.record("CANCELED")
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


def _assign(job: Job, business_id: str) -> None:
    """Give the job's instance a business id: only to a root instance, and once."""
    process = job.instance.process
    expected = f"Expected to complete job with key '{job.key}' and business id '{business_id}', but"
    if process.caller is not None:
        raise invalid_argument("COMPLETE", f"{expected} its process instance was called by another")
    if process.business_id not in ("", business_id):
        reason = f"{expected} its process instance has the business id '{process.business_id}'"
        raise invalid_state("COMPLETE", reason)
    process.business_id = process.history.business_id = business_id


def _check_token(job: Job, command: str, lease_token: str | None) -> None:
    if job.lease_token and lease_token not in (None, job.lease_token):
        reason = (
            f"Expected to {_VERBS[command]} with key '{job.key}', but the lease token given is not that of its "
            "latest lease"
        )
        raise invalid_state(command, reason)
