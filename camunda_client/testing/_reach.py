"""Which modules a test imports, directly or through others.

A test's handlers are those that its modules import, not those that happen to be imported by then: else a test would
go differently alone than in the whole suite.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import FunctionType, ModuleType

#: Nobody's handlers are reached through these, and they are large.
_NOT_THROUGH = frozenset(sys.stdlib_module_names) | {"_pytest", "camunda_client", "gevent", "pydantic", "pytest"}


def reachable_modules(modules: Iterable[ModuleType]) -> set[str]:
    """Return the names of these modules and of all that their global names lead to.

    A global leads to the module that it is, or to the one in which its function or class was written.
    """
    found: set[str] = set()
    to_visit = [module for module in modules if module is not None]
    while to_visit:
        module = to_visit.pop()
        if module.__name__ in found:
            continue
        found.add(module.__name__)
        for value in list(vars(module).values()):
            if (name := _leads_to(value)) and name not in found and (reached := sys.modules.get(name)) is not None:
                to_visit.append(reached)
    return found


def _leads_to(value: object) -> str | None:
    # Its type is asked, not the object: a lazy proxy would come to life, or fail.
    if issubclass(type(value), ModuleType):
        name = getattr(value, "__name__", None)
    elif issubclass(type(value), (FunctionType, type)):
        name = getattr(value, "__module__", None)
    else:
        return None
    return name if isinstance(name, str) and name.partition(".")[0] not in _NOT_THROUGH else None
