"""Which modules a test imports, directly or through others.

A test's handlers are those that its modules import, not those that happen to be imported by then: else a test would
go differently alone than in the whole suite. So a module's own text is read: ``import shop.charging`` binds ``shop``,
whose attributes are all its modules that anybody in the run has imported.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType

#: Nobody's handlers are reached through these, and they are large.
_NOT_THROUGH = frozenset(sys.stdlib_module_names) | {"_pytest", "camunda_client", "gevent", "pydantic", "pytest"}
_INSTALLED = tuple({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
_BODIES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def reachable_modules(modules: Iterable[ModuleType], with_handlers: Iterable[str] = ()) -> set[str]:
    """Return the names of these modules and of all that they lead to.

    A module leads to those that its statements at the top import, and through its globals to those in which its
    functions and classes were written.

    Args:
        modules: Where to begin.
        with_handlers: Names of modules that have handlers. Of what is installed, only their packages are read:
            the text of all of numpy would take seconds.
    """
    read = {name.partition(".")[0] for name in with_handlers}
    found: set[str] = set()
    to_visit = [module for module in modules if module is not None]
    while to_visit:
        module = to_visit.pop()
        if module.__name__ in found:
            continue
        found.add(module.__name__)
        names = {name for name in _leads_to(module, read) if name not in found and _is_followed(name)}
        to_visit += [reached for name in names if isinstance(reached := sys.modules.get(name), ModuleType)]
    return found


def _is_followed(name: str) -> bool:
    return name.partition(".")[0] not in _NOT_THROUGH


def _leads_to(module: ModuleType, read: set[str]) -> Iterator[str]:
    imports = _imports_of(module, read)
    has = vars(module)
    for bound, value in list(has.items()):
        name = _home(value)
        # The import system makes a submodule an attribute of its package, whoever imported it.
        if name and (imports is None or imports.computed or name != f"{module.__name__}.{bound}"):
            yield name
    for one in imports.found if imports is not None else ():
        # Not there: a branch that was not taken, as under TYPE_CHECKING.
        if one.binds is None or one.binds in has:
            yield from one.names(module.__package__ or "")


def _home(value: object) -> str | None:
    # Its type is asked, not the object: a lazy proxy would come to life, or fail.
    if issubclass(type(value), ModuleType):
        name = getattr(value, "__name__", None)
    elif issubclass(type(value), (FunctionType, type)):
        name = getattr(value, "__module__", None)
    else:
        return None
    return name if isinstance(name, str) else None


@dataclass(frozen=True, slots=True)
class _Import:
    """One name of an import statement, or one call of ``import_module()``."""

    #: What is imported, with leading dots if it is relative.
    module: str
    #: What is asked of that module, if anything: it may be a module itself.
    member: str | None = None
    #: The global that it makes.
    binds: str | None = None

    def names(self, package: str) -> Iterator[str]:
        """Return the full names of the modules that this may be."""
        try:
            module = importlib.util.resolve_name(self.module, package)
        except ImportError:
            return
        if self.member is not None:
            yield f"{module}.{self.member}"
        elif self.binds is not None and module.startswith(f"{self.binds}."):
            steps = module.split(".")
            yield from (".".join(steps[:count]) for count in range(1, len(steps)))
        yield module


@dataclass(frozen=True, slots=True)
class _Imports:
    found: tuple[_Import, ...]
    #: Whether names of modules are made while it runs: a package that looks for its own modules.
    computed: bool


def _imports_of(module: ModuleType, read: set[str]) -> _Imports | None:
    file = getattr(module, "__file__", None)
    if file is None:  # a folder without __init__.py imports nothing
        return _Imports((), computed=False) if hasattr(module, "__path__") else None
    if file.startswith(_INSTALLED) and module.__name__.partition(".")[0] not in read:
        return None
    return _imports(file)


@functools.cache
def _imports(file: str) -> _Imports | None:
    """Read what a file imports when it is imported; None if there is no text to read."""
    if not file.endswith(".py"):
        return None
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    found: list[_Import] = []
    computed = False
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Call) and _name(node.func) in ("import_module", "__import__"):
            told = node.args[0] if node.args else None
            if isinstance(told, ast.Constant) and isinstance(told.value, str):
                found.append(_Import(told.value))
            else:
                computed = True
        found += _of_statement(node)
        nodes += [inner for inner in ast.iter_child_nodes(node) if not isinstance(inner, _BODIES)]
    return _Imports(tuple(found), computed)


def _of_statement(node: ast.AST) -> list[_Import]:
    if isinstance(node, ast.Import):
        return [_Import(one.name, binds=one.asname or one.name.partition(".")[0]) for one in node.names]
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        return [
            _Import(module) if one.name == "*" else _Import(module, one.name, one.asname or one.name)
            for one in node.names
        ]
    return []


def _name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))
