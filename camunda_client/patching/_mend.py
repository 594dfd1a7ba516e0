"""Find what kept the unpatched originals, and re-bind it.

One pass over ``sys.modules`` for names, class attributes, base classes and default arguments, one over the
collector's objects for live instances. Held to a few milliseconds: it runs while a program starts.
"""

from __future__ import annotations

import sys
import threading
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

from ._instances import Locks, mend_instances
from ._report import Unmended

#: gevent's own modules need the originals; in ``threading`` it chose by itself what to replace.
_LEFT_ALONE = ("gevent", "greenlet", "threading", "zope")

_SUBCLASS_REMEDY = "the class keeps its unpatched base; import its module after the patch"
_ATTRIBUTE_REMEDY = "it cannot be assigned to; import its module after the patch"


def mend() -> tuple[list[tuple[str, str]], list[Unmended]]:
    """Re-bind every copy of an original that can be reached; return what was mended and what was not."""
    scan = _Scan(replacements())
    for module_name, module in list(sys.modules.items()):
        if isinstance(module, ModuleType) and not _left_alone(module_name, module):
            scan.module(module_name, module)
    scan.locks.replace(scan.mended, scan.unmended)
    mend_instances(scan.mended, scan.unmended)
    return scan.mended, scan.unmended


def replacements() -> dict[int, tuple[Any, Any]]:
    """Return ``id(original) -> (original, its cooperative replacement)`` for all that gevent replaced."""
    from gevent import monkey

    found: dict[int, tuple[Any, Any]] = {}
    for module_name, items in monkey.saved.items():  # type: ignore[attr-defined]
        # It keeps settings beside the modules, under a name that is no module.
        module = sys.modules.get(module_name)
        for name, old in items.items():
            new = getattr(module, name, None)
            if callable(old) and callable(new) and new is not old:
                found.setdefault(id(old), (old, new))
    # gevent switches the C implementation off rather than replacing it.
    native_rlock = monkey.get_original("threading", "_CRLock")
    found[id(native_rlock)] = (native_rlock, threading._PyRLock)  # type: ignore[attr-defined]
    return found


def _left_alone(name: str, module: ModuleType) -> bool:
    top = name.partition(".")[0]
    if top in _LEFT_ALONE or name.startswith(f"{__package__}."):
        return True
    # The C halves of the standard library (_socket, posix, select): they are where the originals live.
    return top in sys.stdlib_module_names and (
        top.startswith("_") or not str(getattr(module, "__file__", None)).endswith(".py")
    )


class _Scan:
    """The pass over the modules: what it has seen, and what came of it."""

    def __init__(self, table: dict[int, tuple[Any, Any]]) -> None:
        self._table = table
        self._seen: set[int] = set()
        self.mended: list[tuple[str, str]] = []
        self.unmended: list[Unmended] = []
        self.locks = Locks()

    def module(self, name: str, module: ModuleType) -> None:
        names = vars(module)
        # One module under two names: __main__ as __mp_main__, urllib3 as requests.packages.urllib3.
        if id(names) in self._seen:
            return
        self._seen.add(id(names))
        quiet = name.partition(".")[0] in sys.stdlib_module_names
        for key, value in list(names.items()):
            self._value(module, name, key, value, quiet)
            if isinstance(value, type) and id(value) not in self._seen and id(value) not in self._table:
                self._seen.add(id(value))
                self._class(value, value.__module__ if isinstance(value.__module__, str) else name)

    def _value(self, owner: Any, module: str, key: str, value: Any, quiet: bool, prefix: str = "") -> None:
        kind = type(value)
        if id(value) in self._table:
            self._assign(owner, module, key, self._table[id(value)][1], quiet, prefix)
        elif kind is FunctionType:
            self._defaults(value, module, prefix + key, quiet)
        elif kind is partial and id(value.func) in self._table:
            new = partial(self._table[id(value.func)][1], *value.args, **value.keywords)
            self._assign(owner, module, key, new, quiet, prefix)
        elif kind is staticmethod and id(value.__func__) in self._table:
            self._assign(owner, module, key, staticmethod(self._table[id(value.__func__)][1]), quiet, prefix)
        elif not quiet:
            self.locks.consider(value, owner, module, key, prefix)

    def _class(self, cls: type, module: str) -> None:
        where = cls.__qualname__
        if module.partition(".")[0] in _LEFT_ALONE:
            return
        quiet = module.partition(".")[0] in sys.stdlib_module_names
        for key, value in list(vars(cls).items()):
            self._value(cls, module, key, value, quiet, f"{where}.")
        if any(id(base) in self._table for base in cls.__bases__):
            self._bases(cls, module, where, quiet)

    def _bases(self, cls: type, module: str, where: str, quiet: bool) -> None:
        new = tuple(self._table.get(id(base), (base, base))[1] for base in cls.__bases__)
        try:
            cls.__bases__ = new
        except TypeError:
            # Laid out differently in C: threading.local and socket.socket.
            if not quiet:
                self.unmended.append(Unmended(module, where, _SUBCLASS_REMEDY))
        else:
            self._mended(module, where, quiet)

    def _defaults(self, function: FunctionType, module: str, where: str, quiet: bool) -> None:
        if function.__defaults__ and any(id(value) in self._table for value in function.__defaults__):
            function.__defaults__ = tuple(self._table.get(id(v), (v, v))[1] for v in function.__defaults__)
            self._mended(module, f"{where}()", quiet)
        if function.__kwdefaults__ and any(id(value) in self._table for value in function.__kwdefaults__.values()):
            function.__kwdefaults__ = {
                key: self._table.get(id(v), (v, v))[1] for key, v in function.__kwdefaults__.items()
            }
            self._mended(module, f"{where}()", quiet)

    def _assign(self, owner: Any, module: str, key: str, new: Any, quiet: bool, prefix: str) -> None:
        try:
            setattr(owner, key, new)
        except (AttributeError, TypeError):
            if not quiet:
                self.unmended.append(Unmended(module, prefix + key, _ATTRIBUTE_REMEDY))
        else:
            self._mended(module, prefix + key, quiet)

    def _mended(self, module: str, name: str, quiet: bool) -> None:
        if not quiet:
            self.mended.append((module, name))
