"""Where lines leave the process: a descriptor that may be full, closed or stalled.

``write`` never raises, and waits for milliseconds at most. It takes no lock of the process: native threads that share
gevent's patched locks with greenlets can wedge for good, so a line is written whole by one ``os.write``, which needs
none. Between processes that share a pipe a file lock keeps lines whole, because the kernel may cut a long one, and a
stalled reader any. That costs 0.5 µs a line.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import stat
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from camunda_client import patching

#: Bytes that a pipe takes whole or not at all.
CHUNK = select.PIPE_BUF
#: Bytes kept for a reader that has stalled: a burst of ten thousand lines. Beyond it lines are lost and counted.
KEPT = 4 * 1024 * 1024

#: Seconds that the end of the process waits for a reader that has stalled, and how long for the rest of a line that
#: was begun: cut, it would take the next line of another process with it.
_LAST_CHANCE_S = 1.0
_LAST_CHANCE_OF_A_LINE_S = 5.0

#: Looks at a lock that another process has for the microseconds of its own line, and seconds between two of them.
_LOOKS = 20
_BETWEEN_LOOKS_S = 0.0001
#: Seconds after which a process that has the lock counts as stopped in the midst of a line, and others write again.
_PATIENCE_S = 15.0

_WOULD_BLOCK = (errno.EAGAIN, errno.EWOULDBLOCK)


class Sink:
    """One descriptor, the lines waiting for it, and the count of those it cost."""

    def __init__(self, fd: int, notice: Callable[[int], bytes]) -> None:
        """Take the descriptor.

        Args:
            fd: Open for writing; its flags are left alone, since other processes may share them.
            notice: Makes the line that tells how many were lost, written once it works again.
        """
        #: Lines lost so far, for whatever reason.
        self.lost = 0
        self._told = 0
        self._notice = notice
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        # The last byte written was no newline: what follows is that line's rest, or needs a newline in front.
        self._mid_line = False
        self._rest_waits = False
        self._given_fd = fd
        self._open(fd)
        self._has_lock = False
        #: Since when another process has the lock; 0 while none has.
        self._refused_s = 0.0
        self._sleep = patching.original("time", "sleep")
        in_child = weakref.WeakMethod(self._in_child)
        os.register_at_fork(after_in_child=lambda: (found := in_child()) and found())
        # The unpatched one: gevent's would switch to another greenlet.
        self._poll: Any = patching.original("select", "poll")()
        self._poll.register(self._fd, select.POLLOUT)

    def write(self, line: bytes) -> None:
        """Write the line, keep it for later, or lose and count it.

        Args:
            line: One event with its newline.
        """
        if self._waiting or self._told != self.lost:
            self._recover()
            if self._waiting:
                self._keep(line)
                return
        left = self._try(line)
        if left is None:
            self.lost += 1
        elif left:
            self._keep(left)
            self._rest_waits = self._mid_line and bool(self._waiting)

    def flush(self) -> None:
        """Try to write what is waiting; what would have to wait stays."""
        while self._waiting:
            try:
                line = self._waiting.popleft()
            except IndexError:
                return  # a native thread that logs was quicker
            self._waiting_bytes -= len(line)
            is_rest, self._rest_waits = self._rest_waits, False
            left = self._try(line, is_rest)
            if left is None:
                self.lost += 1 + len(self._waiting)
                self._waiting.clear()
                self._waiting_bytes = 0
            elif left:
                self._waiting.appendleft(left)
                self._waiting_bytes += len(left)
                self._rest_waits = self._mid_line
                return

    def close(self) -> None:
        """Give a slow reader a last chance, then count what never got out. The one call that may wait."""
        self._write_until(time.monotonic() + _LAST_CHANCE_S)
        # A line that was begun is ended if that can be: other processes may go on behind it.
        begun = self._waiting.popleft() if self._waiting and self._rest_waits else None
        self.lost += len(self._waiting)
        self._waiting.clear()
        if begun is not None:
            self._waiting.append(begun)
            self._write_until(time.monotonic() + _LAST_CHANCE_OF_A_LINE_S)
            self.lost += len(self._waiting)
            self._waiting.clear()

    def _write_until(self, deadline: float) -> None:
        self._recover()
        while self._waiting and (left_s := deadline - time.monotonic()) > 0:
            self._poll.poll(left_s * 1000)
            if not self._has_lock:
                self._sleep(_BETWEEN_LOOKS_S)  # there is room, and another process is writing
            self._recover()

    def _open(self, fd: int) -> None:
        self._fd, self._never_waits = _without_waiting(fd)
        #: Whether the descriptor is ours alone: only then a file lock tells us from other processes.
        self._is_own = self._fd != fd

    def _in_child(self) -> None:
        """After a fork: what waits is the parent's to write, and a lock on what both share keeps neither out."""
        self._waiting.clear()
        self._waiting_bytes = 0
        self._mid_line = self._rest_waits = False
        if not self._is_own:
            return
        os.close(self._fd)
        self._open(self._given_fd)
        self._has_lock, self._refused_s = False, 0.0
        self._poll = patching.original("select", "poll")()
        self._poll.register(self._fd, select.POLLOUT)

    def count_lost(self) -> None:
        """Count a line that was lost on its way here."""
        self.lost += 1

    def _recover(self) -> None:
        self.flush()
        if self._waiting or self._told == self.lost:
            return
        lost = self.lost
        left = self._try(self._notice(lost - self._told))
        if left is None:
            return
        self._told = lost
        if left:
            self._keep(left)
            self._rest_waits = self._mid_line

    def _keep(self, line: bytes) -> None:
        if self._waiting_bytes + len(line) > KEPT:
            self.lost += 1
            return
        self._waiting.append(line)
        self._waiting_bytes += len(line)

    def _try(self, line: bytes, is_rest: bool = False) -> bytes | None:
        """Return what of the line would have to wait (nothing: it is written), or None when writing fails."""
        if self._is_own and not self._has_lock and not self._lock():
            return line
        left = self._written(b"\n" + line if self._mid_line and not is_rest else line)
        # In the midst of a line the lock is kept: what follows must be its rest.
        if self._has_lock and not (left and self._mid_line):
            self._unlock()
        return left

    def _written(self, line: bytes) -> bytes | None:
        # What never waits takes a line in one piece, or what there is room for. Elsewhere a write of one chunk after a
        # look for room does not wait.
        piece = len(line) if self._never_waits else CHUNK
        while line:
            if not self._never_waits and not self._has_room():
                return line
            try:
                written = os.write(self._fd, line[:piece])
            except OSError as error:
                # Anything else (full disk, reader gone) may come right again, but not for this line.
                return line if error.errno in _WOULD_BLOCK else None
            line = line[written:]
            self._mid_line = bool(line)
        return line

    def _lock(self) -> bool:
        """Return whether we may write: no other process is in the midst of a line, or it has been for too long."""
        for _ in range(_LOOKS):
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._sleep(_BETWEEN_LOOKS_S)
            except OSError:
                return True  # no such locks here
            else:
                self._has_lock, self._refused_s = True, 0.0
                return True
            if self._refused_s:
                break  # it has a stalled reader: no use in looking often
        now = time.monotonic()
        self._refused_s = self._refused_s or now
        return now - self._refused_s > _PATIENCE_S

    def _unlock(self) -> None:
        self._has_lock = False
        fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _has_room(self) -> bool:
        # Errors count as room: the write that follows names them.
        return bool(self._poll.poll(0))


class SharedSink(Sink):
    """The same for a process of native threads: unpatched, they interrupt each other in the midst of a line."""

    def __init__(self, fd: int, notice: Callable[[int], bytes]) -> None:
        super().__init__(fd, notice)
        self._mine = threading.RLock()

    def write(self, line: bytes) -> None:
        """Write the line, keep it for later, or lose and count it."""
        with self._mine:
            super().write(line)

    def flush(self) -> None:
        """Try to write what is waiting; what would have to wait stays."""
        with self._mine:
            super().flush()

    def _in_child(self) -> None:
        # Another thread may have had it, which does not exist here.
        self._mine = threading.RLock()
        super()._in_child()


def _without_waiting(fd: int) -> tuple[int, bool]:
    """Return a descriptor for the same thing, and whether writing to it can never wait.

    O_NONBLOCK belongs to the open file, which other processes share; opening a pipe or terminal anew through /proc
    gives one of our own. Where that is refused, each write is preceded by a poll.
    """
    try:
        kind = os.fstat(fd).st_mode
    except OSError:
        return fd, False
    if stat.S_ISREG(kind):
        # Opened anew it would start at offset 0; a file takes its bytes at once anyway.
        return fd, True
    if stat.S_ISFIFO(kind) or os.isatty(fd):
        try:
            return os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY), True
        except OSError:
            return fd, False
    return fd, False
