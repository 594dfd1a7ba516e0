"""Modules under the names of Camunda 7's libraries, found before any that are installed."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

from camunda_client.camunda7 import _engine, _pycamunda, _task, _workers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_EXCEPTIONS: Final = [
    _pycamunda.PyCamundaException,
    _pycamunda.NoSuccess,
    _pycamunda.BadRequest,
    _pycamunda.Unauthorized,
    _pycamunda.Forbidden,
    _pycamunda.NotFound,
    _pycamunda.InternalServerError,
]
_REQUESTS: Final = [
    _pycamunda.Complete,
    _pycamunda.ExtendLock,
    _pycamunda.ExternalTask,
    _pycamunda.FetchAndLock,
    _pycamunda.HandleBPMNError,
    _pycamunda.HandleFailure,
    _pycamunda.SetRetries,
    _pycamunda.Unlock,
]
#: What each module has.
_MODULES: Final[dict[str, list[Any]]] = {
    "camunda": [],
    "camunda.external_task": [],
    "camunda.external_task.external_task": [_task.ExternalTask, _task.TaskResult],
    "camunda.external_task.external_task_worker": [_workers.ExternalTaskWorker, _workers.NoExternalTaskFound],
    "camunda.external_task.async_external_task_worker": [_workers.AsyncExternalTaskWorker],
    "camunda.client": [],
    "camunda.client.engine_client": [_engine.EngineClient],
    "camunda.utils": [],
    "camunda.utils.log_utils": [_engine.log_with_context],
    "pycamunda": _EXCEPTIONS,
    "pycamunda.base": [_pycamunda.CamundaRequest],
    "pycamunda.externaltask": _REQUESTS,
    "pycamunda.variable": [_pycamunda.Variable],
}


#: Modules of the libraries that files may import, and whose names say at their first use that there is nothing.
_WITHOUT: Final = {
    *(f"camunda.client.{name}" for name in ("external_task_client", "async_external_task_client")),
    *(f"camunda.external_task.{name}" for name in ("external_task_executor", "async_external_task_executor")),
    *("camunda.process_definition", "camunda.process_definition.process_definition_client"),
    *(f"camunda.utils.{name}" for name in ("auth_basic", "auth_bearer", "response_utils", "utils")),
    *("camunda.variables", "camunda.variables.properties", "camunda.variables.variables"),
    *(
        f"pycamunda.{name}"
        for name in (
            "activityinst", "auth", "batch", "casedef", "caseinst", "condition", "decisiondef", "decisionreqdef",
            "deployment", "execution", "filter", "group", "identity", "incident", "instruction", "message",
            "migration", "processdef", "processinst", "request", "resource", "signal", "task", "telemetry", "tenant",
            "user", "version",
        )
    ),
}  # fmt: skip


def _missing(name: str) -> ModuleNotFoundError:
    there = ", ".join(known for known in _MODULES if not _is_package(known) or known == "pycamunda")
    return ModuleNotFoundError(
        f"{name} has no counterpart for Camunda 8; there are {there} (docs/camunda7.md)", name=name
    )


class _Without:
    """Stands for a class or function that has no counterpart: the first use says so."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise _missing(self._name)

    def __getattr__(self, name: str) -> NoReturn:
        raise _missing(f"{self._name}.{name}")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname in _MODULES or fullname in _WITHOUT:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=_is_package(fullname))
        if fullname.partition(".")[0] in ("camunda", "pycamunda"):
            raise _missing(fullname)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """Leave it to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Put in what the module has."""
        if module.__name__ in _WITHOUT:
            prefix = module.__name__
            vars(module)["__getattr__"] = lambda name: _without(f"{prefix}.{name}")
            return
        for thing in _MODULES[module.__name__]:
            setattr(module, thing.__name__, thing)
        if module.__name__ in ("pycamunda.externaltask", "pycamunda.variable"):
            beside = module.__name__
            vars(module)["__getattr__"] = lambda name: _without(f"{beside}.{name}")
        if module.__name__ in ("camunda.client.engine_client", "camunda.external_task.external_task_worker"):
            vars(module)["ENGINE_LOCAL_BASE_URL"] = _engine.ENGINE_LOCAL_BASE_URL


def _without(name: str) -> _Without:
    """Return what stands for a name of a module without counterpart; Python's own names are not there."""
    if name.rpartition(".")[2].startswith("__"):
        raise AttributeError(name)
    return _Without(name)


def _is_package(name: str) -> bool:
    return any(other.startswith(f"{name}.") for other in (*_MODULES, *_WITHOUT))


def install() -> None:
    """Let imports of Camunda 7's libraries find these modules; again does nothing more."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
