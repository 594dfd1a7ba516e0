"""A server process that never outlives this one, however this one ends.

The child leads a process group of its own (Ctrl+C at the terminal is ours, not the server's) in which a tiny shell
waits for the end of a pipe that only we hold. When this process goes, even by SIGKILL, the pipe ends and the shell
kills the group. PR_SET_PDEATHSIG would do that on Linux only, and would fire when the *thread* that started the
server ends.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

#: Seconds between two looks at whether the server is ready.
LOOK_INTERVAL_S = 0.1

#: $@ is the server's command line. `kill -9 0` ends the whole group, the watching shell with it.
_GUARDED = 'exec 3<&0; { read -r _ <&3; kill -9 0; } & exec "$@" </dev/null 3<&-'


class PartFailedError(RuntimeError):
    """A server did not start, stop or answer as it must; the message carries the tail of its log."""


def tail(log: Path, lines: int = 25) -> str:
    """Return the last lines of a log, for an error message."""
    with log.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(max(0, stream.tell() - 20_000))
        return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])


def inherited_environment() -> dict[str, str]:
    """Return the little of our environment that a server gets: a user's CAMUNDA_* or JAVA_* must not configure it."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TZ") if name in os.environ}


class ServerProcess:
    """One server: started with its output in a log file, ended by :meth:`stop` or :meth:`kill`, or by our own end."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._child = subprocess.Popen(  # noqa: S603 - our own command lines
                ["/bin/sh", "-c", _GUARDED, name, *command],
                stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT,
                env=dict(environment), start_new_session=True,
            )  # fmt: skip
        self.pid = self._child.pid
        self._owner = os.getpid()
        self._group_ended = False
        atexit.register(self._end_with_us)

    @property
    def running(self) -> bool:
        """Whether the server has not ended yet."""
        return self._child.poll() is None

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Wait until the server is ready.

        Raises:
            PartFailedError: it ended or was not ready in time; it is killed, and the message has the tail of its log.
        """
        deadline = time.monotonic() + timeout_s
        while not ready():
            if not self.running:
                raise PartFailedError(
                    f"{self.name} ended with {self._child.returncode} before it was ready; {self.log} ends with\n"
                    f"{tail(self.log)}"
                )
            if time.monotonic() > deadline:
                self.kill()
                raise PartFailedError(
                    f"{self.name} was not ready after {timeout_s:.0f} s; {self.log} ends with\n{tail(self.log)}"
                )
            time.sleep(LOOK_INTERVAL_S)

    def stop(self, timeout_s: float) -> int:
        """Ask the server to end (SIGTERM) and return its exit code.

        Raises:
            PartFailedError: it was still there after the time given, and has been killed.
        """
        if self.running:
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.kill()
                raise PartFailedError(
                    f"{self.name} did not end within {timeout_s:.0f} s of SIGTERM and was killed; "
                    f"{self.log} ends with\n{tail(self.log)}"
                ) from None
        self.kill()
        return int(self._child.returncode)

    def kill(self) -> None:
        """End the server and its watching shell at once (SIGKILL); harmless when it has ended."""
        if self._group_ended:
            return  # another process may have the number by now
        self._group_ended = True
        atexit.unregister(self._end_with_us)
        # macOS answers EPERM for a group that holds only zombies.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._child.wait()
        if self._child.stdin is not None:
            self._child.stdin.close()

    def _end_with_us(self) -> None:
        # A forked child inherits the exit hook, but not the server.
        if os.getpid() == self._owner:
            self.kill()
