"""The base of all parts of C8Config: all problems become ONE ConfigurationError, with remedies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import ConfigDict, GetCoreSchemaHandler, ValidationError
from pydantic_core.core_schema import CoreSchema, no_info_before_validator_function

from camunda_client.config._options import BY_PATH, OPTIONS, register
from camunda_client.config._urls import masked
from camunda_client.error import ConfigurationError
from camunda_client.utils import JsonBaseModel

Problem = tuple[str, str]
#: By this name type checkers don't see it, and let the value come from the environment, or another option give it.
REQUIRED: Any = ...


class Section(JsonBaseModel):
    """A part of C8Config; ``section`` is its place there."""

    model_config = ConfigDict(extra="forbid")
    section: ClassVar[str] = ""

    if not TYPE_CHECKING:  # type checkers should see the fields as arguments

        def __init__(self, **options: Any) -> None:
            try:
                super().__init__(**self._completed(options))
            except ValidationError as error:
                # from None: pydantic's own error would be shown too, and holds the input.
                raise configuration_error(_problems(type(self), error)) from None

        @classmethod
        def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
            return no_info_before_validator_function(cls._named, handler(source))

    @classmethod
    def __pydantic_init_subclass__(cls, **_options: Any) -> None:
        register(cls.section, cls.model_fields)

    @staticmethod
    def _named(options: Any) -> Any:
        """Return the options by names that are text: YAML's may be numbers, which __init__ can't be called with."""
        return {str(name): value for name, value in options.items()} if isinstance(options, dict) else options

    @classmethod
    def _completed(cls, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options given, with what must be there looked up in the environment."""
        return options


def configuration_error(problems: Sequence[Problem]) -> ConfigurationError:
    """Return one error that lists all problems."""
    lines = [f"{option} {what}" if option else what for option, what in problems]
    message = lines[0] if len(lines) == 1 else "\n  ".join([f"{len(lines)} options are wrong:", *lines])
    return ConfigurationError(message, option=problems[0][0] or None, problems=problems)


def remedy(option: str) -> str:
    """Return how an option can be set, for the end of a message."""
    known = BY_PATH.get(option)
    if known is None:
        return ""
    unit = f", in {known.unit}" if known.unit else ""
    default = "" if known.default == "required" else f"; default: {known.default}"
    text = f" ({known.description}{unit}{default})"
    return text + (f". Set it in code or by {known.env[0]}" if known.env else "")


def _problems(model: type[Section], error: ValidationError) -> list[Problem]:
    found: list[Problem] = []
    for line in error.errors(include_url=False):
        where = _wire_names(model, line["loc"])
        option = ".".join(filter(None, [model.section, *where]))
        inner = line.get("ctx", {}).get("error")
        if isinstance(inner, ConfigurationError):
            found += [(_outer_name(option, name), what) for name, what in inner.problems]
        elif line["type"] == "extra_forbidden":
            found.append((option, _unknown(model, where[-1])))
        elif line["type"] == "missing":
            found.append((option, "is missing" + remedy(option)))
        else:
            what = str(inner) if inner is not None else _rule(line["type"], line["msg"])
            found.append((option, f"{_shown(option, line['input'])}: it {what}{remedy(option)}"))
    return found


def _wire_names(model: type[Section], loc: tuple[int | str, ...]) -> list[str]:
    """Return the way to a value by the names that the list of options has, whichever names were given."""
    first, *rest = map(str, loc or ("",))
    field = model.model_fields.get(first)
    return [field.alias or first if field is not None else first, *rest]


def _rule(kind: str, message: str) -> str:
    # Only "at least 1" is ever asked for.
    return "should not be empty" if kind.endswith("too_short") else message.replace("Input should be", "should be")


def _outer_name(outer: str, inner: str) -> str:
    """Return the name of a per-type option: its section thinks that it is api.job."""
    if outer.startswith("api.resources."):
        return inner.replace("api.resources.NAME", outer, 1)
    return inner.replace("api.job", outer, 1) if outer.startswith("api.jobs.") else inner


def _shown(option: str, value: Any) -> str:
    if value is None:
        return "is None"
    known = BY_PATH.get(option)
    # What is not an option of its own stands where a whole section belongs: of auth, that is most likely a secret.
    if known.secret if known is not None else option.split(".")[0] == "auth":
        return "has a wrong value (not shown)"
    if isinstance(value, str):
        return f"is {masked(value)!r}"
    return f"is {value!r}" if isinstance(value, (int, float)) else f"is of type {type(value).__name__}"


def _unknown(model: type[Section], name: str) -> str:
    names = [field.alias or key for key, field in model.model_fields.items()]
    if name in names:
        return "is given twice, in camelCase and in snake_case; leave out one of them"
    near = get_close_matches(name, [*names, *model.model_fields], n=1)
    if near:
        return f"is unknown; did you mean {near[0]}?"
    elsewhere = [option.path for option in OPTIONS if option.path.rpartition(".")[2] == _camel(name)]
    if elsewhere:
        return f"is unknown; did you mean {' or '.join(elsewhere)}?"
    return f"is unknown; known here: {', '.join(names)}"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def given(section: Section) -> dict[str, Any]:
    """Return what the user set, and only that, under its wire names; sections within become dicts as well."""
    fields: Mapping[str, Any] = type(section).model_fields
    values: dict[str, Any] = {}
    for name in section.model_fields_set:
        value = getattr(section, name)
        values[fields[name].alias or name] = given(value) if isinstance(value, Section) else value
    return values
