"""Is a function fit to be a handler, and are its decorator's arguments? Asked at once, so no mistake meets a first job.

A text where a list of names is expected is one name; taken letter by letter, the variable would just not be there.
Times may be ``timedelta``. What Camunda would refuse at every poll is refused here, once.
"""

from __future__ import annotations

import functools
import inspect
import math
import types
from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from camunda_client.error import ConfigurationError, ErrorCode, SignatureException

if TYPE_CHECKING:
    from collections.abc import Callable


_FORM = (
    "write it as def handler(job: ActivatedJob) -> dict, or with annotated parameters for variables "
    "(def handler(order_id: str, amount: Decimal) -> dict)"
)


def check_callable(handler: Callable[..., Any], *, allow_async: bool = False) -> None:
    """Refuse what is no plain blocking code that can be called.

    Raises:
        SignatureException: Names the handler, what is wrong with it, and the right form.
    """
    if not callable(handler):
        raise refusal(handler, "is not callable", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
    _refuse_other_worlds(handler, allow_async=allow_async)


def name_of(handler: Callable[..., Any]) -> str:
    """Return where a handler is written, as ``module.function``."""
    inner = without_partials(handler)
    named = inner if hasattr(inner, "__qualname__") else type(inner)
    return f"{named.__module__}.{named.__qualname__}"


_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)


def without_partials(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return what ``functools.partial`` was made of, however often, and any other callable as it is."""
    # Asked of its class: other objects may have an attribute ``func`` that means something else.
    while isinstance(handler, functools.partial):
        handler = handler.func
    return handler


def is_proxy(thing: object) -> bool:
    """Tell whether an object says that it is of another class than it is.

    Decorators made by wrapt do, and show the signature of what they hide, not of what they take.
    """
    return type(thing) is not thing.__class__


def code_of(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that runs when the handler is called: for an object, its class's ``__call__``."""
    inner = without_partials(handler)
    # type(), not isinstance(): a proxy says that it is of the class of what it hides.
    return inner if issubclass(type(inner), _FUNCTIONS) else type(inner).__call__


def is_async(handler: Callable[..., Any]) -> bool:
    """Tell whether a handler is ``async def``, itself or by its class's ``__call__``."""
    return inspect.iscoroutinefunction(code_of(handler))


def _refuse_other_worlds(handler: Callable[..., Any], *, allow_async: bool) -> None:
    body = code_of(handler)
    if inspect.iscoroutinefunction(body) and not allow_async:
        problem = (
            "is async; handlers are plain functions that may block, unless async ones are switched on "
            "(@camunda_worker(..., allow_async=True), or api.job.allowAsync)"
        )
        raise refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
    if inspect.isasyncgenfunction(body):
        problem = "is an async generator (it contains yield); a handler returns its variables"
        raise refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
    if inspect.isgeneratorfunction(body):
        problem = "is a generator (it contains yield); a handler returns its variables"
        raise refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)


def refusal(handler: Callable[..., Any], problem: str, code: ErrorCode) -> SignatureException:
    """Return the refusal of a handler, with the right form behind the problem."""
    return SignatureException(code, f"{name_of(handler)} {problem}; {_FORM}")


#: Milliseconds, as an int or float, as text, or as a timedelta.
Milliseconds = int | float | str | timedelta
#: One name, or several.
Names = str | Iterable[str]

#: Camunda's numbers: times are 64 bits wide, counts 32.
_MOST_MS = 2**53
_MOST = 2**31 - 1


class Arguments:
    """Reads the arguments of one decorator."""

    def __init__(self, job_type: str) -> None:
        self._job_type = job_type

    def names(self, argument: str, value: Names | None) -> list[str] | None:
        """Return a list of names, ``None`` for ``None``.

        Raises:
            ConfigurationError: It is neither a name nor a collection of names, or one of them is empty.
        """
        if value is None:
            return None
        found: list[Any] = (
            [value] if isinstance(value, str) else list(value) if isinstance(value, Collection) else [None]
        )
        if isinstance(value, (bytes, dict)) or not all(isinstance(name, str) and name.strip() for name in found):
            raise self._refused(argument, value, 'it must be a name or a list of names, such as ["orderId", "amount"]')
        # A set has no order of its own; sent in one order, the gateway's log and ours stay comparable.
        return sorted(found) if isinstance(value, (set, frozenset)) else found

    def milliseconds(self, argument: str, value: Milliseconds | None) -> int | None:
        """Return whole milliseconds, ``None`` for ``None``.

        Raises:
            ConfigurationError: It is no such time, negative, or beyond what Camunda takes.
        """
        if isinstance(value, timedelta):
            value = value / timedelta(milliseconds=1)
        return self._number(argument, value, _MOST_MS, "it must be milliseconds from 0 up, or a timedelta")

    def count(self, argument: str, value: int | str | None) -> int | None:
        """Return a count, ``None`` for ``None``.

        Raises:
            ConfigurationError: It is no whole number from 0 up, or beyond what Camunda takes.
        """
        return self._number(argument, value, _MOST, "it must be a whole number from 0 up")

    def choice(self, argument: str, value: bool | None) -> bool | None:
        """Return the choice.

        Raises:
            ConfigurationError: It is neither True nor False nor ``None``.
        """
        if value is not None and not isinstance(value, bool):
            raise self._refused(argument, value, "it must be True or False")
        return value

    def one_of(self, argument: str, value: str | None, words: tuple[str, ...]) -> str | None:
        """Return the word.

        Raises:
            ConfigurationError: It is none of the words.
        """
        if value is not None and value not in words:
            raise self._refused(argument, value, f"it must be one of {', '.join(words)}")
        return value

    def text(self, argument: str, value: str | None) -> str | None:
        """Return the text.

        Raises:
            ConfigurationError: It is no text.
        """
        if value is not None and not isinstance(value, str):
            raise self._refused(argument, value, "it must be text")
        return value

    def name(self, argument: str, value: str | None) -> str | None:
        """Return the name of a variable.

        Raises:
            ConfigurationError: It is empty, or no text.
        """
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise self._refused(argument, value, "it must be the name of a variable")
        return value

    def fetched(self, names: list[str] | None, *, derived: list[str] | None, missing: list[str]) -> list[str] | None:
        """Return the variables to bring: those that were named, else those that the handler's parameters name.

        Args:
            names: What ``fetch_variables`` says.
            derived: What the parameters say; ``None`` if the handler can see all.
            missing: Those of the parameters, without a default, that ``names`` doesn't have.

        Raises:
            ConfigurationError: A parameter would never have a value.
        """
        if names is not None and missing:
            rule = f"it must have {', '.join(missing)} as well, which the handler's parameters ask for"
            raise self._refused("fetch_variables", names, rule)
        return derived if names is None else names

    def _number(self, argument: str, value: Any, most: int, rule: str) -> int | None:
        if value is None:
            return None
        try:
            number = float(value) if isinstance(value, str) else value
            whole = not isinstance(number, bool) and math.isfinite(number) and number == int(number)
        except (TypeError, ValueError, OverflowError):
            whole = False
        if not whole or not 0 <= number <= most:
            raise self._refused(argument, value, f"{rule}, at most {most}")
        return int(number)

    def _refused(self, argument: str, value: object, rule: str) -> ConfigurationError:
        shown = repr(value)
        shown = shown if len(shown) <= 80 else f"{shown[:80]}…"
        return ConfigurationError(f"{argument} of @camunda_worker(job_type={self._job_type!r}) is {shown}; {rule}")
