"""The first moments of a child process that works jobs for a worker, before anything of ours or the user's is imported.

It never outlives the worker: the kernel kills it when the worker is gone, also where C code keeps it from noticing.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from typing import Final

from camunda_client import patching

#: Set in a child, for modules that do something in workers only.
VARIABLE: Final = "CAMUNDA_CLIENT_CHILD"
#: A worker ends its children itself, when their jobs are done; a terminal and systemd signal all at once.
_DEAF_TO: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
#: ``prctl(2)``: the signal that comes when the thread that started this process has ended.
_PR_SET_PDEATHSIG: Final = 1


def begin(parent: int, report: int) -> None:
    """Be deaf to signals, end with the parent, and stay unpatched; at a crash, write to ``report`` where it was."""
    faulthandler.enable(report)
    for number in _DEAF_TO:
        signal.signal(number, signal.SIG_IGN)
    _end_with(parent)
    os.environ[VARIABLE] = "1"
    patching.leave_unpatched()


def _end_with(parent: int) -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)  # it ended before this line
