"""The latest warnings and errors of this process, for the live page."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Final

from camunda_client import log

#: Events that are kept, the newest.
KEPT: Final = 50
#: Fields that are kept. Texts of exceptions are not: they may quote a customer's data.
_FIELDS: Final = (
    "job_type",
    "job_key",
    "handler",
    "element_id",
    "process",
    "pid",
    "exit_code",
    "deaths",
    "cause",
    "place",
    "job_keys",
    "run_again",
    "error_type",
    "retries_left",
    "reason",
    "blocked_s",
    "running_s",
    "since_s",
    "why",
    "wait_s",
    "greenlet",
    "remedy",
    "stack",
)


class Notable:
    """A ring of events; a thread may read it while the log's writers fill it."""

    def __init__(self) -> None:
        self._events: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def start(self) -> None:
        """Keep what this package logs from now on, from warnings up."""
        log.watch_warnings(self.add)

    def add(self, level: str, event: str, fields: dict[str, Any]) -> None:
        """Keep an event, without the fields that the page does not show."""
        known = {**log.job_fields(), **fields}
        shown: dict[str, Any] = {name: known[name] for name in _FIELDS if name in known}
        self._events.append({"at": time.time(), "level": level, "event": event, **shown})

    def newest(self) -> list[dict[str, Any]]:
        """Return the events, the oldest first."""
        return list(self._events)
