"""Files for Camunda 7 with a loop of their own (``pycamunda``): let them go on until a signal, then let them finish."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from camunda_client import log as logging
from camunda_client.cli import _ending

if TYPE_CHECKING:
    import argparse

    from gevent.event import Event

    from camunda_client.camunda7 import Script

log = logging.get_logger(__name__)


def work(scripts: list[Script], options: argparse.Namespace) -> int:
    """Wait for the end of the files, or for a signal; return the exit code.

    After a signal they get no more tasks, and have the drain's time for those that they have.
    """
    import gevent
    from gevent.event import Event

    from camunda_client import config
    from camunda_client.cli import _status

    logging.configure_if_unconfigured()
    changed = Event()
    _on_signals(changed)
    if options.status_fd is not None:
        gevent.spawn(_status.talk_to_parent, options.status_fd, changed.set)
    log.info("loop.started", files=", ".join(script.name for script in scripts))
    for script in scripts:
        script.on_end(changed.set)
    changed.wait()
    scripts[0].stop()
    settings = config.get_config().worker
    drain_s = settings.drain_timeout / 1000 if options.drain_timeout is None else options.drain_timeout
    exit_s = settings.exit_timeout / 1000 if options.exit_timeout is None else options.exit_timeout
    ended = _joined(scripts, drain_s)
    log.info("loop.ended", clean=ended)
    return _ending.end(0 if ended else 1, exit_s)


def _joined(scripts: list[Script], timeout_s: float) -> bool:
    """Wait for the files' ends; return whether all have ended, and none with an exception."""
    until_s = time.monotonic() + timeout_s
    clean = True
    for script in scripts:
        try:
            clean = script.join(max(until_s - time.monotonic(), 0.0)) and clean
        except Exception:
            log.exception("loop.failed", file=script.name)
            clean = False
    return clean


def _on_signals(changed: Event) -> None:
    """Set the event at the first signal to end, and end at once at the next."""
    import gevent

    loop = gevent.get_hub().loop
    seen: list[int] = []

    def note(number: int, _frame: object) -> None:
        if seen:
            os._exit(128 + number)
        seen.append(number)
        loop.run_callback(changed.set)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, note)
