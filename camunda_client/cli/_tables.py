"""Tables and verdicts for people: in colour on a terminal, tables by rich if it is installed; plain text elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Words that have a colour wherever they stand in a cell of their own.
_STYLES: Final = {
    "CREATED": "cyan", "COMPLETED": "green", "FAILED": "bold red", "ERROR_THROWN": "yellow", "TIMED_OUT": "yellow",
    "leader": "bold", "healthy": "green", "unhealthy": "bold red", "dead": "bold red",
}  # fmt: skip
#: Columns at least that the text that may wrap gets; with less, rows are plain lines.
_LEAST_WIDE: Final = 24


def show(head: Sequence[str], rows: Sequence[Sequence[str]], *, wide: int = -1) -> None:
    """Print a table.

    Args:
        head: What each column is.
        rows: Texts, one for each column.
        wide: The column that may wrap; the others stay whole.
    """
    if _is_for_eyes() and _by_rich(head, rows, wide):
        return
    for row in (head, *rows):
        print("  ".join(text.ljust(width) for text, width in zip(row, _widths(head, rows), strict=True)).rstrip())


def _widths(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(head, *rows, strict=True)]


_COLOURS: Final = {"ok": "32", "note": "33", "wrong": "1;31", "skipped": "2"}
#: Columns of a verdict and the blank behind it, and those at least that the text beside it gets.
_INDENT, _NARROWEST = 9, 40


def verdict(word: str, text: str) -> None:
    """Print a verdict and what it is about: on a terminal in colour, with the text's lines one below the other."""
    if not sys.stdout.isatty():
        print(f"{word:<{_INDENT - 1}} {text}", flush=True)
        return
    width = max(shutil.get_terminal_size().columns - _INDENT, _NARROWEST)
    # Long addresses and paths stay whole, so that they can be copied.
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
    head = _coloured(_COLOURS.get(word, "0"), f"{word:<{_INDENT - 1}}")
    print(f"{head} " + f"\n{' ' * _INDENT}".join(lines), flush=True)


def bar(part: float, width: int) -> str:
    """Return a bar of which a part, from 0 to 1, is filled; nothing if it has no room."""
    if width < 1:
        return ""
    filled = int(width * part)
    return _coloured("32", "█" * filled) + _coloured("2", "░" * (width - filled))


def strong(text: str) -> str:
    """Return a line that stands out on a terminal."""
    return _coloured("1", text)


def _coloured(code: str, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if text and _is_for_eyes() else text


def _is_for_eyes() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _by_rich(head: Sequence[str], rows: Sequence[Sequence[str]], wide: int) -> bool:
    """Print by rich; return False if it is not installed, or there is too little room."""
    try:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return False
    widths = _widths(head, rows)
    console = Console()
    room = console.width - sum(widths) - 3 * len(widths) + widths[wide]
    if room < min(widths[wide], _LEAST_WIDE):
        return False
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for number, name in enumerate(head):
        # Keys and names are not to be cut.
        table.add_column(name, no_wrap=number != wide % len(head), overflow="fold")
    for row in rows:
        # As text: a value in brackets is not a style.
        table.add_row(*(Text(cell, _STYLES.get(cell, "")) for cell in row))
    console.print(table)
    return True
