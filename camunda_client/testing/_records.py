"""Read what Camunda's DebugLogExporter wrote: every event of the engine, one JSON document a line.

It is the engine's own verdict on what happened to a job, independent of any client.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: Between the log line's head and the record, in the pattern that RealCamunda sets.
MARK = b"exporter.debug - "


def read_records(log: Path, value_type: str | None = None, intent: str | None = None) -> list[dict[str, Any]]:
    """Return the records in an engine's log, oldest first, each once.

    Args:
        log: The engine's output.
        value_type: Only these (``JOB``, ``INCIDENT``, ``PROCESS_INSTANCE``, ...).
        intent: Only these (``COMPLETED``, ``FAILED``, ``TIMED_OUT``, ``CREATED``, ...).

    Returns:
        Documents as the engine writes them: ``valueType``, ``intent``, ``recordType``, ``key``, ``position``,
        ``timestamp``, ``value``, ...
    """
    # Parsing every record of a long run takes seconds; looking for the words first takes none.
    words = [f'"{name}":"{word}"'.encode() for name, word in (("valueType", value_type), ("intent", intent)) if word]
    found: dict[tuple[int, int], dict[str, Any]] = {}
    with log.open("rb") as stream:
        for line in stream:
            record = _record(line) if all(word in line for word in words) else None
            if record is None:
                continue
            if value_type not in (None, record["valueType"]) or intent not in (None, record["intent"]):
                continue
            # After a restart the exporter tells the last records again.
            found.setdefault((record["partitionId"], record["position"]), record)
    return list(found.values())


def _record(line: bytes) -> dict[str, Any] | None:
    _, found, text = line.partition(MARK)
    if not found or not text.startswith(b"{"):
        return None
    try:
        document: dict[str, Any] = json.loads(text)
    except ValueError:
        return None  # torn by kill -9, or still being written: the engine tells it again
    return document
