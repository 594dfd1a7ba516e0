"""Originals that a module holds on purpose: it fetched them as such, or has them from a module that did."""

from __future__ import annotations

import dis
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib.util import resolve_name
from types import CodeType, ModuleType
from typing import Any

from camunda_client.patching._originals import fetched_by

#: Names that say that an original is held on purpose: ``ddtrace.internal._unpatched``, ``unpatched_close``.
_SAYS_SO = re.compile(r"(?:^|[._])(?:native|unpatched)(?:[._]|$)")
#: gevent's function, which modules call by many ways.
_GEVENTS = "get_original"


def says_so(name: str) -> bool:
    """Return whether a name of a module, or in one, says that what it stands for is native."""
    return _SAYS_SO.search(name) is not None


class Purpose:
    """What is known of the modules' intentions.

    A module that calls gevent's ``get_original`` is taken to know what it does in all that it holds. Of one that calls
    ``camunda_client.patching.original`` it is known what it was given.
    """

    def __init__(self, no_mend: Sequence[str] = (), *, knew_gevent: bool = False) -> None:
        self._no_mend = no_mend
        self._knew_gevent = knew_gevent
        self._left_alone: dict[str, bool] = {}
        self._read: dict[str, _Written] = {}

    def leaves_alone(self, module: str) -> bool:
        """Return whether a module's name, or the application, says that nothing in it is to be re-bound."""
        known = self._left_alone.get(module)
        if known is None:
            named = any(f"{module}.".startswith(f"{one}.") for one in self._no_mend)
            known = self._left_alone[module] = named or says_so(module)
        return known

    def holds(self, module: str, key: str, value: Any) -> bool:
        """Return whether a module has an original on purpose under a name; one with a dot is of a class or function."""
        if says_so(key.rpartition(".")[2]):
            return True
        return self._may_be_meant(value) and self._holds(module, key, value, set())

    def makes(self, module: str) -> bool:
        """Return whether a module fetched originals, so that the native objects in it are meant to be native."""
        return bool(_fetched_in(module)) or self._asks_gevent(module)

    def may_make_locals(self, module: str) -> bool:
        """Return whether the native locals in a module may be meant: it knows greenlets, or its code can't be read."""
        return self._knew_gevent and self._written(module).knows_greenlets

    def _may_be_meant(self, value: Any) -> bool:
        # Most programs know neither of gevent nor of us before the patch: no code of theirs need be read then.
        asked = self._knew_gevent or any(id(value) in given for given in fetched_by.values())
        return asked or any(self._left_alone.values())

    def _holds(self, module: str, key: str, value: Any, asked: set[tuple[str, str]]) -> bool:
        if self.leaves_alone(module) or id(value) in _fetched_in(module):
            return True
        if module.partition(".")[0] in sys.stdlib_module_names:
            return False
        if self._asks_gevent(module):
            return True
        asked.add((module, key))
        source = self._written(module).imports.get(key)
        if source is None or source in asked or source[0] not in sys.modules:
            return False
        return says_so(source[1]) or self._holds(*source, value, asked)

    def _asks_gevent(self, module: str) -> bool:
        return self._knew_gevent and self._written(module).names_get_original

    def _written(self, module: str) -> _Written:
        if module not in self._read:
            self._read[module] = _Written(sys.modules.get(module))
        return self._read[module]


def _fetched_in(module: str) -> set[int]:
    found = sys.modules.get(module)
    return fetched_by.get(id(vars(found)), set()) if found is not None else set()


class _Written:
    """What a module's code says, read only for the few modules that hold an original."""

    def __init__(self, module: ModuleType | None) -> None:
        self._module = module

    @cached_property
    def names_get_original(self) -> bool:
        held: Mapping[str, Any] = vars(self._module) if self._module is not None else {}
        return _GEVENTS in held or (
            self._code is not None and any(_GEVENTS in one.co_names for one in _all(self._code))
        )

    @cached_property
    def knows_greenlets(self) -> bool:
        if self._code is None:
            return True
        named = {name.partition(".")[0] for one in _all(self._code) for name in one.co_names}
        return not named.isdisjoint(("gevent", "greenlet"))

    @cached_property
    def imports(self) -> dict[str, tuple[str, str]]:
        """What the module's names were imported as: its own name, and the module and name there."""
        return dict(self._imports(self._code)) if self._code is not None else {}

    def _imports(self, code: CodeType) -> Iterator[tuple[str, tuple[str, str]]]:
        # IMPORT_NAME finds the level and the list of names on the stack; IMPORT_FROM and STORE_NAME follow for each.
        steps = [one for one in dis.get_instructions(code) if one.opname not in ("CACHE", "EXTENDED_ARG")]
        module = name = ""
        for before, step in zip([None, None, *steps], steps, strict=False):
            if step.opname == "IMPORT_NAME":
                module = self._resolved(step.argval, before.argval if before else 0)
            elif step.opname == "IMPORT_FROM":
                name = step.argval
            elif step.opname in ("STORE_NAME", "STORE_GLOBAL") and name:
                yield step.argval, (module, name)
                name = ""

    def _resolved(self, name: str, level: Any) -> str:
        package = getattr(self._module, "__package__", None)
        if not isinstance(level, int) or level < 1 or not package:
            return name
        try:
            return resolve_name("." * level + name, package)
        except ImportError:
            return name

    @cached_property
    def _code(self) -> CodeType | None:
        spec = getattr(self._module, "__spec__", None)
        loader = getattr(self._module, "__loader__", None)
        name = spec.name if spec is not None else getattr(self._module, "__name__", "")
        try:
            code = loader.get_code(name)  # type: ignore[union-attr]
        except (AttributeError, ImportError, OSError, SyntaxError, ValueError, EOFError, TypeError):
            # Written in C, frozen, given by -c, or its source is gone.
            return None
        return code if isinstance(code, CodeType) else None


def _all(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _all(constant)
