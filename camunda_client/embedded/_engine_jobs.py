"""What workers ask of an engine: jobs to work on, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from camunda_client.embedded._executor import Executor
from camunda_client.embedded._tenants import DEFAULT_TENANT
from camunda_client.embedded.run import ActivatedJob, Job, Poll, as_received

#: The lease of jobs that are activated directly, without a worker's own idea of it.
DEFAULT_LEASE = timedelta(minutes=5)


class EngineJobs:
    """The half of an engine that workers see."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._runtime = executor.runtime
        self._run, self._commands = executor.run, executor.commands

    @property
    def tenants(self) -> frozenset[str] | None:
        """Names of its tenants; None if multi-tenancy is disabled."""
        return self._runtime.tenants

    def activate(
        self,
        job_type: str,
        *,
        max_jobs: int = 1,
        lease: timedelta = DEFAULT_LEASE,
        worker: str = "",
        fetch_variables: Iterable[str] = (),
        tenant_ids: Iterable[str] | None = None,
        with_lease: bool = False,
    ) -> list[ActivatedJob]:
        """Lease the jobs of a type that are there now.

        Args:
            job_type: Which.
            max_jobs: How many at most.
            lease: How long they are hidden from others.
            worker: Who takes them.
            fetch_variables: Names of the variables wanted; all when empty.
            tenant_ids: Whose jobs; only counts with tenants.
            with_lease: Give each a ``lease_token``, as Camunda has them from 8.10 on. Completing or failing the job
                needs it, and from then on polls without leases don't get the job any more.
        """
        poll = self.poll(
            job_type, lambda _jobs: None, max_jobs=max_jobs, lease=lease, worker=worker, tenant_ids=tenant_ids,
            with_lease=with_lease,
        )  # fmt: skip
        with self._executor.looking():
            return [self.snapshot(job, fetch_variables) for job in self._executor.activate(poll)]

    def poll(
        self,
        job_type: str,
        deliver: Callable[[list[Job]], None],
        *,
        max_jobs: int,
        lease: timedelta,
        worker: str = "",
        tenant_ids: Iterable[str] | None = None,
        with_lease: bool = False,
    ) -> Poll:
        """Return a poll for :meth:`activate_or_wait`; ``deliver`` is called in the thread that brings the jobs."""
        lease_ms = lease // timedelta(milliseconds=1)
        tenants = None
        if self.tenants is not None:
            tenants = frozenset(tenant_ids or {DEFAULT_TENANT})
        return Poll(job_type, worker, lease_ms, max_jobs, tenants, deliver, with_lease=with_lease)

    def activate_or_wait(self, poll: Poll) -> list[Job]:
        """Lease jobs for a poll; when there are none, keep it until some come or it is given up."""
        return self._executor.activate_or_wait(poll)

    def give_up(self, poll: Poll) -> None:
        """Stop waiting."""
        self._executor.give_up(poll)

    def snapshot(self, job: Job, fetch_variables: Iterable[str] = ()) -> ActivatedJob:
        """Return a job as its worker receives it, with the variables as they are now."""
        with self._executor.lock:
            return as_received(job, self._runtime.lifecycle.variables.visible(job.instance), fetch_variables)

    def complete(
        self,
        job_key: int,
        variables: Mapping[str, Any] | None = None,
        *,
        lease_token: str | None = None,
        business_id: str | None = None,
        result: Mapping[str, Any] | None = None,
    ) -> None:
        """Complete a job.

        Args:
            job_key: Which.
            variables: What its element gets.
            lease_token: The job's, if it was activated with one. So, too, for :meth:`fail` and :meth:`throw_error`.
            business_id: Give it to the process instance, which must have none yet and not be called by another.
            result: What a user task's listener or an ad-hoc sub-process decides, as the REST API has it.

        Raises:
            Rejection: NOT_FOUND; INVALID_STATE if it is FAILED or ERROR_THROWN, the token is another's, or the instance
                has another business id; INVALID_ARGUMENT for the business id of a called instance, and for a result, or
                variables, that such a job can't have.
        """
        said = None if result is None else dict(result)
        self._run(self._commands.complete, *given(job_key, dict(variables or {}), lease_token, business_id, said))

    def fail(
        self,
        job_key: int,
        *,
        retries: int = 0,
        message: str = "",
        back_off: timedelta = timedelta(0),
        variables: Mapping[str, Any] | None = None,
        lease_token: str | None = None,
    ) -> None:
        """Fail a job; without retries left an incident is raised.

        Raises:
            Rejection: NOT_FOUND or INVALID_STATE.
        """
        back_off_ms = back_off // timedelta(milliseconds=1)
        self._run(
            self._commands.fail, *given(job_key, retries, message, back_off_ms, dict(variables or {}), lease_token)
        )

    def throw_error(
        self,
        job_key: int,
        code: str,
        *,
        message: str = "",
        variables: Mapping[str, Any] | None = None,
        lease_token: str | None = None,
    ) -> None:
        """End a job with a BPMN error; uncaught, an incident is raised.

        Raises:
            Rejection: NOT_FOUND or INVALID_STATE.
        """
        self._run(self._commands.throw_error, *given(job_key, code, message, dict(variables or {}), lease_token))

    def update_job(
        self,
        job_key: int,
        *,
        retries: int | None = None,
        lease: timedelta | None = None,
        lease_token: str | None = None,
        priority: int | None = None,
    ) -> None:
        """Set a job's retries, its lease anew from now, or its priority (0 at first; the highest are given out first).

        Raises:
            Rejection: NOT_FOUND or INVALID_ARGUMENT; INVALID_STATE if a token was given and is another's.
        """
        lease_ms = None if lease is None else lease // timedelta(milliseconds=1)
        self._run(self._commands.update_job, *given(job_key, retries, lease_ms, lease_token, priority))

    def jobs(self, job_type: str | None = None) -> list[Job]:
        """Return the jobs that exist (waiting, leased, failed), oldest first."""
        with self._executor.looking():
            return [job for job in self._runtime.jobs.all() if job_type is None or job.type == job_type]


def given(*arguments: Any) -> Sequence[Any]:
    """Leave out the None at the end: the log has no need of what was not given."""
    count = len(arguments)
    while arguments[count - 1] is None:
        count -= 1
    return arguments[:count]
