"""Set logging up where the application has not, and join in where it has."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import sys
from collections.abc import Callable, MutableMapping
from enum import Enum
from typing import Any

from camunda_client import patching
from camunda_client.log import _clean, _context, _logger
from camunda_client.log._console import WIDTH, console_renderer
from camunda_client.log._context import add_job_context
from camunda_client.log._plain import described
from camunda_client.log._render import Renderer, render_json
from camunda_client.log._rules import rules_of
from camunda_client.log._sink import SharedSink, Sink
from camunda_client.log._stdlib import SinkHandler, add_job_to_records
from camunda_client.log._streams import secure_standard_streams

#: The first of these that is set decides. The second is the name of the original package.
LEVEL_VARIABLES = ("CAMUNDA_LOG_LEVEL", "LOGGER_LEVEL")

#: Lines for people show every field where this is set to anything but 0.
VERBOSE_VARIABLE = "CAMUNDA_LOG_VERBOSE"
#: Lines also have the names that Camunda's Java client gives its logging context where this is set to anything but 0.
MDC_VARIABLE = "CAMUNDA_LOG_MDC"
#: Columns. A narrower terminal wraps.
_NARROWEST = 80

_LEVELS = {
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "WARNING": logging.WARNING,
    "ERROR": logging.ERROR,
    "CRITICAL": logging.CRITICAL,
    "FATAL": logging.CRITICAL,
}


class Mode(Enum):
    """Who has set logging up."""

    OURS = "ours"
    STDLIB = "stdlib"
    STRUCTLOG = "structlog"


#: Packages whose handlers send records elsewhere and show them nowhere. opentelemetry-instrument puts one on the root
#: logger whatever its options say; taken for the application's set-up, it left the console empty.
_EXPORTERS = frozenset({"opentelemetry"})

_mode: Mode | None = None
_sink: Sink | None = None


def configure_if_unconfigured() -> Mode:
    """Set up structlog and stdlib logging unless the application has set up either. A second call does nothing.

    Set up by us: JSON lines on stderr, readable ones if it is a terminal. Set up by the application: our lines go its
    way, and the job's fields are on each of its records (stdlib) or events (structlog).

    Returns:
        Who has set logging up.
    """
    global _mode
    # The application may have made handlers or loaded structlog since the patch.
    patching.share_log_locks()
    if patching.is_patched():
        patching.tell_of_failed_greenlets(_tell_of_failed_greenlet)
    if _mode is None:
        level, unknown = _level_from_environment()
        _logger._state.rules, misread = rules_of(os.environ)
        _context.add_java_names(wanted=os.environ.get(MDC_VARIABLE, "").strip() not in ("", "0"))
        if _configured_structlog() is not None:
            _mode = _join_structlog()
        elif all(map(_exports, logging.getLogger().handlers)):
            _mode = _set_up(logging.INFO if level is None else level)
        else:
            _mode = _join_stdlib(level)
        if unknown:
            _logger.get_logger(__package__).warning(
                "log.level_unknown", value=unknown, used="INFO", known=list(_LEVELS)
            )
        for variable, value in misread:
            _logger.get_logger(__package__).warning("log.option_unknown", variable=variable, value=value)
    return _mode


def _tell_of_failed_greenlet(greenlet: str, exc_info: Any) -> None:
    """Say it in a line of ours; where the application has set logging up, as gevent does, but without secrets.

    This may run in the hub, where the application's handlers could have to wait.
    """
    found = _clean.exc_info_of(exc_info)
    if _mode is Mode.OURS:
        _logger.get_logger("camunda_client.patching").error("greenlet.failed", greenlet=greenlet, exc_info=found)
        return
    trace = _clean.format_exception(found) + "\n" if found else ""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(_clean.redact(f"{trace}{greenlet} failed\n"))


def lost_lines() -> int:
    """Return how many lines were lost since the start: full disk, closed or stalled output, values that broke."""
    return _logger._state.failed + (_sink.lost if _sink else 0)


def flush() -> None:
    """Try again to write the lines that a stalled reader has kept back; never waits."""
    _logger.say_left_out()
    if _sink is not None:
        _sink.flush()


def _level_from_environment() -> tuple[int | None, str | None]:
    """Return the level asked for, and the value that was not understood."""
    for variable in LEVEL_VARIABLES:
        value = os.environ.get(variable, "").strip()
        if value:
            level = _LEVELS.get(value.upper())
            return (level, None) if level is not None else (logging.INFO, value)
    return None, None


def add_job_to_lines() -> None:
    """Give the application's own lines the job in flight: stdlib's records as attributes, structlog's events as fields.

    Sets nothing up. Where we have set logging up, our sink adds the job by itself, and nothing is to be done.
    """
    if _mode is Mode.OURS:
        return
    add_job_to_records()
    structlog = _configured_structlog()
    if structlog is None:
        return
    processors = structlog.get_config()["processors"]
    if add_job_context not in processors:
        if isinstance(processors, list):
            # In place, since loggers that are cached already hold this very list.
            processors.insert(0, add_job_context)
        else:
            structlog.configure(processors=[add_job_context, *processors])


def _configured_structlog() -> Any:
    """Return structlog if the application has configured it."""
    # Only asked for if the application has imported it: it loads asyncio, and with it ssl.
    structlog = sys.modules.get("structlog")
    return structlog if structlog is not None and structlog.is_configured() else None


def _exports(handler: logging.Handler) -> bool:
    return type(handler).__module__.partition(".")[0] in _EXPORTERS


def _join_structlog() -> Mode:
    add_job_to_lines()
    _logger._state.route = _logger.to_structlog
    return Mode.STRUCTLOG


def _join_stdlib(level: int | None) -> Mode:
    ours = logging.getLogger("camunda_client")
    if level is not None and ours.level == logging.NOTSET:
        ours.setLevel(level)
    add_job_to_lines()
    _logger._state.route = _logger.to_stdlib
    return Mode.STDLIB


def _set_up(level: int) -> Mode:
    global _sink
    # A closed stderr would let the lines run into whatever is opened next.
    secure_standard_streams()
    fd = _stderr_fd()
    render = _for_people(fd) if os.isatty(fd) else render_json
    made = Sink if patching.is_patched() else SharedSink
    _sink = made(fd, lambda lost: render("log.lines_lost", "warning", __package__, {"count": lost}))
    atexit.register(_sink.close)
    _logger._state.level = level
    _logger._state.route = _logger.to_sink(_sink, render)
    if logging.getLogger().handlers:
        add_job_to_records()
        _logger._state.route = _logger.to_both(_logger._state.route)
    handler = SinkHandler(_sink, render)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(level)
    _set_up_structlog(_sink, render, level)
    return Mode.OURS


def _for_people(fd: int) -> Renderer:
    """Return the renderer for a terminal."""
    width = WIDTH
    with contextlib.suppress(OSError):
        width = max(os.get_terminal_size(fd).columns or WIDTH, _NARROWEST)
    verbose = os.environ.get(VERBOSE_VARIABLE, "").strip() not in ("", "0")
    return console_renderer("NO_COLOR" not in os.environ, verbose=verbose, width=width)


def _stderr_fd() -> int:
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        return 2


def _set_up_structlog(sink: Sink, render: Renderer, level: int) -> None:
    def to_line(_: Any, method: str, event_dict: MutableMapping[str, Any]) -> bytes:
        fields = dict(event_dict)
        event = fields.pop("event", "")
        found = _clean.exc_info_of(fields.pop("exc_info", None))
        if found:
            fields["exception"] = _clean.format_exception(found)
        name = str(fields.pop("logger", "structlog"))
        return render(_text(event), "error" if method == "exception" else method, name, fields)

    import structlog

    structlog.configure(
        processors=[add_job_context, structlog.contextvars.merge_contextvars, to_line],
        wrapper_class=_never_raising(structlog.make_filtering_bound_logger(level), sink),
        logger_factory=lambda *_args: _SinkLogger(sink),
        cache_logger_on_first_use=True,
    )


def _text(event: object) -> str:
    try:
        return str(event)
    except Exception:  # noqa: BLE001 (an event of the application's own kind)
        return described(event)


def _never_raising(bound_logger: type[Any], sink: Sink) -> type[Any]:
    """Return a structlog logger whose calls raise nothing, where its own do for wrong placeholders."""

    def guarded(name: str) -> Callable[..., None]:
        log = getattr(bound_logger, name)

        def call(self: Any, *args: Any, **fields: Any) -> None:
            try:
                log(self, *args, **fields)
            except Exception:  # noqa: BLE001 (a line must not fail the job that logs it; it is counted, or says so)
                tell(self, "warning" if name == "log" else name, args, fields)

        return call

    def tell(self: Any, name: str, args: tuple[Any, ...], fields: dict[str, Any]) -> None:
        try:
            event = next((one for one in args if isinstance(one, str)), "")
            self._proxy_to_logger(name, f"{event} (its arguments do not fit the message)", **fields)
        except Exception:  # noqa: BLE001 (as above)
            sink.count_lost()

    # Not the async ones, which are awaited and have no place in a handler.
    return type(bound_logger.__name__, (bound_logger,), {name: guarded(name) for name in _SinkLogger.__slots__})


class _SinkLogger:
    """What structlog writes to, in place of its own loggers, which take locks and raise."""

    __slots__ = ("critical", "debug", "error", "exception", "fatal", "info", "log", "msg", "warn", "warning")

    def __init__(self, sink: Sink) -> None:
        for name in self.__slots__:
            setattr(self, name, sink.write)
