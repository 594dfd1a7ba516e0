"""Which handlers a driver holds up that blocks in C: named, so that the remedy has an address."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from camunda_client import patching
from camunda_client.c8.worker._checks import name_of, without_partials
from camunda_client.c8.worker._story import is_library

if TYPE_CHECKING:
    from camunda_client.c8.worker._handlers import JobWorker
    from camunda_client.c8.worker._settings import WorkerSettings

#: Modules of the application that are looked through for one handler, at most.
_MOST_MODULES: Final = 200


class BlockingModule(NamedTuple):
    """A driver that blocks every job while it waits."""

    module: str
    remedy: str
    #: The handlers whose modules refer to it, as ``module.function``; where none does, all that it may be.
    handlers: list[str]


def blocking_modules(workers: Sequence[tuple[JobWorker, WorkerSettings]]) -> list[BlockingModule]:
    """Return the drivers that are imported and block, unless only handlers use them that run in child processes."""
    found = []
    for module, remedy in patching.find_blocking_modules():
        users = [one for one in workers if _uses(one[0], module)] or workers
        held_up = [name_of(inspect.unwrap(worker.handler)) for worker, how in users if how.run_in != "process"]
        if held_up or not workers:
            found.append(BlockingModule(module, remedy, sorted(set(held_up))))
    return found


def _uses(worker: JobWorker, driver: str) -> bool:
    """Tell whether a handler's module, or one of the application's that it refers to, refers to a driver."""
    inner: Any = inspect.unwrap(without_partials(worker.handler))
    first = sys.modules.get(getattr(inner, "__module__", None) or type(inner).__module__)
    todo: list[ModuleType] = [first] if first is not None else []
    seen: set[str] = set()
    while todo and len(seen) < _MOST_MODULES:
        module = todo.pop()
        if module.__name__ in seen:
            continue
        seen.add(module.__name__)
        for name in _modules_in(module):
            if name.partition(".")[0] == driver:
                return True
            other = sys.modules.get(name)
            if other is not None and not is_library(getattr(other, "__file__", None) or f"{sys.prefix}/"):
                todo.append(other)
    return False


def _modules_in(module: ModuleType) -> Iterator[str]:
    """Yield the names of the modules of all that a module has: modules, functions, classes and objects."""
    for value in list(vars(module).values()):
        if isinstance(value, ModuleType):
            yield value.__name__
        else:
            of = value if inspect.isfunction(value) or isinstance(value, type) else type(value)
            if isinstance(of.__module__, str):
                yield of.__module__
