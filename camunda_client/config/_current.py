"""The process's configuration: set once at start, read everywhere."""

from __future__ import annotations

import sys
from typing import Any

from camunda_client.config import _environment, _origins
from camunda_client.config._options import options_text
from camunda_client.config._sections import configuration_error, given
from camunda_client.config.models import AuthConfig, C8Config
from camunda_client.error import ConfigurationError

_current: C8Config | None = None
#: What code has given of it.
_said: C8Config | None = None


def initialize_config(config_dict: dict[str, Any] | C8Config | None = None, config: C8Config | None = None) -> None:
    """Set the configuration of this process.

    What is given here wins; options that are not given come from the environment, then from `.env` in the
    working directory. With no arguments everything comes from there.

    Args:
        config_dict: Nested options by their camelCase or snake_case names; a C8Config is welcome here too.
        config: The same as an object; wins over ``config_dict``.

    Raises:
        RuntimeError: It was set before; see `reset_config`.
        ConfigurationError: Something is wrong or missing; the message lists all problems.
    """
    global _current, _said
    if _current is not None:
        raise RuntimeError("the configuration is set already; call reset_config() first if it must change")
    if isinstance(config_dict, C8Config):
        config, config_dict = config or config_dict, None
    if config is None:
        if not isinstance(config_dict, (dict, type(None))):
            raise ConfigurationError(
                f"initialize_config() takes a dict or a C8Config, not {type(config_dict).__name__}"
            )
        config = C8Config(**{str(name): value for name, value in (config_dict or {}).items()})
    elif not isinstance(config, C8Config):
        raise ConfigurationError(f"initialize_config() takes a C8Config as config, not {type(config).__name__}")
    _current, _said = _completed(config), config


def get_config() -> C8Config:
    """Return the configuration of this process.

    Raises:
        RuntimeError: It was not set yet.
    """
    if _current is None:
        raise RuntimeError(
            "the configuration is not set; call camunda_client.config.initialize_config() at start "
            "(without arguments it reads the environment and .env; config_help() lists the options)"
        )
    return _current


def reset_config() -> None:
    """Forget the configuration, so that tests can set another."""
    global _current, _said
    _current = _said = None


def settings() -> list[_origins.Setting]:
    """Return every setting with its value, masked if it is secret, and where that has come from.

    Before :func:`initialize_config`, or where that has failed, values are what the environment says, unchecked.
    """
    return _origins.settings_of(_current, _said)


def config_help() -> None:
    """Print every option with its unit, its default and its names in the environment."""
    sys.stdout.write(options_text() + "\n")


def _completed(config: C8Config) -> C8Config:
    """Return the configuration with the environment's values where the code set none."""
    sources = _environment.read_sources()
    options = given(config)
    if config.auth is not None:
        options["auth"] = config.auth  # as it is: half of it from code, half from elsewhere would be a mix-up
    elif "auth" not in config.model_fields_set:
        found = _environment.auth_from(sources)
        options |= {"auth": AuthConfig(**found)} if found is not None else {}
    origins: dict[str, str] = {}
    for path, (name, value) in _environment.options_from(sources).items():
        if _put(options, path.split("."), value):
            origins[path] = name
    try:
        return C8Config(**options)
    except ConfigurationError as error:
        problems = [
            (option, f"{what} (the value came from {origins[option]})" if option in origins else what)
            for option, what in error.problems
        ]
        raise configuration_error(problems) from None


def _put(options: dict[str, Any], path: list[str], value: str) -> bool:
    *sections, last = path
    for section in sections:
        options = options.setdefault(section, {})
    return options.setdefault(last, value) is value
