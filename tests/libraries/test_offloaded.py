"""Drivers that wait in C: a hundred jobs of child processes are at their servers at once, and ``doctor`` names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.libraries.test_protocols import JOBS, counterpart
from tests.parts.counterparts import TOGETHER
from tests.parts.need import MissingPartError, needed
from tests.parts.programs import Program
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: Two children with fifty threads each.
CHILDREN = {"CAMUNDA_WORKER_OFFLOAD_PROCESSES": "2", "CAMUNDA_WORKER_OFFLOAD_THREADS": str(TOGETHER // 2)}
HANDLER = """
{imports}

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=100, request_timeout=400, run_in="process")
def handler(job):
    number = job.variables["number"]
{body}
    return {{"got": number}}
"""
PYODBC = (
    "import pyodbc",
    """
    with pyodbc.connect(os.environ["DATABASE"], autocommit=True) as connection:
        connection.execute("select meet(100)").fetchone()
        row = connection.execute("select cast(? as integer), 'Grüße'", number).fetchone()
        assert tuple(row) == (number, "Grüße")
""",
)
PYMSSQL = (
    "import pymssql",
    """
    # There are no open servers; what can be tried is how it connects, and that it comes back without one.
    try:
        pymssql.connect("127.0.0.1", "tests", "geheim", "tests", port=os.environ["SERVER_PORT"], login_timeout=120)
    except pymssql.OperationalError:
        pass
""",
)
CONFLUENT = (
    """
from confluent_kafka import Producer
# Two seconds are how long each flush waits.
producer = Producer({"bootstrap.servers": f"127.0.0.1:{os.environ['SERVER_PORT']}", "linger.ms": 2000})
""",
    """
    said = []
    producer.produce("jobs", str(number).encode(), on_delivery=lambda error, message: said.append(error))
    assert producer.flush(120) == 0 and said == [None]
""",
)
#: What each is told of; by the name of its module.
REMEDIES = {
    "confluent_kafka": "poll with timeout 0",
    "grpc": "init_gevent()",
    "pymssql": "run_in='process'",
    "pyodbc": "run_in='process'",
}


def work_all(scene: Scene, start: Start, case: tuple[str, str], **environment: str) -> None:
    imports, body = case
    scene.start(JOBS)
    with start(HANDLER.format(imports=imports, body=body.strip("\n")), **CHILDREN, **environment) as program:
        completed = scene.completed_once(JOBS, timeout_s=150)

    assert sorted(job["variables"]["got"] for job in completed) == list(range(JOBS))
    assert scene.now("FAILED") == []
    assert "hub.blocked" not in program.output
    assert "Traceback" not in program.output


def test_pyodbc_on_a_real_database(scene: Scene, start: Start, database: str) -> None:
    with needed():
        found = sorted(Path("/usr/lib").glob("*/odbc/psqlodbcw.so"))
        if not found:
            raise MissingPartError("needs psqlodbc (Debian and Ubuntu: apt-get install odbc-postgresql)")
    login, _, place = database.removeprefix("postgresql://").partition("@")
    (user, _, password), (host, _, name) = login.partition(":"), place.partition("/")
    server, _, port = host.partition(":")
    settings = {"Driver": found[0], "Server": server, "Port": port, "Database": name, "Uid": user, "Pwd": password}

    work_all(scene, start, PYODBC, DATABASE=";".join(f"{key}={value}" for key, value in settings.items()))


def test_pymssql_connects_beside_other_jobs(
    scene: Scene, start: Start, environment: dict[str, str], tmp_path: Path
) -> None:
    with counterpart("closing", environment, tmp_path) as way:
        work_all(scene, start, PYMSSQL, SERVER_PORT=str(way.port))
        assert way.arrived >= TOGETHER


def test_confluent_kafka_is_flushed_in_child_processes(
    scene: Scene, start: Start, environment: dict[str, str], tmp_path: Path
) -> None:
    with counterpart("kafka", environment, tmp_path) as way:
        work_all(scene, start, CONFLUENT, SERVER_PORT=str(way.port))


def test_doctor_names_each_with_what_helps(scene: Scene, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "legacy.py").write_text(
        f"import {', '.join(REMEDIES)}\nfrom camunda_client.c8.worker import camunda_worker\n"
        "@camunda_worker('t')\ndef handler(job):\n    pass\n"
    )
    settings = {"CAMUNDA_REST_ADDRESS": scene.camunda.base_url, "CAMUNDA_AUTH_STRATEGY": "NONE"}
    command = ("-m", "camunda_client", "doctor", "legacy.py")

    _, output = Program.run(*command, environment=environment | settings, cwd=tmp_path)

    for module, remedy in REMEDIES.items():
        assert any(module in line and remedy in line for line in output.splitlines()), output
