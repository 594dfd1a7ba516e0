"""Tables for people: by rich where it is installed and there is a terminal, in plain columns elsewhere."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def show(head: Sequence[str], rows: Sequence[Sequence[str]], *, wide: int = -1) -> None:
    """Print a table.

    Args:
        head: What each column is.
        rows: Texts, one for each column.
        wide: The column that may wrap; the others stay whole.
    """
    if _is_for_eyes() and _by_rich(head, rows, wide):
        return
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _is_for_eyes() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _by_rich(head: Sequence[str], rows: Sequence[Sequence[str]], wide: int) -> bool:
    """Print by rich; return False if it is not installed."""
    try:
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        return False
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for number, name in enumerate(head):
        # Keys and names are not to be cut.
        table.add_column(name, no_wrap=number != wide % len(head), overflow="fold")
    for row in rows:
        # As text: a value in brackets is not a style.
        table.add_row(*map(Text, row))
    Console().print(table)
    return True
