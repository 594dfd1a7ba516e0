"""The first moments of the command: what can't wait for the imports of everything else, a tenth of a second."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if list(sys.argv[1:] if arguments is None else arguments)[:1] == ["worker"]:
        _ignore_questions()
    from camunda_client.cli import _main

    return _main.main(arguments)


def _ignore_questions() -> None:
    """Have a SIGUSR1 not end a worker that has no answer yet; it takes the signal over when it starts."""
    if signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    # A parent has its workers begin with it blocked; what came meanwhile is forgotten now.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
