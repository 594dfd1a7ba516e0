"""psycopg2, which waits in C, on a real PostgreSQL: made cooperative, and in child processes.

The function ``meet(n)`` proves without a clock that n sessions wait in it at the same time.
"""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: A handler of which fifty must wait for the database at once, or none goes on.
FIFTY = """
import psycopg2

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=50, request_timeout=400 {options})
def handler(job):
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select meet(50)")
            cursor.execute("select pg_sleep(0.2), 'ж'")
            return {{"said": cursor.fetchone()[1]}}
    finally:
        connection.close()
"""
#: Once, the configuration's: two children with 25 threads each.
CHILDREN = {"CAMUNDA_WORKER_OFFLOAD_PROCESSES": "2", "CAMUNDA_WORKER_OFFLOAD_THREADS": "25"}


def fifty_at_once(
    scene: Scene, start: Start, source: str, *options: str, **environment: str
) -> list[dict[str, object]]:
    """Work a hundred such jobs; return what the log has of their ends."""
    scene.start(100)
    with start(source, *options, **environment) as program:
        completed = scene.completed_once(100)
        program.send(signal.SIGTERM)
        assert program.end() == 0, program.output

    assert {job["variables"]["said"] for job in completed} == {"ж"}
    assert scene.now("FAILED") == []
    assert "hub.blocked" not in program.output
    return [json.loads(line) for line in program.lines if '"job.completed"' in line]


def test_fifty_jobs_wait_at_once_with_the_option_of_the_command(scene: Scene, start: Start, database: str) -> None:
    fifty_at_once(scene, start, FIFTY.format(options=""), "--patch", "psycopg2", DATABASE_URL=database)


def test_the_option_reaches_every_process(scene: Scene, start: Start, database: str) -> None:
    source = """
from psycopg2 import extensions
@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400)
def handler(job):
    return {"said": "ж" if extensions.get_wait_callback() else ""}
"""
    fifty_at_once(scene, start, source, "--patch", "psycopg2", "--processes", "2", DATABASE_URL=database)


def test_fifty_jobs_wait_at_once_in_child_processes(scene: Scene, start: Start, database: str) -> None:
    """Also where the module makes psycopg2 cooperative, which does nothing in a child."""
    source = "from camunda_client.patching import patch_psycopg2\npatch_psycopg2()\n"
    source += FIFTY.format(options=", run_in='process'")
    fifty_at_once(scene, start, source, DATABASE_URL=database, **CHILDREN)


SHARED = """
import psycopg2
from psycopg2.pool import ThreadedConnectionPool
from camunda_client.patching import patch_psycopg2
{imports}
patch_psycopg2()
{pool}
def main():
    from camunda_client.c8.worker import add_job_worker, start_camunda_workers
    from camunda_client.config import initialize_config
    import os, threading
    {connect}
    def handler(job):
        {work}
    add_job_worker(os.environ["JOB_TYPE"], handler, max_jobs_active=20, request_timeout=400)
    initialize_config()
    start_camunda_workers()
    threading.Event().wait()
main()
"""


@pytest.mark.parametrize("library", ["pool", "sqlalchemy"])
def test_connections_of_a_pool_wait_beside_each_other(scene: Scene, start: Start, database: str, library: str) -> None:
    """In an application with its own loop, which has imported psycopg2 before it is patched."""
    connect, work = {
        "pool": (
            "pool = ThreadedConnectionPool(20, 20, os.environ['DATABASE_URL'])",
            """connection = pool.getconn()
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("select meet(20), 'ж'")
                return {"said": cursor.fetchone()[1]}
        finally:
            pool.putconn(connection)""",
        ),
        "sqlalchemy": (
            """import sqlalchemy
    url = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg2:")
    engine = sqlalchemy.create_engine(url, pool_size=20, max_overflow=0, pool_timeout=60)""",
            """with engine.begin() as connection:
            return {"said": connection.execute(sqlalchemy.text("select meet(20), 'ж'")).one()[1]}""",
        ),
    }[library]
    source = SHARED.format(imports="import camunda_client.c8.worker", pool="", connect=connect, work=work)
    fifty_at_once(scene, lambda source, **more: start(source, script=True, **more), source, DATABASE_URL=database)


def test_a_time_out_ends_a_query_and_closes_its_connection(
    scene: Scene, start: Start, database: str, tmp_path: Path
) -> None:
    source = """
import psycopg2
@camunda_worker(os.environ["JOB_TYPE"], handler_timeout=500, request_timeout=400, retry_back_off=0)
def handler(job):
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with connection.cursor() as cursor:
            cursor.execute("select pg_sleep(60)")
    finally:
        found(closed=connection.closed)
"""
    scene.start()
    with start(source, "--patch", "psycopg2", DATABASE_URL=database):
        incident = scene.incident()

    assert incident["errorMessage"].startswith("HandlerTimedOut: ran longer than 0.5 s")
    found = (tmp_path / "found").read_text().splitlines()
    assert [json.loads(line)["closed"] > 0 for line in found] == [True] * 3


def test_a_server_that_ends_a_session_is_an_error_of_that_job(scene: Scene, start: Start, database: str) -> None:
    source = """
import psycopg2
@camunda_worker(os.environ["JOB_TYPE"], request_timeout=400, retry_back_off=0)
def handler(job):
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(pg_backend_pid())")
"""
    scene.start()
    with start(source, "--patch", "psycopg2", DATABASE_URL=database):
        incident = scene.incident()

    assert re.match(r"(OperationalError|InterfaceError|DatabaseError|AdminShutdown): ", incident["errorMessage"])


def test_without_psycopg2_the_option_is_one_error(start: Start) -> None:
    source = """
@camunda_worker(os.environ["JOB_TYPE"])
def handler(job): pass
"""
    with start(source, "--patch", "psycopg2", PYTHONPATH="") as program:
        assert program.end() == 2

    assert re.search(
        r"^camunda-client: patch_psycopg2\(\) needs psycopg2.*psycopg2-binary", program.output, re.MULTILINE
    )
