"""``--capture-print``: what handlers print becomes log lines with the job's fields, instead of lines between JSON."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from camunda_client.log import get_logger, job_context

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker import JobOutcome

log = get_logger(__name__)

#: Characters of a line that are kept.
_MOST: Final = 10_000
#: Packages that write lines of their own to standard output, which stay as they are.
_LOGGERS: Final = ("logging", "structlog", "loguru", "camunda_client")

#: What a job has printed since its last whole line.
_begun: ContextVar[list[str] | None] = ContextVar("camunda_printed", default=None)


class Printed:
    """Stands for ``sys.stdout``: lines that are printed in a job are logged, all others pass."""

    def __init__(self, stream: Any) -> None:
        """Pass on to ``stream`` what is not a job's."""
        self._stream = stream

    def write(self, text: str) -> int:
        """Log each whole line, and keep the rest until there is more."""
        return self._write(text, sys._getframe(1))

    def writelines(self, lines: Iterable[str]) -> None:
        """Write all."""
        self._write("".join(lines), sys._getframe(1))

    def _write(self, text: str, caller: FrameType) -> int:
        if job_context.get() is None or _is_logger(caller):
            return int(self._stream.write(text))
        begun = _begun.get()
        if begun is None:
            begun = []
            _begun.set(begun)
        *lines, rest = ("".join(begun) + text).split("\n")
        begun[:] = [rest] if rest else []
        for line in lines:
            _log(line)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _is_logger(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in _LOGGERS


def _log(line: str) -> None:
    if line.strip():
        log.info("job.printed", text=line if len(line) <= _MOST else f"{line[:_MOST]}… ({len(line)} characters)")


def _log_rest(_job: ActivatedJob, _outcome: JobOutcome) -> None:
    """Log what a job has printed without a line's end, when it is decided."""
    begun = _begun.get()
    if begun:
        _log("".join(begun))
        begun.clear()


def capture() -> None:
    """Begin; what handlers print to standard error stays there, between the log's lines."""
    from camunda_client.c8 import worker

    sys.stdout = Printed(sys.stdout)
    worker.after_job(_log_rest)
