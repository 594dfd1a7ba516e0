"""What runs around every job, or around those of one handler: for frameworks that open something for each request.

Hooks run in the job's own greenlet and context. ``around`` and ``before`` are part of the handler: what they raise
fails the job. ``on_failure`` and ``after`` come when the outcome is decided: what they raise is logged and changes
nothing.
"""

from __future__ import annotations

import contextlib
import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from camunda_client.error import ConfigurationError
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from camunda_client.c8.models import ActivatedJob

    Around = Callable[[ActivatedJob], "AbstractContextManager[Any] | Iterator[Any]"]
    Before = Callable[[ActivatedJob], object]
    After = Callable[[ActivatedJob, "JobOutcome"], object]
    #: One hook or several.
    HookArgument = Callable[..., Any] | Iterable[Callable[..., Any]]
    OnFailure = Callable[[ActivatedJob, BaseException, int], object]

log = get_logger(__name__)

_F = TypeVar("_F", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What a job came to, before it is reported.

    Attributes:
        kind: ``completed``, ``failed`` or ``error_thrown`` (a BPMN error).
        duration_s: Seconds that the handler took.
        result: What the handler returned, if it is completed.
        exception: What the handler raised, if not.
        retries_left: After a failure, 0 if this becomes an incident; else ``None``.
    """

    kind: Literal["completed", "failed", "error_thrown"]
    duration_s: float
    result: object = None
    exception: BaseException | None = None
    retries_left: int | None = None


@dataclass
class Hooks:
    """Hooks in the order in which they were registered: the first ``around`` is the outermost."""

    around: list[Around] = field(default_factory=list)
    before: list[Before] = field(default_factory=list)
    after: list[After] = field(default_factory=list)
    on_failure: list[OnFailure] = field(default_factory=list)
    #: Names of variables that they read, beside those of the handler.
    variables: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.around or self.before or self.after or self.on_failure)

    def __add__(self, inner: Hooks) -> Hooks:
        """Return these hooks outside those of one handler; ``after`` and ``on_failure`` of the handler come first."""
        return Hooks(
            self.around + inner.around,
            self.before + inner.before,
            inner.after + self.after,
            inner.on_failure + self.on_failure,
            self.variables + inner.variables,
        )

    def of_application(self) -> bool:
        """Tell whether one of them is the application's, and not of this package's integrations."""
        found = (*self.around, *self.before, *self.after, *self.on_failure)
        return any(not str(getattr(hook, "__module__", "")).startswith("camunda_client.") for hook in found)

    def call(
        self, handler: Callable[[ActivatedJob], Any], job: ActivatedJob, failed: Callable[[BaseException], None]
    ) -> Any:
        """Return what the handler returns, called within ``around`` and after ``before``; raise what they raise.

        ``failed`` is called with the exception while ``around`` is still open, so that an error tracker has its scope.
        """
        raised: BaseException | None = None
        result = None
        with contextlib.ExitStack() as stack:
            for around in self.around:
                stack.enter_context(around(job))  # type: ignore[arg-type]
            try:
                for before in self.before:
                    before(job)
                result = handler(job)
            except BaseException as error:
                raised = error
                failed(error)
                raise
        if raised is not None:
            # A context manager that swallows exceptions must not turn a failed job into a completed one.
            raise raised
        return result

    def failed(self, job: ActivatedJob, error: BaseException, retries_left: int) -> None:
        """Call ``on_failure``. Never raises."""
        for on_failure in self.on_failure:
            _survive(on_failure, job, error, retries_left)

    def ended(self, job: ActivatedJob, outcome: JobOutcome) -> None:
        """Call ``after``. Never raises."""
        for after in self.after:
            _survive(after, job, outcome)


#: Hooks around every job of this process.
everywhere = Hooks()


def around_job(hook: _F) -> _F:
    """Register a hook around every job: a function of the job that returns a context manager, or yields once.

    Its end runs whatever the handler did, with the handler's exception raised at the ``yield``.
    """
    everywhere.around.append(as_around(hook))
    return hook


def before_job(hook: _F) -> _F:
    """Register ``hook(job)``, called before every job's handler."""
    everywhere.before.append(_called(hook, "before_job", "job"))
    return hook


def after_job(hook: _F) -> _F:
    """Register ``hook(job, outcome)``, called when a job's :class:`JobOutcome` is decided, before it is reported."""
    everywhere.after.append(_called(hook, "after_job", "job, outcome"))
    return hook


def on_failure(hook: _F) -> _F:
    """Register ``hook(job, exception, retries_left)``, called at each failure; 0 retries mean an incident.

    A ``CamundaBusinessException`` is a BPMN error, not a failure.
    """
    everywhere.on_failure.append(_called(hook, "on_failure", "job, exception, retries_left"))
    return hook


def also_fetch(*names: str) -> None:
    """Have variables brought with every job, also where a handler names those that it needs: for hooks that read them.

    Call it before the workers start.
    """
    everywhere.variables.extend(name for name in names if name not in everywhere.variables)


def as_around(hook: Callable[..., Any]) -> Around:
    """Return a hook of either form as one that gives a context manager."""
    _called(hook, "around_job", "job")
    return contextlib.contextmanager(hook) if inspect.isgeneratorfunction(hook) else hook


def own_hooks(around: HookArgument, before: HookArgument, after: HookArgument, on_failure: HookArgument) -> Hooks:
    """Return one handler's hooks.

    Raises:
        ConfigurationError: One can't be called as it would be.
    """
    return Hooks(
        [as_around(hook) for hook in _several(around)],
        [_called(hook, "before", "job") for hook in _several(before)],
        [_called(hook, "after", "job, outcome") for hook in _several(after)],
        [_called(hook, "on_failure", "job, exception, retries_left") for hook in _several(on_failure)],
    )


def _several(hooks: HookArgument) -> Iterable[Callable[..., Any]]:
    return (hooks,) if callable(hooks) else hooks


def _called(hook: Callable[..., Any], name: str, parameters: str) -> Callable[..., Any]:
    """Return the hook if it can be called so.

    Raises:
        ConfigurationError: It can't, or it is asynchronous.
    """
    count = parameters.count(",") + 1
    if not callable(hook) or inspect.iscoroutinefunction(hook) or inspect.isasyncgenfunction(hook):
        raise ConfigurationError(f"{name} needs a plain function of ({parameters}), got {hook!r}")
    try:
        inspect.signature(hook).bind(*[None] * count)
    except TypeError as error:
        raise ConfigurationError(
            f"{name} calls its hook as hook({parameters}), and {hook!r} can't be: {error}"
        ) from None
    except ValueError:
        pass  # written in C: it shows at the call
    return hook


def _survive(hook: Callable[..., object], *arguments: object) -> None:
    try:
        hook(*arguments)
    except BaseException:
        # The job is decided; a hook must not change it.
        log.error("hook.failed", hook=getattr(hook, "__qualname__", repr(hook)), exc_info=True)


def forget() -> None:
    """Forget all hooks, as between tests."""
    for kept in (everywhere.around, everywhere.before, everywhere.after, everywhere.on_failure, everywhere.variables):
        kept.clear()
