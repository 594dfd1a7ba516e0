"""Clients of usual protocols, 200 jobs with 100 at once: as they come, without a switch, in plain blocking handlers.

What proves "at once" is no stopwatch: the first 100 connections wait until all are there (:mod:`tests.parts.meeting`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts.databases import listens, mariadb
from tests.parts.meeting import Meeting, meeting
from tests.parts.need import needed
from tests.parts.scene import Scene
from tests.parts.server import ServerProcess, free_ports, inherited_environment

pytestmark = pytest.mark.slow

#: Jobs, and those in flight at most.
JOBS, TOGETHER = 200, 100
START_TIMEOUT_S = 60.0

HANDLER = """
{imports}
PORT = int(os.environ["SERVER_PORT"])

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=100)
def handler(job):
    number = job.variables["number"]
{body}
"""
CASES = {
    "smtplib": ("smtp", "import smtplib", """
    with smtplib.SMTP("127.0.0.1", PORT, timeout=120) as mail:
        mail.sendmail("a@example.com", ["b@example.com"], f"Subject: {number}\\r\\n\\r\\nGrüße".encode())
    return {"got": number}
"""),
    "ftplib": ("ftp", "import ftplib, io", """
    with ftplib.FTP() as server:
        server.connect("127.0.0.1", PORT, timeout=120)
        server.login("tests", "geheim")
        server.storbinary(f"STOR {number}", io.BytesIO(str(number).encode()))
        lines = []
        server.retrlines(f"RETR {number}", lines.append)
    return {"got": int(lines[0])}
"""),
    "imaplib": ("imap", "import imaplib", """
    server = imaplib.IMAP4("127.0.0.1", PORT, timeout=120)
    server.login("tests", "geheim")
    server.select("INBOX")
    _, [found] = server.search(None, "ALL")
    server.logout()
    return {"got": number * int(found)}
"""),
    "paramiko": ("ssh", "import paramiko", """
    with paramiko.SSHClient() as client:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect("127.0.0.1", PORT, "tests", "geheim", timeout=120, banner_timeout=120, auth_timeout=120,
                       allow_agent=False, look_for_keys=False)
        _, out, _ = client.exec_command(str(number), timeout=120)
        return {"got": int(out.read())}
"""),
    "pymysql": ("mariadb", "import pymysql", """
    with pymysql.connect(host="127.0.0.1", port=PORT, user="tests", password="geheim", database="tests",
                         connect_timeout=120, read_timeout=120) as connection, connection.cursor() as cursor:
        cursor.execute("select sleep(0.05), %s, %s", (number, "Grüße"))
        [(_, got, text)] = cursor.fetchall()
    assert text == "Grüße"
    return {"got": got}
"""),
    "zeep": ("soap", """
import zeep
from requests import Session
""", """
    # A client of its own for each job, as much code has it; its description is read each time.
    client = zeep.Client(f"http://127.0.0.1:{PORT}/?wsdl", transport=zeep.Transport(session=Session(), timeout=120))
    service = client.create_service("{urn:tests}Way", f"http://127.0.0.1:{PORT}/")
    return {"got": service.double(number) // 2}
"""),
    "suds": ("soap", "import suds.client", """
    client = suds.client.Client(f"http://127.0.0.1:{PORT}/?wsdl", cache=None, timeout=120)
    return {"got": client.service.double(number) // 2}
"""),
    "boto3": ("s3", """
import boto3
from botocore.config import Config
# One client for all jobs, as its documentation has it, made at import; its pool holds 10 by default.
s3 = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{os.environ['SERVER_PORT']}", region_name="us-east-1",
    aws_access_key_id="a", aws_secret_access_key="b",
    config=Config(read_timeout=120, connect_timeout=120, max_pool_connections=100))
""", """
    try:
        s3.create_bucket(Bucket="jobs")
    except s3.exceptions.BucketAlreadyOwnedByYou:
        pass
    s3.put_object(Bucket="jobs", Key=str(number), Body=str(number).encode())
    return {"got": int(s3.get_object(Bucket="jobs", Key=str(number))["Body"].read())}
"""),
}  # fmt: skip


@contextmanager
def counterpart(kind: str, environment: dict[str, str], folder: Path) -> Iterator[Meeting]:
    """Run MariaDB or a server of :mod:`tests.parts.counterparts`, and open a way to it on which clients meet."""
    if kind == "mariadb":
        with ExitStack() as stack:
            with needed():
                found = stack.enter_context(mariadb())
            yield stack.enter_context(meeting(TOGETHER, found))
        return
    [port] = free_ports(1)
    command = ["-m", "tests.parts.counterparts", kind, str(port)]
    server = ServerProcess(
        kind, [sys.executable, *command], inherited_environment() | environment, folder / "server.log"
    )
    try:
        server.wait_until(lambda: listens(port), START_TIMEOUT_S)
        with meeting(TOGETHER, port) as way:
            yield way
    finally:
        server.kill()


@pytest.mark.parametrize("library", CASES)
def test_a_hundred_jobs_are_at_their_servers_at_once(
    library: str, scene: Scene, start: Start, environment: dict[str, str], tmp_path: Path
) -> None:
    kind, imports, body = CASES[library]
    source = HANDLER.format(imports=imports, body=body.strip("\n"))
    with counterpart(kind, environment, tmp_path) as way:
        scene.start(JOBS)
        with start(source, SERVER_PORT=str(way.port), CAMUNDA_CLIENT_PATCH="strict") as program:
            completed = scene.completed_once(JOBS, timeout_s=150)

    assert sorted(job["variables"]["got"] for job in completed) == list(range(JOBS))
    assert way.arrived >= TOGETHER
    assert scene.now("FAILED") == []
    assert "Traceback" not in program.output
