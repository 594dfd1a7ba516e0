"""Find integrations by name and install them, once for each process: sets of hooks for libraries.

Ours are in :mod:`camunda_client.integrations`. They are found by entry points, as other packages' are.
"""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from camunda_client.c8.worker._hooks import everywhere
from camunda_client.error import ConfigurationError
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterable

log = get_logger(__name__)

#: The group of entry points, ours and other packages'.
ENTRY_POINTS = "camunda_client.job_hooks"
AUTO = "auto"
NONE = "none"
#: Names separated by commas; default ``auto``.
VARIABLE = "CAMUNDA_CLIENT_INTEGRATIONS"
#: Ours, and the module that an application has imported if it uses the library.
_NEEDS = {
    "django": "django.db",
    "loguru": "loguru",
    "opentelemetry": "opentelemetry.context",
    "sentry": "sentry_sdk",
    "sqlalchemy": "sqlalchemy.orm",
}

_OUTERMOST = "opentelemetry"

_installed: set[str] = set()


def wanted() -> list[str]:
    """Return what the environment asks for."""
    return os.environ.get(VARIABLE, AUTO).split(",")


def install(names: Iterable[str]) -> list[str]:
    """Install integrations, and return the names of those that were not there before.

    Args:
        names: ``auto``: ours whose library is imported, and all of other packages; ``none``; or single names.

    Raises:
        ConfigurationError: A name is unknown, or an integration that was asked for can't be installed.
    """
    chosen_names = {name.strip() for name in names} - {""}
    if chosen_names <= {NONE}:
        return []
    found = {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}
    chosen = [entry for name, entry in found.items() if AUTO in chosen_names and _is_used(name)]
    for name in sorted(chosen_names - {AUTO, NONE}):
        if name not in found:
            near = get_close_matches(name, found, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(sorted(found))}, auto, none"
            raise ConfigurationError(f"there is no integration {name!r}; {hint}")
        chosen.append(found[name])
    fresh = [entry for entry in dict.fromkeys(chosen) if entry.name not in _installed]
    for entry in fresh:
        if entry.name == _OUTERMOST:
            _install_outermost(entry)
        else:
            _install(entry)
    return [entry.name for entry in fresh]


def _is_used(name: str) -> bool:
    module = _NEEDS.get(name)
    if module is None:
        return True
    if name == "django" and not getattr(getattr(sys.modules.get("django.conf"), "settings", None), "configured", False):
        # Other libraries import it to see whether it is there; without settings its connections can't be asked for.
        return False
    return module in sys.modules


def _install_outermost(entry: EntryPoint) -> None:
    """Install an integration whose hook is around all others: what they do belongs to the job's span."""
    others = list(everywhere.around)
    everywhere.around.clear()
    try:
        _install(entry)
    finally:
        everywhere.around.extend(others)


def _install(entry: EntryPoint) -> None:
    try:
        entry.load()()
    except Exception as error:
        raise ConfigurationError(
            f"the integration {entry.name!r} ({entry.value}) can't be installed: {type(error).__name__}: {error}; "
            "leave it out by --integrations"
        ) from error
    _installed.add(entry.name)
    log.info("integration.installed", integration=entry.name)
