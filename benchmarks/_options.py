"""What every benchmark's command line knows: how often, whether to keep the results, and a look that takes seconds."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from _report import RESULTS


def parser(description: str, *, repeats: int) -> argparse.ArgumentParser:
    """Return a parser with the options that all benchmarks share."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--repeats", type=int, default=repeats, help=f"of each measurement (default: {repeats})")
    made.add_argument("--into", type=Path, default=RESULTS, metavar="FOLDER", help="for results and plots")
    made.add_argument(
        "--note", default="", metavar="TEXT", help="kept with the results, such as what else ran meanwhile"
    )
    made.add_argument("--dry", action="store_true", help="write no results")
    made.add_argument(
        "--smoke",
        action="store_true",
        help="run in seconds, to see that it runs: the figures mean nothing; implies --dry",
    )
    return made


def parse(made: argparse.ArgumentParser, **small: Any) -> argparse.Namespace:
    """Return the options; with ``--smoke`` those in ``small`` in place of the defaults."""
    if made.parse_known_args()[0].smoke:
        made.set_defaults(repeats=1, dry=True, **small)
    asked = made.parse_args()
    asked.dry = asked.dry or asked.smoke
    return asked
