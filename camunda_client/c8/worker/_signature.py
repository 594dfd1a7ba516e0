"""Is a function fit to be a handler? Asked at decoration, so that a mistake never meets its first job."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from typing import TYPE_CHECKING, Any

from camunda_client.c8.models import ActivatedJob
from camunda_client.error import ErrorCode, SignatureException

if TYPE_CHECKING:
    from collections.abc import Callable

_FORM = "write it as def handler(job: ActivatedJob) -> dict"


def check_handler(handler: Callable[..., Any], *, allow_async: bool = False) -> None:
    """Refuse what can't be called as ``handler(job)`` with plain blocking code behind it.

    Accepted: functions, lambdas, methods, ``functools.partial``, callable objects; a hint of ``ActivatedJob``, a
    subclass, ``Optional[ActivatedJob]``, the same postponed to a string, or no hint; further parameters with defaults.
    A decorated function is judged by what its decorator made of it, which may pass on more than the job or run a
    coroutine to its end, and never by the function behind ``__wrapped__``.

    Raises:
        SignatureException: Names the handler, what is wrong with it, and the right form.
    """
    if not callable(handler):
        raise _refusal(handler, "is not callable", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
    _refuse_other_worlds(handler, allow_async=allow_async)
    if _is_proxy(without_partials(handler)):
        return
    try:
        signature = inspect.signature(handler, follow_wrapped=False)
    except (TypeError, ValueError):
        return  # some C callables have no signature; the first job tells
    parameters = list(signature.parameters.values())
    if not parameters:
        raise _refusal(handler, "takes no parameter for the job", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
    first, *others = parameters
    wrapped = hasattr(without_partials(handler), "__wrapped__")
    if wrapped and first.kind is first.VAR_POSITIONAL:
        return  # a decorator's (*args, **kwargs): what it hands on is its own business
    if first.kind not in (first.POSITIONAL_ONLY, first.POSITIONAL_OR_KEYWORD):
        problem = f"takes its first parameter as {_shown(first)}, which cannot take the job"
        raise _refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
    required = [other for other in others if other.default is other.empty and other.kind not in _VARIADIC]
    if required:
        problem = f"requires more than the job ({', '.join(other.name for other in required)})"
        raise _refusal(handler, problem, ErrorCode.C8_WORKER_SIG_TOO_MANY_ARGUMENTS)
    if wrapped:
        return  # functools.wraps() copies the annotations of another function
    hint = _hint(handler, first)
    if not _is_job(hint):
        problem = f"expects {hint!r} for {first.name}, but is given an ActivatedJob"
        raise _refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_NOT_JOB)


def name_of(handler: Callable[..., Any]) -> str:
    """Return where a handler is written, as ``module.function``."""
    inner = without_partials(handler)
    named = inner if hasattr(inner, "__qualname__") else type(inner)
    return f"{named.__module__}.{named.__qualname__}"


_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)


def without_partials(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return what ``functools.partial`` was made of, however often, and any other callable as it is."""
    # Asked of its class: other objects may have an attribute ``func`` that means something else.
    while isinstance(handler, functools.partial):
        handler = handler.func
    return handler


def _is_proxy(thing: object) -> bool:
    """Tell whether an object says that it is of another class than it is.

    Decorators made by wrapt do, and show the signature of what they hide, not of what they take.
    """
    return type(thing) is not thing.__class__


def _code_of(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that runs when the handler is called: for an object, its class's ``__call__``."""
    inner = without_partials(handler)
    # type(), not isinstance(): a proxy says that it is of the class of what it hides.
    return inner if issubclass(type(inner), _FUNCTIONS) else type(inner).__call__


def is_async(handler: Callable[..., Any]) -> bool:
    """Tell whether a handler is ``async def``, itself or by its class's ``__call__``."""
    return inspect.iscoroutinefunction(_code_of(handler))


def _refuse_other_worlds(handler: Callable[..., Any], *, allow_async: bool) -> None:
    body = _code_of(handler)
    if inspect.iscoroutinefunction(body) and not allow_async:
        problem = (
            "is async; handlers are plain functions that may block, unless async ones are switched on "
            "(@camunda_worker(..., allow_async=True), or api.job.allowAsync)"
        )
        raise _refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
    if inspect.isasyncgenfunction(body):
        problem = "is an async generator (it contains yield); a handler returns its variables"
        raise _refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
    if inspect.isgeneratorfunction(body):
        problem = "is a generator (it contains yield); a handler returns its variables"
        raise _refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)


def _hint(handler: Callable[..., Any], first: inspect.Parameter) -> Any:
    if not isinstance(first.annotation, str):
        return first.annotation
    try:
        return typing.get_type_hints(_code_of(handler)).get(first.name, first.empty)
    except Exception:  # noqa: BLE001 - a hint may be any expression
        # One that can't be evaluated here tells nothing: names imported under TYPE_CHECKING, for example.
        return first.empty


def _is_job(hint: Any) -> bool:
    if hint in (inspect.Parameter.empty, Any, object):
        return True
    if isinstance(hint, type):
        return issubclass(hint, ActivatedJob)
    if isinstance(hint, typing.TypeVar):
        return True
    if typing.get_origin(hint) is typing.Annotated:
        return _is_job(typing.get_args(hint)[0])
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return False
    return any(_is_job(part) for part in typing.get_args(hint) if part is not type(None))


def _shown(parameter: inspect.Parameter) -> str:
    if parameter.kind is parameter.VAR_POSITIONAL:
        return f"*{parameter.name}"
    return f"**{parameter.name}" if parameter.kind is parameter.VAR_KEYWORD else f"keyword-only {parameter.name}"


def _refusal(handler: Callable[..., Any], problem: str, code: ErrorCode) -> SignatureException:
    return SignatureException(code, f"{name_of(handler)} {problem}; {_FORM}")
