"""The commands for work by hand: run one job in the foreground, list jobs and incidents, resolve incidents."""

from __future__ import annotations

import bdb
import functools
import json
import pdb
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

from camunda_client import log, patching
from camunda_client.cli import _handlers, _tables, _target

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.models.generated import FoundJob, Incident
    from camunda_client.c8.worker import HandlerRun, JobWorker, WorkerSettings

#: Seconds for which the job is this command's: nothing extends the lease while a debugger waits for a person.
LEASE_S, LEASE_OF_DEBUGGER_S = 600.0, 3600.0
#: Jobs that are activated at once in search of one of them.
_MOST_ACTIVATED = 100
#: Milliseconds to wait for a job of a type, and for a job that is there or not.
_WAIT_MS, _LOOK_MS = 10_000, 1000
_HANDED_BACK = "handed back unworked by camunda-client job run"


def run_job(options: argparse.Namespace) -> int:
    """Work one job in the foreground; return 0 unless its handler failed or there was none."""
    log.secure_standard_streams()
    patching.patch()
    workers = _registered(options.file)
    worker = _chosen(workers, _wanted_type(options, workers), options.file)
    job = _activated(worker, options)
    if job is None:
        return 1
    print(f"job {job.job_key} of type {job.job_type}: {job.process_definition_id}, {job.element_id}, "
          f"instance {job.process_instance_key}, retries {job.retries}")  # fmt: skip
    return _Run(worker, job, dry=options.dry, debug=options.pdb).report()


def _registered(file: str) -> list[JobWorker]:
    from camunda_client.c8 import worker

    try:
        _target.load(file)
    except _target.UserCodeFailed:
        raise _target.TargetError(f"{file} can't be imported; see above") from None
    found = worker.registered_workers()
    if not found:
        raise _target.TargetError(f"{file} has no function decorated with @camunda_worker")
    _handlers.configure()
    log.configure_if_unconfigured()
    return found


def _wanted_type(options: argparse.Namespace, workers: list[JobWorker]) -> str:
    """Return the type that is named, or that of the job that is; else the only one there is."""
    if options.type is not None:
        return str(options.type)
    if options.key is not None:
        return _found(options.key).type
    if len(workers) == 1:
        return workers[0].job_type
    types = ", ".join(sorted(worker.job_type for worker in workers))
    raise _target.TargetError(f"{options.file} has {len(workers)} handlers; name a job's KEY, or --type: {types}")


def _found(key: str) -> FoundJob:
    from camunda_client.c8 import api

    found = next(api.search_jobs(job_key=key), None)
    if found is None:
        raise _target.TargetError(
            f"Camunda's search has no job {key}; it may be a moment late: try again, or name its --type as well"
        )
    if found.state not in ("CREATED", "RETRIES_UPDATED", "FAILED", "TIMED_OUT"):
        raise _target.TargetError(f"job {key} can't be worked: its state is {found.state}")
    if found.retries < 1 and next(api.search_incidents(job_key=key, state="ACTIVE"), None) is not None:
        raise _target.TargetError(
            f"job {key} has no retries left, and an incident: camunda-client incidents list --job {key} shows it, and "
            "camunda-client incidents resolve gives it a retry"
        )
    return found


def _chosen(workers: list[JobWorker], job_type: str, file: str) -> JobWorker:
    for worker in workers:
        if worker.job_type == job_type:
            return worker
    types = ", ".join(sorted(worker.job_type for worker in workers))
    raise _target.TargetError(f"{file} has no handler for jobs of type {job_type!r}; it has: {types}")


# -- the job ----------------------------------------------------------------------------------------------------------
def _activated(worker: JobWorker, options: argparse.Namespace) -> ActivatedJob | None:
    from camunda_client.c8.worker import worker_settings

    settings = worker_settings(worker)
    lease_s = options.lease or (LEASE_OF_DEBUGGER_S if options.pdb else LEASE_S)
    if options.key is None:
        jobs = _ask(settings, lease_s, 1, _WAIT_MS)
        if not jobs:
            print(f"there is no job of type {worker.job_type!r} to work", file=sys.stderr)
        return jobs[0] if jobs else None
    return _of_key(settings, options.key, lease_s)


def _of_key(settings: WorkerSettings, key: str, lease_s: float) -> ActivatedJob | None:
    """Activate jobs of the type, keep the one that is meant, and hand back the others at once.

    Camunda gives out no single job by its key.
    """
    others: list[ActivatedJob] = []
    mine: ActivatedJob | None = None
    try:
        while mine is None and (jobs := _ask(settings, lease_s, _MOST_ACTIVATED, _LOOK_MS)):
            others += jobs
            mine = next((job for job in jobs if job.job_key == key), None)
            if len(others) >= 10 * _MOST_ACTIVATED:
                break
    finally:
        for job in others:
            if job is not mine:
                _hand_back(job)
    if mine is None:
        print(
            f"job {key} was not among the {len(others)} jobs of type {settings.job_type!r} that can be worked now; "
            "another worker may have it, or it waits for its back-off",
            file=sys.stderr,
        )
    return mine


def _ask(settings: WorkerSettings, lease_s: float, most: int, wait_ms: int) -> list[ActivatedJob]:
    from camunda_client.c8 import api

    return api.activate_jobs(
        settings.job_type,
        timeout=int(lease_s * 1000),
        max_jobs_to_activate=most,
        fetch_variables=list(settings.fetch_variables) if settings.fetch_variables else None,
        request_timeout=wait_ms,
        tenant_ids=list(settings.tenant_ids) if settings.tenant_ids else None,
    ).jobs


def _hand_back(job: ActivatedJob) -> None:
    from camunda_client.c8 import api

    api.fail_job(job, retries=job.retries, error_message=_HANDED_BACK)


class _Debugger(pdb.Pdb):
    """Knows when a person has left it: pdb itself then returns as if the function had returned None."""

    _is_left = False

    def set_quit(self) -> None:
        self._is_left = True
        super().set_quit()

    def watch(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a function from its first line on, and return what it returns.

        Raises:
            BdbQuit: The person has left before its end.
        """
        result = self.runcall(function, *args, **kwargs)
        if self._is_left:
            raise bdb.BdbQuit
        return result


class _Run:
    """One run of a handler, and what becomes of its job."""

    def __init__(self, worker: JobWorker, job: ActivatedJob, *, dry: bool, debug: bool) -> None:
        self._worker, self._job, self._dry, self._debug = worker, job, dry, debug
        #: The person has left the debugger, or pressed Ctrl+C: the job was not worked.
        self._left = False
        self._settled = False

    def report(self) -> int:
        """Run the handler, tell Camunda and the person what it came to, and return the exit code."""
        from camunda_client.c8.worker import run_handler

        handler = self._worker.handler
        self._worker.handler = self._watched(handler)
        try:
            run = run_handler(self._worker.handler, self._job, send=self._send)
        finally:
            self._worker.handler = handler
            if not self._settled:
                _hand_back(self._job)
        return self._say(run)

    def _watched(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """Return the handler so that a person can leave it, and with a debugger, see it from its first line on."""

        @functools.wraps(handler)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return _Debugger().watch(handler, *args, **kwargs) if self._debug else handler(*args, **kwargs)
            except (bdb.BdbQuit, KeyboardInterrupt):
                self._left = True
                raise
            except BaseException as error:
                if self._debug:
                    print(f"{type(error).__name__}: {error}")
                    pdb.post_mortem(error.__traceback__)
                raise

        return call

    def _send(self, command: str, body: bytes) -> None:
        """Report to Camunda, unless the job is only handed back."""
        if self._dry or self._left:
            return
        from camunda_client.c8 import api

        said = json.loads(body)
        if self._job.job_lease_token is not None:
            said["jobLeaseToken"] = self._job.job_lease_token
        api.request("POST", f"jobs/{self._job.job_key}/{command}", said)
        self._settled = True

    def _say(self, run: HandlerRun) -> int:
        if self._left:
            print("handed back: the handler did not get to its end")
            return 1
        said = json.dumps(run.report, indent=2, ensure_ascii=False)
        print(
            f"{'would report' if self._dry else 'reported'} {run.command} after {run.outcome.duration_s:.3f} s: {said}"
        )
        if self._dry:
            print("handed back: nothing was reported")
        return 1 if run.command == "failure" else 0


# -- lists ------------------------------------------------------------------------------------------------------------
def list_jobs(options: argparse.Namespace) -> int:
    """Print jobs, the newest first."""
    from camunda_client import config
    from camunda_client.c8 import api

    config.initialize_config()
    filters: dict[str, Any] = {
        "type": options.type, "state": options.state, "process_definition_id": options.process,
        "process_instance_key": options.instance,
    }  # fmt: skip
    found = api.search_jobs(sort="-job_key", **_said(filters))
    return _print(found, options, _JOB_HEAD, _job_row, "jobs")


_JOB_HEAD = ("job", "type", "state", "retries", "process/element", "instance", "error")


def _job_row(job: FoundJob) -> tuple[str, ...]:
    element = f"{job.process_definition_id}/{job.element_id}"
    facts = (job.job_key, job.type, job.state, job.retries, element, job.process_instance_key)
    return (*map(str, facts), _first_line(job.error_message or ""))


def list_incidents(options: argparse.Namespace) -> int:
    """Print incidents, the newest first."""
    from camunda_client import config
    from camunda_client.c8 import api

    config.initialize_config()
    filters: dict[str, Any] = {
        "process_definition_id": options.process, "process_instance_key": options.instance, "job_key": options.job,
        "state": None if options.all else "ACTIVE",
    }  # fmt: skip
    found = api.search_incidents(sort="-creation_time", **_said(filters))
    return _print(found, options, _INCIDENT_HEAD, _incident_row, "incidents")


_INCIDENT_HEAD = ("incident", "error", "process/element", "instance", "job", "message")


def _incident_row(incident: Incident) -> tuple[str, ...]:
    element = f"{incident.process_definition_id}/{incident.element_id}"
    facts = (incident.incident_key, incident.error_type, element, incident.process_instance_key)
    return (*map(str, facts), str(incident.job_key or ""), _first_line(incident.error_message))


def resolve_incidents(options: argparse.Namespace) -> int:
    """Resolve incidents; a job that has no retries left is given some first."""
    from camunda_client import config
    from camunda_client.c8 import api

    config.initialize_config()
    for key in options.keys:
        job_key = api.get_incident(key).job_key
        if job_key:
            api.update_job(job_key, retries=options.retries)
        api.resolve_incident(key)
        print(f"{key} resolved{f', job {job_key} has {options.retries} tries' if job_key else ''}")
    return 0


def _said(filters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value is not None}


def _print(
    found: Iterator[Any],
    options: argparse.Namespace,
    head: tuple[str, ...],
    row: Callable[[Any], tuple[str, ...]],
    what: str,
) -> int:
    rows = list(islice(found, options.limit))
    is_more = next(found, None) is not None
    if options.json:
        print(json.dumps([one.model_dump(mode="json", by_alias=True) for one in rows], indent=2, ensure_ascii=False))
        return 0
    if rows:
        _tables.show(head, [row(one) for one in rows])
    else:
        print(f"no {what} found", file=sys.stderr)
    if is_more:
        print(f"there are more than {options.limit} {what}: --limit N shows more", file=sys.stderr)
    return 0


def _first_line(text: str) -> str:
    first = text.strip().partition("\n")[0]
    return first if len(first) <= 120 else f"{first[:119]}…"
