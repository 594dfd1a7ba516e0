"""``worker --reload``, for development: start the worker again, in good order, whenever a file has changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from camunda_client.cli import _processes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from types import FrameType

_LOOK_S: Final = 0.3
_ENDINGS: Final = (".py", ".yaml", ".yml", ".env")
_SKIPPED: Final = ("node_modules", "site-packages", "__pycache__")
#: More than a project has; the folder is another then, such as a home.
_MOST_FILES: Final = 20_000
#: Milliseconds: a stop waits for the open polls, which are ten seconds long otherwise.
_SHORT_POLL: Final = ("CAMUNDA_WORKER_REQUEST_TIMEOUT", "1000")

#: Modification times by path.
Seen = dict[str, int]


def run(options: argparse.Namespace) -> int:
    """Run the worker until a signal, again after each change; return its last exit code."""
    folders = _folders(options)
    arguments = [argument for argument in sys.argv[1:] if argument != "--reload"]
    watch = _Reloads([*_processes.interpreter(), *arguments], folders)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, watch.end)
    return watch.run()


def _folders(options: argparse.Namespace) -> list[Path]:
    """Return the working directory, and the folders of files that lie elsewhere."""
    named = [Path(name).resolve().parent for name in (*options.targets, *options.map, *options.camunda7) if "/" in name]
    here = Path.cwd()
    return [here, *sorted({folder for folder in named if not folder.is_relative_to(here)})]


def files(folders: list[Path]) -> Seen:
    """Return the modification time of each file that a worker may be made of."""
    seen: Seen = {}
    for folder in folders:
        for path, changed_ns in _below(folder):
            seen[path] = changed_ns
            if len(seen) >= _MOST_FILES:
                return seen
    return seen


def _below(folder: Path) -> Iterator[tuple[str, int]]:
    for parent, names, found in os.walk(folder):
        names[:] = [name for name in names if not _is_skipped(parent, name)]
        for name in found:
            if name.endswith(_ENDINGS):
                path = os.path.join(parent, name)
                try:
                    yield path, os.stat(path).st_mtime_ns
                except OSError:  # it is gone again
                    continue


def _is_skipped(parent: str, name: str) -> bool:
    environment = os.path.join(parent, name, "pyvenv.cfg")
    return name.startswith(".") or name in _SKIPPED or os.path.exists(environment)


def changed(before: Seen, now: Seen) -> list[str]:
    """Return the paths of files that are new, gone or other than before."""
    return sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))


class _Reloads:
    """One worker after another."""

    def __init__(self, command: list[str], folders: list[Path]) -> None:
        self._command, self._folders = command, folders
        self._ending = False
        self._process: subprocess.Popen[bytes] | None = None

    def end(self, number: int, _frame: FrameType | None) -> None:
        """Pass a signal on, and start no more workers."""
        self._ending = True
        process = self._process
        # From a terminal, Ctrl+C has reached it already: twice would end it at once.
        has_it = number == signal.SIGINT and sys.stdin.isatty()
        if process is not None and process.poll() is None and not has_it:
            process.send_signal(number)

    def run(self) -> int:
        """Return the exit code of the last worker."""
        environment = dict(os.environ)
        environment.setdefault(*_SHORT_POLL)
        code = 0
        while not self._ending:
            before = files(self._folders)
            self._process = subprocess.Popen(self._command, env=environment)  # noqa: S603 - this command itself
            code = self._watch(self._process, before)
        return code

    def _watch(self, process: subprocess.Popen[bytes], before: Seen) -> int:
        """Wait for a change, or for a signal; return the worker's exit code."""
        said = False
        while True:
            code = process.poll()
            if self._ending:
                return process.wait()
            if code is not None and not said:
                said = True
                _say(f"the worker has ended with {code}; it starts again when a file changes")
            found = changed(before, files(self._folders))
            if found:
                more = f" and {len(found) - 1} more" if len(found) > 1 else ""
                _say(f"{os.path.relpath(found[0])}{more} changed")
                if code is None:
                    process.terminate()
                return process.wait()
            time.sleep(_LOOK_S)


def _say(message: str) -> None:
    print(f"camunda-client: reload: {message}", file=sys.stderr, flush=True)
