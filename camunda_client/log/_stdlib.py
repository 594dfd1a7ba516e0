"""The standard library's logging: its lines through our sink, the job on its records."""

from __future__ import annotations

import logging
from typing import Any

from camunda_client.log import _clean
from camunda_client.log._context import job_fields, keep_line, keeps_lines, line_keys
from camunda_client.log._logger import OWN_PATH
from camunda_client.log._render import Renderer
from camunda_client.log._sink import Sink

#: What a record outside a handler says, so that a format with ``%(job_key)s`` works everywhere.
OUTSIDE = "-"

#: What every record has; anything else came with ``extra=`` and belongs in the line.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class SinkHandler(logging.Handler):
    """Sends records to a sink, each as one line with the job that was in flight."""

    def __init__(self, sink: Sink, render: Renderer) -> None:
        super().__init__()
        self._sink = sink
        self._render = render

    def acquire(self) -> None:
        """Take no lock: native threads and greenlets that meet at a patched one can wedge for good."""

    def release(self) -> None:
        """Release none."""

    def handle(self, record: logging.LogRecord) -> Any:
        """Filter and write the record."""
        if record.pathname == OWN_PATH:
            # For exporters; the sink has had the line without a record.
            return False
        # Not inherited: from 3.13 on, the base class takes its lock without asking acquire().
        kept = self.filter(record)
        if kept:
            self.emit(kept if isinstance(kept, logging.LogRecord) else record)
        return kept

    def flush(self) -> None:
        """Try again to write what waits."""
        self._sink.flush()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's line; never raises."""
        try:
            message = _message(record)
            keep_line(record.levelname, message)
            fields: dict[str, object] = dict(job_fields())
            for key, value in record.__dict__.items():
                if key not in _STANDARD and value is not OUTSIDE:
                    fields[key] = value
            if record.exc_info and (found := _clean.exc_info_of(record.exc_info)):
                fields["exception"] = _clean.format_exception(found)
            if record.stack_info:
                fields.setdefault("stack", _clean.shortened(_clean.redact(record.stack_info)))
            self._sink.write(self._render(message, record.levelname.lower(), record.name, fields))
        except Exception:  # noqa: BLE001 (a line must not fail the job that logs it; it is counted)
            self._sink.count_lost()


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 (wrong placeholders, or an argument that cannot be shown)
        return f"{record.msg} (its arguments do not fit the message)"


def _has_sink() -> bool:
    """Tell whether records come to our sink, which keeps their lines."""
    return any(isinstance(one, SinkHandler) for one in logging.getLogger().handlers)


def add_job_to_records() -> None:
    """Give every record the job's fields as attributes, ``"-"`` outside a handler.

    They are added behind ``makeRecord`` rather than by a record factory: what the factory sets, ``extra=`` must not
    contain, and an application's own ``extra={"worker": ...}`` would begin to raise.
    """
    make_record = logging.Logger.makeRecord
    if getattr(make_record, "adds_job", False):
        return

    def make_record_with_job(self: logging.Logger, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make_record(self, *args, **kwargs)
        attributes = record.__dict__
        for key, value in job_fields().items():
            attributes.setdefault(key, value)
        for key in line_keys():
            attributes.setdefault(key, OUTSIDE)
        if keeps_lines() and record.pathname != OWN_PATH and not _has_sink():
            keep_line(record.levelname, _message(record))
        return record

    make_record_with_job.adds_job = True  # type: ignore[attr-defined]
    logging.Logger.makeRecord = make_record_with_job  # type: ignore[method-assign]
