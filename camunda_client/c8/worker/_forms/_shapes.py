"""Which form a handler has: called with the job alone, or with parameters that its annotations name.

Accepted are functions, lambdas, methods, ``functools.partial`` and callable objects. The job is the parameter annotated
as ``ActivatedJob``, a subclass or an ``Optional`` of it, or else a first one without annotation. A decorated function
is judged by what its decorator made of it, which may pass on more than the job or run a coroutine to its end, and by
the function behind ``__wrapped__`` only where the decorator takes anything and that function does not take the job.
"""

from __future__ import annotations

import functools
import inspect
import types
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._checks import code_of, is_proxy, refusal, without_partials
from camunda_client.error import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_EMPTY: Final = inspect.Parameter.empty
_ARGS: Final = inspect.Parameter.VAR_POSITIONAL
_KWARGS: Final = inspect.Parameter.VAR_KEYWORD
_BY_POSITION: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class _Unresolved:
    """The text of an annotation whose names aren't there at run time."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Form:
    """A handler that takes more than the job, or something else."""

    #: Those that a job fills: the job's own, if there is one, and annotated ones.
    parameters: list[inspect.Parameter]
    hints: dict[str, Any]
    #: The name of the parameter that is the job.
    job: str | None


def form_of(handler: Callable[..., Any], scope: Mapping[str, Any] | None = None) -> Form | None:
    """Return the parameters to fill; ``None`` for a handler that is to be called with the job and nothing else.

    Args:
        handler: Anything that can be called.
        scope: Names for annotations beside those of the handler's module.

    Raises:
        SignatureException: It can't be called with what a job has.
    """
    if is_proxy(without_partials(handler)):
        return None
    parameters = _parameters(handler)
    if parameters is None:
        return None  # some C callables have no signature; the first job tells
    if not parameters:
        raise refusal(handler, "takes no parameter for the job", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)
    judged = handler
    if hasattr(without_partials(handler), "__wrapped__"):
        if parameters[0].kind is not _ARGS:
            _check_wrapper(handler, parameters)
            return None
        # A decorator's (*args, **kwargs): what it hands on is its own business, unless that can't be the job.
        judged = inspect.unwrap(without_partials(handler))
        parameters = _parameters(judged) or []
        if _passes_job(judged, parameters, scope):
            return None
    return _form(judged, parameters, scope)


def _parameters(handler: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """Return a callable's parameters, without those that a partial has filled by name."""
    try:
        signature = inspect.signature(handler, follow_wrapped=False)
    except (TypeError, ValueError):
        return None
    except NameError:  # from 3.14 on: an annotation whose names aren't there at run time
        later: dict[str, Any] = {"annotation_format": 3}  # annotationlib.Format.FORWARDREF
        signature = inspect.signature(handler, follow_wrapped=False, **later)
    filled = set(handler.keywords) if isinstance(handler, functools.partial) else set()
    return [parameter for parameter in signature.parameters.values() if parameter.name not in filled]


def _check_wrapper(handler: Callable[..., Any], parameters: list[inspect.Parameter]) -> None:
    """Refuse a decorator's function that can't be called with the job; its annotations are another function's."""
    _refuse_required(handler, parameters[1:], {})
    if parameters[0].kind not in _BY_POSITION:
        raise _can_not_take_job(handler, parameters[0])


def _passes_job(handler: Callable[..., Any], parameters: list[inspect.Parameter], scope: Any) -> bool:
    """Tell whether the function behind a decorator may well take the job: its first parameter does, beside others'."""
    if not parameters:
        return True
    first = parameters[0]
    # In a class it is the object, without annotation.
    return first.kind is _ARGS or first.annotation is _EMPTY or _is_job(_hints(handler, parameters, scope)[first.name])


def _form(handler: Callable[..., Any], parameters: list[inspect.Parameter], scope: Any) -> Form | None:
    hints = _hints(handler, parameters, scope)
    job = _job_of(handler, parameters, hints)
    others = [parameter for parameter in parameters if parameter.name != job]
    _refuse_required(handler, others, hints)
    filled = [one for one in others if _is_filled(one, hints, job)]
    if not filled:
        if job is not None and parameters[0].name == job and parameters[0].kind in _BY_POSITION:
            return None
        if job is None:
            raise _can_not_take_job(handler, parameters[0])
    for one in filled:
        _refuse_unresolved(handler, one, hints[one.name])
    return Form([one for one in parameters if one.name == job or one in filled], hints, job)


def _job_of(handler: Callable[..., Any], parameters: list[inspect.Parameter], hints: Mapping[str, Any]) -> str | None:
    """Return the name of the parameter that is the job, if any is."""
    named = [one for one in parameters if not _says_nothing(hints[one.name]) and _is_job(hints[one.name])]
    if named and named[0].kind in (_ARGS, _KWARGS):
        raise _can_not_take_job(handler, named[0])
    if named:
        return named[0].name
    first = parameters[0]
    if first.kind not in _BY_POSITION:
        return None
    if _says_nothing(hints[first.name]) or _may_be_job(first, hints[first.name]):
        _refuse_doubt(handler, first, parameters[1:], hints)
        return first.name
    if "job" in first.name.lower() and not _is_job(hints[first.name]):
        problem = f"expects {hints[first.name]!r} for {first.name}, but is given an ActivatedJob"
        raise refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_NOT_JOB)
    return None


def _says_nothing(hint: Any) -> bool:
    return hint in (_EMPTY, Any, object) or isinstance(hint, typing.TypeVar)


def _may_be_job(first: inspect.Parameter, hint: Any) -> bool:
    """Tell whether a first parameter is the job whose annotation can't be read."""
    return isinstance(hint, _Unresolved) and "job" in f"{hint.text} {first.name}".lower()


def _refuse_doubt(
    handler: Callable[..., Any], first: inspect.Parameter, others: list[inspect.Parameter], hints: Mapping[str, Any]
) -> None:
    """Refuse a first parameter that may be the job or a variable: annotated ones follow, and its name says nothing."""
    required = [one for one in others if one.default is _EMPTY and hints[one.name] is not _EMPTY]
    name = first.name.lower()
    if required and not name.startswith("_") and "job" not in name and "task" not in name:
        problem = (
            f"has a first parameter {first.name} that may be the job or a variable; annotate it with its type, "
            "or name it job"
        )
        raise refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)


def _is_filled(parameter: inspect.Parameter, hints: Mapping[str, Any], job: str | None) -> bool:
    """Tell whether a parameter beside the job is a variable: annotated ones are."""
    if parameter.kind is _ARGS:
        return False
    if parameter.kind is _KWARGS:
        return job is None
    if isinstance(hints[parameter.name], _Unresolved) and parameter.default is not _EMPTY:
        return False
    return hints[parameter.name] is not _EMPTY


def _refuse_required(handler: Callable[..., Any], others: list[inspect.Parameter], hints: Mapping[str, Any]) -> None:
    required = [
        one.name
        for one in others
        if one.default is _EMPTY and one.kind not in (_ARGS, _KWARGS) and hints.get(one.name, _EMPTY) is _EMPTY
    ]
    if required:
        problem = f"requires more than the job ({', '.join(required)}), without annotation"
        raise refusal(handler, problem, ErrorCode.C8_WORKER_SIG_TOO_MANY_ARGUMENTS)


def _refuse_unresolved(handler: Callable[..., Any], parameter: inspect.Parameter, hint: Any) -> None:
    if isinstance(hint, _Unresolved):
        problem = (
            f"annotates {parameter.name} with {hint}, which is not there at run time; import it outside of "
            "if TYPE_CHECKING"
        )
        raise refusal(handler, problem, ErrorCode.C8_WORKER_SIG_ARGUMENT_INVALID)


def _can_not_take_job(handler: Callable[..., Any], first: inspect.Parameter) -> Exception:
    stars = "*" if first.kind is _ARGS else "**" if first.kind is _KWARGS else "keyword-only "
    problem = f"takes its first parameter as {stars}{first.name}, which cannot take the job"
    return refusal(handler, problem, ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID)


def _hints(handler: Callable[..., Any], parameters: list[inspect.Parameter], scope: Any) -> dict[str, Any]:
    """Return each parameter's annotation, with text made into what it names."""
    names = getattr(inspect.unwrap(code_of(handler)), "__globals__", {})
    return {one.name: _evaluated(one.annotation, names, scope or {}) for one in parameters}


def _evaluated(annotation: Any, names: dict[str, Any], scope: Mapping[str, Any]) -> Any:
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    if not isinstance(annotation, str):
        return annotation

    def holder() -> None: ...

    holder.__annotations__ = {"it": annotation}
    try:
        return typing.get_type_hints(holder, names, dict(scope), include_extras=True)["it"]
    except Exception:  # noqa: BLE001 - a hint may be any expression
        # Names imported under TYPE_CHECKING, for example.
        return _Unresolved(annotation)


def _is_job(hint: Any) -> bool:
    if _says_nothing(hint):
        return True
    if isinstance(hint, type) and typing.get_origin(hint) is None:
        return issubclass(hint, ActivatedJob)
    if typing.get_origin(hint) is typing.Annotated:
        kind = typing.get_args(hint)[0]
        return not _says_nothing(kind) and _is_job(kind)
    if typing.get_origin(hint) not in (typing.Union, types.UnionType):
        return False
    return any(_is_job(part) for part in typing.get_args(hint) if part is not type(None))
