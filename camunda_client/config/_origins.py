"""Where each setting has come from, for people who wonder why it is what it is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from camunda_client.config import _environment
from camunda_client.config._options import OPTIONS, Option
from camunda_client.config._sections import given
from camunda_client.config.models import C8Config
from camunda_client.log import redact

MASK = "**********"


@dataclass(frozen=True, slots=True)
class Setting:
    """One option as it is now.

    Attributes:
        option: What there is to know of it: path, unit, default, names in the environment, description.
        value: Its value as text, masked if it is secret; what happens without one if there is none.
        origin: ``code``, the name of a variable, that name and ``in .env``, or ``default``.
    """

    option: Option
    value: str
    origin: str


def settings_of(config: C8Config | None, said: C8Config | None) -> list[Setting]:
    """Return all settings, in the order in which people read of them.

    Args:
        config: The configuration; without it, what the environment says stands for it, unchecked.
        said: What code has given, without what came from elsewhere.
    """
    sources = _environment.read_sources()
    code = {} if said is None else _flat(given(said))
    values = None if config is None else _flat(config.model_dump(by_alias=True))
    return [_setting(option, sources, values, code) for option in OPTIONS]


def _setting(
    option: Option, sources: list[Mapping[str, str]], values: dict[str, Any] | None, code: dict[str, Any]
) -> Setting:
    found = _environment.find(option.env, sources)
    value = values.get(option.path) if values is not None else found and found[1]
    if option.path in code and not _is_filled_in(option, found, value):
        origin = "code"
    elif found is not None and value is not None:
        in_process = _environment.find((found[0],), [os.environ]) is not None
        origin = found[0] if in_process else f"{found[0]} in .env"
    else:
        origin = "default"
    return Setting(option, _shown(option, value), origin)


def _is_filled_in(option: Option, found: _environment.Found | None, value: Any) -> bool:
    """Tell whether it only looks as if code had given the address: ApiConfig takes that from the environment."""
    if option.path != "api.baseUrl" or found is None:
        return False
    return found[1].rstrip("/").removesuffix("/v2").rstrip("/") == str(value).rstrip("/")


def _shown(option: Option, value: Any) -> str:
    if value is None or value == {}:
        return "not set" if option.default == "required" else option.default
    if option.secret:
        return MASK
    if isinstance(value, bool):
        return str(value).lower()
    # An address may name a password, and a value from the environment has not been looked at.
    return redact(",".join(map(str, value)) if isinstance(value, list | tuple) else str(value))


def _flat(options: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested options by their paths."""
    paths = {option.path for option in OPTIONS}
    found: dict[str, Any] = {}
    for name, value in options.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and path not in paths:
            found |= _flat(value, f"{path}.")
        else:
            found[path] = value
    return found
