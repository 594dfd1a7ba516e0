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


def environment(note: str = "") -> dict[str, Any]:
    """Return the machine, the versions and the commit that the numbers are of, and what else there is to say."""
    return {
        **({"note": note} if note else {}),
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


def save(name: str, question: str, results: Any, *, where: Mapping[str, Any], into: Path) -> None:
    """Write the results beside ``where`` they were measured (:func:`environment`, taken before)."""
    into.mkdir(parents=True, exist_ok=True)
    path = into / f"{name}.json"
    document = {"benchmark": name, "question": question, **where, "results": results}
    # Errors name files; whose home they are in is nobody's business.
    path.write_text(json.dumps(document, indent=1).replace(str(Path.home()), "~") + "\n")
    print(f"written to {path}")


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their columns; the first column is text, the others are numbers."""
    shown = [list(columns), *[[_cell(value) for value in row] for row in rows]]
    widths = [max(len(row[at]) for row in shown) for at in range(len(columns))]
    for number, row in enumerate(shown):
        cells = [row[0].ljust(widths[0]), *[cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]]
        print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def line(text: str) -> str:
    """Return a long message in a line: how it begins, and its last line."""
    text = text.strip()
    return (
        text
        if len(text) <= 300 and "\n" not in text
        else f"{text[:100]} … {text.splitlines()[-1][-200:]}".replace("\n", " ")
    )


def plot(
    name: str,
    lines: Mapping[str, Sequence[tuple[float, float]]],
    *,
    title: str,
    x: str,
    y: str,
    note: str = "",
    log_y: bool = True,
    unmeasured: Sequence[str] = (),
    into: Path,
) -> None:
    """Draw one line per name into ``<into>/<name>.svg``; without matplotlib, say how to get it.

    Args:
        name: Of the file.
        lines: Points by the name that the legend shows.
        title: The question, in a line.
        x: Text of the axis, with its unit.
        y: Text of the axis, with its unit.
        note: What a reader must know to read it.
        log_y: Whether the upright axis is logarithmic; the other one always is.
        unmeasured: What has no point because it failed or is missing here.
        into: The folder.
    """
    with _drawing(name) as pyplot:
        if pyplot is None:
            return
        figure, axes = pyplot.subplots(figsize=(8, 4.8), layout="constrained")
        for number, (label, points) in enumerate(lines.items()):
            axes.plot(*zip(*points, strict=True), marker="o", linestyle=_LINES[number // 10], label=label)
        axes.set_xscale("log")
        if log_y:
            axes.set_yscale("log")
        axes.set(xlabel=x, ylabel=y)
        figure.suptitle(title, fontsize="medium")
        axes.grid(visible=True, which="both", alpha=0.25)
        figure.legend(loc="outside center right", frameon=False, fontsize="small")
        _foot(figure, note, unmeasured)
        _write(into / f"{name}.svg", figure, pyplot)


def bars(
    name: str,
    panels: Mapping[str, Mapping[str, Mapping[str, float | None]]],
    *,
    title: str,
    note: str = "",
    log_x: bool = False,
    unmeasured: Sequence[str] = (),
    into: Path,
) -> None:
    """Draw ``{measure: {group: {variant: value}}}`` into ``<into>/<name>.svg``, one panel for each measure.

    A value of ``None`` means that the variant failed. It gets a word instead of a bar, since no bar at all would look
    like zero; so does a variant that a group does not have.
    """
    with _drawing(name) as pyplot:
        if pyplot is None:
            return
        variants = list(dict.fromkeys(key for groups in panels.values() for group in groups.values() for key in group))
        rows = max(sum(len(group) for group in groups.values()) for groups in panels.values())
        figure, all_axes = pyplot.subplots(
            1, len(panels), figsize=(8, 1.7 + 0.22 * rows), sharey=True, squeeze=False, layout="constrained"
        )
        for axes, (measure, groups) in zip(all_axes[0], panels.items(), strict=True):
            for at, group in enumerate(groups.values()):
                for number, variant in enumerate(variants):
                    place = at + (number - (len(variants) - 1) / 2) * 0.8 / len(variants)
                    if (value := group.get(variant)) is not None:
                        bar = axes.barh(place, value, 0.8 / len(variants), color=f"C{number}")
                        axes.bar_label(bar, fmt=_cell, padding=2, fontsize="xx-small")
                    else:
                        _instead_of_a_bar(axes, place, "✕ failed" if variant in group else "does not apply", number)
            axes.set_yticks(range(len(groups)), list(groups), fontsize="small")
            axes.set_xlabel(measure)
            if log_x:
                axes.set_xscale("log")
            axes.margins(x=0.15)  # room for the numbers
            axes.grid(visible=True, axis="x", alpha=0.25)
        all_axes[0][0].invert_yaxis()
        keys = [pyplot.Rectangle((0, 0), 1, 1, color=f"C{number}") for number in range(len(variants))]
        if len(variants) > 1:
            figure.legend(
                keys, variants, title=title, loc="outside upper center", ncols=3, frameon=False, fontsize="small"
            )
        else:
            figure.suptitle(title, fontsize="medium")
        _foot(figure, note, unmeasured)
        _write(into / f"{name}.svg", figure, pyplot)


#: Colours repeat after ten lines.
_LINES = ("-", "--", ":")


def _instead_of_a_bar(axes: Any, place: float, text: str, number: int) -> None:
    start = {"xy": (0, place), "xycoords": ("axes fraction", "data")}
    axes.annotate(
        text, xytext=(3, 0), textcoords="offset points", color=f"C{number}", fontsize="x-small", va="center", **start
    )


def _foot(figure: Any, note: str, unmeasured: Sequence[str]) -> None:
    lines = [note] if note else []
    if unmeasured:
        lines.append(f"not measured (failed, or not to be had here): {', '.join(unmeasured)}")
    if lines:
        figure.supxlabel("\n".join(lines), fontsize="x-small", x=0.01, ha="left", wrap=True)


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


def _write(file: Path, figure: Any, pyplot: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None}, bbox_inches="tight")
    pyplot.close(figure)
    print(f"drawn to {file}")


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
