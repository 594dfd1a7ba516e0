"""redis-py on a real Redis: blocking pops and locks of many jobs at once."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: Half of the jobs wait for what the other half send: one after another, or with the hub blocked, none would end.
PAIRS = """
client = redis.Redis.from_url(os.environ["REDIS_URL"])
key = os.environ["JOB_TYPE"]

def handler(job):
    number = job.variables["number"]
    if number < 20:
        got = client.blpop(f"{key}-{number}", timeout=60)
        assert got is not None
        return {"got": got[1].decode()}
    client.rpush(f"{key}-{number - 20}", f"ж{number - 20}")
    return {"got": f"ж{number}"}
"""


@pytest.mark.parametrize("first", ["the driver", "the patch"])
def test_blocking_pops_wait_beside_the_jobs_that_push(scene: Scene, start: Start, redis: str, first: str) -> None:
    scene.start(40)
    if first == "the patch":
        source = f"import redis{PAIRS}\ncamunda_worker(os.environ['JOB_TYPE'], max_jobs_active=40)(handler)\n"
    else:
        source = f"""
import redis, os, threading
from camunda_client.config import initialize_config
from camunda_client.c8.worker import add_job_worker, start_camunda_workers
{PAIRS}
add_job_worker(os.environ["JOB_TYPE"], handler, max_jobs_active=40)
initialize_config()
start_camunda_workers()
threading.Event().wait()
"""
    options = {"REDIS_URL": redis, "CAMUNDA_CLIENT_PATCH": "strict"}
    with start(source, script=first == "the driver", **options) as program:
        completed = scene.completed_once(40)

    assert sorted(job["variables"]["got"] for job in completed) == sorted(f"ж{number}" for number in range(40))
    assert "hub.blocked" not in program.output


def test_a_lock_lets_one_job_at_a_time_in(scene: Scene, start: Start, redis: str, tmp_path: Path) -> None:
    source = """
import redis
client = redis.Redis.from_url(os.environ["REDIS_URL"])
inside = 0

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=20)
def handler(job):
    global inside
    with client.lock(os.environ["JOB_TYPE"], timeout=60, blocking_timeout=60):
        inside += 1
        found(inside=inside)
        time.sleep(0.01)
        inside -= 1
"""
    scene.start(40)
    with start(source, REDIS_URL=redis) as program:
        scene.completed_once(40)
        program.send(signal.SIGTERM)
        assert program.end() == 0

    assert {json.loads(line)["inside"] for line in (tmp_path / "found").read_text().splitlines()} == {1}


def test_its_asynchronous_client_waits_in_handlers(scene: Scene, start: Start, redis: str) -> None:
    source = """
import asyncio
import redis.asyncio

async def pop(key):
    async with redis.asyncio.Redis.from_url(os.environ["REDIS_URL"]) as client:
        return await client.blpop(key, timeout=60)

async def push(key):
    async with redis.asyncio.Redis.from_url(os.environ["REDIS_URL"]) as client:
        await client.rpush(key, "ж")

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=40)
def handler(job):
    number = job.variables["number"]
    deed = pop if number < 20 else push
    asyncio.run(deed(f"{os.environ['JOB_TYPE']}-{number % 20}"))
"""
    scene.start(40)
    with start(source, REDIS_URL=redis) as program:
        scene.completed_once(40)

    assert scene.now("FAILED") == []
    assert "hub.blocked" not in program.output
