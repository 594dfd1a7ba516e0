"""How a handler's parameters come from its job: read from its signature once, when it is decorated.

A handler that only takes the job is called with it, and none of this is on its way. In any other, each annotated
parameter is the variable of its name, or what a marker in ``Annotated`` says (:mod:`._markers`).
"""

from __future__ import annotations

import functools
import inspect
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation

from camunda_client.c8.models import JobResult
from camunda_client.c8.worker._checks import check_callable, name_of, refusal
from camunda_client.c8.worker._forms._shapes import form_of
from camunda_client.c8.worker._forms._sources import ABSENT, Source, source_of
from camunda_client.c8.worker._forms._unfit import Misfit, UnfitVariables, hides_secret, misfits_of
from camunda_client.error import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._forms._shapes import Form

_POSITIONAL: Final = inspect.Parameter.POSITIONAL_ONLY
_REST: Final = inspect.Parameter.VAR_KEYWORD


@dataclass(frozen=True, slots=True)
class _Argument:
    """One parameter that is not the job."""

    source: Source
    adapter: TypeAdapter[Any]
    secret: bool

    def of(self, job: ActivatedJob, misfits: list[Misfit]) -> Any:
        """Return the parameter's value; where there is none that fits, say why and return ``ABSENT``."""
        source = self.source
        value = source.read(job)
        if value is ABSENT:
            if source.default is not None:
                return source.default()
            misfits.append(Misfit(source.field, source.absent))
            return ABSENT
        try:
            fit = self.adapter.validate_python(value)
        except ValidationError as error:
            misfits += misfits_of(source.field, error.errors(include_url=False), secret=self.secret)
            return ABSENT
        return fit if source.finish is None else source.finish(fit)


@dataclass(frozen=True, slots=True)
class Binding:
    """A handler's parameters, ready to be read from any job of its type."""

    handler: str
    #: Parameters that must not be given by name, in their order; ``None`` is the job.
    positional: tuple[_Argument | None, ...] = ()
    named: Mapping[str, _Argument | None] = field(default_factory=dict)
    #: ``**rest``: whatever variables no other parameter takes.
    rest: _Argument | None = None
    retry: bool = False

    @property
    def _arguments(self) -> list[_Argument]:
        found = [*self.positional, *self.named.values()]
        return [argument for argument in found if argument is not None]

    @property
    def fetch_variables(self) -> list[str] | None:
        """The variables that the handler can see, sorted; ``None`` if it can see all, as by the job."""
        if self.rest is not None or None in self.positional or None in self.named.values():
            return None
        needed = [argument.source.variables for argument in self._arguments]
        if any(names is None for names in needed):
            return None
        return sorted({name for names in needed for name in names or ()})

    def unfetched(self, names: list[str]) -> list[str]:
        """Return the variables that the handler can't do without and that are not among the names."""
        required = [argument.source for argument in self._arguments if argument.source.default is None]
        needed = {source.variables[0] for source in required if source.variables and source.reads_one}
        return sorted(needed - set(names))

    def call(self, handler: Callable[..., Any]) -> Callable[[ActivatedJob], Any]:
        """Return the handler as a function of the job."""

        def with_parameters(job: ActivatedJob) -> Any:
            positional, named = self.arguments(job)
            return handler(*positional, **named)

        # Whose source is asked for, by stacks and messages, is the handler's.
        with_parameters.__wrapped__ = inspect.unwrap(handler)  # type: ignore[attr-defined]
        return with_parameters

    def arguments(self, job: ActivatedJob) -> tuple[list[Any], dict[str, Any]]:
        """Return what to call the handler with.

        Raises:
            UnfitVariables: Names all fields that don't fit.
        """
        misfits: list[Misfit] = []
        positional = [job if argument is None else argument.of(job, misfits) for argument in self.positional]
        named = {name: job if one is None else one.of(job, misfits) for name, one in self.named.items()}
        if self.rest is not None:
            named.update(self._rest(self.rest, job, misfits))
        if misfits:
            raise UnfitVariables(self.handler, misfits, retry=self.retry)
        return positional, named

    def _rest(self, rest: _Argument, job: ActivatedJob, misfits: list[Misfit]) -> dict[str, Any]:
        taken = {name for argument in self._arguments for name in argument.source.variables or ()}
        left = {name: value for name, value in job.variables.items() if name not in taken and name not in self.named}
        fit = {}
        for name, value in left.items():
            try:
                fit[name] = rest.adapter.validate_python(value)
            except ValidationError as error:
                misfits += misfits_of(name, error.errors(include_url=False), secret=rest.secret)
        return fit


def bind(
    handler: Callable[..., Any],
    *,
    allow_async: bool = False,
    rename: Callable[[str], str] | None = None,
    retry: bool = False,
    scope: Mapping[str, Any] | None = None,
) -> Binding | None:
    """Return how a handler's parameters come from its job; ``None`` if it is to be called as ``handler(job)``.

    Args:
        handler: Any callable.
        allow_async: Whether it may be ``async def``.
        rename: Makes the name of a variable of that of a parameter that says no other.
        retry: Whether a job that doesn't fit loses one retry, not all.
        scope: Names for annotations that were written as text inside a function.

    Raises:
        SignatureException: It can't be called with a job, or nothing can be made for one of its parameters.
    """
    check_callable(handler, allow_async=allow_async)
    form = form_of(handler, scope)
    if form is None:
        return None
    positional: list[_Argument | None] = []
    named: dict[str, _Argument | None] = {}
    rest = None
    for parameter in form.parameters:
        argument = None if parameter.name == form.job else _argument(handler, form, parameter, rename)
        if parameter.kind is _REST:
            rest = argument
        elif parameter.kind is _POSITIONAL:
            positional.append(argument)
        elif argument is not _LEFT_ALONE:
            named[parameter.name] = argument
    return Binding(name_of(handler), tuple(positional), named, rest, retry)


#: A parameter with a default of a kind that no variable can have, such as an open session.
_LEFT_ALONE: Final = _Argument(None, None, secret=False)  # type: ignore[arg-type]


def _argument(
    handler: Callable[..., Any], form: Form, parameter: inspect.Parameter, rename: Callable[[str], str] | None
) -> _Argument:
    annotation = form.hints[parameter.name]
    try:
        source = source_of(parameter, annotation, rename)
    except ValueError as problem:
        raise refusal(handler, str(problem), ErrorCode.C8_WORKER_SIG_ARGUMENT_INVALID) from None
    try:
        adapter = _adapter(source.kind)
    except (PydanticUserError, PydanticUndefinedAnnotation, NameError, TypeError) as error:
        if parameter.default is not parameter.empty and parameter.kind is not _POSITIONAL:
            return _LEFT_ALONE
        reason = str(error).partition("\n")[0]
        refused = f"takes {parameter.name} as {annotation!r}, which nothing in a job can become ({reason})"
        raise refusal(handler, refused, ErrorCode.C8_WORKER_SIG_ARGUMENT_INVALID) from error
    return _Argument(source, adapter, hides_secret(source.kind, source.field))


@functools.lru_cache(maxsize=1)
def _quiet() -> type[Warning]:
    """Return the warning that pydantic has for an alias outside a model; we read that alias ourselves."""
    from pydantic import warnings as known

    return getattr(known, "UnsupportedFieldAttributeWarning", UserWarning)


def _adapter(kind: Any) -> TypeAdapter[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", _quiet())
        return TypeAdapter(kind)


def as_variable(handler: Callable[[ActivatedJob], Any], name: str) -> Callable[[ActivatedJob], Any]:
    """Return a handler whose result becomes one variable, as it is, unless it says more than variables."""

    def with_one_variable(job: ActivatedJob) -> Any:
        result = handler(job)
        return result if isinstance(result, JobResult) else {name: result}

    with_one_variable.__wrapped__ = inspect.unwrap(handler)  # type: ignore[attr-defined]
    return with_one_variable
