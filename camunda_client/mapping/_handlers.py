"""Makes the handler of one job type: arguments from the job, the function's call, its result, its exceptions."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AliasPath, Field

from camunda_client.c8.models import ActivatedJob, JobResult
from camunda_client.c8.worker import Header, JobField, Variable, Variables
from camunda_client.error import CamundaBusinessException, ServiceException
from camunda_client.mapping import _functions
from camunda_client.mapping._document import parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from camunda_client.mapping._document import Argument, Rule

_KEYWORD: Final = inspect.Parameter.KEYWORD_ONLY
_EMPTY: Final = inspect.Parameter.empty
_STARS: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


class MappedFailure(ServiceException):
    """A function raised an exception for which the map says how the job fails; the exception is its cause."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of the function, made of the job."""

    name: str
    annotation: Any
    default: Any = _EMPTY


def parameters_of(function: Callable[..., Any], given: Mapping[str, Argument] | None) -> list[Parameter]:
    """Return the parameters that jobs fill.

    Args:
        function: The function.
        given: What the map says of its arguments; ``None``: those without a default are variables of their names.

    Raises:
        NotThere: The function has no such parameter, or needs one that is not given.
    """
    taken = _signature(function)
    if given is None:
        needed = [one for one in taken.values() if one.default is _EMPTY and one.kind not in _STARS]
        return [_unsaid(function, one, first=one is needed[0]) for one in needed]
    _check_names(taken, given)
    hints = _hints(function)
    return [
        _said(name, argument, hints.get(name, Any))
        for name, argument in given.items()
        if argument.source not in ("value", "environment")
    ]


def _unsaid(function: Callable[..., Any], parameter: inspect.Parameter, *, first: bool) -> Parameter:
    hint = _hints(function).get(parameter.name, Any)
    is_job = hint is Any and first and parameter.name == "job"
    return Parameter(parameter.name, ActivatedJob if is_job else hint)


def _said(name: str, argument: Argument, hint: Any) -> Parameter:
    kind = hint if argument.type is None else _functions.kind(argument.type)
    default = argument.default if "default" in argument.model_fields_set else _EMPTY
    return Parameter(name, _annotation(argument, kind), default)


def _annotation(argument: Argument, kind: Any) -> Any:
    if argument.source == "job":
        return ActivatedJob if argument.job == "itself" else Annotated[kind, JobField(argument.job)]
    if argument.source == "header":
        return Annotated[kind, Header(argument.header)]
    if argument.source == "variables":
        return Annotated[kind, Variables()]
    path = parts_of(argument.variable or "")
    if len(path) == 1:
        return Annotated[kind, Variable(str(path[0]))]
    return Annotated[kind, Field(validation_alias=AliasPath(str(path[0]), *path[1:]))]


def _signature(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        # Written in C, without a signature: what the map says is all that is known.
        return {"arguments": inspect.Parameter("arguments", inspect.Parameter.VAR_KEYWORD)}


def _check_names(taken: Mapping[str, inspect.Parameter], given: Mapping[str, Argument]) -> None:
    names = [name for name, one in taken.items() if one.kind not in _STARS]
    unknown = sorted(set(given).difference(names))
    if unknown and not any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken.values()):
        has = ", ".join(names) or "none"
        raise _functions.NotThere(f"the function has no parameter {', '.join(unknown)}; it has {has}")
    missing = [name for name in names if name not in given and taken[name].default is _EMPTY]
    if missing:
        raise _functions.NotThere(f"the function needs {', '.join(sorted(missing))} as well")


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations that pydantic can make something of."""
    made = function if not isinstance(function, type) else function.__init__  # type: ignore[misc]
    try:
        return typing.get_type_hints(made, include_extras=True)
    except Exception:  # noqa: BLE001 - a hint may be any expression, with names that are not there
        return {}


Call = typing.Callable[..., Any]


def handler_of(function: Call, parameters: Sequence[Parameter], constants: Mapping[str, Callable[[], Any]]) -> Call:
    """Return a function of what jobs fill, by name, that calls the mapped one."""
    positional = [name for name, one in _signature(function).items() if one.kind is inspect.Parameter.POSITIONAL_ONLY]

    def call(**given: Any) -> Any:
        given |= {name: make() for name, make in constants.items()}
        return function(*[given.pop(name) for name in positional if name in given], **given)

    if not parameters:

        def call_without(job: ActivatedJob) -> Any:  # noqa: ARG001 - it needs nothing of it
            return call()

        return call_without
    signature = [
        inspect.Parameter(one.name, _KEYWORD, annotation=one.annotation, default=one.default) for one in parameters
    ]
    call.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    return call


def with_job(function: Call) -> Call:
    """Return a function of the job alone that calls the mapped one with it."""

    def call(job: ActivatedJob) -> Any:
        return function(job)

    return call


def around(
    call: Call, change: Callable[[Any], Any], rules: Sequence[tuple[tuple[type[BaseException], ...], Rule]]
) -> Call:
    """Return a handler with its result changed and its exceptions judged, of the same signature."""

    def judged(*positional: Any, **named: Any) -> Any:
        try:
            return change(call(*positional, **named))
        except BaseException as error:
            rule = next((rule for kinds, rule in rules if isinstance(error, kinds)), None)
            if rule is None:
                raise
            raise _end(error, rule) from error

    judged.__signature__ = inspect.signature(call)  # type: ignore[attr-defined]
    return judged


def _end(error: BaseException, rule: Rule) -> Exception:
    """Return what a handler raises so that its job ends as a rule says."""
    text = str(error) if rule.message is None else rule.message
    if rule.bpmn_error is not None:
        variables = {name: at(error, path) for name, path in rule.variables.items()}
        return CamundaBusinessException(rule.bpmn_error, text, variables or None)
    said = f"{type(error).__name__}: {text}"
    if rule.incident:
        return MappedFailure(said, retries=0)
    return MappedFailure(said, retry_back_off=rule.retry)


def changes(result: Any) -> Callable[[Any], Any]:
    """Return what makes variables of a function's result, by what the map says of it."""
    change = _change(result)

    def changed(value: Any) -> Any:
        if inspect.isgenerator(value) or inspect.iscoroutine(value):
            value.close()
            raise TypeError(f"the function returned a {type(value).__name__}, of which nothing has run")
        # What says more than variables already is what Camunda takes.
        return value if isinstance(value, JobResult) else change(value)

    return changed


def _change(result: Any) -> Callable[[Any], Any]:
    if result is None:
        return lambda value: value
    if result is False:
        return lambda _value: None
    if isinstance(result, str):
        return lambda value: {result: value}
    return lambda value: {name: at(value, path) for name, path in result.items()}


def at(value: Any, path: str) -> Any:
    """Return what lies at a path in a value: by key, index or attribute.

    Raises:
        ValueError: There is nothing.
    """
    found = value
    for part in parts_of(path):
        try:
            by_key = isinstance(part, int) or isinstance(found, Mapping)
            found = found[part] if by_key else getattr(found, str(part))
        except (LookupError, AttributeError, TypeError):
            kind = type(found).__name__
            raise ValueError(f"{path} is not there: {kind} has no {part!r}") from None
    return found


def named(call: Call, function: Call, dotted: str, place: str) -> Call:
    """Return the call under the mapped function's name, for messages."""
    module, _, name = dotted.rpartition(".")
    call.__name__ = name
    call.__qualname__ = getattr(function, "__qualname__", name)
    call.__module__ = getattr(function, "__module__", None) or module
    call.__doc__ = inspect.getdoc(function)
    call.__written_at__ = place  # type: ignore[attr-defined]
    return call
