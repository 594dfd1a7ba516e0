"""Where one parameter of a handler comes from: a variable, all variables, a header, the job, a document or the API."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AliasChoices, AliasPath, BaseModel, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._forms._markers import Client, DocumentContent, Header, JobField, Variable, Variables

if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[ActivatedJob], Any]
    Rename = Callable[[str], str] | None

#: What ``Source.read`` returns where the job has nothing.
ABSENT: Final = object()
_MARKERS = (Client, DocumentContent, Header, JobField, Variable, Variables)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a parameter comes from."""

    #: The variable, header or attribute, for messages.
    field: str
    #: Returns the value as the job has it, or ``ABSENT``.
    read: Read
    #: What the value is made into: a type, perhaps with constraints.
    kind: Any
    #: What to say where there is none.
    absent: str
    #: Makes the value where there is none; ``None``: there must be one.
    default: Callable[[], Any] | None = None
    #: The variables that it reads; ``None`` if all.
    variables: tuple[str, ...] | None = ()
    #: Makes the parameter of the value that fits.
    finish: Callable[[Any], Any] | None = None

    @property
    def reads_one(self) -> bool:
        """Whether it is the variable of one name, with no other to fall back to."""
        return self.variables is not None and len(self.variables) == 1


def source_of(parameter: inspect.Parameter, annotation: Any, rename: Rename) -> Source:
    """Return a parameter's source.

    Raises:
        ValueError: Two markers, a marker as default, a field that jobs don't have.
    """
    _refuse_marker(parameter)
    info = parameter.default if isinstance(parameter.default, FieldInfo) else None
    if info is not None:
        annotation = Annotated[annotation, info]
    kind, extras = _split(annotation)
    markers = [extra() if extra in _MARKERS else extra for extra in extras if _is_marker(extra)]
    if len(markers) > 1:
        raise ValueError(f"has more than one source for {parameter.name}: {', '.join(map(repr, markers))}")
    default = _default(parameter, kind, extras)
    marker = markers[0] if markers else _alias(extras)
    return _of_marker(marker, parameter.name, annotation, default, rename)


def _refuse_marker(parameter: inspect.Parameter) -> None:
    default = parameter.default
    if default in _MARKERS or isinstance(default, _MARKERS):
        raise ValueError(
            f"gives {parameter.name} the default {default!r}; write {parameter.name}: Annotated[…, {default!r}]"
        )


def _is_marker(extra: Any) -> bool:
    return isinstance(extra, _MARKERS) or extra in _MARKERS


def _split(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return a type and what ``Annotated`` says beside it."""
    if typing.get_origin(annotation) is not Annotated:
        return annotation, ()
    kind, *extras = typing.get_args(annotation)
    return kind, tuple(extras)


def _alias(extras: tuple[Any, ...]) -> Any:
    """Return the source that ``Field(alias=...)`` names, or else that of the parameter's own name."""
    for info in extras:
        if isinstance(info, FieldInfo):
            alias = info.validation_alias or info.alias
            if alias is not None:
                return alias
    return Variable()


def _default(parameter: inspect.Parameter, kind: Any, extras: tuple[Any, ...]) -> Callable[[], Any] | None:
    """Return what makes the parameter where the job has nothing; an ``Optional`` one is ``None`` then."""
    for info in extras:
        if isinstance(info, FieldInfo) and not info.is_required():
            return lambda: info.get_default(call_default_factory=True, validated_data={})
    value = parameter.default
    if value is not parameter.empty and not isinstance(value, FieldInfo):
        return lambda: value
    return (lambda: None) if _is_optional(kind) else None


def _is_optional(kind: Any) -> bool:
    if typing.get_origin(kind) is Annotated:
        return _is_optional(typing.get_args(kind)[0])
    return typing.get_origin(kind) in (typing.Union, types.UnionType) and type(None) in typing.get_args(kind)


def _of_marker(marker: Any, name: str, kind: Any, default: Callable[[], Any] | None, rename: Rename) -> Source:
    if isinstance(marker, Header):
        return _header(marker.name or name, kind, default)
    if isinstance(marker, JobField):
        return _job_field(marker.name or name, kind, default)
    if isinstance(marker, Client):
        return _client(name)
    if isinstance(marker, Variables):
        return Source("variables", lambda job: job.variables, kind, "", variables=_fields_of(_split(kind)[0]))
    if isinstance(marker, DocumentContent):
        return _document(marker.name or _renamed(name, rename), kind, default)
    if isinstance(marker, (AliasChoices, AliasPath)):
        return _aliased(marker, kind, default)
    own = marker if isinstance(marker, str) else marker.name
    return _variable(own or _renamed(name, rename), kind, default)


def _renamed(name: str, rename: Rename) -> str:
    return name if rename is None else rename(name)


def _variable(name: str, kind: Any, default: Callable[[], Any] | None) -> Source:
    absent = "the job has no variable of that name"
    return Source(name, lambda job: job.variables.get(name, ABSENT), kind, absent, default, (name,))


def _header(name: str, kind: Any, default: Callable[[], Any] | None) -> Source:
    absent = "the task has no custom header of that name"
    return Source(name, lambda job: job.custom_headers.get(name, ABSENT), kind, absent, default)


def _job_field(name: str, kind: Any, default: Callable[[], Any] | None) -> Source:
    if name not in ActivatedJob.model_fields:
        raise ValueError(f"asks for {name!r} of the job; there are {', '.join(ActivatedJob.model_fields)}")
    return Source(name, lambda job: getattr(job, name), kind, "", default)


def _client(name: str) -> Source:
    # Not at the top: most workers need none of the API's functions and models.
    from camunda_client.c8 import api

    return Source(name, lambda _job: api, Any, "")


def _aliased(alias: AliasChoices | AliasPath, kind: Any, default: Callable[[], Any] | None) -> Source:
    """Return the source of pydantic's own ways to name a value: the first that is there, or one inside an object."""
    paths = [
        path if isinstance(path, AliasPath) else AliasPath(path)
        for path in (alias.choices if isinstance(alias, AliasChoices) else [alias])
    ]

    def read(job: ActivatedJob) -> Any:
        for path in paths:
            value = path.search_dict_for_path(job.variables)
            if value is not PydanticUndefined:
                return value
        return ABSENT

    names = tuple(str(path.path[0]) for path in paths)
    field = " or ".join(".".join(map(str, path.path)) for path in paths)
    return Source(field, read, kind, "the job has no such variable", default, names)


def _document(name: str, kind: Any, default: Callable[[], Any] | None) -> Source:
    """Return the source of a document's content; a variable refers to one document, or to a list of them."""
    from camunda_client.c8 import api
    from camunda_client.c8.models.generated import DocumentReference

    several = typing.get_origin(_split(kind)[0]) is list

    def read(job: ActivatedJob) -> Any:
        value = job.variables.get(name, ABSENT)
        return [value] if isinstance(value, dict) else value

    def finish(references: list[DocumentReference]) -> Any:
        contents = [api.download_document(reference) for reference in references]
        return contents if several else contents[0]

    how_many = Field() if several else Field(min_length=1, max_length=1)
    references = Annotated[list[DocumentReference], how_many]
    return Source(name, read, references, "the job has no variable of that name", default, (name,), finish)


def _fields_of(kind: Any) -> tuple[str, ...] | None:
    """Return the variables that a type has fields for; ``None`` if it may take any."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return None if kind.model_config.get("extra") == "allow" else tuple(_names_of(kind))
    if dataclasses.is_dataclass(kind):
        return tuple(one.name for one in dataclasses.fields(kind))
    return tuple(kind.__annotations__) if typing.is_typeddict(kind) else None


def _names_of(model: type[BaseModel]) -> list[str]:
    found: list[str] = []
    for name, info in model.model_fields.items():
        alias = info.validation_alias or info.alias or name
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
        found += [str(choice.path[0]) if isinstance(choice, AliasPath) else choice for choice in choices]
        by_name = model.model_config.get("populate_by_name") or model.model_config.get("validate_by_name")
        found += [name] if by_name and name not in found else []
    return found
