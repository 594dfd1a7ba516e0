"""What a child process has to import, and which handlers it has to find there."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from camunda_client.c8.worker._checks import without_partials
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from camunda_client.c8.worker._handlers import JobWorker
    from camunda_client.c8.worker._settings import WorkerSettings

#: What imports the worker's target: module, function, and its argument.
Loader = tuple[str, str, str]


class Wanted(NamedTuple):
    """One handler."""

    job_type: str
    #: ``module:qualified.name``.
    name: str
    #: Milliseconds: the first wait after a failure, and the longest.
    retry: tuple[int, int]
    #: It has hooks of its own, which only its registration knows.
    has_hooks: bool


@dataclass(frozen=True)
class Plan:
    """What one child process is for."""

    argv: list[str]
    #: Given by a command that imports a target; then nothing else needs to be imported.
    loader: Loader | None
    modules: list[str]
    #: How to run the main script (``module`` or ``path``), and its name; where handlers are in it.
    main: tuple[str, str] | None
    wanted: list[Wanted]
    threads: int

    def facts(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    @classmethod
    def of(cls, facts: dict[str, Any]) -> Plan:
        """Return the plan again."""
        return cls(**{**facts, "wanted": [Wanted(*one) for one in facts["wanted"]]})


def plan(workers: Iterable[tuple[JobWorker, WorkerSettings]], loader: Loader | None, threads: int) -> Plan:
    """Return what children need for these handlers.

    Raises:
        ConfigurationError: Their module can't be imported a second time.
    """
    chosen = list(workers)
    modules = sorted({registered.module for registered, _ in chosen}) if loader is None else []
    main = _main() if "__main__" in modules else None
    wanted = [
        Wanted(
            settings.job_type,
            shown_name(registered.handler),
            (settings.retry.first_ms, settings.retry.ceiling_ms),
            bool(registered.hooks),
        )
        for registered, settings in chosen
    ]
    return Plan(list(sys.argv), loader, [name for name in modules if name != "__main__"], main, wanted, threads)


def shown_name(handler: Callable[..., Any]) -> str:
    """Return by which name a handler is known in the worker and in its children, as ``module:qualified.name``."""
    inner = without_partials(handler)
    named = inner if hasattr(inner, "__qualname__") else type(inner)
    module = "__main__" if named.__module__ == "__mp_main__" else named.__module__
    return f"{module}:{named.__qualname__}"


def _main() -> tuple[str, str]:
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return "module", spec.name
    path = getattr(main, "__file__", None)
    if path is None or not os.path.isfile(path):
        raise ConfigurationError(
            "a handler with run_in='process' is in the main program, which a child process cannot import because it is "
            "not a file; put the handler in a module"
        )
    return "path", os.path.abspath(path)
