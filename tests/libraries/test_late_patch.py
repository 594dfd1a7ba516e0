"""Libraries that an application with its own loop imports before it is patched: mended, or left alone on purpose."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts.programs import Program
from tests.parts.scene import Scene
from tests.parts.server import free_ports

pytestmark = pytest.mark.slow

#: A SOCKS5 proxy (RFC 1928) that answers the request behind it itself, when twenty have come.
PROXY = """
import requests
import json, os, threading
from camunda_client.config import initialize_config
from camunda_client.c8.worker import add_job_worker, start_camunda_workers
from gevent.server import StreamServer

meeting = threading.Barrier(20)

def serve(connection, _address):
    stream = connection.makefile("rb")
    stream.read(stream.read(2)[1])
    connection.sendall(b"\\5\\0")
    assert stream.read(4) == b"\\5\\1\\0\\1"
    stream.read(6)
    connection.sendall(b"\\5\\0\\0\\1\\0\\0\\0\\0\\0\\0")
    while stream.readline().strip():
        pass
    meeting.wait(60)
    body = "ж".encode()
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: 2\\r\\n\\r\\n" + body)
    connection.close()

server = StreamServer(("127.0.0.1", 0), serve)
server.start()
proxies = {"http": f"socks5://127.0.0.1:{server.server_port}"}

def handler(job):
    answer = requests.get("http://127.0.0.1:9/", proxies=proxies, timeout=60)
    return {"said": answer.content.decode()}

add_job_worker(os.environ["JOB_TYPE"], handler, max_jobs_active=20)
initialize_config()
start_camunda_workers()
threading.Event().wait()
"""


def test_requests_by_a_socks_proxy_wait_beside_other_jobs(scene: Scene, start: Start) -> None:
    """PySocks' socket stayed native, and ``strict`` refused whatever imports requests where it is installed."""
    scene.start(40)
    with start(PROXY, script=True, CAMUNDA_CLIENT_PATCH="strict") as program:
        completed = scene.completed_once(40)

    assert {job["variables"]["said"] for job in completed} == {"ж"}
    assert "hub.blocked" not in program.output


#: By library: what is imported, and what keeps apart what jobs set although it was made before the patch.
LOCALS = {
    "rich": ("import rich", "rich.get_console()._thread_locals.__dict__.setdefault('user', number)"),
    "peewee": ("import peewee", "state.__dict__.setdefault('user', number)"),
    "click, and Sentry": (
        "import sentry_sdk, click, click.globals",
        "click.globals._local.__dict__.setdefault('user', number)",
    ),
    "attrs, asgiref and structlog": (
        "import asgiref.local, structlog.threadlocal, attr._compat",
        "attr._compat.repr_context.__dict__.setdefault('user', number)",
    ),
}


@pytest.mark.parametrize("library", LOCALS)
def test_what_libraries_keep_for_a_thread_is_a_jobs_own(
    environment: dict[str, str], tmp_path: Path, library: str
) -> None:
    imports, seen = LOCALS[library]
    (tmp_path / "legacy.py").write_text(f"""
{imports}
from camunda_client import patching
report = patching.patch()
import gevent
state = peewee._ConnectionLocal() if "peewee" in globals() else None

def job(number):
    return {seen}

jobs = [gevent.spawn(job, number) for number in range(3)]
gevent.joinall(jobs, timeout=60, raise_error=True)
assert [one.value for one in jobs] == [0, 1, 2], [one.value for one in jobs]
""")

    code, output = Program.run("legacy.py", environment=environment, cwd=tmp_path)

    assert code == 0, output


def test_the_program_works_under_a_debugger(environment: dict[str, str], tmp_path: Path) -> None:
    """Its copy of the standard library was mended: at the end its sockets closed themselves for ever."""
    (tmp_path / "legacy.py").write_text("""
import time
from camunda_client import patching
report = patching.patch()
import gevent
jobs = [gevent.spawn(time.sleep, 0.1) for _ in range(20)]
gevent.joinall(jobs, timeout=60, raise_error=True)
print("worked", report.unmended)
""")
    [port] = free_ports(1)
    launcher = ["-Xfrozen_modules=off", "-m", "debugpy", "--listen", f"127.0.0.1:{port}"]
    variables = environment | {"CAMUNDA_CLIENT_PATCH": "strict", "GEVENT_SUPPORT": "True"}
    if sys.version_info < (3, 11):
        del launcher[0]

    code, output = Program.run(*launcher, "legacy.py", environment=variables, cwd=tmp_path)

    assert (code, output) == (0, "worked []")
