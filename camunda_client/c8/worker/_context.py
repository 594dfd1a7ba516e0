"""The context that each job starts with: of the application's, only what jobs can't change for one another.

Jobs run in copies of one context. A copy shares the objects behind its variables, so a scope that a library put there
at start (Sentry's, decimal's) would be every job's: the tags of one appear in the events of another. Immutable values
are kept, others only by a rule.
"""

from __future__ import annotations

import contextvars
import datetime
import decimal
import enum
import fractions
import ipaddress
import pathlib
import re
import types
import uuid
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

_IMMUTABLE = (
    str, bytes, int, float, complex, bool, type(None), type, enum.Enum, range, slice,
    datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, decimal.Decimal, fractions.Fraction,
    uuid.UUID, pathlib.PurePath, re.Pattern, types.FunctionType, types.BuiltinFunctionType, types.ModuleType,
    ipaddress.IPv4Address, ipaddress.IPv6Address,
)  # fmt: skip
#: Classes that are immutable by their makers' word, by module and name: OpenTelemetry's is a dict that refuses changes.
_IMMUTABLE_NAMES = frozenset({("opentelemetry.context.context", "Context")})

_rules: dict[contextvars.ContextVar[Any], Callable[[Any], Any]] = {}


def keep_in_jobs(variable: contextvars.ContextVar[_T], copy: Callable[[_T], _T] | None = None) -> None:
    """Let every job start with what the application has set in a variable, although jobs could change it.

    Args:
        variable: What to keep. Immutable values are kept without this.
        copy: Makes a job's own value of the application's, at each job's start; left out, all jobs share one object.
    """
    _rules[variable] = copy or _same


def forget_rules() -> None:
    """Forget all rules."""
    _rules.clear()


class JobContext:
    """What the application had in its context when its workers were started, as far as jobs get it."""

    def __init__(self) -> None:
        """Look at the calling context."""
        current = contextvars.copy_context()
        self._base = contextvars.Context()
        self._copied: list[tuple[contextvars.ContextVar[Any], Any, Callable[[Any], Any]]] = []
        #: Names of the variables that jobs don't get, sorted.
        self.left_out: list[str] = []
        for variable, value in current.items():
            rule = _rules.get(variable)
            if rule is not None and rule is not _same:
                self._copied.append((variable, value, rule))
            elif rule is _same or _is_immutable(value):
                self._base.run(variable.set, value)
            elif not isinstance(value, decimal.Context):
                self.left_out.append(variable.name)
        self.left_out.sort()
        #: Only where it is not what decimal gives a new context anyway: setting it costs a microsecond.
        self._decimal = None if _is_default(decimal.getcontext()) else decimal.getcontext().copy()

    def new(self) -> contextvars.Context:
        """Return a context for one job; 0.3 µs without rules."""
        return self._base.copy()

    def enter(self) -> None:
        """Give the job its own of what can be changed; called inside its context."""
        if self._decimal is not None:
            decimal.setcontext(self._decimal.copy())
        for variable, value, copy in self._copied:
            variable.set(copy(value))


def _is_default(context: decimal.Context) -> bool:
    # Its text has all that it has: precision, rounding, limits, flags and traps.
    return repr(context) == repr(decimal.DefaultContext)


def _is_immutable(value: object, depth: int = 0) -> bool:
    if isinstance(value, _IMMUTABLE):
        return True
    if isinstance(value, (tuple, frozenset)):
        return depth < 5 and all(_is_immutable(item, depth + 1) for item in value)
    kind = type(value)
    return (kind.__module__, kind.__qualname__) in _IMMUTABLE_NAMES


def _same(value: _T) -> _T:
    return value
