"""What is wrong with a map, and in which line."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

    #: The keys and indices that lead to an entry.
    Place = tuple[str | int, ...]


class MapError(ConfigurationError):
    """A map is wrong; the message has one line for each problem, with the file and the line."""


class Lines:
    """Where each entry of a file stands."""

    def __init__(self, path: Path, lines: dict[Place, int]) -> None:
        self.path = path
        self._lines = lines

    def at(self, place: Sequence[str | int]) -> str:
        """Return ``file:line`` of an entry, or of the nearest one around it."""
        return f"{self.path}:{self._lines[self._known(place)]}"

    def _known(self, place: Sequence[str | int]) -> Place:
        found: Place = ()
        for part in place:  # pydantic's places also name the kinds of value that it tried
            found = (*found, part) if (*found, part) in self._lines else found
        return found

    def error(self, problems: Iterable[tuple[Sequence[str | int], str]]) -> MapError:
        """Return one error for all problems, in the order of their lines."""
        found = sorted((self._lines[self._known(place)], self._known(place), problem) for place, problem in problems)
        said = [
            f"{self.path}:{line}: {'.'.join(map(str, place)) + ': ' if place else ''}{problem}"
            for line, place, problem in found
        ]
        return MapError("\n".join(dict.fromkeys(said)))

    def of_validation(self, errors: Iterable[ErrorDetails], known: Iterable[str]) -> MapError:
        """Return what pydantic found; ``known`` are keys that an unknown one may have been meant as."""
        names = list(known)
        return self.error((error["loc"], _said(error, names)) for error in errors)


def _said(error: ErrorDetails, known: list[str]) -> str:
    if error["type"] == "missing":
        return f"{error['loc'][-1]} is missing"
    if error["type"] == "extra_forbidden":
        return f"there is no such key{meant(str(error['loc'][-1]), known)}"
    if error["type"] == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    return f"{error['msg']}, got {_short(error['input'])}"


def meant(name: str, known: Iterable[str]) -> str:
    """Return a question for the nearest known name, or nothing."""
    near = difflib.get_close_matches(name, [other for other in known if other != name], 1)
    return f"; did you mean {near[0]}?" if near else ""


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:60]}…"
