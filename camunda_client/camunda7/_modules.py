"""Modules under the names of Camunda 7's libraries, found before any that are installed."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from typing import TYPE_CHECKING, Any, Final

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


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        del path, target
        if fullname in _MODULES:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=_is_package(fullname))
        if fullname.partition(".")[0] in ("camunda", "pycamunda"):
            there = ", ".join(name for name in _MODULES if not _is_package(name) or name == "pycamunda")
            raise ModuleNotFoundError(
                f"{fullname} has no counterpart for Camunda 8; there are {there} (docs/camunda7.md)", name=fullname
            )
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """Leave it to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Put in what the module has."""
        for thing in _MODULES[module.__name__]:
            setattr(module, thing.__name__, thing)
        if module.__name__ in ("camunda.client.engine_client", "camunda.external_task.external_task_worker"):
            vars(module)["ENGINE_LOCAL_BASE_URL"] = _engine.ENGINE_LOCAL_BASE_URL


def _is_package(name: str) -> bool:
    return any(other.startswith(f"{name}.") for other in _MODULES)


def install() -> None:
    """Let imports of Camunda 7's libraries find these modules; again does nothing more."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
