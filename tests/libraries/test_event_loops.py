"""asyncio in handlers, many at once: by itself, by asgiref's bridge, and with the clients that people use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: Counts how many handlers are between their first await and their last at the same time.
COUNTED = """
import asyncio
running = peak = 0

async def counted(wait):
    global running, peak
    running += 1
    peak = max(peak, running)
    try:
        return await wait
    finally:
        running -= 1
        found(peak=peak)
"""
#: By name: how a handler gets to its event loop.
BRIDGES = {
    "asyncio.run": "asyncio.run(counted(asyncio.sleep(1)))",
    "async_to_sync": "async_to_sync(counted)(asyncio.sleep(1))",
    "run_until_complete": "loop = asyncio.new_event_loop(); loop.run_until_complete(counted(asyncio.sleep(1, loop)));"
    " loop.close()",
    "uvloop's policy": "asyncio.run(counted(asyncio.sleep(1)))",
    "anyio": "anyio.run(counted, anyio.sleep(1))",
}
#: By name: what the module of handlers does first.
FIRST = {
    "uvloop's policy": "import asyncio, uvloop\nasyncio.set_event_loop_policy(uvloop.EventLoopPolicy())",
    "anyio": "import anyio",
}


def peak(folder: Path) -> int:
    return max(json.loads(line)["peak"] for line in (folder / "found").read_text().splitlines())


@pytest.mark.parametrize("bridge", BRIDGES)
def test_as_many_jobs_run_event_loops_as_are_in_flight(scene: Scene, start: Start, tmp_path: Path, bridge: str) -> None:
    """46 of 50 ended as incidents: "event loop is already running"."""
    scene.start(200)
    source = f"""{COUNTED}
{FIRST.get(bridge, "")}
from asgiref.sync import async_to_sync
@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=100)
def handler(job):
    {BRIDGES[bridge]}
"""
    with start(source) as program:
        scene.completed_once(200)

    assert scene.now("FAILED") == []
    assert peak(tmp_path) == 100
    assert ("uvloop.run()" in program.output) == (bridge == "uvloop's policy")


def test_two_job_types_of_one_job_each_do_not_meet_in_a_loop(scene: Scene, start: Start, tmp_path: Path) -> None:
    """The limit is a type's, the loop was the process's."""
    other = Scene(scene.camunda)
    scene.start(5)
    other.start(5)
    source = f"""{COUNTED}
from asgiref.sync import async_to_sync
@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=1)
@camunda_worker({other.job_type!r}, max_jobs_active=1)
def handler(job):
    async_to_sync(counted)(asyncio.sleep(0.2))
"""
    with start(source):
        scene.completed_once(5)
        other.completed_once(5)

    assert scene.now("FAILED") + other.now("FAILED") == []
    assert peak(tmp_path) == 2


#: By library: a handler's whole work; each opens its client in its own loop.
CLIENTS = {
    "httpx": "async with httpx.AsyncClient() as client: return (await client.get(url)).text",
    "aiohttp": "async with aiohttp.ClientSession() as client, client.get(url) as answer: return await answer.text()",
}


@pytest.mark.parametrize("library", CLIENTS)
def test_clients_of_asyncio_wait_beside_each_other(scene: Scene, start: Start, tmp_path: Path, library: str) -> None:
    """The server answers when 50 requests are there: one after another they would wait for good."""
    source = f"""{COUNTED}
import {library}
from gevent.pywsgi import WSGIServer
from threading import Barrier
meeting = Barrier(50)
def answer(environ, respond):
    meeting.wait(60)
    respond("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return ["Größe ж".encode()]
server = WSGIServer(("127.0.0.1", 0), answer, log=None)
server.start()
url = f"http://127.0.0.1:{{server.server_port}}/"

async def ask():
    {CLIENTS[library]}

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=50)
def handler(job):
    return {{"said": asyncio.run(counted(ask()))}}
"""
    scene.start(100)
    with start(source):
        completed = scene.completed_once(100)

    assert {job["variables"]["said"] for job in completed} == {"Größe ж"}
    assert scene.now("FAILED") == []
    assert peak(tmp_path) == 50
