"""Drivers of PostgreSQL, on a real one: as many jobs wait for it at once as are in hand.

The function ``meet(n)`` proves it without a clock: it answers when n sessions wait in it at the same time.
"""

from __future__ import annotations

import json
import shlex
import signal

import pytest

from tests.libraries.conftest import ROOT, Start
from tests.parts.camunda import EngineProcess
from tests.parts.programs import CAMUNDA_CLIENT, Program
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: By name: what an application with a loop of its own imports before it is patched, what it makes after that, and
#: one job's work.
IMPORTED_FIRST = {
    "psycopg": (
        "import psycopg",
        "",
        """
with psycopg.connect(url) as connection:
    connection.execute("select meet(20)")
""",
    ),
    "psycopg_pool": (
        "import psycopg_pool",
        "pool = psycopg_pool.ConnectionPool(url, min_size=20, max_size=20, timeout=60)",
        """
with pool.connection() as connection:
    connection.execute("select meet(20)")
""",
    ),
    "sqlalchemy": (
        "import psycopg, sqlalchemy",
        "engine = sqlalchemy.create_engine(url.replace('postgresql:', 'postgresql+psycopg:'), pool_size=20,"
        " max_overflow=0, pool_timeout=60)",
        """
with engine.begin() as connection:
    connection.execute(sqlalchemy.text("select meet(20)"))
""",
    ),
}


@pytest.mark.parametrize("library", IMPORTED_FIRST)
def test_a_driver_imported_before_the_patch_waits_beside_other_jobs(
    scene: Scene, start: Start, database: str, library: str
) -> None:
    """40 jobs ran one after another, ``find_blocking_modules()`` was empty, and ``strict`` let it start."""
    imports, after, work = IMPORTED_FIRST[library]
    source = f"""
import os
url = os.environ["DATABASE_URL"]
{imports}
import json, threading
from camunda_client.config import initialize_config
from camunda_client.c8.worker import add_job_worker, start_camunda_workers
{after}

def handler(job):
{indented(work)}

add_job_worker(os.environ["JOB_TYPE"], handler, max_jobs_active=20)
initialize_config()
start_camunda_workers()
threading.Event().wait()
"""
    scene.start(40)
    with start(source, script=True, CAMUNDA_CLIENT_PATCH="strict", DATABASE_URL=database) as program:
        scene.completed_once(40)

    assert scene.now("FAILED") == []
    assert "hub.blocked" not in program.output


def indented(work: str) -> str:
    return "\n".join(f"    {line}" for line in work.strip().splitlines())


#: By name: what a module of handlers holds, and one job's work, under ``camunda-client worker``.
BY_THE_COMMAND = {
    "sqlalchemy": (
        "\n".join(IMPORTED_FIRST["sqlalchemy"][:2]),
        """
with engine.begin() as connection:
    return {"said": connection.execute(sqlalchemy.text("select 'ж', meet(20)")).first()[0]}
""",
    ),
    "psycopg, asynchronous": (
        """
import asyncio, psycopg
async def ask():
    async with await psycopg.AsyncConnection.connect(url) as connection:
        return (await (await connection.execute("select 'ж', meet(20)")).fetchone())[0]
""",
        "return {'said': asyncio.run(ask())}",
    ),
    "asyncpg": (
        """
import asyncio, asyncpg
async def ask():
    connection = await asyncpg.connect(url)
    try:
        return (await connection.fetchrow("select 'ж', meet(20)"))[0]
    finally:
        await connection.close()
""",
        "return {'said': asyncio.run(ask())}",
    ),
    "psycopg2 with psycogreen": (
        """
import psycopg2
from psycogreen.gevent import patch_psycopg
patch_psycopg()
""",
        """
connection = psycopg2.connect(url)
try:
    with connection, connection.cursor() as cursor:
        cursor.execute("select 'ж', meet(20)")
        return {"said": cursor.fetchone()[0]}
finally:
    connection.close()
""",
    ),
}


@pytest.mark.parametrize("library", BY_THE_COMMAND)
def test_as_many_jobs_wait_for_the_database_as_are_in_hand(
    scene: Scene, start: Start, database: str, library: str
) -> None:
    head, work = BY_THE_COMMAND[library]
    source = f"""
url = os.environ["DATABASE_URL"]
{head}
@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=20, request_timeout=400)
def handler(job):
{indented(work)}
"""
    scene.start(100)
    with start(source, DATABASE_URL=database) as program:
        completed = scene.completed_once(100)
        program.send(signal.SIGTERM)
        assert program.end() == 0

    assert {job["variables"]["said"] for job in completed} == {"ж"}
    assert scene.now("FAILED") == []
    assert "hub.blocked" not in program.output
    assert "patch.blocking_module" not in program.output


def test_async_handlers_share_a_pool_of_asyncpg(scene: Scene, start: Start, database: str) -> None:
    source = """
import asyncpg, asyncio
pool = lock = None

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=50, request_timeout=400, allow_async=True)
async def handler(job):
    global pool, lock
    lock = lock or asyncio.Lock()
    async with lock:
        pool = pool or await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=20, max_size=20)
    async with pool.acquire(timeout=60) as connection:
        return {"said": (await connection.fetchrow("select 'ж', meet(20)"))[0]}
"""
    scene.start(100)
    with start(source, DATABASE_URL=database) as program:
        completed = scene.completed_once(100)
        program.send(signal.SIGTERM)
        assert program.end() == 0

    assert {job["variables"]["said"] for job in completed} == {"ж"}
    assert "hub.blocked" not in program.output


def test_psycopg2_by_itself_is_named_with_what_helps(scene: Scene, start: Start, database: str) -> None:
    source = """
import psycopg2
@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=1)
def handler(job):
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute("select 1")
    connection.close()
"""
    scene.start(5)
    with start(source, DATABASE_URL=database) as program:
        scene.completed_once(5)
        program.wait_for("patch.blocking_module")

    [line] = [json.loads(line) for line in program.lines if "patch.blocking_module" in line]
    assert line["module"] == "psycopg2"
    assert "--patch psycopg2" in line["remedy"]
    assert "run_in='process'" in line["remedy"]


def test_sessions_of_jobs_that_raise_before_commit_give_their_connections_back(
    scene: Scene, start: Start, database: str
) -> None:
    """``scoped_session`` without ``remove()``: idle greenlets kept the connections of the pool, 18 of 100 done."""
    source = """
import sqlalchemy
from sqlalchemy.orm import scoped_session, sessionmaker
url = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:")
engine = sqlalchemy.create_engine(url, pool_size=10, max_overflow=0, pool_timeout=30)
Session = scoped_session(sessionmaker(engine))

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=30, retry_back_off=0)
def handler(job):
    Session.execute(sqlalchemy.text("select pg_sleep(0.02)"))
    if job.variables["number"] % 3 == 0 and job.retries > 1:
        raise ValueError("before commit()")
    Session.commit()
"""
    scene.start(100)
    with start(source, DATABASE_URL=database) as program:
        scene.jobs("COMPLETED", 100)

    assert "QueuePool limit" not in program.output
    assert {job["errorMessage"].splitlines()[0] for job in scene.now("FAILED")} == {"ValueError: before commit()"}


def test_the_example_books_each_payment_once_although_its_worker_is_killed(
    engine: EngineProcess, environment: dict[str, str], database: str
) -> None:
    [path] = (ROOT / "examples").glob("04_*.py")
    settings = environment | engine.environment | {"DATABASE_URL": database}
    *before, last = [
        shlex.split(line) for line in path.read_text().splitlines() if line.startswith("    camunda-client")
    ]
    keys: list[int] = []
    for command in before:
        code, output = Program.run(CAMUNDA_CLIENT, *command[1:], environment=settings, cwd=ROOT)
        assert code == 0, output
        keys += map(int, output.split()) if command[1] == "start" else []
    with Program(CAMUNDA_CLIENT, *last[1:], environment=settings, cwd=ROOT) as killed:
        engine.wait_for_jobs(20, "COMPLETED", instances=keys, timeout_s=60)
        killed.send(signal.SIGKILL)
        killed.end()
    with Program(CAMUNDA_CLIENT, *last[1:], environment=settings, cwd=ROOT) as worker:
        engine.wait_for_jobs(100, "COMPLETED", instances=keys, timeout_s=90)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0, worker.output

    count = "import os, psycopg; print(*psycopg.connect(os.environ['DATABASE_URL']).execute("
    query = f"{count}'select count(*), count(distinct job), sum(amount) from payments').fetchone())"
    assert Program.run("-c", query, environment=settings, cwd=ROOT) == (0, "100 100 4000")
