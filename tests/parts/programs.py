"""Programs that a user would start: run as processes, watched line by line, ended by signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import gevent
import gevent.event

#: The command as pip installed it, a Python script.
CAMUNDA_CLIENT = Path(sys.executable).with_name("camunda-client")

#: Seconds to wait for anything a program should do at once.
PATIENCE_S = 60.0


def unmeasured() -> dict[str, str]:
    """Return this process's environment without what makes children measure their coverage.

    To measure, a child imports coverage, and with it gevent and sqlite3, before its own first line.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


class Program:
    """One Python program; its stdout and stderr are kept, and killed with the test if it still runs.

    Handlers of several processes say their runs by one ``os.write``: an unbuffered ``print`` writes each word by
    itself, and a line of another process's log gets between them.
    """

    def __init__(
        self, *arguments: str | Path, environment: dict[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("CAMUNDA_", "ZEEBE_"))}
        self.process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            env=clean | {"PYTHONUNBUFFERED": "1"} | (environment or {}),
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._more = gevent.event.Event()
        self._reader = gevent.spawn(self._read)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            self._more.set()

    @classmethod
    def run(
        cls, *arguments: str | Path, environment: dict[str, str] | None = None, cwd: Path | None = None
    ) -> tuple[int, str]:
        """Run a program to its end; return its exit code and all that it printed."""
        with cls(*arguments, environment=environment, cwd=cwd) as program:
            return program.end(), program.output

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, seen: Callable[[str], bool] | str, count: int = 1) -> None:
        """Wait until so many lines have something."""
        test = (lambda line: seen in line) if isinstance(seen, str) else seen
        with gevent.Timeout(PATIENCE_S, AssertionError(f"{seen!r} was not printed {count} times")):
            while sum(map(test, self.lines)) < count:
                self._more.clear()
                assert self.process.poll() is None or not self._reader.dead, f"it ended:\n{self.output}"
                self._more.wait(0.2)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def insist(self, number: signal.Signals) -> int:
        """Send a signal again and again until the program has ended; return the exit code."""
        with gevent.Timeout(PATIENCE_S, AssertionError(f"{number.name} did not end it")):
            while self.process.poll() is None:
                self.send(number)
                gevent.sleep(0.05)
        return self.end()

    def end(self, timeout_s: float = PATIENCE_S) -> int:
        """Wait for the end and return the exit code."""
        code = self.process.wait(timeout_s)
        self._reader.join(5)
        return code

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if error is not None:
            print(self.output[-5000:])
