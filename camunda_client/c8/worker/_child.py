"""What a handler forks is no worker: in the child nothing goes on but the code that forked.

A fork copies every greenlet. Run by the child's loop, they would do everything once more: poll, work and report on the
connections of the parent, and end handlers that were half-way when it forked.
"""

from __future__ import annotations

import gevent
from gevent import hub


def start_anew() -> None:
    """Give a process that was just forked a loop of its own, with nobody on it but the caller."""
    loop = gevent.get_hub().loop
    if loop.default:  # not that of a native thread, on which no worker runs
        hub.set_loop(None)  # type: ignore[attr-defined]
        hub.set_hub(None)  # type: ignore[attr-defined]
        # There is one default loop to a process: the next one would have all that this one had.
        loop.destroy()
