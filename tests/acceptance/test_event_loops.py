"""asyncio inside greenlets: a loop for each, all at once, without one seeing another's. Each case is a program."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.parts.programs import unmeasured

pytestmark = pytest.mark.slow

PATCHED = """
from gevent import monkey
monkey.patch_all()
import asyncio, sys, time, warnings, gevent, greenlet
from camunda_client.patching import give_greenlets_event_loops
give_greenlets_event_loops()
warnings.simplefilter("error")

def at_once(run, count=100):
    began = time.monotonic()
    greenlets = [gevent.spawn(run, number) for number in range(count)]
    gevent.joinall(greenlets, timeout=60, raise_error=True)
    assert [one.value for one in greenlets] == list(range(count))
    assert greenlet.gettrace() is None
    return time.monotonic() - began
"""


def run(program: str, before: str = "") -> None:
    done = subprocess.run(
        [sys.executable, "-c", before + PATCHED + program + "\nprint('done')"],
        env=unmeasured(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_a_hundred_greenlets_run_loops_at_once() -> None:
    run("""
async def work(number):
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    await asyncio.gather(*[asyncio.sleep(0.2) for _ in range(3)])
    time.sleep(0.2)  # a blocking call in a coroutine lets other greenlets on
    assert asyncio.get_running_loop() is loop and asyncio.current_task() is task
    return await asyncio.to_thread(lambda: number)

took_s = at_once(lambda number: asyncio.run(work(number)))
assert took_s < 20, took_s  # one after another: 40 s
""")


def test_a_loop_ends_for_greenlets_that_called_it_theirs_too() -> None:
    """Playwright's blocking calls: a greenlet runs the loop, the caller's has it as its own between two calls."""
    run("""
def work(number):
    caller, loop = greenlet.getcurrent(), asyncio.new_event_loop()

    async def serve():
        await asyncio.sleep(0.05)
        caller.switch()
        await asyncio.sleep(0.05)

    server = greenlet.greenlet(lambda: loop.run_until_complete(serve()))
    server.switch()
    asyncio._set_running_loop(loop)
    assert asyncio.get_running_loop() is loop
    time.sleep(0.05)
    server.switch()
    assert server.dead and asyncio._get_running_loop() is None
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    return number

at_once(work)
""")


def test_asynchronous_generators_belong_to_their_own_loop() -> None:
    run("""
async def numbers():
    try:
        for number in range(3):
            await asyncio.sleep(0.01)
            yield number
    finally:
        await asyncio.sleep(0)

async def work(number):
    async for _ in numbers():
        break  # closed by the loop's hook, or by its end
    await asyncio.sleep(0.01)
    return number

at_once(lambda number: asyncio.run(work(number)))
""")


def test_sockets_of_a_loop_wait_cooperatively() -> None:
    run("""
from gevent.server import StreamServer

def serve(connection, _address):
    gevent.sleep(0.2)
    connection.sendall(connection.recv(100))
    connection.close()

server = StreamServer(("127.0.0.1", 0), serve)
server.start()

async def work(number):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.server_port)
    writer.write(str(number).encode())
    said = int(await reader.read())
    writer.close()
    await writer.wait_closed()
    return said

took_s = at_once(lambda number: asyncio.run(work(number)))
assert took_s < 10, took_s  # one after another: 20 s
""")


def test_loops_set_by_hand_are_each_greenlets_own_although_asyncio_came_before_the_patch() -> None:
    run(
        """
async def work(number):
    await asyncio.sleep(0.05)
    return number

def by_hand(number):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    time.sleep(0.05)
    assert asyncio.get_event_loop() is loop
    try:
        return loop.run_until_complete(work(number))
    finally:
        loop.close()

at_once(by_hand)
""",
        before="import asyncio\nasyncio.set_event_loop(None)\n",
    )


def test_a_greenlet_killed_in_its_loop_leaves_the_others_alone() -> None:
    run("""
ended = []

async def work(number):
    try:
        await asyncio.sleep(0.2)
    finally:
        ended.append(asyncio.get_running_loop())
    return number

victim = gevent.spawn(lambda: asyncio.run(work(-1)))
gevent.sleep(0.05)
others = [gevent.spawn(lambda number=number: asyncio.run(work(number))) for number in range(10)]
gevent.sleep(0.05)
victim.kill()
gevent.joinall(others, timeout=10, raise_error=True)
assert [one.value for one in others] == list(range(10))
assert len(set(ended)) == 11
assert greenlet.gettrace() is None
""")


def test_a_tracer_from_before_goes_on_seeing_switches() -> None:
    run("""
seen = []
watch = lambda event, greenlets: seen.append(event)
greenlet.settrace(watch)

async def work():
    await asyncio.sleep(0.01)

asyncio.run(work())
inside = len(seen)
gevent.sleep(0.01)
assert greenlet.gettrace() is watch
assert 0 < inside < len(seen)
""")


def test_a_native_thread_runs_its_loop_as_before() -> None:
    run("""
async def work(number):
    await asyncio.sleep(0.1)
    return number

pool = gevent.get_hub().threadpool
inside = [pool.spawn(lambda number=number: asyncio.run(work(number))) for number in range(3)]
at_once(lambda number: asyncio.run(work(number)), 10)
assert [one.get(timeout=10) for one in inside] == [0, 1, 2]
""")
