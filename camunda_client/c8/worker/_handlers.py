"""How handlers are named: the decorator, and what it notes down of each until the manager takes it."""

from __future__ import annotations

import functools
import inspect
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload

from pydantic.alias_generators import to_camel

from camunda_client import config
from camunda_client.c8.worker._checks import Arguments, is_async, name_of, without_partials
from camunda_client.c8.worker._errors import ErrorRules
from camunda_client.c8.worker._forms import bind
from camunda_client.c8.worker._hooks import Hooks, own_hooks
from camunda_client.c8.worker._resources import TypeCaps, read_resources
from camunda_client.error import ConfigurationError, SignatureException

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from types import FrameType

    from typing_extensions import Unpack

    from camunda_client.c8.worker._checks import Milliseconds, Names
    from camunda_client.c8.worker._errors import Errors
    from camunda_client.c8.worker._forms import Binding, Options, Result
    from camunda_client.c8.worker._hooks import HookArgument
    from camunda_client.c8.worker._resources import Resource

_Handler = TypeVar("_Handler", bound="Callable[..., Any]")
#: What type checkers let a handler be: a result of another kind, such as a number or a coroutine, is an error to them.
_HandlerReturningVariables = TypeVar("_HandlerReturningVariables", bound="Callable[..., Result]")
_HandlerReturningVariablesOrAsync = TypeVar(
    "_HandlerReturningVariablesOrAsync", bound="Callable[..., Result | Awaitable[Result]]"
)


@dataclass
class JobWorkerRequest:
    """What a worker asks Camunda for; ``None`` leaves a setting to the configuration. Times in milliseconds."""

    type: str
    worker: str | None = None
    timeout: int | None = None
    max_jobs_to_activate: int | None = None
    fetch_variables: list[str] | None = None
    request_timeout: int | None = None
    tenant_ids: list[str] | None = None


def _importing() -> str | None:
    """Return the module that is being imported when this is called, the innermost one."""
    # A handler's own __module__ is another: functools for partials, the decorator's for wrappers without a name.
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        # The outermost is the program's own: pytest's, or a worker's script.
        if frame.f_code.co_name == "<module>" and name != "__main__":
            module = sys.modules.get(name)
            if module is not None and vars(module) is frame.f_globals:
                return name
        frame = frame.f_back
    return None


class Shared(Protocol):
    """What the handlers of one group share."""

    hooks: Hooks
    errors: ErrorRules


@dataclass
class JobWorker:
    """A handler for one job type, as registered. Milliseconds; ``None`` as in :class:`JobWorkerRequest`."""

    job_type: str
    handler: Callable[..., Any]
    polling_interval: int | None = None
    request: JobWorkerRequest | None = None
    max_jobs_active: int | None = None
    auto_extend: bool | None = None
    with_lease: str | None = None
    handler_timeout: int | None = None
    max_lease: int | None = None
    retry_back_off: int | None = None
    stop_when_lost: bool = False
    run_in: str | None = None
    caps: TypeCaps = field(default_factory=TypeCaps, repr=False)
    #: What its exceptions come to.
    errors: ErrorRules = field(default_factory=ErrorRules, compare=False, repr=False)
    #: The group that it belongs to, if any.
    registry: Shared | None = field(default=None, compare=False, repr=False)
    #: How the handler's parameters come from the job; ``None`` if it is called with the job alone.
    binding: Binding | None = field(default=None, repr=False)
    #: The variable that the handler's result becomes, as it is; ``None`` if the result is an object of variables.
    single_value: str | None = None
    #: Its own, inside those of all handlers.
    hooks: Hooks = field(default_factory=Hooks, repr=False)
    #: The module whose import registered it; ``None`` if none was being imported, as in a function of a test.
    registered_by: str | None = field(default_factory=_importing, compare=False, repr=False)

    @property
    def written_in(self) -> str:
        """The module of its function or class."""
        return str(without_partials(self.handler).__module__)

    @property
    def module(self) -> str:
        """The module by whose import it is there."""
        return self.registered_by or self.written_in

    def place(self) -> str:
        """Return where the handler is written, for messages."""
        inner = inspect.unwrap(self.handler)
        written_at = getattr(inner, "__written_at__", None)
        if isinstance(written_at, str):  # by a map, say
            return f"{name_of(inner)} ({written_at})"
        try:
            line = f":{inspect.getsourcelines(inner)[1]}"
        except (OSError, TypeError):
            line = ""
        return f"{name_of(inner)}{line}"


#: Decorated handlers that are not registered yet.
queue: list[JobWorker] = []


@overload
def camunda_worker(
    job_type: str, polling_interval: Milliseconds | None = None, worker: str | None = None,
    timeout: Milliseconds | None = None, max_jobs_to_activate: int | None = None, fetch_variables: Names | None = None,
    request_timeout: Milliseconds | None = None, tenant_ids: Names | None = None, *,
    single_value: str, allow_async: bool | None = None, **options: Unpack[Options],
) -> Callable[[_Handler], _Handler]: ...  # fmt: skip
@overload
def camunda_worker(  # type: ignore[overload-overlap]  # False means what it means without it
    job_type: str, polling_interval: Milliseconds | None = None, worker: str | None = None,
    timeout: Milliseconds | None = None, max_jobs_to_activate: int | None = None, fetch_variables: Names | None = None,
    request_timeout: Milliseconds | None = None, tenant_ids: Names | None = None, *,
    single_value: None = None, allow_async: Literal[False] | None = None, **options: Unpack[Options],
) -> Callable[[_HandlerReturningVariables], _HandlerReturningVariables]: ...  # fmt: skip
@overload
def camunda_worker(
    job_type: str, polling_interval: Milliseconds | None = None, worker: str | None = None,
    timeout: Milliseconds | None = None, max_jobs_to_activate: int | None = None, fetch_variables: Names | None = None,
    request_timeout: Milliseconds | None = None, tenant_ids: Names | None = None, *,
    single_value: None = None, allow_async: bool, **options: Unpack[Options],
) -> Callable[[_HandlerReturningVariablesOrAsync], _HandlerReturningVariablesOrAsync]: ...  # fmt: skip
def camunda_worker(
    job_type: str,
    polling_interval: Milliseconds | None = None,
    worker: str | None = None,
    timeout: Milliseconds | None = None,
    max_jobs_to_activate: int | None = None,
    fetch_variables: Names | None = None,
    request_timeout: Milliseconds | None = None,
    tenant_ids: Names | None = None,
    *,
    max_jobs_active: int | None = None,
    auto_extend: bool | None = None,
    with_lease: Literal["auto", "never", "always"] | None = None,
    handler_timeout: Milliseconds | None = None,
    max_lease: Milliseconds | None = None,
    retry_back_off: Milliseconds | None = None,
    stop_when_lost: bool = False,
    allow_async: bool | None = None,
    run_in: Literal["greenlet", "process"] | None = None,
    resource: str | Resource | Sequence[str | Resource] | None = None,
    limit: int | None = None,
    rate: Names | None = None,
    pause: Names | None = None,
    per: str | None = None,
    per_limit: int | None = None,
    errors: Errors | None = None,
    single_value: str | None = None,
    variable_names: Literal["as_written", "camelCase"] | None = None,
    retry_unfit: bool | None = None,
    around: HookArgument = (),
    before: HookArgument = (),
    after: HookArgument = (),
    on_failure: HookArgument = (),
) -> Callable[[_Handler], _Handler]:
    """Make a function the handler of a job type; it stays callable as before.

    Whatever is left out comes from the configuration (``api.job``). All times are milliseconds, or ``timedelta``.

    Args:
        job_type: The type in the BPMN task's ``zeebe:taskDefinition``.
        polling_interval: Ceiling of the wait between polls when they fail or come back empty early.
        worker: Name that Camunda keeps with the job; default the configuration's.
        timeout: The lease: how long Camunda waits for a sign of life. It is extended while the handler runs, so it may
            be short; a dead worker's jobs come back after it.
        max_jobs_to_activate: Jobs per poll at most; default all free slots.
        fetch_variables: Names of the variables to bring; default all.
        request_timeout: How long Camunda may hold a poll open, below 30,000; default 10,000.
        tenant_ids: Tenants whose jobs to ask for.
        max_jobs_active: Jobs of this type in flight at most, default 100; 1 for code that isn't re-entrant.
        auto_extend: Whether the lease is extended while the handler runs; default yes.
        with_lease: Whether to ask for leases with a token, by which Camunda refuses whatever another worker's lease has
            overtaken: ``auto`` (the default) where the whole cluster is 8.10 or later, ``never`` or ``always``.
        handler_timeout: The handler is stopped and its job failed after this; default never.
        max_lease: The lease is not extended beyond this; default for ever.
        retry_back_off: First wait before a failed job is offered again; it doubles with each failure.
        stop_when_lost: Raise ``JobLost`` in the handler, at its next call that waits, once the job is no longer this
            worker's; default no: how far the handler is can't be known.
        allow_async: Whether the handler may be ``async def``, to run on the process's one asyncio loop; default no. It
            must not block that loop.
        run_in: ``process`` for code that can't yield (it computes, or waits in C): it runs in a thread of an unpatched
            child process, which imports the handler's module anew. Default ``greenlet``, in this process.
        resource: What the handler uses, by name or as :class:`Resource`; one, or several. All types that name it share
            its caps. No more jobs are asked for than the tightest allows, over all processes of one command.
        limit: Jobs in flight at most: of all types of the resource together, or of this type where it names none.
        rate: Starts at most, the same way: ``"20/s"``, ``"600/min"``, ``"5000/h"``; or several.
        pause: When nothing is asked for: ``"22:00-06:00 Europe/Berlin"``, ``"Sat-Sun 00:00-24:00 Europe/Berlin"``.
        per: A variable of whose values no more than ``per_limit`` jobs run at once, such as ``"customer_id"``.
        per_limit: How many; default 1.
        errors: What exceptions come to, as for :func:`map_errors`, such as ``{KeyError: Incident()}``.
        single_value: The variable that the result becomes, whatever it is; default: the result is an object, each
            member of which becomes a variable.
        variable_names: The names of the variables for parameters that name none: ``as_written`` (the default), or
            ``camelCase``, by which ``order_id`` is the variable ``orderId``.
        retry_unfit: Whether a job whose variables don't fit the handler's parameters loses one retry; default no: it
            becomes an incident at once, since another try changes nothing.
        around: Hooks around this handler, each as for :func:`around_job`; one, or several.
        before: The same for :func:`before_job`.
        after: The same for :func:`after_job`.
        on_failure: The same for :func:`on_failure`.

    Returns:
        The decorator. It refuses, with :class:`SignatureException`, what can't be called with what a job has.

    Raises:
        ConfigurationError: An argument has a value that can't be; the message names it.
    """
    if not isinstance(job_type, str) or not job_type.strip():
        raise SignatureException(
            f"camunda_worker needs a job type, got {job_type!r}; use @camunda_worker(job_type='…')"
        )

    read = Arguments(job_type)
    request = JobWorkerRequest(
        job_type,
        read.text("worker", worker),
        read.milliseconds("timeout", timeout),
        read.count("max_jobs_to_activate", max_jobs_to_activate),
        read.names("fetch_variables", fetch_variables),
        read.milliseconds("request_timeout", request_timeout),
        read.names("tenant_ids", tenant_ids),
    )
    options: dict[str, Any] = {
        "polling_interval": read.milliseconds("polling_interval", polling_interval),
        "max_jobs_active": read.count("max_jobs_active", max_jobs_active),
        "auto_extend": read.choice("auto_extend", auto_extend),
        "with_lease": read.one_of("with_lease", with_lease, ("auto", "never", "always")),
        "handler_timeout": read.milliseconds("handler_timeout", handler_timeout),
        "max_lease": read.milliseconds("max_lease", max_lease),
        "retry_back_off": read.milliseconds("retry_back_off", retry_back_off),
        "stop_when_lost": read.choice("stop_when_lost", stop_when_lost),
        "run_in": read.one_of("run_in", run_in, ("greenlet", "process")),
        "single_value": read.name("single_value", single_value),
    }
    naming = read.one_of("variable_names", variable_names, ("as_written", "camelCase"))
    retry = bool(read.choice("retry_unfit", retry_unfit))

    options["caps"] = TypeCaps.read(read, read_resources(read, resource), limit, rate, pause, per, per_limit)
    options["errors"] = ErrorRules(errors, f"errors of {read.whose}")
    allow_async = read.choice("allow_async", allow_async)
    hooks = own_hooks(around, before, after, on_failure)

    def decorate(handler: _Handler) -> _Handler:
        binding = bind(
            handler,
            allow_async=is_async(handler) and _async_allowed(job_type, allow_async),
            rename=to_camel if naming == "camelCase" else None,
            retry=retry,
            scope=sys._getframe(1).f_locals,
        )
        if binding is not None:
            read.check_fetched(request.fetch_variables, binding.unfetched(request.fetch_variables or []))

        def call(*args: Any, **kwargs: Any) -> Any:
            return handler(*args, **kwargs)

        functools.update_wrapper(call, handler)
        queue.append(JobWorker(job_type, handler, request=request, hooks=hooks, binding=binding, **options))
        return call  # type: ignore[return-value]

    return decorate


def _async_allowed(job_type: str, said: bool | None) -> bool:
    """Return whether ``async def`` is allowed: by the decorator, else the configuration, as far as there is one yet."""
    if said is not None:
        return said
    try:
        return config.get_config().job_for(job_type).allow_async
    except RuntimeError:
        pass
    with suppress(ConfigurationError):  # initialize_config() will say it
        return config.said_in_environment("api.job.allowAsync").lower() in ("1", "true", "yes", "on")
    return False


def check_unique(workers: list[JobWorker]) -> None:
    """Refuse two handlers for one job type: Camunda would hand jobs to either at random.

    Raises:
        ConfigurationError: Names both places.
    """
    first_of: dict[str, JobWorker] = {}
    for worker in workers:
        other = first_of.setdefault(worker.job_type, worker)
        if other is not worker:
            raise ConfigurationError(
                f"job type {worker.job_type!r} has two handlers, {other.place()} and {worker.place()}; keep one"
            )
