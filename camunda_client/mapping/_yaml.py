"""A YAML file as plain values, and the line of each. Read as YAML 1.2: ``no`` is text, and so is ``12:30``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from camunda_client.mapping._check import Lines, MapError

if TYPE_CHECKING:
    from pathlib import Path

    from camunda_client.mapping._check import Place

#: Levels of nesting; an anchor that contains itself has no end.
_DEEPEST: Final = 50
_INSTALL: Final = "maps are YAML, which needs an extra: pip install 'c8-client[map]' (or PyYAML)"
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INT = re.compile(r"[-+]?[0-9]+")
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}


def read(path: Path) -> tuple[Any, Lines]:
    """Return what a file says, and where.

    Raises:
        MapError: It can't be read, or is no YAML; PyYAML is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        raise MapError(_INSTALL) from error
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise MapError(f"{path} can't be read: {error}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise MapError(f"{path}:{mark.line + 1 if mark else 1}: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise MapError(f"{path}: {error}") from error
    if root is None:
        raise MapError(f"{path} is empty")
    reader = _Reader(path)
    return reader.value(root, ()), Lines(path, reader.lines)


class _Reader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines: dict[Place, int] = {}

    def value(self, node: Any, place: Place) -> Any:
        """Return a node's value, and remember the lines in it."""
        line = self.lines.setdefault(place, node.start_mark.line + 1)
        if len(place) > _DEEPEST:
            raise MapError(f"{self._path}:{line}: nested more than {_DEEPEST} levels deep")
        if node.id == "mapping":
            return self._mapping(node, place)
        if node.id == "sequence":
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        return node.value if node.style in ("'", '"', "|", ">") else _scalar(node.value)

    def _mapping(self, node: Any, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.id != "scalar":
                raise MapError(f"{self._path}:{line}: a key must be text")
            if key.value in found:
                raise MapError(f"{self._path}:{line}: {key.value} is there twice")
            self.lines[(*place, key.value)] = line
            found[key.value] = self.value(value, (*place, key.value))
        return found


def _scalar(text: str) -> Any:
    """Return what text without quotes means."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
