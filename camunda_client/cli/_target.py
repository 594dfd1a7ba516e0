"""Import the user's file or module, so that its handlers are decorated.

What goes wrong inside the user's code is shown as the user's own traceback; what goes wrong in naming it is one line.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

#: The package's folder: frames in it are ours, not the user's.
_PACKAGE = str(Path(__file__).parent.parent) + "/"


#: What is added to the name of a file that others know as something else.
_SUFFIX = "_worker"


class TargetError(Exception):
    """The target names nothing that can be imported."""


class NoHandlers(TargetError):
    """What was imported has no handler, or none of those that were asked for."""


class UserCodeFailed(Exception):
    """The user's module raised; its traceback has been printed."""


def load(target: str) -> ModuleType:
    """Import ``app.py``, ``package.module``, or either with ``:function`` to be called afterwards.

    Of a package, named by its folder or as a module, all modules are imported, except for tests and ``__main__``.

    Raises:
        TargetError: There is no such file, module or function.
        ConfigurationError: The module or function sets a configuration that is wrong.
        UserCodeFailed: The module or function raised anything else. Its own traceback is on stderr.
    """
    name, _, function = (target, "", "") if Path(target).exists() else target.partition(":")
    path = Path(name)
    if path.is_dir() and (_ends_as_folder(name) or (path / "__init__.py").is_file()):
        module = _load_folder(path)
    else:
        module = _load_file(path) if name.endswith(".py") or "/" in name else _load_module(name)
    _search(module)
    if function:
        call = getattr(module, function, None)
        if not callable(call):
            raise TargetError(f"{name} has no function {function!r} to call")
        guarded(call)
    return module


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        there = sorted(found.name for found in path.parent.glob("*.py"))[:8] if path.parent.is_dir() else []
        near = f"; {path.parent} has {', '.join(there)}" if there else ""
        raise TargetError(f"there is no file {path}{near}")
    path = path.resolve()
    root = _root(path)
    folders = [str(folder) for folder in ([path.parent] if root == path.parent else [path.parent, root])]
    name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    if _is_taken(name, path):
        # Under its own name, others would get it who want the standard library's queue, say.
        name = path.stem + _SUFFIX
        sys.path += folders
    else:
        # Its folder comes first, as it does for `python app.py`.
        sys.path[:0] = folders
        if root != path.parent:
            loaded: list[ModuleType] = []
            guarded(lambda: loaded.append(importlib.import_module(name)))
            return loaded[0]
    return _exec_file(path, name)


def _ends_as_folder(name: str) -> bool:
    return name in (".", "..") or "/" in name


def _load_folder(folder: Path) -> ModuleType:
    if not (folder / "__init__.py").is_file():
        raise TargetError(f"{folder} is a folder, but no package: it has no __init__.py; name its files instead")
    return _load_file(folder / "__init__.py")


#: Names of modules in a package that are no handlers' and may do things when they are imported.
_SKIPPED = ("__main__", "tests", "test", "conftest", "setup")


def _search(package: ModuleType) -> None:
    """Import all modules of a package; nothing for a module."""
    for found in pkgutil.iter_modules(getattr(package, "__path__", ()), f"{package.__name__}."):
        name = found.name.rpartition(".")[2]
        if name in _SKIPPED or name.startswith("test_"):
            continue
        loaded: list[ModuleType] = []
        guarded(lambda name=found.name, into=loaded: into.append(importlib.import_module(name)))  # type: ignore[misc]
        _search(loaded[0])


def _root(path: Path) -> Path:
    """Return the folder from which a file is imported: the one around its outermost package."""
    root = path.parent
    while (root / "__init__.py").is_file() and root.name.isidentifier() and root != root.parent:
        root = root.parent
    return root


def _is_taken(name: str, path: Path) -> bool:
    """Return whether importing a name, or the package that it begins with, finds something else."""
    first = name.partition(".")[0]
    own = (path, *(folder / "__init__.py" for folder in path.parents))
    if first in sys.stdlib_module_names:
        return True
    if first in sys.modules:
        file = getattr(sys.modules[first], "__file__", None)
        return file is None or Path(file).resolve() not in own
    found = importlib.util.find_spec(first) if first.isidentifier() else None
    # Without an origin it is a folder without __init__.py, which counts for nothing beside a file.
    return found is not None and found.origin is not None and Path(found.origin).resolve() not in own


def _exec_file(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise TargetError(f"{path} can't be imported; its name has to end with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader = spec.loader
    guarded(lambda: loader.exec_module(module))
    return module


def _load_module(name: str) -> ModuleType:
    sys.path.insert(0, str(Path.cwd()))
    loaded: list[ModuleType] = []
    # Looking for it imports the packages around it.
    guarded(lambda: _check_is_there(name))
    guarded(lambda: loaded.append(importlib.import_module(name)))
    return loaded[0]


def _check_is_there(name: str) -> None:
    if name.startswith("."):
        raise TargetError(f"{name!r} names no module: it begins with a dot")
    try:
        found = importlib.util.find_spec(name) if name else None
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise  # something that a package around it wants
        raise TargetError(f"{name!r} names no module: {error}") from error
    if found is None:
        raise TargetError(f"there is no module {name!r} in {Path.cwd()} or on the Python path; a file ends with .py")


def guarded(call: Callable[[], Any]) -> None:
    """Call the user's code, and show what it raises as its own traceback.

    Raises:
        UserCodeFailed: It raised; the traceback is on stderr.
    """
    try:
        call()
    except (ConfigurationError, TargetError):
        raise  # names the option, or the target, and the remedy: a traceback would say less
    except Exception as error:
        chained: traceback.TracebackException | None = traceback.TracebackException.from_exception(error)
        shown = chained
        while chained is not None:
            chained.stack = traceback.StackSummary.from_list(
                [frame for frame in chained.stack if not _is_machinery(frame.filename)]
            )
            chained = chained.__cause__ or chained.__context__
        if shown is not None:
            sys.stderr.write("".join(shown.format()))
        raise UserCodeFailed from error


def _is_machinery(filename: str) -> bool:
    """Whether a frame is ours or importlib's: what is left is the user's."""
    return filename.startswith((_PACKAGE, "<frozen importlib")) or "/importlib/" in filename
