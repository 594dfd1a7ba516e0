"""``@idempotent`` on a real PostgreSQL and a real Redis: a killed job's effect is there once."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts.scene import Scene
from tests.parts.work import until

pytestmark = pytest.mark.slow

#: Half of the jobs are in the middle when the process is killed, once before the commit and once after it.
DIES = """
import signal
from camunda_client.c8.worker import PostgresStore, RedisStore, idempotent

def die(moment, job):
    if os.environ["DIES"] == moment and job.variables["number"] == 10 and not os.path.exists("died"):
        time.sleep(0.3)
        open("died", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
"""
POSTGRESQL = """
@camunda_worker(os.environ["JOB_TYPE"], timeout=1500)
@idempotent(store)
def charge(job):
    cursor = store.connection.cursor()
    cursor.execute("insert into charges values (%s)", (job.job_key,))
    time.sleep(0.2)
    die("before the commit", job)
    return {"receipt": job.job_key}

after_job(lambda job, outcome: die("after the commit", job))
"""
REDIS = """
@camunda_worker(os.environ["JOB_TYPE"], timeout=1500)
@idempotent(store)
def charge(job):
    found(job=job.job_key)
    return {"receipt": job.job_key}

after_job(lambda job, outcome: die("after the commit", job))
"""


def kill_and_go_on(scene: Scene, start: Start, source: str, folder: Path, **more: str) -> list[dict[str, object]]:
    """Have the worker killed by one of 20 jobs, start it again, and return the jobs that it completed."""
    scene.start(20)
    with start(source, **more) as killed:
        until((folder / "died").exists, "the worker is in the middle", 60)
        killed.end()
    with start(source, **more) as worker:
        completed = scene.jobs("COMPLETED", 20)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0
    assert all(job["variables"] == {"receipt": str(job["key"])} for job in completed)
    return completed


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_what_a_killed_job_wrote_in_postgresql_is_there_once(
    scene: Scene, start: Start, database: str, tmp_path: Path, moment: str, driver: str
) -> None:
    made = f'{driver}.connect("{database}")'
    store = f'PostgresStore("{database}")' if driver == "psycopg" else f"PostgresStore(lambda: {made})"
    patient = "from psycogreen.gevent import patch_psycopg; patch_psycopg()\n" if driver == "psycopg2" else ""
    table = f"""
import {driver}
{patient}connection = {made}
connection.cursor().execute("create table if not exists charges (job_key text)")
connection.commit()
store = {store}
"""

    completed = kill_and_go_on(scene, start, DIES + table + POSTGRESQL, tmp_path, DIES=moment)
    (tmp_path / "look.py").write_text(
        f"import json, psycopg\nwith psycopg.connect({database!r}) as connection:\n"
        "    print(json.dumps([key for (key,) in connection.execute('select job_key from charges')]))\n"
    )
    with start((tmp_path / "look.py").read_text(), script=True) as look:
        assert look.end() == 0, look.output
    charged = json.loads(look.lines[-1])

    assert sorted(charged) == sorted(str(job["key"]) for job in completed)


def test_a_result_in_redis_is_returned_after_a_crash(scene: Scene, start: Start, redis: str, tmp_path: Path) -> None:
    store = f'store = RedisStore("{redis}", prefix=os.environ["JOB_TYPE"])\n'

    completed = kill_and_go_on(scene, start, DIES + store + REDIS, tmp_path, DIES="after the commit")

    runs = [json.loads(line)["job"] for line in (tmp_path / "found").read_text().splitlines()]
    killed = next(str(job["key"]) for job in completed if job["variables"])
    assert runs.count(killed) == 1
    assert sorted(set(runs)) == sorted(str(job["key"]) for job in completed)
