"""The one list of all options. Loading, config_help(), error messages, the CLI's help and the docs read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


#: Not an option of its own: says which kind of `auth` the environment means, where that isn't plain.
AUTH_STRATEGY = "CAMUNDA_AUTH_STRATEGY"
#: The sections in the order in which people read of them.
_ORDER = (
    "api", "api.tls", "api.job", "auth", "auth.selfManaged", "auth.selfManaged.clientAssertion", "auth.saas",
    "auth.basic", "worker",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Option:
    """One setting: where it is in C8Config, and how the environment calls it, in order of preference."""

    path: str
    env: tuple[str, ...]
    description: str
    unit: str
    default: str
    secret: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """Marks a type with the unit that its numbers have."""

    name: str


class Doc:
    """Marks a field of C8Config as an option, with what help, error messages and docs say of it."""

    def __init__(
        self, description: str, *env: str, unit: str = "", default: str | None = None, secret: bool = False
    ) -> None:
        """Describe a field.

        Args:
            description: What it does; no full stop.
            env: Its names in the environment, the preferred one first.
            unit: What it counts, unless its type says so.
            default: What happens without it, where its default value does not say that.
            secret: Its value is shown nowhere.
        """
        self.description, self.env, self.unit, self.default, self.secret = description, env, unit, default, secret


#: All options, filled by the sections as they are defined.
OPTIONS: list[Option] = []
BY_PATH: dict[str, Option] = {}


def register(section: str, fields: Mapping[str, FieldInfo]) -> None:
    """Take the described fields of one section into the list."""
    for name, field in fields.items():
        for doc in field.metadata:
            if isinstance(doc, Doc):
                path = f"{section}.{field.alias or name}"
                default = _default(field) if doc.default is None else doc.default
                option = Option(path, doc.env, doc.description, doc.unit or _unit(field), default, doc.secret)
                OPTIONS.append(option)
                BY_PATH[path] = option
    OPTIONS.sort(key=lambda option: _ORDER.index(option.path.rpartition(".")[0]))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is None or field.default_factory is not None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unit(field: FieldInfo) -> str:
    inner = [mark for one in get_args(field.annotation) for mark in getattr(one, "__metadata__", ())]
    return next((mark.name for mark in [*field.metadata, *inner] if isinstance(mark, Unit)), "")


def options_text() -> str:
    """Return the list as text for a terminal, one option per paragraph."""
    lines = ["Options of C8Config; code wins over the environment, the environment over .env in the working directory."]
    for option in OPTIONS:
        lines += ["", f"{option.path}  ({', '.join(filter(None, [option.unit, 'default: ' + option.default]))})"]
        lines += [f"    {option.description}."]
        lines += [f"    Environment: {', '.join(option.env)}"] if option.env else ["    In code only."]
    strategy = f"{AUTH_STRATEGY} = NONE, BASIC or OAUTH says which kind of auth the environment means; it is optional."
    return "\n".join([*lines, "", strategy])


def options_markdown() -> str:
    """Return the list as the table of docs/configuration.md."""
    rows = ["| option | environment | unit | default | what it does |", "| --- | --- | --- | --- | --- |"]
    for option in OPTIONS:
        names = "<br>".join(f"`{name}`" for name in option.env) or "in code only"
        default = option.default if " " in option.default or not option.default else f"`{option.default}`"
        rows.append(f"| `{option.path}` | {names} | {option.unit} | {default} | {option.description} |")
    return "\n".join(rows)
