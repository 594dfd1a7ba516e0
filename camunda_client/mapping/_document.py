"""What a map may say, as models: they check a file, and their schema serves editors."""

from __future__ import annotations

import inspect
import re
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    create_model,
    field_validator,
    model_validator,
)

from camunda_client.c8.worker import camunda_worker

#: What the map says in its own words, or what no file can hold.
_NOT_OPTIONS: Final = frozenset({"job_type", "single_value", "around", "before", "after", "on_failure"})
_UNITS: Final = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|h)\s*")
_PATH = re.compile(r"[^.\[\]\s][^.\[\]]*(\.[^.\[\]]+|\[\d+\])*")


def milliseconds(value: Any) -> Any:
    """Return a duration such as ``30s`` in milliseconds, and a number as it is.

    Raises:
        ValueError: It is neither.
    """
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found:
        return int(float(found[1]) * _UNITS[found[2]])
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"a duration such as 500ms, 30s, 5min or 1h is needed, not {value!r}")
    return value


def parts_of(path: str) -> list[str | int]:
    """Return the steps of a path such as ``order.lines[0].price``."""
    return [int(index) if index else name for index, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path)]


def _path(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise ValueError(f"a path such as order.lines[0].price is needed, not {text!r}")
    return text


Duration = Annotated[
    int, BeforeValidator(milliseconds, json_schema_input_type=int | str), Field(description="such as 30s, or ms")
]
Dotted = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]
_Path = Annotated[str, BeforeValidator(lambda text: _path(text) if isinstance(text, str) else text)]
_VariableName = Annotated[str, Field(min_length=1)]


class Entry(BaseModel):
    """A part of a map; keys that it doesn't know are refused."""

    model_config = ConfigDict(extra="forbid")


class Argument(Entry):
    """Where one argument of a function comes from; text alone is a variable's path."""

    variable: _Path | None = Field(None, description="a variable, or a path into one: order.lines[0].price")
    variables: Literal["all"] | None = Field(None, description="all variables together, as a dict or what type says")
    header: str | None = Field(None, description="a custom header of the task")
    job: str | None = Field(None, description="a field of the job, such as process_instance_key; 'itself' for the job")
    value: Any = Field(None, description="a constant")
    environment: str | None = Field(None, description="a variable of the process's environment, read at start")
    type: str | None = Field(None, description="text, int, float, decimal, bool, date, ..., or package.module.Class")
    default: Any = Field(None, description="the value where there is none")

    @property
    def source(self) -> str:
        """The key that says where it comes from."""
        [source] = self.model_fields_set - {"type", "default"}
        return source

    @model_validator(mode="after")
    def _has_one_source(self) -> Argument:
        sources = self.model_fields_set - {"type", "default"}
        if len(sources) != 1:
            several = "variable, variables, header, job, value, environment"
            raise ValueError(f"needs one of {several}, and has {', '.join(sorted(sources)) or 'none'}")
        return self


def _argument(value: Any) -> Any:
    return {"variable": value} if isinstance(value, str) else value


AnyArgument = Annotated[Argument, BeforeValidator(_argument, json_schema_input_type=str | Argument)]


class Rule(Entry):
    """What becomes of a job whose function raises an exception: the first rule that fits decides."""

    raises: list[Dotted] = Field(description="exceptions: ValueError, package.module.Error")
    bpmn_error: str | None = Field(None, min_length=1, description="throw this BPMN error")
    message: str | None = Field(None, description="instead of the exception's text")
    variables: dict[_VariableName, _Path] = Field({}, description="variables of the error: name, path in the exception")
    retry: Duration | None = Field(None, description="fail, with one retry less, and wait that long")
    incident: Literal[True] | None = Field(None, description="fail, with no retries left")

    @field_validator("raises", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _has_one_end(self) -> Rule:
        ends = self.model_fields_set & {"bpmn_error", "retry", "incident"}
        if len(ends) != 1:
            raise ValueError("needs one of bpmn_error, retry and incident")
        if self.bpmn_error is None and self.variables:
            raise ValueError("variables go with bpmn_error only")
        return self


class Made(Entry):
    """An object whose methods are functions; it is made once, when the map is read."""

    factory: Dotted = Field(description="package.module.function or class, called once")
    arguments: dict[str, AnyArgument] = Field({}, description="constants, and variables of the environment")

    @field_validator("arguments")
    @classmethod
    def _are_constants(cls, arguments: dict[str, Argument]) -> dict[str, Argument]:
        wrong = [name for name, argument in arguments.items() if argument.source not in ("value", "environment")]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: there is no job yet; a factory takes value or environment")
        return arguments


def _kind(value: Any) -> str:
    return "object" if isinstance(value, dict) else "flag" if isinstance(value, bool) else "text"


_Arguments = Annotated[
    Annotated[dict[str, AnyArgument], Tag("object")] | Annotated[Literal["job"], Tag("text")],
    Discriminator(lambda value: "object" if isinstance(value, dict) else "text"),
]
_Result = Annotated[
    Annotated[dict[_VariableName, _Path], Tag("object")]
    | Annotated[Literal[False], Tag("flag")]
    | Annotated[_VariableName, Tag("text")],
    Discriminator(_kind),
]


class _Mapped(Entry):
    call: Dotted = Field(description="package.module.function, or object.method of one under objects")
    description: str | None = None
    arguments: _Arguments | None = Field(
        None, description="parameter: where it comes from; 'job' for the job alone; left out: variables of their names"
    )
    result: _Result | None = Field(
        None, description="a variable's name for the whole result; variable: path in it; false to leave it"
    )
    errors: list[Rule] = Field([], description="rules for exceptions, before those of the whole map")


_TIMES: Final = ("polling_interval", "timeout", "request_timeout", "handler_timeout", "max_lease", "retry_back_off")
_COUNTS: Final = ("max_jobs_to_activate", "max_jobs_active")
_FLAGS: Final = ("auto_extend", "stop_when_lost", "allow_async", "retry_unfit")
_LISTS: Final = ("fetch_variables", "tenant_ids")
_TYPES: Final[dict[str, Any]] = {
    **dict.fromkeys(_TIMES, Duration),
    **dict.fromkeys(_COUNTS, int),
    **dict.fromkeys(_FLAGS, bool),
    **dict.fromkeys(_LISTS, list[str]),
    "worker": str,
}
#: The decorator's options that a map may set.
OPTIONS: Final = [name for name in inspect.signature(camunda_worker).parameters if name not in _NOT_OPTIONS]
_fields: dict[str, Any] = {
    name: (_TYPES.get(name, Any) | None, None) if name in _TYPES else (Any, None) for name in OPTIONS
}
Defaults: type[Entry] = create_model("Defaults", __base__=Entry, **_fields)
Worker: type[_Mapped] = create_model("Worker", __base__=_Mapped, **_fields)


class Document(Entry):
    """A whole map."""

    path: list[str] = Field([], description="folders to import from, beside this file's and the working directory")
    defaults: Defaults = Field(default_factory=Defaults, description="options for all workers")
    objects: dict[Dotted, Made] = Field({}, description="objects whose methods are functions, by name")
    errors: list[Rule] = Field([], description="rules for the exceptions of all workers")
    workers: dict[_VariableName, Worker] = Field(description="job types and their functions")


def known_keys() -> set[str]:
    """Return every key that a map may have somewhere."""
    return {name for model in (Document, Worker, Made, Rule, Argument) for name in model.model_fields}


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of maps, for editors."""
    schema = Document.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "c8-client worker map"}
