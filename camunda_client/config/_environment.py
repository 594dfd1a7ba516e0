"""Options from environment variables, and from `.env` in the working directory.

`.env` is read there and nowhere else, without interpolation (a `$` in a secret stays one) and never put
into os.environ: neither the parents' files nor our reading may change what other code sees.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv.parser import Binding, parse_stream

from camunda_client.config._options import AUTH_STRATEGY, BY_PATH, OPTIONS
from camunda_client.error import ConfigurationError

Found = tuple[str, str]
_OAUTH_STRATEGIES = {"OAUTH", "OAUTH2", "OIDC", "SAAS"}
#: By which of their options the environment means one of these kinds.
_OF_OAUTH = ("clientId", "clientSecret", "clientSecretFile")
_OF_BASIC = ("username", "password", "passwordFile")
_SAAS_LOGIN = "login.cloud.camunda.io"


def read_sources() -> list[Mapping[str, str]]:
    """Return the variables to look into, the weightier first.

    Raises:
        ConfigurationError: There is a `.env` that can't be read, in whole or in part.
    """
    return [os.environ, _from_dotenv()]


def _from_dotenv() -> dict[str, str]:
    # Relative, because the working directory may be gone and then has no name.
    path = Path(".env")
    try:
        if not path.is_file():
            return {}
    except OSError:
        # Not ours to look into, like root's home folder for a container's user: no place to expect our settings in.
        return {}
    try:
        # utf-8-sig: editors on Windows begin the file with a mark that would be part of the first name.
        with path.open(encoding="utf-8-sig") as stream:
            bindings = list(parse_stream(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path.absolute()} can't be read: {type(error).__name__}; make it readable UTF-8"
        ) from None
    _refuse_unread(path, bindings)
    return {line.key: line.value for line in bindings if line.key is not None and line.value is not None}


def _refuse_unread(path: Path, bindings: list[Binding]) -> None:
    # dotenv_values() leaves such lines out with a warning, and a secret would be missing without a reason. Other
    # programs' lines in the same file are theirs to judge.
    variables = {AUTH_STRATEGY, *(name for option in OPTIONS for name in option.env)}
    unread = [
        line.original for line in bindings if line.error and any(name in line.original.string for name in variables)
    ]
    if unread:
        text = unread[0].string
        blank_lines = text[: len(text) - len(text.lstrip())].count("\n")
        raise ConfigurationError(
            f"{path.absolute()} can't be read from line {unread[0].line + blank_lines} on: "
            "a quote isn't closed, or something else than NAME=value is there"
        )


def find(names: tuple[str, ...], sources: list[Mapping[str, str]]) -> Found | None:
    """Return the first of the names that has a value, and the value. Blank means unset."""
    for source in sources:
        for name in names:
            value = source.get(name, "").strip()
            if value:
                return name, value
    return None


def said_in_environment(path: str) -> str:
    """Return what the environment says of one option, blank if nothing; before there is a configuration.

    Raises:
        ConfigurationError: There is a `.env` that can't be read.
    """
    hit = find(BY_PATH[path].env, read_sources())
    return "" if hit is None else hit[1]


def options_from(sources: list[Mapping[str, str]]) -> dict[str, Found]:
    """Return everything but `auth` that the environment sets: option path to (variable, value)."""
    found = {option.path: find(option.env, sources) for option in OPTIONS if not option.path.startswith("auth.")}
    return {path: hit for path, hit in found.items() if hit is not None}


def auth_from(sources: list[Mapping[str, str]]) -> dict[str, Any] | None:
    """Return the one kind of `auth` that the environment means, as AuthConfig's arguments; None if it means none.

    Raises:
        ConfigurationError: The strategy is unknown.
    """
    strategy = find((AUTH_STRATEGY,), sources)
    if strategy is None:
        kind = _kind_that_is_there(sources)
    elif strategy[1].upper() == "NONE":
        return {"none": True}
    elif strategy[1].upper() == "BASIC":
        kind = "basic"
    elif strategy[1].upper() in _OAUTH_STRATEGIES:
        kind = _oauth_kind(sources)
    else:
        raise ConfigurationError(f"{AUTH_STRATEGY} is {strategy[1]!r}; write NONE, BASIC or OAUTH", option="auth")
    if kind is None:
        return None
    prefix = f"auth.{kind}."
    hits = {path.removeprefix(prefix): find(BY_PATH[path].env, sources) for path in BY_PATH if path.startswith(prefix)}
    return {kind: _nested({name: hit[1] for name, hit in hits.items() if hit is not None})}


def _nested(options: dict[str, str]) -> dict[str, Any]:
    """Return options with sections in place of dotted names."""
    nested: dict[str, Any] = {}
    for name, value in options.items():
        *sections, last = name.split(".")
        place = nested
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return nested


def _kind_that_is_there(sources: list[Mapping[str, str]]) -> str | None:
    if any(find(BY_PATH[f"auth.selfManaged.{name}"].env, sources) for name in _OF_OAUTH):
        return _oauth_kind(sources)
    is_basic = any(find(BY_PATH[f"auth.basic.{name}"].env, sources) for name in _OF_BASIC)
    return "basic" if is_basic else None


def _oauth_kind(sources: list[Mapping[str, str]]) -> str:
    url = find(BY_PATH["auth.selfManaged.oidcTokenUrl"].env, sources)
    if url is None or _SAAS_LOGIN in url[1]:
        return "saas"
    # The names of 8.7's SaaS set-up, which may point at another login server.
    if url[0] == "ZEEBE_AUTHORIZATION_SERVER_URL" and find(("ZEEBE_TOKEN_AUDIENCE",), sources):
        return "saas"
    return "selfManaged"
