"""multiprocessing's pipes and semaphores in greenlets: one that waits there stops no other. Each case is a program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts.programs import unmeasured

pytestmark = pytest.mark.slow

HEAD = """
import gevent, os, signal

def at_once(*deeds):
    greenlets = [gevent.spawn(deed) for deed in deeds]
    gevent.joinall(greenlets, timeout=90, raise_error=True)
    if not all(one.ready() for one in greenlets):
        # Children would keep the test waiting for their output.
        os.killpg(0, signal.SIGKILL)
    return [one.value for one in greenlets]

def twice(number):
    return 2 * number

if __name__ == "__main__":
"""
PATCH = "from camunda_client import patching\npatching.patch()\n"
IMPORT = "import multiprocessing, multiprocessing.connection, multiprocessing.pool, multiprocessing.synchronize\n"
ORDERS = {"patched first": PATCH + IMPORT, "imported first": IMPORT + PATCH}


def run(folder: Path, begin: str, program: str) -> None:
    indented = "".join(f"    {line}\n" for line in program.strip().splitlines())
    (folder / "program.py").write_text(begin + HEAD + indented + "    print('done')\n")
    done = subprocess.run(
        [sys.executable, "program.py"],
        env=unmeasured(), cwd=folder, capture_output=True, text=True, check=False, timeout=150, start_new_session=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_pools_of_processes_work_side_by_side(tmp_path: Path, order: str, method: str) -> None:
    """A pool's threads read its pipes: as greenlets they stopped the process for good."""
    run(
        tmp_path,
        ORDERS[order],
        f"""
context = multiprocessing.get_context("{method}")
def use():
    with context.Pool(2) as pool:
        return pool.map(twice, range(10))

assert at_once(use, use) == [[2 * number for number in range(10)]] * 2
""",
    )


@pytest.mark.parametrize("order", ORDERS)
def test_a_reader_waits_for_a_writer_of_the_same_process(tmp_path: Path, order: str) -> None:
    run(
        tmp_path,
        ORDERS[order],
        """
for make in (multiprocessing.SimpleQueue, multiprocessing.Queue):
    lines = make()
    assert at_once(lines.get, lambda: gevent.sleep(0.05), lambda: lines.put("ж")) == ["ж", None, None]
assert lines.empty()
""",
    )


@pytest.mark.parametrize("duplex", [False, True])
def test_a_full_pipe_waits_for_its_reader(tmp_path: Path, duplex: bool) -> None:
    run(
        tmp_path,
        ORDERS["patched first"],
        f"""
reader, writer = multiprocessing.Pipe({duplex})
sent = [b"", b"x" * 5_000_000, {{"ж": "ы" * 300_000}}]
def write():
    for one in sent:
        writer.send(one)
def read():
    gevent.sleep(0.05)
    return [reader.recv() for _ in sent]

assert at_once(write, read)[1] == sent
""",
    )


def test_locks_let_one_greenlet_in_and_keep_their_time_limits(tmp_path: Path) -> None:
    run(
        tmp_path,
        ORDERS["patched first"],
        """
lock, most = multiprocessing.Lock(), [0, 0]
def use():
    with lock:
        most[0] += 1
        most[1] = max(most)
        gevent.sleep(0.01)
        most[0] -= 1

at_once(*[use] * 20)
assert most == [0, 1]
assert lock.acquire() and not lock.acquire(False) and not lock.acquire(True, 0.05) and not lock.acquire(timeout=0)
lock.release()
again = multiprocessing.RLock()
with again, again:
    pass
condition = multiprocessing.Condition()
def wait():
    with condition:
        return condition.wait(30)
def notify():
    gevent.sleep(0.05)
    with condition:
        condition.notify_all()

assert at_once(wait, wait, notify) == [True, True, None]
""",
    )


def test_one_that_is_killed_while_it_waits_leaves_the_others_alone(tmp_path: Path) -> None:
    run(
        tmp_path,
        ORDERS["patched first"],
        """
reader, writer = multiprocessing.Pipe(False)
lock = multiprocessing.Lock()
waits, later = gevent.spawn(reader.recv), gevent.spawn(reader.recv)
with lock:
    locked = gevent.spawn(lock.acquire)
    gevent.sleep(0.05)
    gevent.killall([waits, locked])
writer.send("ж")
assert later.get(timeout=30) == "ж"
assert lock.acquire(timeout=30)
""",
    )


def test_native_threads_wait_as_ever(tmp_path: Path) -> None:
    run(
        tmp_path,
        ORDERS["patched first"],
        """
reader, writer = multiprocessing.Pipe(False)
lock = multiprocessing.Lock()
lock.acquire()
apply = gevent.get_hub().threadpool.apply
def write():
    gevent.sleep(0.05)
    writer.send("ж")
    lock.release()

assert at_once(lambda: apply(reader.recv), lambda: apply(lock.acquire), write) == ["ж", True, None]
""",
    )


def test_a_module_looks_as_if_python_had_loaded_it(tmp_path: Path) -> None:
    run(
        tmp_path,
        ORDERS["patched first"],
        """
import importlib, importlib.machinery, inspect, sys
module = multiprocessing.connection
assert type(module.__loader__) is type(module.__spec__.loader) is importlib.machinery.SourceFileLoader
assert "class Connection" in inspect.getsource(module)
importlib.reload(module)
""",
    )
