"""Is a function fit to be a handler? Asked at decoration, so that a mistake never meets its first job."""

from __future__ import annotations

import inspect
import types
import typing
from typing import TYPE_CHECKING, Any

from camunda_client.c8.models import ActivatedJob
from camunda_client.error import ErrorCode, SignatureException

if TYPE_CHECKING:
    from collections.abc import Callable

_FORM = "write it as def handler(job: ActivatedJob) -> dict"


def check_handler(handler: Callable[..., Any]) -> None:
    """Refuse what can't be called as ``handler(job)`` with plain blocking code behind it.

    Accepted: functions, lambdas, methods, ``functools.partial``, callable objects; a hint of ``ActivatedJob``, a
    subclass, ``Optional[ActivatedJob]``, the same postponed to a string, or no hint; further parameters with defaults.

    Raises:
        SignatureException: Names the handler, what is wrong with it, and the right form.
    """
    if not callable(handler):
        raise _refusal(handler, "is not callable", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
    _refuse_other_worlds(handler)
    try:
        signature = inspect.signature(handler)
    except (TypeError, ValueError):
        return  # some C callables have no signature; the first job tells
    parameters = list(signature.parameters.values())
    if not parameters:
        raise _refusal(handler, "takes no parameter for the job", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
    first, *others = parameters
    if first.kind not in (first.POSITIONAL_ONLY, first.POSITIONAL_OR_KEYWORD):
        problem = f"takes its first parameter as {_shown(first)}, which is no place for the job"
        raise _refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
    required = [other for other in others if other.default is other.empty and other.kind not in _VARIADIC]
    if required:
        problem = f"requires more than the job ({', '.join(other.name for other in required)})"
        raise _refusal(handler, problem, ErrorCode.C8_WORKER_SIG_TOO_MANY_ARGUMENTS)
    hint = _hint(handler, first)
    if not _is_job(hint):
        problem = f"expects {hint!r} for {first.name}, but is given an ActivatedJob"
        raise _refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_NOT_JOB)


def name_of(handler: Callable[..., Any]) -> str:
    """Return where a handler is written, as ``module.function``."""
    inner = handler
    while hasattr(inner, "func"):  # partials
        inner = inner.func
    named = inner if hasattr(inner, "__qualname__") else type(inner)
    return f"{named.__module__}.{named.__qualname__}"


_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _refuse_other_worlds(handler: Callable[..., Any]) -> None:
    inner = inspect.unwrap(handler)
    while hasattr(inner, "func"):
        inner = inner.func
    bodies = [inner] if inspect.isroutine(inner) else [getattr(type(inner), "__call__", inner)]  # noqa: B004
    for body in bodies:
        if inspect.iscoroutinefunction(body) or inspect.isasyncgenfunction(body):
            problem = "is async; handlers here are plain functions that may block"
            raise _refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
        if inspect.isgeneratorfunction(body):
            problem = "is a generator (it contains yield); a handler returns its variables"
            raise _refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)


def _hint(handler: Callable[..., Any], first: inspect.Parameter) -> Any:
    if not isinstance(first.annotation, str):
        return first.annotation
    target = inspect.unwrap(handler)
    while hasattr(target, "func"):
        target = target.func
    if not inspect.isroutine(target):
        target = type(target).__call__
    try:
        return typing.get_type_hints(target).get(first.name, first.empty)
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
