"""``camunda-client config``: every setting, its value, and where that came from; secrets stay masked."""

from __future__ import annotations

import json
import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from camunda_client import config
from camunda_client.cli import _handlers, _tables, _target
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    import argparse

    from camunda_client.config import Setting


def run(options: argparse.Namespace) -> int:
    """Print the settings, or one; return 2 if the configuration is wrong."""
    if options.target is not None:
        _target.load(options.target)
    problem = _initialize()
    found = config.settings()
    if options.option is not None:
        found = [_one(options.option, found)]
    if options.json:
        print(json.dumps([_facts(setting) for setting in found], indent=2))
    elif options.option is not None:
        _explain(found[0])
    else:
        _tables.show(("option", "value", "unit", "from"), [_row(setting) for setting in found], wide=1)
    if problem is not None:
        print(f"\ncamunda-client: {problem}", file=sys.stderr)
    return 0 if problem is None else 2


def _initialize() -> ConfigurationError | None:
    """Take the configuration from the environment unless TARGET has set one; return what is wrong with it."""
    try:
        _handlers.configure()
    except ConfigurationError as error:
        return error
    return None


def _one(path: str, known: list[Setting]) -> Setting:
    by_name = {name.lower(): one for one in known for name in (one.option.path, *one.option.env)}
    try:
        return by_name[path.lower()]
    except KeyError:
        near = get_close_matches(path.lower(), by_name, 1)
        hint = f"; did you mean {by_name[near[0]].option.path}?" if near else "; camunda-client config lists all"
        raise ConfigurationError(f"there is no option or variable {path}{hint}") from None


def _row(setting: Setting) -> tuple[str, str, str, str]:
    return setting.option.path, setting.value, setting.option.unit, setting.origin


def _explain(setting: Setting) -> None:
    option = setting.option
    unit = f" {option.unit}" if option.unit else ""
    print(f"{option.path} = {setting.value}{unit}")
    print(f"  {option.description}.")
    print(f"  from:         {setting.origin}")
    print(f"  default:      {option.default}")
    print(f"  environment:  {', '.join(option.env) or 'in code only'}")


def _facts(setting: Setting) -> dict[str, Any]:
    option = setting.option
    return {
        "option": option.path,
        "value": setting.value,
        "unit": option.unit,
        "from": setting.origin,
        "default": option.default,
        "environment": list(option.env),
        "description": option.description,
    }
