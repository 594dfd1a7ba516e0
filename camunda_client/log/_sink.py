"""Where lines leave the process: a descriptor that may be full, closed or stalled.

``write`` never raises and never waits. It takes no lock either: native threads that share gevent's patched locks with
greenlets can wedge for good, so a line is written whole by one ``os.write``, which needs none.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from camunda_client import patching

#: Bytes that a pipe takes whole or not at all, so that lines of several processes never mix.
CHUNK = select.PIPE_BUF
#: Bytes kept for a reader that has stalled: a burst of ten thousand lines. Beyond it lines are lost and counted.
KEPT = 4 * 1024 * 1024

#: Seconds that the end of the process waits for a reader that has stalled.
_LAST_CHANCE_S = 1.0

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
        self._fd, self._never_waits = _without_waiting(fd)
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
        ends = time.monotonic() + _LAST_CHANCE_S
        self._recover()
        while self._waiting and (left_s := ends - time.monotonic()) > 0:
            self._poll.poll(left_s * 1000)
            self._recover()
        self.lost += len(self._waiting)
        self._waiting.clear()

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
        if self._mid_line and not is_rest:
            line = b"\n" + line
        while line:
            if not self._never_waits and not self._has_room():
                return line
            try:
                written = os.write(self._fd, line[:CHUNK])
            except OSError as error:
                # Anything else (full disk, reader gone) may come right again, but not for this line.
                return line if error.errno in _WOULD_BLOCK else None
            line = line[written:]
            self._mid_line = bool(line)
        return line

    def _has_room(self) -> bool:
        # Errors count as room: the write that follows names them.
        return bool(self._poll.poll(0))


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
