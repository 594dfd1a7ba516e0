"""The logger of this package's own modules: structlog's way of calling, decided anew at each call where to go.

``get_logger`` is called while modules are imported, long before logging is configured. So a logger knows
its name and nothing else; ``_route`` knows the way and is exchanged by ``configure_if_unconfigured()``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from camunda_client.log import _clean
from camunda_client.log._context import job_fields
from camunda_client.log._render import Renderer, clean_fields, readable, render_json
from camunda_client.log._rules import LEFT_OUT, Rules
from camunda_client.log._sink import Sink
from camunda_client.log._usual import usual_line

#: Level, logger's name, event, own fields.
Route = Callable[[int, str, str, dict[str, Any]], None]

_NAMES = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "critical"}

#: Where our own records say they come from.
OWN_PATH = "(camunda_client)"

#: Fields of the job that our own lines spell out where the application formats records; the others are attributes.
_SPELLED_OUT = ("job_key", "job_type", "process_instance_key")


class Logger:
    """A named logger: an event and its facts. Calling it never raises."""

    __slots__ = ("_fields", "name")

    def __init__(self, name: str, fields: dict[str, Any] | None = None) -> None:
        self.name = name
        self._fields = fields or {}

    def bind(self, **fields: Any) -> Logger:
        """Return a logger whose every line has these fields too."""
        return Logger(self.name, {**self._fields, **fields})

    def debug(self, event: str, *args: Any, **fields: Any) -> None:
        """Log what only a developer wants to know."""
        if _state.level <= 10:
            _emit(10, self, event, args, fields)

    def info(self, event: str, *args: Any, **fields: Any) -> None:
        """Log that something happened as it should."""
        if _state.level <= 20:
            _emit(20, self, event, args, fields)

    def warning(self, event: str, *args: Any, **fields: Any) -> None:
        """Log what the worker copes with but a person should look at."""
        if _state.level <= 30:
            _emit(30, self, event, args, fields)

    def error(self, event: str, *args: Any, **fields: Any) -> None:
        """Log what a human must act on."""
        if _state.level <= 40:
            _emit(40, self, event, args, fields)

    def critical(self, event: str, *args: Any, **fields: Any) -> None:
        """Log that the process cannot do its work."""
        _emit(50, self, event, args, fields)

    def exception(self, event: str, *args: Any, **fields: Any) -> None:
        """Log an error with the traceback of the exception being handled."""
        fields.setdefault("exc_info", True)
        self.error(event, *args, **fields)

    def log(self, level: int, event: str, *args: Any, **fields: Any) -> None:
        """Log at a level given as number."""
        if _state.level <= level:
            _emit(level, self, event, args, fields)

    warn = warning
    fatal = critical


def get_logger(name: str) -> Logger:
    """Return the logger of that name; configures nothing."""
    return Logger(name)


def watch_warnings(watcher: Callable[[str, str, dict[str, Any]], None] | None) -> None:
    """Show ``watcher`` the level's name, event and fields of this package's lines from warnings up; ``None`` ends that.

    It gets the fields themselves, which are not its to change, in the greenlet that logs: it may not wait.
    """
    _state.watcher = watcher


class _State:
    """Where lines go and from which level on."""

    def __init__(self) -> None:
        # Until one is set, the application's: its levels are asked for each line.
        self.level = 0
        self.route: Route = to_stdlib
        #: Shown what is logged from warnings up.
        self.watcher: Callable[[str, str, dict[str, Any]], None] | None = None
        #: What is left out, on request.
        self.rules: Rules | None = None
        #: Lines that failed before they reached a sink.
        self.failed = 0


def _emit(level: int, logger: Logger, event: str, args: tuple[Any, ...], fields: dict[str, Any]) -> None:
    try:
        if args:
            event = event % args
        if _state.rules is not None and not _passes(_state.rules, level, event, fields):
            return
        if logger._fields:
            fields = {**logger._fields, **fields}
        if level >= 30 and _state.watcher is not None:
            _state.watcher(level_name(level), event, fields)
        _state.route(level, logger.name, event, fields)
    except Exception:  # noqa: BLE001 (a line must not fail the job that logs it; it is counted)
        _state.failed += 1


def _passes(rules: Rules, level: int, event: str, fields: dict[str, Any]) -> bool:
    say_left_out()
    return rules.allow(level, event, fields, str(job_fields().get("job_type", "")))


def say_left_out() -> None:
    """Say which repeats were left out of the last minute, once it is over."""
    if _state.rules is not None:
        for facts in _state.rules.left_out():
            _state.route(_WARNING, __package__, LEFT_OUT, facts)


_WARNING = 30


def level_name(level: int) -> str:
    """Return the lower-case name of a level, the next lower one's for a number in between."""
    return _NAMES.get(level) or _NAMES.get(min(level // 10, 5) * 10, "debug")


def to_sink(sink: Sink, render: Renderer) -> Route:
    """Return the fast way, used when we set logging up: rendered here, no record made, no lock taken."""
    is_json = render is render_json

    def route(level: int, name: str, event: str, fields: dict[str, Any]) -> None:
        if is_json and (line := usual_line(event, level_name(level), name, fields)) is not None:
            sink.write(line)
            return
        exc_info = fields.pop("exc_info", None)
        merged = {**job_fields(), **fields}
        if exc_info and (found := _clean.exc_info_of(exc_info)):
            merged["exception"] = _clean.format_exception(found)
        sink.write(render(event, level_name(level), name, merged))

    return route


def to_both(route: Route) -> Route:
    """Return a way that also leads to the application's handlers, to which our own leaves these records."""

    def both(level: int, name: str, event: str, fields: dict[str, Any]) -> None:
        route(level, name, event, dict(fields))
        to_stdlib(level, name, event, fields)

    return both


def to_stdlib(level: int, name: str, event: str, fields: dict[str, Any]) -> None:
    """Log through the application's own handlers: an ordinary record, its message the event and ``key=value``."""
    logger = logging.getLogger(name)
    if not logger.isEnabledFor(level):
        return
    exc_info = _clean.exc_info_of(fields.pop("exc_info", None))
    job = job_fields()
    shown = {**fields, **{key: job[key] for key in _SPELLED_OUT if key in job and key not in fields}}
    # No arguments: a percent sign in a value is not a placeholder.
    record = logger.makeRecord(name, level, OWN_PATH, 0, readable(event, shown), (), exc_info)
    if exc_info:
        # A formatter takes this, where it is set, instead of formatting the exception once more.
        record.exc_text = _clean.indented(_clean.format_exception(exc_info))
    logger.handle(record)


def to_structlog(level: int, name: str, event: str, fields: dict[str, Any]) -> None:
    """Log through the chain that the application has given structlog."""
    import structlog  # loaded by then, or this way would not have been chosen

    found = _clean.exc_info_of(fields.pop("exc_info", None))
    merged = {"logger": name, **clean_fields({**job_fields(), **fields})}
    if found:
        # Not the exception: whatever the chain formats it with knows nothing of secrets, or shows local variables.
        merged["exception"] = _clean.indented(_clean.format_exception(found))
    getattr(structlog.get_logger(name), level_name(level))(_clean.escape(_clean.redact(event)), **merged)


_state = _State()
