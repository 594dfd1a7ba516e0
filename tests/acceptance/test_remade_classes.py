"""Classes on ``threading.local`` and ``socket.socket``, made before the patch. Each case is a program of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts.programs import unmeasured

pytestmark = pytest.mark.slow

PATCHED = """
import gevent
from camunda_client import patching
report = patching.patch()

def in_greenlets(job, count=2):
    greenlets = [gevent.spawn(job, number) for number in range(count)]
    gevent.joinall(greenlets, timeout=60, raise_error=True)
    return [one.value for one in greenlets]
"""
#: A legacy module, imported by others in the usual ways.
STATE = '''
import functools, threading

class State(threading.local):
    """What belongs to a request."""
    user = "nobody"
    def __init__(self):
        super().__init__()
        self.seen = []
    @property
    def first(self):
        return super().__getattribute__("seen")[0]
    @classmethod
    def kind(cls):
        return __class__ is cls
    @staticmethod
    def made():
        return __class__
    def add(self, what):
        self.seen.append(what)
        return list(self.seen)

class Deeper(State):
    def add(self, what):
        return super().add([what])

state = State()
deeper = Deeper()
state.add("before")
'''


def run(folder: Path, program: str, code: int = 0) -> str:
    (folder / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "program.py"],
        env=unmeasured(), cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stderr


def test_a_subclass_of_local_keeps_apart_what_jobs_put_in(tmp_path: Path) -> None:
    """It stayed native: all jobs shared what it held, and ``strict`` did not let the program start."""
    (tmp_path / "state.py").write_text(STATE)

    run(
        tmp_path,
        f"""
from state import Deeper, State, deeper, state
import state as module
{PATCHED}
import time
def job(number):
    state.user = str(number)
    state.add(number), deeper.add(number)
    time.sleep(0.01)
    return state.user, state.seen, deeper.seen, state.first

assert in_greenlets(job) == [("0", [0], [[0]], 0), ("1", [1], [[1]], 1)]
assert (state.user, state.seen, deeper.seen) == ("nobody", ["before"], [])
assert module.state is state and module.State is State and isinstance(deeper, State)
assert State.made() is State and State.kind() and not Deeper.kind()
assert (State.__name__, State.__qualname__, State.__module__) == ("State", "State", "state")
assert State.__doc__.startswith("What belongs")
assert report.unmended == []
assert sorted(report.mended) == [("state", "State")]
""",
    )


def test_a_subclass_of_socket_waits_beside_others(tmp_path: Path) -> None:
    (tmp_path / "wires.py").write_text("""
import socket
class Wire(socket.socket):
    def all(self):
        return super().recv(100)
""")

    run(
        tmp_path,
        f"""
from wires import Wire
{PATCHED}
server = Wire()
server.bind(("127.0.0.1", 0))
server.listen()
def job(number):
    if number == 0:
        return server.accept()[0].sendall("ж".encode())
    client = Wire()
    client.connect(server.getsockname())
    return client.all().decode()

assert in_greenlets(job) == [None, "ж"]
assert report.unmended == []
""",
    )


#: What keeps a class as it is, and which is named.
KEPT = {
    "in a list": ("class Mine(threading.local): pass\nkinds = [Mine]", "Mine"),
    "as a default": ("class Mine(threading.local): pass\ndef make(kind=Mine): return kind()", "Mine"),
    "an instance in a dict": ("class Mine(threading.local): pass\nothers = {'mine': Mine()}", "Mine"),
    "made with an argument": (
        "class Mine(threading.local):\n    def __init__(self, user): self.user = user\nmine = Mine('me')",
        "Mine",
    ),
    "slots": ("class Mine(threading.local):\n    __slots__ = ('user',)", "Mine"),
    "a registry": (
        "known = {}\nclass Mine(threading.local):\n"
        "    def __init_subclass__(cls): known[cls.__name__] = cls\nclass Other(Mine): pass",
        "Mine",
    ),
    "a metaclass": ("class Meta(type): pass\nclass Mine(threading.local, metaclass=Meta): pass", "Mine"),
    "an open socket": ("import socket\nclass Mine(socket.socket): pass\nmine = Mine()", "Mine"),
}


@pytest.mark.parametrize("why", KEPT)
def test_a_class_that_others_hold_stays_as_it_is_and_is_named(tmp_path: Path, why: str) -> None:
    made, name = KEPT[why]
    (tmp_path / "state.py").write_text(f"import threading\n{made}\n")

    run(
        tmp_path,
        f"""
import state
before = dict(vars(state))
{PATCHED}
assert vars(state) == before
assert ("state", "{name}") in [(one.module, one.name) for one in report.unmended]
""",
    )
