"""File descriptors 0 to 2, made sure of before anything else can take them."""

from __future__ import annotations

import os
import sys


def secure_standard_streams() -> list[int]:
    """Open /dev/null in the place of each standard stream that was closed; return which.

    A program started with ``>&-`` has a hole at descriptor 1, and the next thing opened falls into it: gevent's
    epoll, or a socket that then receives what ``print`` writes. So call this first of all, before the patch.
    """
    reopened = []
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            _open_null_at(fd)
            reopened.append(fd)
    # The interpreter leaves None where a stream was closed; a handler's sys.stdout.write would fail its job.
    for name, fd, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(fd, mode, encoding="utf-8", errors="backslashreplace", closefd=False))  # noqa: SIM115
    return reopened


def _open_null_at(fd: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null == fd:
        os.set_inheritable(fd, True)
    else:
        os.dup2(null, fd)
        os.close(null)
