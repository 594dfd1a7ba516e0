"""A group of handlers that share hooks, error rules and settings, beside the module-level functions."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeVar

from camunda_client.c8.worker._errors import ErrorRules
from camunda_client.c8.worker._handlers import camunda_worker, queue
from camunda_client.c8.worker._hooks import Hooks, own_hooks
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8.worker._errors import Errors
    from camunda_client.c8.worker._handlers import JobWorker
    from camunda_client.c8.worker._hooks import HookArgument

_F = TypeVar("_F", bound="Callable[..., Any]")


class WorkerRegistry:
    """Handlers that belong together: they share hooks, error rules and settings, and each may say otherwise.

        payments = WorkerRegistry("payments", errors={Declined: BpmnError("DECLINED")}, timeout=30_000)

        @payments.camunda_worker("charge-card")
        def charge_card(job: ActivatedJob) -> dict: ...

        @payments.around_job
        def session(job): ...

    Its handlers are the process's, as those of the module-level :func:`camunda_worker`: ``register_workers()`` and
    ``camunda-client worker`` find them. Hooks and rules count that are added before the workers start.
    """

    def __init__(
        self,
        name: str,
        *,
        errors: Errors | None = None,
        around: HookArgument = (),
        before: HookArgument = (),
        after: HookArgument = (),
        on_failure: HookArgument = (),
        **settings: Any,
    ) -> None:
        """Begin without handlers.

        Args:
            name: What messages call it.
            errors: What exceptions of its handlers come to, as for :func:`map_errors`.
            around: Hooks around each handler, inside those of all handlers; likewise the other three.
            before: See ``around``.
            after: See ``around``.
            on_failure: See ``around``.
            settings: Arguments of :func:`camunda_worker` for each of its handlers that doesn't say them itself.

        Raises:
            ConfigurationError: A setting that ``camunda_worker`` doesn't have.
        """
        self.name = name
        self.errors = ErrorRules(errors, f"errors of WorkerRegistry({name!r})")
        self.hooks: Hooks = own_hooks(around, before, after, on_failure)
        self._settings = settings
        self._workers: list[JobWorker] = []
        unknown = settings.keys() - inspect.signature(camunda_worker).parameters.keys() | settings.keys() & {"job_type"}
        if unknown:
            raise ConfigurationError(
                f"WorkerRegistry({name!r}) has settings that camunda_worker doesn't take for all: {sorted(unknown)}"
            )

    @property
    def workers(self) -> list[JobWorker]:
        """Its handlers, oldest first."""
        return list(self._workers)

    def camunda_worker(self, job_type: str, **settings: Any) -> Callable[[_F], _F]:
        """Make a function a handler of this registry; arguments as of the module-level :func:`camunda_worker`."""
        decorate = camunda_worker(job_type, **{**self._settings, **settings})

        def take(handler: _F) -> _F:
            decorated = decorate(handler)
            worker = queue[-1]
            worker.registry = self
            self._workers.append(worker)
            return decorated

        return take

    def add_job_worker(self, job_type: str, handler: Callable[..., Any], **settings: Any) -> None:
        """Add a handler without a decorator."""
        self.camunda_worker(job_type, **settings)(handler)

    def map_errors(self, errors: Errors) -> None:
        """Say what exceptions of its handlers come to, as :func:`map_errors` does for all.

        Raises:
            ConfigurationError: A rule that can't be.
        """
        self.errors.add(errors, f"WorkerRegistry({self.name!r}).map_errors()")

    def around_job(self, hook: _F) -> _F:
        """Register a hook around each of its jobs, inside those of all handlers."""
        return self._add(hook, around=hook)

    def before_job(self, hook: _F) -> _F:
        """Register ``hook(job)``, called before each of its handlers."""
        return self._add(hook, before=hook)

    def after_job(self, hook: _F) -> _F:
        """Register ``hook(job, outcome)``, called when the outcome of one of its jobs is decided."""
        return self._add(hook, after=hook)

    def on_failure(self, hook: _F) -> _F:
        """Register ``hook(job, exception, retries_left)``, called at each failure of one of its jobs."""
        return self._add(hook, on_failure=hook)

    def _add(self, hook: _F, **kind: HookArgument) -> _F:
        self.hooks += own_hooks(**{"around": (), "before": (), "after": (), "on_failure": (), **kind})
        return hook
