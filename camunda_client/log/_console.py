"""Lines for people: what happened to which job, in one line that fits a terminal.

What is the same in line after line is left out, keys come last, and a failure's type and text come first. Nothing is
left out of JSON lines, nor of these with ``CAMUNDA_LOG_VERBOSE=1``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any, Final

from camunda_client.log import _clean
from camunda_client.log._context import JAVA_NAMES
from camunda_client.log._plain import described
from camunda_client.log._render import Renderer, clean_fields, key_values, readable

#: Columns of a line about a job.
WIDTH: Final = 120
_RESET: Final = "\x1b[0m"
_DIM: Final = "\x1b[2m"
_COLOURS: Final = {
    "debug": _DIM,
    "info": "\x1b[32m",
    "warning": "\x1b[33m",
    "error": "\x1b[31m",
    "critical": "\x1b[1;31m",
}
#: Fields that have a place of their own in a line about a job.
_PLACED: Final = frozenset({"job_type", "element_id", "duration_s", "error", "job_key", "process_instance_key"})
#: Fields that are left out of it, and those left out while they have this value.
_LEFT_OUT: Final = frozenset(
    {*JAVA_NAMES, "process_definition_id", "worker", "retries", "report_s", "trace_id", "span_id"}
)
_USUAL: Final = {"tenant_id": "<default>", "attempt": 1}
#: Fields that follow in lines of their own.
_BELOW: Final = ("exception", "stack", "remedy")
_OURS: Final = "camunda_client"
#: Columns that an exception's type and text have at least.
_LEAST_OF_ERROR: Final = 24


def console_renderer(colours: bool, *, verbose: bool = False, width: int = WIDTH) -> Renderer:
    """Return the renderer for people.

    Args:
        colours: Colour the level, and dim the keys.
        verbose: Show every field of every line.
        width: Columns for the first line about a job; the library's own are cut there.
    """

    def render(event: str, level: str, logger: str, fields: Mapping[str, object]) -> bytes:
        head = f"{time.strftime('%H:%M:%S')} {_coloured(f'{level:<8}', _COLOURS.get(level, ''), colours)}"
        if verbose or "job_key" not in fields:
            text, below = _everything(event, logger, fields)
        else:
            text, below = _about_a_job(event, logger, fields, width - len("HH:MM:SS level    "), colours)
        lines = "".join(f"\n         | {_clean.escape(line)}" for line in below)
        return f"{head} {text}{lines}".encode("utf-8", "backslashreplace") + b"\n"

    return render


def _coloured(text: str, colour: str, colours: bool) -> str:
    return f"{colour}{text}{_RESET}" if colours and colour else text


def _everything(event: str, logger: str, fields: Mapping[str, object]) -> tuple[str, list[str]]:
    """Return ``event key=value ...``, and the traceback's lines."""
    text = readable(event, {key: value for key, value in fields.items() if key != "exception"})
    if not logger.startswith(_OURS):
        text += f" logger={_clean.escape(_clean.redact(logger))}"
    return text, _lines_of(fields.get("exception"))


def _about_a_job(
    event: str, logger: str, fields: Mapping[str, object], width: int, colours: bool
) -> tuple[str, list[str]]:
    """Return the first line, and those below it."""
    below = [line for name in _BELOW for line in _lines_of(fields.get(name), "" if name == "exception" else name)]
    shown = clean_fields({name: value for name, value in fields.items() if name not in _BELOW})
    if "error" in shown:
        shown["error"] = _with_text(str(shown["error"]), below)
    said, (error, *rest) = _clean.escape(_clean.redact(event)), _parts(shown)
    text = _joined(said, error, *rest)
    keys = _keys(shown)
    if len(text) + 2 + len(keys) > width:
        keys = str(shown["job_key"])
    room = width - len(keys) - 2
    if logger.startswith(_OURS) and len(text) > room:
        # All of an exception is below the line: what else is said must not fall off its end.
        error = _cut(error, max(len(error) + room - len(text), _LEAST_OF_ERROR))
        text = _cut(_joined(said, error, *rest), room)
    return f"{text}  {_coloured(keys, _DIM, colours)}", below


def _joined(*texts: str) -> str:
    return "  ".join(filter(None, texts))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _with_text(error: str, trace: list[str]) -> str:
    """Return an exception's type with its text, which the last line of its traceback has."""
    pattern = re.compile(rf"(?:[\w.]+\.)?{re.escape(error)}: ")
    return next((_clean.escape(line) for line in reversed(trace) if pattern.match(line)), error)


def _parts(shown: Mapping[str, Any]) -> list[str]:
    """Return what a line says beside its event, the most telling first."""
    duration_s = shown.get("duration_s")
    rest = {
        name: value
        for name, value in shown.items()
        if name not in _PLACED and name not in _LEFT_OUT and _USUAL.get(name) != value
    }
    return [
        " ".join(str(shown.get("error") or "").split()),
        str(shown.get("job_type") or ""),
        str(shown.get("element_id") or ""),
        duration(duration_s) if isinstance(duration_s, int | float) else "",
        key_values(rest),
    ]


def _keys(shown: Mapping[str, Any]) -> str:
    instance = shown.get("process_instance_key")
    return f"{shown.get('job_key')} in {instance}" if instance else str(shown.get("job_key"))


def _lines_of(value: object, name: str = "") -> list[str]:
    """Return a text's lines, or a list's members; the first with the name of what it is."""
    if not value:
        return []
    lines = value if isinstance(value, list) else _clean.redact(described(value)).splitlines()
    texts = [_clean.redact(described(line)) for line in lines]
    return [f"{name}: {texts[0]}", *texts[1:]] if name and texts else texts


def duration(seconds: float) -> str:
    """Return a duration as people read it: ``420 ms``, ``1.24 s``, ``2 min 5 s``."""
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 100:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
