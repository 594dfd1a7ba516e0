"""The command log of an engine that keeps its data: one line a command, written before the command is carried out.

So whatever was answered is in the file, and kill -9 of the process loses none of it (the system writes what
it was given). A line is a checksum and a JSON list::

    9a1c2f00 [1767225600000,4503599627370498,"complete",[4503599627370501,{"paid":true}]]

which are the moment in ms, the key that is given out next (a replay that comes to another has diverged), the name of
the command and its arguments. The first line says the version of the format. Line 813 is command 812.
"""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import secrets
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from camunda_client import __version__
from camunda_client.embedded._rejections import EngineError

log = logging.getLogger(__name__)

FORMAT = 1
LOG, LOCK = "commands.log", "lock"
_MARK = "camunda-client engine log"
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class DataError(EngineError):
    """An engine's data can't be read or written; the text names the file, what was found, and what to do."""


@dataclass(frozen=True, slots=True)
class Record:
    """One command of a log."""

    number: int
    at_ms: int
    #: The key that was to be given out next.
    key: int
    name: str
    arguments: list[Any]


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a log."""

    #: Commands that came before its first one, and are in the snapshot.
    after: int
    #: What the values of ``uuid()`` and ``random number()`` come from.
    seed: str

    def line(self) -> bytes:
        """Return it as it is written."""
        said = {_MARK: FORMAT, "by": f"c8-client {__version__}", "after": self.after, "seed": self.seed}
        return _encode(said).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class ReadLog:
    """What a log's file holds."""

    header: Header
    lines: list[bytes]
    #: Bytes up to where the file is whole, and those of a last line that is not.
    size: int
    torn: int

    def records(self, after: int) -> Iterator[Record]:
        """Yield the commands that come after a number."""
        for number, line in enumerate(self.lines[max(0, after - self.header.after) :], max(after, self.header.after)):
            yield Record(number + 1, *json.loads(line[9:]))

    @property
    def last(self) -> int:
        """The number of the last command."""
        return self.header.after + len(self.lines)


def as_line(at_ms: int, key: int, name: str, arguments: Sequence[Any]) -> bytes:
    """Return a command as its line.

    Raises:
        TypeError: An argument is something that JSON has not.
    """
    try:
        body = _encode([at_ms, key, name, arguments]).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"{name}: an engine that keeps its data takes variables that JSON can hold: {error}") from error
    return b"%08x %b\n" % (zlib.crc32(body), body)


def read_log(path: Path) -> ReadLog:
    """Return what a log holds; a torn end (a last line that is not whole) is left out.

    Raises:
        DataError: It is not a log, it is one of another format, or damaged in the middle.
    """
    content = path.read_bytes()
    first, newline, rest = content.partition(b"\n")
    header = _header(path, first)
    lines = rest.split(b"\n")
    lines.pop()  # what follows the last newline: nothing, if the last line is whole
    whole = [_is_whole(line) for line in lines]
    good = whole.index(False) if False in whole else len(lines)
    if any(whole[good:]):
        raise DataError(
            f"{path}, line {good + 2}, is damaged (its checksum is wrong), and whole lines follow it, so that it "
            f"was not cut off at the end; bring back a copy of the file, or keep what comes before: head -n {good + 1}"
        )
    size = len(first) + len(newline) + sum(len(line) + 1 for line in lines[:good])
    return ReadLog(header, lines[:good], size, len(content) - size)


def _header(path: Path, line: bytes) -> Header:
    remedy = "name another directory, or move the file away to begin anew"
    try:
        said = json.loads(line)
        found = said[_MARK]
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{path} is not a command log of an engine (it begins with {line[:40]!r}); {remedy}") from None
    if found != FORMAT:
        raise DataError(
            f"{path} has version {found!r} of the log's format, written by {said.get('by')!r}; this is c8-client "
            f"{__version__}, which reads version {FORMAT}: start the engine with that version of c8-client, or {remedy}"
        )
    return Header(int(said["after"]), str(said["seed"]))


def _is_whole(line: bytes) -> bool:
    return line[8:9] == b" " and line[:8] == b"%08x" % zlib.crc32(line[9:])


def new_seed() -> str:
    """Return what a new log's random values come from."""
    return secrets.token_hex(8)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole or not at all, whenever the process or the machine dies."""
    draft = path.with_name(path.name + ".new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


class Lock:
    """Keeps a second engine from a directory, for as long as this process lives or until it is released."""

    def __init__(self, directory: Path) -> None:
        """Take it.

        Raises:
            DataError: Another engine has it.
        """
        path = directory / LOCK
        self._file = path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            holder = self._file.read().strip() or "unknown"
            self._file.close()
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise DataError(
                f"{directory} is in use by another engine (process {holder}); end that one, or name another directory"
            ) from None
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let others have it."""
        self._file.close()


class Journal:
    """A log that is written to. Polls that wait are only written once something happens that they may change."""

    def __init__(self, path: Path, last: int, *, fsync: bool) -> None:
        self._path = path
        self._fsync = fsync
        self._fd = self._open()
        self._broken = ""
        self._process = os.getpid()
        self._unwritten: dict[tuple[str, int], list[Any]] = {}
        #: The number of the last command.
        self.last = last

    def _open(self) -> int:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._size = os.fstat(descriptor).st_size
        return descriptor

    @property
    def was_replaced(self) -> bool:
        """Whether another file has taken the place of the one that is written."""
        return os.stat(self._path).st_ino != os.fstat(self._fd).st_ino

    def begin_anew(self, polls: dict[int, list[Any]]) -> None:
        """Write into the file that has taken the place of the one so far; it knows nothing of polls that wait."""
        old = self._fd
        try:
            self._fd = self._open()
        except OSError as error:  # what went into the old file now would be lost
            self._broken = f"{self._path} can't be opened again ({error.strerror}); restart the engine"
            return
        os.close(old)
        self._unwritten = {("poll", number): [number, *plain] for number, plain in polls.items()}

    def later(self, name: str, number: int, arguments: list[Any]) -> None:
        """Write something together with the next command: until then it has changed nothing."""
        if name == "gone" and self._unwritten.pop(("poll", number), None) is not None:
            return
        self._unwritten[name, number] = arguments

    def write(self, at_ms: int, key: int, name: str, arguments: Sequence[Any]) -> list[Any]:
        """Append a command; return its arguments as a replay will read them.

        Raises:
            TypeError: An argument is something that JSON has not.
            DataError: The file can't be written. Then the command must not be carried out.
        """
        line = as_line(at_ms, key, name, arguments)
        count = 1 + len(self._unwritten)
        if self._unwritten:
            earlier = [as_line(at_ms, key, kind, held) for (kind, _), held in self._unwritten.items()]
            self._append(b"".join([*earlier, line]))
            self._unwritten.clear()
        else:
            self._append(line)
        self.last += count
        return json.loads(line[9:])[3]  # type: ignore[no-any-return]

    def _append(self, lines: bytes) -> None:
        if self._broken:
            raise DataError(self._broken)
        if os.getpid() != self._process:
            raise DataError(f"{self._path} belongs to process {self._process}; its forked child takes no commands")
        try:
            written = os.write(self._fd, lines)
            if written < len(lines):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if self._fsync:
                os.fsync(self._fd)
        except OSError as error:
            self._take_back(error)
            raise DataError(
                f"{self._path} can't be written ({error.strerror}); the command was not carried out"
            ) from error
        self._size += len(lines)

    def _take_back(self, error: OSError) -> None:
        """Leave no half line behind, which the next one would make a damaged one in the middle."""
        try:
            os.ftruncate(self._fd, self._size)
        except OSError:
            self._broken = f"{self._path} could not be written ({error.strerror}), nor set back; restart the engine"

    def close(self) -> None:
        """Write no more."""
        self._broken = f"{self._path} is closed: the engine was"
        os.close(self._fd)
