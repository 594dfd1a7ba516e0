"""Native threads and greenlets that log at once through what the application has set up itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: A line each 400 times from four native threads, four of gevent's pool, and four greenlets.
PROGRAM = """
import logging, os, sys
{before}
from camunda_client import log, patching
patching.patch()
import gevent
from gevent.threadpool import ThreadPool
{after}
log.configure_if_unconfigured()
{started}
ended = [False] * 4

def many(number):
    for turn in range(400):
        say(number, turn)

def native(number):
    many(number)
    ended[number] = True

pool = ThreadPool(4)
for number in range(4):
    patching.original("_thread", "start_new_thread")(native, (number,))
pooled = [pool.spawn(many, number) for number in range(4)]
greenlets = [gevent.spawn(many, number) for number in range(4)]
with gevent.Timeout(30, False):
    gevent.joinall(greenlets)
    while not (all(ended) and all(one.ready() for one in pooled)):
        gevent.sleep(0.01)
    print("through", flush=True)
os._exit(0)
"""

STDLIB = """
theirs = logging.getLogger("theirs")

def say(number, turn):
    theirs.warning("from %d", number)
    logging.getLogger(f"theirs.{number}.{turn}").warning("from %d", number)
"""
STRUCTLOG = """
import structlog
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr), cache_logger_on_first_use=True)
theirs = structlog.get_logger()
theirs.info("from")

def say(number, turn):
    theirs.info("from", number=number)
    theirs.info("from", number=number)
"""
SLOW_HANDLER = """
class Slow(logging.StreamHandler):
    def emit(self, record):
        # Like one that sends its records over a socket: other greenlets run in the midst of a line.
        self.stream.write("from ")
        if record.args[0] == 1:
            gevent.sleep(0.0001)
        self.stream.write(f"{record.args[0]}\\n")

theirs = logging.getLogger("theirs")
theirs.addHandler(Slow(sys.stderr))
theirs.propagate = False

def say(number, turn):
    theirs.warning("from %d", number)
    theirs.warning("from %d", number)
"""
BASIC = "logging.basicConfig(stream=sys.stderr, format='%(message)s')"


@pytest.mark.parametrize(
    ("before", "after", "started"),
    [
        (BASIC, "", STDLIB),
        ("", BASIC, STDLIB),
        ("", "", BASIC + STDLIB),
        (STRUCTLOG, "", ""),
        ("", STRUCTLOG, ""),
        (BASIC, SLOW_HANDLER, ""),
    ],
    ids=["basicConfig first", "basicConfig", "basicConfig late", "structlog first", "structlog", "handler that waits"],
)
def test_native_threads_and_greenlets_log_through_the_applications_own_set_up(
    before: str, after: str, started: str
) -> None:
    """They met at patched locks, and the process was wedged for good: SIGTERM no longer ended it."""
    program = PROGRAM.format(before=before, after=after, started=started)

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=90, check=False)

    assert done.stdout == "through\n", done.stderr[-2000:]
    lines = [line for line in done.stderr.splitlines() if "from" in line]
    assert len(lines) >= 12 * 800
    assert all(line.count("from") == 1 for line in lines)


FAILING = """
import functools, logging, os, sys
{before}
from camunda_client import log, patching
patching.patch()
import gevent
log.configure_if_unconfigured()

def connect(password, *, user="me"):
    raise ValueError("password=" + password)

gevent.spawn(connect, "geh31m", user="geh31m").join()
gevent.spawn(functools.partial(connect, "geh31m")).join()
gevent.get_hub().loop.run_callback(connect, "geh31m")
gevent.sleep(0.01)
"""


@pytest.mark.parametrize("before", ["", BASIC], ids=["ours", "basicConfig"])
def test_a_greenlet_that_fails_is_told_of_without_its_arguments(before: str) -> None:
    """gevent prints them past all redaction, a password among them."""
    done = subprocess.run(
        [sys.executable, "-c", FAILING.format(before=before)], capture_output=True, text=True, timeout=60, check=False
    )

    assert "geh31m" not in done.stdout + done.stderr
    assert done.stderr.count("__main__.connect") >= 2
    assert done.stderr.count("ValueError: password=[redacted]") == 3
