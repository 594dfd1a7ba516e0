"""Find what kept the unpatched originals, and re-bind it.

One pass over ``sys.modules`` for names, class attributes, base classes and default arguments, one over the
collector's objects for live instances. Held to a few milliseconds: it runs while a program starts.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

from camunda_client.patching._decisions import decide_again
from camunda_client.patching._instances import NativeObjects, mend_instances
from camunda_client.patching._purpose import Purpose, says_so
from camunda_client.patching._remade import remake
from camunda_client.patching._report import Unmended

#: gevent's own modules need the originals; in ``threading`` it chose by itself what to replace.
_LEFT_ALONE = ("gevent", "greenlet", "threading", "zope")

_BORING = frozenset({str, int, bool, float, bytes, type(None), dict, list, tuple, set, frozenset, property, ModuleType})

_SUBCLASS_REMEDY = "the class keeps its unpatched base; import its module after the patch"
_ATTRIBUTE_REMEDY = "it cannot be assigned to; import its module after the patch"


def mend(no_mend: Sequence[str] = (), *, knew_gevent: bool = False) -> tuple[list[tuple[str, str]], list[Unmended]]:
    """Re-bind every copy of an original that can be reached; return what was re-bound and what was not.

    Args:
        no_mend: Modules and packages to leave alone.
        knew_gevent: Something had imported gevent before the patch, so that an original may be held on purpose.
    """
    purpose = Purpose(no_mend, knew_gevent=knew_gevent)
    scan = _Scan(replacements(), purpose)
    modules = [(name, module) for name, module in list(sys.modules.items()) if isinstance(module, ModuleType)]
    # By their names' dict: __main__ is there as __mp_main__ too, once multiprocessing is imported.
    left_alone = {id(vars(module)) for name, module in modules if _left_alone(name, module, purpose)}
    for name, module in sorted(modules, key=lambda one: one[0].partition(".")[0] not in sys.stdlib_module_names):
        if id(vars(module)) not in left_alone:
            scan.module(name, module)
    scan.remake()
    scan.natives.replace(scan.mended, scan.unmended)
    mend_instances(scan.mended, scan.unmended)
    decide_again(scan.mended, scan.unmended)
    return scan.mended, scan.unmended


def replacements() -> dict[int, tuple[Any, Any]]:
    """Return ``id(original) -> (original, its cooperative replacement)`` for all that gevent replaced."""
    from gevent import monkey

    found: dict[int, tuple[Any, Any]] = {}
    for module_name, items in monkey.saved.items():  # type: ignore[attr-defined]
        # It keeps settings beside the modules, under a name that is not a module's.
        module = sys.modules.get(module_name)
        for name, old in items.items():
            new = getattr(module, name, None)
            if callable(old) and callable(new) and new is not old:
                found.setdefault(id(old), (old, new))
    # gevent switches the C implementation off rather than replacing it.
    native_rlock = monkey.get_original("threading", "_CRLock")
    found[id(native_rlock)] = (native_rlock, threading._PyRLock)  # type: ignore[attr-defined]
    return found


def _originals(*wanted: tuple[str, ...]) -> set[Any]:
    from gevent import monkey

    return {monkey.get_original(module, name) for module, *names in wanted for name in names}


def _left_alone(name: str, module: ModuleType, purpose: Purpose) -> bool:
    top = name.partition(".")[0]
    if top in _LEFT_ALONE or name.startswith(f"{__package__}."):
        return True
    if purpose.leaves_alone(name) or _fetches_originals(module):
        return True
    # The C halves of the standard library (_socket, posix, select): they are where the originals live.
    return top in sys.stdlib_module_names and (
        top.startswith("_") or not str(getattr(module, "__file__", None)).endswith(".py")
    )


def _fetches_originals(module: ModuleType) -> bool:
    """Return whether a module has gevent's ``get_original``: what it holds is native on purpose."""
    from gevent import monkey

    return any(value is monkey.get_original for value in list(vars(module).values()))


class _Scan:
    """The pass over the modules: what it has seen, and what came of it."""

    def __init__(self, table: dict[int, tuple[Any, Any]], purpose: Purpose) -> None:
        self._table = table
        self._purpose = purpose
        self._seen: set[int] = set()
        # Written in Python, they take locks and conditions by their modules' names, which are patched by now.
        self._harmless = _originals(("queue", "Queue", "LifoQueue", "PriorityQueue"), ("threading", "Event", "Timer"))
        #: Classes whose bases can't be assigned to, with their modules and names; weak, because who holds them counts.
        self._fixed: list[tuple[weakref.ref[type], str, str]] = []
        self.mended: list[tuple[str, str]] = []
        self.unmended: list[Unmended] = []
        self.natives = NativeObjects()
        self._special = {partial, staticmethod, classmethod, *self.natives.kinds}

    def module(self, name: str, module: ModuleType) -> None:
        names = vars(module)
        # One module under two names: __main__ as __mp_main__, urllib3 as requests.packages.urllib3.
        if id(names) not in self._seen:
            self._seen.add(id(names))
            self._names(module, names, name, "", name.partition(".")[0] in sys.stdlib_module_names)

    def _names(self, owner: Any, names: Mapping[str, Any], module: str, prefix: str, quiet: bool) -> None:
        # Tens of thousands of names, nearly all of no interest: so the common cases come first, without a call.
        table, seen, special = self._table, self._seen, self._special
        for key, value in list(names.items()):
            kind = type(value)
            if kind is FunctionType:
                if value.__defaults__ is not None or value.__kwdefaults__ is not None:
                    self._defaults(value, module, prefix + key, quiet)
                if id(value) in table:
                    self._assign(owner, module, key, value, table[id(value)][1], quiet, prefix)
            elif kind in _BORING:
                continue
            elif id(value) in table:
                self._assign(owner, module, key, value, table[id(value)][1], quiet, prefix)
            elif kind in special:
                self._special_value(owner, module, key, value, quiet, prefix)
            # Not isinstance(): a lazy proxy would be asked for its __class__ and may raise.
            elif issubclass(kind, type) and id(value) not in seen:
                seen.add(id(value))
                self._class(value, module)

    def _special_value(self, owner: Any, module: str, key: str, value: Any, quiet: bool, prefix: str) -> None:
        if isinstance(value, partial):
            if id(value.func) in self._table:
                new: Any = partial(self._table[id(value.func)][1], *value.args, **value.keywords)
                self._assign(owner, module, key, value.func, new, quiet, prefix)
        elif isinstance(value, staticmethod):
            function = value.__func__
            if id(function) in self._table:
                new = staticmethod(self._table[id(function)][1])
                self._assign(owner, module, key, function, new, quiet, prefix)
            elif isinstance(function, FunctionType):
                self._defaults(function, module, prefix + key, quiet)
        elif isinstance(value, classmethod):
            if isinstance(value.__func__, FunctionType):
                self._defaults(value.__func__, module, prefix + key, quiet)
        elif not quiet and not says_so(key) and not self._purpose.makes(module):
            self.natives.consider(value, owner, module, key, prefix, self._purpose)

    def _class(self, cls: type, found_in: str) -> None:
        module = cls.__module__ if isinstance(cls.__module__, str) else found_in
        top, where = module.partition(".")[0], cls.__qualname__
        # It may be met in a module that only imports it.
        if top in _LEFT_ALONE or self._purpose.leaves_alone(module):
            return
        quiet = top in sys.stdlib_module_names
        # The standard library was looked through first: this class is of a copy that a debugger has loaded.
        if quiet and found_in.partition(".")[0] not in sys.stdlib_module_names:
            return
        self._names(cls, vars(cls), module, f"{where}.", quiet)
        for base in cls.__bases__:
            if id(base) in self._table:
                self._bases(cls, module, where, quiet)
                break

    def _bases(self, cls: type, module: str, where: str, quiet: bool) -> None:
        if any(self._purpose.holds(module, where, base) for base in cls.__bases__ if id(base) in self._table):
            return
        new = tuple(self._table.get(id(base), (base, base))[1] for base in cls.__bases__)
        try:
            cls.__bases__ = new
        except TypeError:
            # Laid out differently in C: threading.local, socket.socket; or Queue and Event, which do no harm.
            blocks = any(base not in self._harmless for base in cls.__bases__ if id(base) in self._table)
            if blocks and not quiet:
                self._fixed.append((weakref.ref(cls), module, where))
        else:
            self._mended(module, where, quiet)

    def remake(self) -> None:
        """Exchange what could not be given other bases, and report what has to stay."""
        remade = remake([cls for cls, _, _ in self._fixed], self._table)
        for cls, module, where in self._fixed:
            if cls in remade:
                self.mended.append((module, where))
            else:
                self.unmended.append(Unmended(module, where, _SUBCLASS_REMEDY))

    def _defaults(self, function: FunctionType, module: str, where: str, quiet: bool) -> None:
        table, held = self._table, []
        # Loops, because nearly all functions with defaults come here for nothing.
        for value in function.__defaults__ or ():
            if id(value) in table:
                held.append(value)
        if function.__kwdefaults__:
            held += [value for value in function.__kwdefaults__.values() if id(value) in table]
        if not held:
            return
        # It may be met in a module that only imports it.
        home = function.__module__ or module
        if not quiet and any(self._purpose.holds(home, f"{where}()", value) for value in held):
            return
        if function.__defaults__:
            function.__defaults__ = tuple(self._table.get(id(v), (v, v))[1] for v in function.__defaults__)
        if function.__kwdefaults__:
            function.__kwdefaults__ = {
                key: self._table.get(id(v), (v, v))[1] for key, v in function.__kwdefaults__.items()
            }
        self._mended(module, f"{where}()", quiet)

    def _assign(self, owner: Any, module: str, key: str, old: Any, new: Any, quiet: bool, prefix: str) -> None:
        # The standard library has none on purpose: what of it needs originals is left alone as a whole.
        if says_so(key) or (not quiet and self._purpose.holds(module, prefix + key, old)):
            return
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
