"""What a benchmark leaves behind: a table on the screen, and JSON that says where and of what it was measured.

Plots are drawn from the same numbers where matplotlib is installed (``c8-client[bench]``).
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
_PACKAGES = ("c8-client", "gevent", "httptools", "pydantic", "pydantic-core", "requests", "structlog", "urllib3")


def environment() -> dict[str, Any]:
    """Return the machine, the versions and the commit that the numbers are of."""
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": _git("rev-parse", "--short=12", "HEAD") + ("+changes" if _changed() else ""),
        "machine": {
            "cpu": _cpu(),
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
            "system": platform.platform(),
            # Above the number of cores, something else ran beside.
            "load_before": [round(load, 2) for load in os.getloadavg()],
        },
        "python": platform.python_version(),
        "versions": {name: version for name in _PACKAGES if (version := _version(name))},
    }


def save(name: str, question: str, results: Any, *, where: Mapping[str, Any]) -> Path:
    """Write the results beside ``where`` they were measured (:func:`environment`, taken before) and return the file."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    document = {"benchmark": name, "question": question, **where, "results": results}
    # Errors name files; whose home they are in is nobody's business.
    path.write_text(json.dumps(document, indent=1).replace(str(Path.home()), "~") + "\n")
    print(f"written to {path}")
    return path


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their columns; the first column is text, the others are numbers."""
    shown = [list(columns), *[[_cell(value) for value in row] for row in rows]]
    widths = [max(len(row[at]) for row in shown) for at in range(len(columns))]
    for number, row in enumerate(shown):
        cells = [row[0].ljust(widths[0]), *[cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def plot(name: str, lines: Mapping[str, Sequence[tuple[float, float]]], *, x: str, y: str, log_y: bool = True) -> None:
    """Draw one line per name into ``results/<name>.svg``; without matplotlib, say how to get it."""
    with _drawing(name) as pyplot:
        if pyplot is None:
            return
        figure, axes = pyplot.subplots(figsize=(8, 4.5))
        for label, points in lines.items():
            axes.plot([point[0] for point in points], [point[1] for point in points], marker="o", label=label)
        axes.set_xscale("log")
        if log_y:
            axes.set_yscale("log")
        axes.set(xlabel=x, ylabel=y)
        axes.grid(visible=True, which="both", alpha=0.25)
        axes.legend(frameon=False, fontsize="small")
        _write(name, figure, pyplot)


def bars(name: str, panels: Mapping[str, Mapping[str, Mapping[str, float]]], *, log_x: bool = False) -> None:
    """Draw ``{measure: {group: {variant: value}}}`` into ``results/<name>.svg``, one panel for each measure."""
    with _drawing(name) as pyplot:
        if pyplot is None:
            return
        variants = list(dict.fromkeys(key for groups in panels.values() for group in groups.values() for key in group))
        rows = max(sum(len(group) for group in groups.values()) for groups in panels.values())
        figure, all_axes = pyplot.subplots(
            1, len(panels), figsize=(8, 1.2 + 0.22 * rows), sharey=True, squeeze=False, layout="constrained"
        )
        for axes, (measure, groups) in zip(all_axes[0], panels.items(), strict=True):
            for at, group in enumerate(groups.values()):
                for variant, value in group.items():
                    number = variants.index(variant)
                    place = at + (number - (len(variants) - 1) / 2) * 0.8 / len(variants)
                    axes.barh(place, value, 0.8 / len(variants), color=f"C{number}")
            axes.set_yticks(range(len(groups)), list(groups), fontsize="small")
            axes.set_xlabel(measure)
            if log_x:
                axes.set_xscale("log")
            axes.grid(visible=True, axis="x", alpha=0.25)
        all_axes[0][0].invert_yaxis()
        keys = [pyplot.Rectangle((0, 0), 1, 1, color=f"C{number}") for number in range(len(variants))]
        if len(variants) > 1:
            figure.legend(keys, variants, loc="outside upper center", ncols=3, frameon=False, fontsize="small")
        _write(name, figure, pyplot)


@contextmanager
def _drawing(name: str) -> Iterator[Any]:
    """Yield pyplot, or ``None`` where matplotlib is missing; what is set here goes with the block."""
    try:
        import matplotlib as mpl
    except ImportError:
        print("no plot: matplotlib is missing (pip install 'c8-client[bench]')", file=sys.stderr)
        yield None
        return
    mpl.use("Agg")
    from matplotlib import pyplot

    # Same numbers, same file: no random ids, no date.
    with mpl.rc_context({"svg.hashsalt": name}):
        yield pyplot


def _write(name: str, figure: Any, pyplot: Any) -> None:
    RESULTS.mkdir(exist_ok=True)
    figure.savefig(RESULTS / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)
    print(f"drawn to {RESULTS / f'{name}.svg'}")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return str(value)


def _cpu() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _changed() -> bool:
    """Tell whether the measured code differs from its commit; results of other benchmarks don't count."""
    return bool(_git("status", "--porcelain", "--", "camunda_client", "benchmarks", ":!benchmarks/results"))


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(["git", *arguments], cwd=_ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown" if arguments[0] == "rev-parse" else ""
    return done.stdout.strip()
