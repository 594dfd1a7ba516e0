"""A directory that keeps an engine's data: its log is read, carried out again, and then written on."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from camunda_client.embedded._journal import (
    LOG,
    DataError,
    Header,
    Journal,
    Lock,
    ReadLog,
    Record,
    new_seed,
    read_log,
    write_atomically,
)

if TYPE_CHECKING:
    from camunda_client.embedded._engine import Engine

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Recovery:
    """What an engine found in its data when it began."""

    #: The number of the last command carried out again, 0 for none.
    last: int = 0
    #: Commands carried out again; those before are in the snapshot.
    replayed: int = 0
    #: Bytes of a last line that was not whole, cut off; 0 as a rule.
    torn_bytes: int = 0
    took_s: float = 0.0
    #: The last command, and what came of it: a value or an exception.
    record: Record | None = None
    outcome: Any = None


class Storage:
    """The data of one engine."""

    def __init__(self, directory: Path, *, fsync: bool) -> None:
        self.directory = directory
        self.recovery = Recovery()
        self._path = directory / LOG
        self._fsync = fsync
        self._lock: Lock | None = None
        self._journal: Journal | None = None

    def bring_back(self, engine: Engine, until: int | None) -> None:
        """Carry out what the log says, then let the engine write it on.

        Args:
            engine: A new one.
            until: The last command to carry out; nothing is written then, and the clock stands still.

        Raises:
            DataError: The data can't be used.
        """
        if until is not None:
            self._look_back(engine, until)
            return
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.directory)
        except OSError as error:
            raise DataError(f"{self.directory} can't keep data: {error.strerror}; name another directory") from error
        try:
            self._go_on(engine)
        except BaseException:
            self._lock.release()
            raise

    def _go_on(self, engine: Engine) -> None:
        if not self._path.exists():
            write_atomically(self._path, Header(0, new_seed()).line())
        settings, clock = engine.settings, engine.clock.state
        found = read_log(self._path)
        self._carry_out(engine, found, None)
        if found.torn:
            self._cut_off(found)
        self._journal = Journal(self._path, found.last, fsync=self._fsync)
        engine._start_with_data(settings, clock, self._journal)

    def _cut_off(self, found: ReadLog) -> None:
        self.recovery.torn_bytes = found.torn
        log.warning(
            "%s ended in a line that is not whole; its %d bytes were cut off, after command %d: "
            "whoever gave that command had no answer to it",
            self._path, found.torn, found.last,
        )  # fmt: skip
        os.truncate(self._path, found.size)

    def _look_back(self, engine: Engine, until: int) -> None:
        if not self._path.exists():
            raise DataError(
                f"{self.directory} holds no command log ({LOG}) to look back on; name the engine's directory"
            )
        found = read_log(self._path)
        if not found.header.after <= until <= found.last:
            raise DataError(
                f"{self._path} holds the commands {found.header.after + 1} to {found.last}, not command {until}"
            )
        self._carry_out(engine, found, until)
        engine.clock.pin_ms(engine.clock.now_ms() if self.recovery.record is None else self.recovery.record.at_ms)

    def _carry_out(self, engine: Engine, found: ReadLog, until: int | None) -> None:
        began_s = time.monotonic()
        recovery = self.recovery
        engine._chance.seed = found.header.seed
        version = ""
        for record in found.records(recovery.last):
            if until is not None and record.number > until:
                break
            if record.name == "start":
                version = record.arguments[-1]
            if engine._keys.upcoming != record.key:
                raise DataError(
                    f"{self._path}, command {record.number} ({record.name}): key {record.key} was to come next, "
                    f"but the replay came to {engine._keys.upcoming}. It was written by c8-client {version}, "
                    f"whose engine did otherwise: start that version, or name another directory"
                )
            recovery.record, recovery.outcome = record, engine._replay(record)
            recovery.last = record.number
            recovery.replayed += 1
        recovery.took_s = time.monotonic() - began_s

    def close(self) -> None:
        """Let another engine have it."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None
