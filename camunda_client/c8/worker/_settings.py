"""With what settings each handler is run: what its decorator says where it says something, else the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from camunda_client.c8.worker import _errors
from camunda_client.c8.worker._async_handlers import as_blocking
from camunda_client.c8.worker._checks import is_async
from camunda_client.c8.worker._errors import ErrorChain
from camunda_client.c8.worker._forms import as_variable
from camunda_client.c8.worker._handlers import JobWorkerRequest
from camunda_client.c8.worker._hooks import Hooks, everywhere
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._handlers import JobWorker
    from camunda_client.c8.worker._resources import Resource
    from camunda_client.config import C8Config, JobConfig

    Handler = Callable[[ActivatedJob], Any]


@dataclass(frozen=True, slots=True)
class RetryRule:
    """How long Camunda waits before it offers a failed job again; see :mod:`._outcome`."""

    first_ms: int
    ceiling_ms: int


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """One worker's settings: decorator over configuration. Seconds, except where the wire wants milliseconds."""

    job_type: str
    handler: Handler = field(repr=False)
    worker: str
    lease_s: float
    #: Jobs per poll at most; ``None``: as many as there are free slots.
    batch: int | None
    #: Jobs of this type in flight at most; what :meth:`change_cap` said last.
    cap: int
    fetch_variables: tuple[str, ...] | None
    request_timeout_s: float
    tenant_ids: tuple[str, ...] | None
    polling_interval_s: float
    auto_extend: bool
    with_lease: str
    handler_timeout_s: float | None
    max_lease_s: float | None
    retry: RetryRule
    stop_when_lost: bool = False
    #: ``greenlet``, or ``process``: in a child process (:mod:`._offload`).
    run_in: str = "greenlet"
    #: The resources that it uses, and a variable with one of whose values ``per_limit`` jobs run at once.
    resources: tuple[Resource, ...] = ()
    per: str | None = None
    per_limit: int = 1
    #: What its exceptions come to; ``None`` where there are no rules.
    errors: ErrorChain | None = field(default=None, repr=False)
    #: What its failures say of its resources; ``None`` where none has a circuit. Set by the running worker.
    faults: Faults | None = field(default=None, repr=False)
    #: What counts the starts of its handler; ``None`` where no resource has a rate. Set by the running worker.
    starts: Starts | None = field(default=None, repr=False)
    #: Those of all handlers and of this one; ``None`` if there are none, which costs nothing.
    hooks: Hooks | None = field(default=None, repr=False)

    def change_cap(self, cap: int) -> None:
        """Have so many jobs in flight at most from now on, 0 for none: the one setting that changes while it runs."""
        object.__setattr__(self, "cap", cap)

    @property
    def lease_ms(self) -> int:
        """The lease as the wire wants it."""
        return int(self.lease_s * 1000)


def resolve(registered: JobWorker, config: C8Config) -> WorkerSettings:
    """Return a worker's settings: what its decorator says where it says something, else the configuration.

    As ever, a decorator's 0 says nothing.
    """
    job = config.job_for(registered.job_type)
    request = registered.request or JobWorkerRequest(registered.job_type)
    return WorkerSettings(
        job_type=registered.job_type,
        handler=_handler(registered),
        worker=request.worker or job.worker,
        lease_s=_positive(registered, "timeout", request.timeout or job.timeout) / 1000,
        batch=request.max_jobs_to_activate or job.max_jobs_to_activate,
        cap=_positive(registered, "max_jobs_active", registered.max_jobs_active or job.max_jobs_active),
        fetch_variables=_fetched(registered, request, job),
        request_timeout_s=_request_timeout_s(registered, request.request_timeout or job.request_timeout),
        tenant_ids=_tenants(request.tenant_ids or job.tenant_ids),
        polling_interval_s=(registered.polling_interval or job.polling_interval) / 1000,
        auto_extend=job.auto_extend if registered.auto_extend is None else registered.auto_extend,
        with_lease=registered.with_lease or job.with_lease,
        handler_timeout_s=_seconds(registered.handler_timeout or job.handler_timeout),
        max_lease_s=_seconds(registered.max_lease or job.max_lease),
        retry=_rule(registered, job),
        stop_when_lost=registered.stop_when_lost,
        run_in=_run_in(registered, job),
        hooks=_hooks_of(registered) or None,
        errors=_errors_of(registered),
        **_caps(registered, job),
    )


def _hooks_of(registered: JobWorker) -> Hooks:
    shared = registered.registry.hooks if registered.registry is not None else Hooks()
    return everywhere + (shared + registered.hooks)


def _errors_of(registered: JobWorker) -> ErrorChain | None:
    shared = (registered.registry.errors,) if registered.registry is not None else ()
    return ErrorChain((registered.errors, *shared, _errors.everywhere)) or None


class Faults(Protocol):
    """What hears of each success and each exception of a handler."""

    def keeps_retries_for_s(self, job_key: str, kinds: Sequence[str], /) -> float | None:
        """Return after how many seconds to offer the job again with all its retries; ``None`` if it loses one.

        ``kinds`` are the names of the exception's classes.
        """

    def succeeded(self) -> None:
        """Count a success."""


class Starts(Protocol):
    """What hears of each start of a handler."""

    def came(self, job_key: str, /) -> None:
        """Count a job whose handler has yet to begin, as if it began now."""

    def began(self, job_key: str, /) -> None:
        """Count a start, in the greenlet of the handler that is about to run."""


def _caps(registered: JobWorker, job: JobConfig) -> dict[str, Any]:
    """Return what caps a type, by its decorator where that says something, else by the configuration.

    Raises:
        ConfigurationError: The variable of ``per`` is not fetched.
    """
    asked = registered.caps.over(job)
    if asked is None:
        return {}
    where = registered.place()
    request = registered.request
    if asked.per is not None and request and request.fetch_variables and asked.per not in request.fetch_variables:
        raise ConfigurationError(
            f"per of {where} is {asked.per!r}, which its fetch_variables don't bring; add it to them"
        )
    resources = tuple(asked.resources(registered.job_type, where))
    return {"resources": resources, "per": asked.per, "per_limit": asked.per_limit or 1}


def _fetched(registered: JobWorker, request: JobWorkerRequest, job: JobConfig) -> tuple[str, ...] | None:
    """Return the variables to bring: those that were named, else those that parameters and ``per`` name; ``None``: all.

    With them what hooks have asked for. All, if the application has hooks, which may read any variable of a job; those
    of our integrations say which they read.
    """
    hooks = _hooks_of(registered)
    if request.fetch_variables:
        names = list(request.fetch_variables)
    elif registered.binding is None or hooks.of_application():
        return None
    else:
        names = list(registered.binding.fetch_variables or ())
        caps = registered.caps.over(job)
        if names and caps is not None and caps.per is not None:
            names.append(caps.per)
    return tuple(dict.fromkeys([*names, *hooks.variables])) if names else None


def _handler(registered: JobWorker) -> Handler:
    """Return the function to call with each job: the handler itself, unless it is of another form."""
    handler = registered.handler if registered.binding is None else registered.binding.call(registered.handler)
    if is_async(registered.handler):
        handler = as_blocking(handler)
    return handler if registered.single_value is None else as_variable(handler, registered.single_value)


#: Seconds. The gateway holds a poll for 10 s unless asked otherwise, and answers 503 from 30 s up (8.6.0).
_DEFAULT_REQUEST_TIMEOUT_S = 10.0


def _request_timeout_s(registered: JobWorker, told_ms: int | None) -> float:
    if not told_ms:
        return _DEFAULT_REQUEST_TIMEOUT_S
    if told_ms >= 30_000:
        raise ConfigurationError(
            f"request_timeout of {registered.place()} is {told_ms} ms; it must stay below 30000, "
            "because Camunda's gateway gives up longer polls with 503 and loses the jobs they would have brought"
        )
    return told_ms / 1000


def _run_in(registered: JobWorker, job: JobConfig) -> str:
    run_in = registered.run_in or job.run_in
    if run_in == "process" and is_async(registered.handler):
        raise ConfigurationError(
            f"{registered.place()} is async and would run in a process (run_in, api.job.runIn); a process takes plain "
            "functions: make it one, or set run_in='greenlet' for it"
        )
    return run_in


def _positive(registered: JobWorker, option: str, value: int) -> int:
    if value <= 0:
        raise ConfigurationError(f"{option} of {registered.place()} is {value}; it must be greater than 0")
    return value


def _seconds(told_ms: int | None) -> float | None:
    return told_ms / 1000 if told_ms else None


def _tenants(tenant_ids: list[str] | None) -> tuple[str, ...] | None:
    return tuple(tenant_ids) if tenant_ids else None


def _rule(registered: JobWorker, job: JobConfig) -> RetryRule:
    first = job.retry_back_off if registered.retry_back_off is None else registered.retry_back_off
    return RetryRule(first_ms=first, ceiling_ms=max(first, job.retry_back_off_max))
