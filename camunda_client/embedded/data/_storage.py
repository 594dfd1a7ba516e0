"""A directory that keeps an engine's data: its log is read, carried out again, and then written on.

After so many commands a snapshot takes the place of the log. It is written before the log begins anew; whichever of the
two files a death of the process leaves as it was, together they say the same.
"""

from __future__ import annotations

import logging
import os
import pickle
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from camunda_client.embedded.data._journal import (
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
from camunda_client.embedded.data._snapshot import SNAPSHOT, without_collection
from camunda_client.embedded.data._snapshot import read as read_snapshot
from camunda_client.embedded.data._snapshot import write as write_snapshot
from camunda_client.embedded.run import Runtime

log = logging.getLogger(__name__)

#: Commands from one snapshot to the next. To carry out so many takes a second, as it does to read 10,000 instances.
SNAPSHOT_EVERY = 20_000


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
    #: When that was, with what it moved the clock by.
    at_ms: int = 0
    #: The last command, and what came of it: a value or an exception.
    record: Record | None = None
    outcome: Any = None


class Player(Protocol):
    """Who carries out what a log says."""

    runtime: Runtime

    def seed(self, seed: str) -> None:
        """Take the random values of a log."""

    def replay(self, record: Record) -> tuple[Any, int]:
        """Do again what a log says; return what came of it, and the moment it led to."""

    def go_on(self, settings: list[Any], clock_state: list[int | None], journal: Journal) -> None:
        """Go on after a replay, with the settings and the clock of today, and write into the journal from now on."""


class Storage:
    """The data of one engine."""

    def __init__(self, directory: Path, *, fsync: bool) -> None:
        self.directory = directory
        self.recovery = Recovery()
        self._path = directory / LOG
        self._fsync = fsync
        self._lock: Lock | None = None
        self._journal: Journal | None = None
        self._seed = ""
        self._next_snapshot = 0

    def bring_back(self, player: Player, until: int | None) -> None:
        """Carry out what the log says, then let the engine write it on.

        Args:
            player: A new one, whose run time has not begun.
            until: The last command to carry out; nothing is written then, and the clock stands still.

        Raises:
            DataError: The data can't be used.
        """
        if until is not None:
            self._look_back(player, until)
            return
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.directory)
        except OSError as error:
            raise DataError(f"{self.directory} can't keep data: {error.strerror}; name another directory") from error
        try:
            self._go_on(player)
        except BaseException:
            self._lock.release()
            raise

    def _go_on(self, player: Player) -> None:
        settings, clock = player.runtime.settings, player.runtime.clock.state
        if not self._path.exists() and not (self.directory / SNAPSHOT).exists():
            write_atomically(self._path, Header(0, new_seed()).line())
        found = self._carry_out(player, None)
        if found.torn:
            self._cut_off(found)
        if found.last < self.recovery.last:  # the machine died: the snapshot was on the disk, the log's end was not
            write_atomically(self._path, Header(self.recovery.last, self._seed).line())
        self._journal = Journal(self._path, self.recovery.last, fsync=self._fsync)
        self._next_snapshot = self.recovery.last - self.recovery.replayed + SNAPSHOT_EVERY
        player.go_on(settings, clock, self._journal)
        self.compact_if_due(player.runtime)

    def _cut_off(self, found: ReadLog) -> None:
        self.recovery.torn_bytes = found.torn
        log.warning(
            "%s ended in a line that is not whole; its %d bytes were cut off, after command %d: "
            "that command was never answered",
            self._path, found.torn, found.last,
        )  # fmt: skip
        os.truncate(self._path, found.size)

    def _look_back(self, player: Player, until: int) -> None:
        if not self._path.exists():
            raise DataError(f"{self.directory} holds no command log ({LOG}); name the directory of an engine's data")
        self._carry_out(player, until)
        if self.recovery.last != until:
            raise DataError(f"{self._path} ends with command {self.recovery.last}; there is no command {until}")
        if not player.runtime.clock.frozen:
            player.runtime.clock.pin_ms(self.recovery.at_ms)

    def _carry_out(self, player: Player, until: int | None) -> ReadLog:
        began_s = time.monotonic()
        recovery, snapshot = self.recovery, self.directory / SNAPSHOT
        found = read_log(self._path)
        self._seed = found.header.seed
        player.seed(self._seed)
        if snapshot.exists():
            recovery.last, recovery.at_ms = read_snapshot(snapshot, player.runtime)
        if found.header.after > recovery.last:
            raise DataError(
                f"{self._path} begins after command {found.header.after}, but {snapshot} is missing or older; "
                "bring back a copy of the directory, or name another one"
            )
        if until is not None and until < recovery.last:
            raise DataError(
                f"the commands of {self.directory} up to {recovery.last} are in the snapshot, which can't be taken "
                f"apart: there is no way back to command {until}"
            )
        with without_collection():
            self._replay(player, found, until)
        recovery.took_s = time.monotonic() - began_s
        return found

    def _replay(self, player: Player, found: ReadLog, until: int | None) -> None:
        recovery, version = self.recovery, ""
        for record in found.records(recovery.last):
            if until is not None and record.number > until:
                break
            if record.name == "start":
                version = record.arguments[-1]
            if player.runtime.keys.upcoming != record.key:
                raise DataError(
                    f"{self._path}, command {record.number} ({record.name}): key {record.key} was to come next, "
                    f"but the replay came to {player.runtime.keys.upcoming}. It was written by c8-client {version}, "
                    f"whose engine did otherwise: start that version, or name another directory"
                )
            recovery.record = record
            recovery.outcome, recovery.at_ms = player.replay(record)
            recovery.last = record.number
            recovery.replayed += 1

    def compact_if_due(self, runtime: Runtime) -> None:
        """Write a snapshot and begin the log anew, if enough has come since the last one; between two commands."""
        journal = self._journal
        if journal is None or journal.last < self._next_snapshot:
            return
        self._next_snapshot = journal.last + SNAPSHOT_EVERY
        try:
            write_snapshot(self.directory / SNAPSHOT, runtime, journal.last)
            write_atomically(self._path, Header(journal.last, self._seed).line())
        except (OSError, RecursionError, pickle.PicklingError) as error:
            log.warning("no snapshot was written, the log goes on: %s: %s", type(error).__name__, error)
        if journal.was_replaced:  # whatever failed after that
            journal.begin_anew({poll.number: poll.plain() for poll in runtime.jobs.waiting_polls()})

    def close(self) -> None:
        """Let another engine have it."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        if self._lock is not None:
            self._lock.release()
            self._lock = None
