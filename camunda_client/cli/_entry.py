"""The first moments of the command: what can't wait for the imports of everything else, a tenth of a second."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if list(sys.argv[1:] if arguments is None else arguments)[:1] == ["worker"]:
        _ignore_questions()
        if os.getpid() == 1:
            _end_on_signals()
    from camunda_client.cli import _main

    return _main.main(arguments)


def _end_on_signals() -> None:
    """Have signals to end do so for process 1 of a container as well, for which the kernel knows no defaults.

    Without it, one that comes during the imports is lost, and the worker begins to work.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, lambda number, _frame: os._exit(128 + number))


def _ignore_questions() -> None:
    """Have a SIGUSR1 not end a worker that has no answer yet; it takes the signal over when it starts."""
    if signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    # A parent has its workers begin with it blocked; what came meanwhile is forgotten now.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
