"""Whether the process is patched, and what was there before."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

#: A process that has all of these patched needs no patch of ours.
_MODULES = ("os", "queue", "select", "signal", "socket", "ssl", "subprocess", "threading", "time")

#: By the id of a module's namespace: the ids of what ``original()`` has given to it. It holds that on purpose.
fetched_by: dict[int, set[int]] = {}


def is_patched() -> bool:
    """Return whether everything that blocks is cooperative by now, whichever code patched it."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and all(monkey.is_module_patched(name) for name in _MODULES)


def patched_modules() -> list[str]:
    """Return the modules of which gevent has exchanged something, whichever code asked for it."""
    return sorted(getattr(sys.modules.get("gevent.monkey"), "saved", {}))


def original(module_name: str, name: str) -> Any:
    """Return the unpatched object, whether or not the process is patched.

    Args:
        module_name: For example ``"select"``.
        name: For example ``"poll"``.

    Raises:
        AttributeError: The module never had that name.
    """
    monkey = sys.modules.get("gevent.monkey")
    found = getattr(import_module(module_name), name) if monkey is None else monkey.get_original(module_name, name)
    fetched_by.setdefault(id(sys._getframe(1).f_globals), set()).add(id(found))
    return found
