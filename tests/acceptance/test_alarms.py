"""SIGALRM inside greenlets: an alarm and a handler for each, none in another's way. Each case is a program."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.parts.programs import unmeasured

pytestmark = pytest.mark.slow

PATCHED = """
import os, signal, threading, time, warnings
from signal import alarm as copied
from camunda_client import patching
patching.patch()
import gevent, gevent.hub
gevent.hub.Hub.NOT_ERROR += (TimeoutError,)
warnings.simplefilter("error")

def too_long(*_):
    raise TimeoutError("too long")

def caught(deed):
    try:
        deed()
    except TimeoutError as error:
        return str(error)

def in_greenlets(*deeds):
    greenlets = [gevent.spawn(deed) for deed in deeds]
    gevent.joinall(greenlets, timeout=60, raise_error=True)
    return [one.value for one in greenlets]
"""


def run(program: str, code: int = 0) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PATCHED + program + "\nprint('done')"],
        env=unmeasured(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, "" if code else "done\n", "")


def test_a_hundred_alarms_strike_their_own_greenlets() -> None:
    run("""
def limited(number):
    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        time.sleep(30 if number % 2 else 0.01)
    finally:
        signal.alarm(0)
    return number

found = in_greenlets(*[lambda number=number: caught(lambda: limited(number)) for number in range(100)])
assert found == [None, "too long"] * 50, found
""")


def test_functions_copied_before_the_patch_are_mended() -> None:
    run("""
assert copied is signal.alarm
""")


def test_a_handler_is_its_greenlets_and_is_given_back() -> None:
    run("""
def handler():
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    assert signal.signal(signal.SIGALRM, too_long) is signal.SIG_DFL
    gevent.sleep(0.1)
    assert signal.signal(signal.SIGALRM, signal.SIG_IGN) is too_long
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
    try:
        signal.signal(signal.SIGALRM, "no handler")
    except TypeError:
        return True

assert in_greenlets(handler, handler) == [True, True]
assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
""")


def test_times_are_told_as_by_the_system() -> None:
    run("""
def times():
    assert signal.alarm(10) == 0
    assert signal.alarm(20) == 10
    left, interval = signal.setitimer(signal.ITIMER_REAL, 30, 5)
    assert 19 < left <= 20 and interval == 0, left
    left, interval = signal.getitimer(signal.ITIMER_REAL)
    assert 29 < left <= 30 and interval == 5, left
    assert signal.alarm(0) == 30
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    for wrong in (-1, float("nan")):
        try:
            signal.setitimer(signal.ITIMER_REAL, wrong)
        except (signal.ItimerError, ValueError):
            continue
        raise AssertionError(wrong)

in_greenlets(times, times)
""")


def test_a_timer_with_an_interval_rings_again() -> None:
    run("""
def repeated():
    rung = []
    signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    while len(rung) < 3:
        gevent.sleep(0.01)
    signal.setitimer(signal.ITIMER_REAL, 0)
    return True

assert in_greenlets(repeated, repeated) == [True, True]
""")


def test_code_that_computes_is_interrupted_though_others_have_alarms() -> None:
    run("""
def compute():
    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    while True:
        pass

def wait():
    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    time.sleep(30)

assert in_greenlets(lambda: caught(wait), lambda: caught(compute), lambda: caught(compute)) == ["too long"] * 3
""")


def test_an_alarm_that_was_due_is_not_lost_when_it_is_switched_off() -> None:
    """The greenlet had what it waited for just in time, but went on too late: another one had computed meanwhile."""
    run("""
ready = gevent.event.Event()

def late():
    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    ready.wait()
    signal.alarm(0)

def hog():
    gevent.sleep(0.1)
    ready.set()
    end_s = time.monotonic() + 0.5
    while time.monotonic() < end_s:
        pass

assert in_greenlets(lambda: caught(late), hog) == ["too long", None]
""")


def test_an_alarm_without_a_handler_ends_its_greenlet_and_not_the_process() -> None:
    run("""
def default():
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    time.sleep(30)

def ignored():
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    time.sleep(0.3)

[said, nothing] = in_greenlets(lambda: caught(default), lambda: caught(ignored))
assert "SIGALRM" in said and nothing is None, (said, nothing)
""")


def test_the_programs_own_alarm_works_as_ever() -> None:
    run("""
signal.signal(signal.SIGALRM, too_long)
signal.setitimer(signal.ITIMER_REAL, 0.1)
assert caught(lambda: time.sleep(30)) == "too long"
signal.setitimer(signal.ITIMER_REAL, 0.1)
def compute():
    while True:
        pass
assert caught(compute) == "too long"
os.kill(os.getpid(), signal.SIGALRM)
assert caught(lambda: time.sleep(30)) == "too long"
""")


def test_the_programs_alarm_without_a_handler_ends_it() -> None:
    run("signal.setitimer(signal.ITIMER_REAL, 0.1)\ntime.sleep(30)", code=-14)


def test_an_alarm_of_an_ended_greenlet_strikes_nobody() -> None:
    run("""
def leave():
    signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, 0.1)

assert in_greenlets(lambda: caught(leave), lambda: caught(lambda: gevent.sleep(0.5))) == [None, None]
""")
