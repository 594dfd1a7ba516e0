"""Classes that can't change their bases, made anew: C lays out those of ``threading.local`` and ``socket.socket``.

A class is exchanged only where all that refers to it is known: names of modules, its own functions, its instances, and
the classes that derive from it. Else it stays as it is, and is reported.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import CellType, FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import Any
from weakref import ref

#: What a class has of itself, and not of its definition.
_OWN = ("__dict__", "__weakref__")
_DESCRIPTORS = (GetSetDescriptorType, MemberDescriptorType)


def remake(classes: Iterable[ref[type]], replacements: Mapping[int, tuple[Any, Any]]) -> set[ref[type]]:
    """Make classes anew on the cooperative ones, with all that derive from them.

    Args:
        classes: Those whose bases could not be assigned to.
        replacements: ``id(original) -> (original, its cooperative replacement)``.

    Returns:
        Those of the classes that nothing refers to any more; the others are as they were.
    """
    done: set[ref[type]] = set()
    for one in classes:
        found = one()
        family = _Family(found) if found is not None else None
        # This frame must not be who holds it.
        del found
        if family is not None and family.can_be_remade():
            family.remake(replacements)
            done.add(one)
    return done


class _Family:
    """A class with all that derive from it, and what refers to them."""

    def __init__(self, first: type) -> None:
        self.classes = _derived(first)
        self._modules = {id(vars(module)): module for module in list(sys.modules.values()) if _is_plain(module)}
        self._instances: list[Any] = []
        #: Modules, names in them, and the ids of what these stand for.
        self._names: list[tuple[Any, str, int]] = []

    def can_be_remade(self) -> bool:
        return all(map(_is_simple, self.classes)) and self._all_is_known(self.classes) and self._instances_are_known()

    def remake(self, replacements: Mapping[int, tuple[Any, Any]]) -> None:
        new: dict[int, Any] = {}
        for old in self.classes:
            bases = [new.get(id(base)) or replacements.get(id(base), (base, base))[1] for base in old.__bases__]
            names = {key: value for key, value in vars(old).items() if key not in _OWN}
            new[id(old)] = type(old)(old.__name__, tuple(bases), names | {"__qualname__": old.__qualname__})
            for cell in _cells(old):
                cell.cell_contents = new[id(old)]
        for instance in self._instances:
            # A local calls its __init__ in each thread, so once more does no harm.
            made = new[id(instance)] = new[id(type(instance))]()
            made.__dict__.update(instance.__dict__)
        for module, key, old_id in self._names:
            setattr(module, key, new[old_id])

    def _instances_are_known(self) -> bool:
        return not self._instances or (
            all(map(_can_be_copied, self._instances)) and self._all_is_known(list(self._instances))
        )

    def _all_is_known(self, things: list[Any]) -> bool:
        # The call's own tuple is among the referrers from 3.13 on.
        asked = tuple(things)
        ours = {id(asked), id(things), id(self.classes), id(self._instances), id(self._names), id(sys._getframe())}
        ours |= {id(cell) for one in self.classes for cell in _cells(one)}
        ours |= {id(part) for one in self.classes for part in (one.__mro__, one.__bases__)}
        return all(id(who) in ours or self._knows(who, things) for who in gc.get_referrers(*asked))

    def _knows(self, who: Any, things: list[Any]) -> bool:
        """Return whether what refers to some of the things is known, and remember what to exchange there."""
        if type(who) is dict:
            module = self._modules.get(id(who))
            if module is None:
                return False
            known = {id(thing) for thing in things}
            self._names += [(module, key, id(value)) for key, value in who.items() if id(value) in known]
            return True
        # By identity: whatever it is, it must not be asked.
        family = {id(one) for one in self.classes}
        if id(type(who)) in family:
            self._instances.append(who)
            return True
        return id(who) in family or (type(who) in _DESCRIPTORS and id(who.__objclass__) in family)


def _derived(first: type) -> list[type]:
    """Return a class and all that derive from it, each behind its bases."""
    found = {first}
    todo = [first]
    while todo:
        derived: list[type] = todo.pop().__subclasses__()
        todo += [one for one in derived if one not in found]
        found.update(derived)
    return sorted(found, key=lambda one: len(one.__mro__))


def _is_plain(module: Any) -> bool:
    # Not isinstance(): a lazy proxy would be asked for its __class__.
    return issubclass(type(module), ModuleType)


def _is_simple(cls: type) -> bool:
    """Return whether nothing but Python itself hears of it when a class is made."""
    hooks = [vars(one).get("__init_subclass__") for one in cls.__mro__ if one is not object]
    return type(cls) is type and not any(hooks) and "__slots__" not in vars(cls)


def _can_be_copied(instance: Any) -> bool:
    """Return whether an instance is a local that was made without arguments; a socket is not to be had twice."""
    from gevent import monkey

    if not isinstance(instance, monkey.get_original("_thread", "_local")):
        return False
    begin = type(instance).__init__
    code = getattr(begin, "__code__", None)
    return code is None or (code.co_argcount == 1 and not code.co_kwonlyargcount and not code.co_flags & 0x0C)


def _cells(cls: type) -> Iterator[CellType]:
    """Yield the cells by which a class's functions know it, for ``super()``."""
    for value in vars(cls).values():
        function = getattr(value, "__func__", value)
        for one in (function, *(getattr(function, part, None) for part in ("fget", "fset", "fdel", "__wrapped__"))):
            if type(one) is FunctionType and "__class__" in one.__code__.co_freevars:
                yield one.__closure__[one.__code__.co_freevars.index("__class__")]  # type: ignore[index]
