"""Read what Camunda's DebugLogExporter wrote: every event of the engine, one JSON document a line.

It is the engine's own verdict on what happened to a job, independent of any client.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: Between the log line's head and the record, in the pattern that RealCamunda sets.
MARK = b"exporter.debug - "


class RecordLog:
    """An engine's log, read once: whoever asks again gets what came since, beside what is known.

    A test run's log grows to hundreds of megabytes, and tests ask ten times a second.
    """

    def __init__(self, log: Path) -> None:
        """Read ``log``, the engine's output; it need not exist yet."""
        self._log = log
        self._known: dict[tuple[str | None, str | None], _Selection] = {}

    def read(self, value_type: str | None = None, intent: str | None = None) -> list[dict[str, Any]]:
        """Return the records so far, oldest first, each once.

        Args:
            value_type: Only these (``JOB``, ``INCIDENT``, ``PROCESS_INSTANCE``, ...).
            intent: Only these (``COMPLETED``, ``FAILED``, ``TIMED_OUT``, ``CREATED``, ...).

        Returns:
            Documents as the engine writes them: ``valueType``, ``intent``, ``recordType``, ``key``, ``position``,
            ``timestamp``, ``value``, ...
        """
        selection = self._known.setdefault((value_type, intent), _Selection(value_type, intent))
        selection.read_on(self._log)
        return list(selection.found.values())


class _Selection:
    """The records of one kind, and how far the log has been searched for them."""

    def __init__(self, value_type: str | None, intent: str | None) -> None:
        self._wanted = {name: word for name, word in (("valueType", value_type), ("intent", intent)) if word}
        # Parsing every record of a long run takes seconds; looking for the words first takes none.
        self._words = [f'"{name}":"{word}"'.encode() for name, word in self._wanted.items()]
        self._offset = 0
        self.found: dict[tuple[int, int], dict[str, Any]] = {}

    def read_on(self, log: Path) -> None:
        with log.open("rb") as stream:
            stream.seek(self._offset)
            for line in stream:
                if not line.endswith(b"\n"):
                    return  # still being written
                self._offset += len(line)
                if all(word in line for word in self._words):
                    self._take(line)

    def _take(self, line: bytes) -> None:
        record = _record(line)
        if record is not None and all(record[name] == word for name, word in self._wanted.items()):
            # After a restart the exporter tells the last records again.
            self.found.setdefault((record["partitionId"], record["position"]), record)


def _record(line: bytes) -> dict[str, Any] | None:
    _, found, text = line.partition(MARK)
    if not found or not text.startswith(b"{"):
        return None
    try:
        document: dict[str, Any] = json.loads(text)
    except ValueError:
        return None  # torn by kill -9: the engine tells it again
    return document
