"""``camunda-client map``: write a first map from a module's functions, or the schema of maps for editors."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from camunda_client import patching
from camunda_client.cli import _target

if TYPE_CHECKING:
    import argparse


def add_command(commands: Any) -> None:
    """Add the command with its two parts."""
    command = commands.add_parser(
        "map",
        help="make handlers of functions whose code must stay as it is",
        description="A map is a YAML file for `camunda-client worker --map`, checked by `worker --check --map`.",
    )
    parts = command.add_subparsers(title="parts", metavar="PART", required=True)
    init = parts.add_parser("init", help="print a first map of the functions that a module defines")
    init.add_argument("target", metavar="MODULE", help="legacy.py or package.module; it is imported")
    init.set_defaults(run=_init)
    schema = parts.add_parser("schema", help="print the JSON schema of maps, for editors")
    schema.set_defaults(run=_schema)


def _init(options: argparse.Namespace) -> int:
    patching.patch()
    from camunda_client import mapping

    try:
        module = _target.load(options.target)
    except _target.UserCodeFailed:
        return 1
    try:
        print(mapping.draft(module, _folders(module)), end="")
    except ValueError as error:
        raise _target.TargetError(str(error)) from error
    return 0


def _folders(module: Any) -> list[str]:
    """Return the folder to import a module from, if it is not the working directory."""
    root = Path(module.__file__ or "").resolve().parents[module.__name__.count(".") + hasattr(module, "__path__")]
    return [] if root == Path.cwd() or "site-packages" in root.parts else [os.path.relpath(root)]


def _schema(_options: argparse.Namespace) -> int:
    patching.patch()
    from camunda_client import mapping

    print(json.dumps(mapping.json_schema(), indent=2))
    return 0
