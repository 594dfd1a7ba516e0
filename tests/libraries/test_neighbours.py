"""Other libraries of the kinds that reports were about, and what jobs do with each."""

from __future__ import annotations

import signal

import pytest

from tests.libraries.conftest import Start
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: What a library keeps for a thread or a request. Each job finds nothing of another's, and leaves its own behind.
STATE = {
    "peewee": (
        """
import peewee
database = peewee.SqliteDatabase("shop.db")
""",
        """
assert database.is_closed()
database.connect()
database.execute_sql("select 1")
time.sleep(0.02)
assert not database.is_closed()
""",
    ),
    "flask, a context that is never left": (
        """
import flask
app = flask.Flask("shop")
""",
        """
assert not flask.has_app_context()
app.app_context().push()
assert flask.g.get("user") is None
flask.g.user = number
time.sleep(0.02)
assert flask.g.user == number
""",
    ),
    "flask, a hook around each job": (
        """
import flask
from camunda_client.c8.worker import around_job
app = flask.Flask("shop")

@around_job
def in_the_application(job):
    return app.app_context()
""",
        """
assert flask.current_app.name == "shop" and flask.g.get("user") is None
flask.g.user = number
time.sleep(0.02)
assert flask.g.user == number
""",
    ),
    "bugsnag": (
        """
import bugsnag
from bugsnag.configuration import RequestConfiguration
bugsnag.configure(api_key="0" * 32, auto_capture_sessions=False)
""",
        """
assert RequestConfiguration.get_instance().user == {}
bugsnag.configure_request(user={"id": number})
time.sleep(0.02)
assert RequestConfiguration.get_instance().user == {"id": number}
""",
    ),
}
#: Locks of the system and other processes. Jobs wait for each other, and the worker goes on.
LOCKS = {
    "filelock": (
        "import filelock\nlock = filelock.FileLock('shop.lock', timeout=60)",
        "with lock:\n    time.sleep(0.01)",
    ),
    "filelock, one for each job": (
        "import filelock",
        "with filelock.FileLock('shop.lock', timeout=60):\n    time.sleep(0.01)",
    ),
    "joblib, by processes": (
        "import joblib, math",
        "assert joblib.Parallel(2)(joblib.delayed(math.sqrt)(i * i) for i in range(4)) == [0, 1, 2, 3]",
    ),
    "joblib, by threads": (
        "import joblib",
        "joblib.Parallel(4, prefer='threads')(joblib.delayed(time.sleep)(0.01) for _ in range(8))",
    ),
    "a manager of multiprocessing": (
        "import multiprocessing",
        "with multiprocessing.Manager() as shared:\n    assert dict(shared.dict(number=number)) == {'number': number}",
    ),
    "diskcache": (
        "import diskcache\ncache = diskcache.Cache('cache')",
        "cache[number] = 'ж'\ntime.sleep(0.01)\nassert cache[number] == 'ж' and cache.incr('all', default=0)",
    ),
}
CASES = STATE | LOCKS


@pytest.mark.parametrize("library", CASES)
def test_jobs_use_it_side_by_side(scene: Scene, start: Start, library: str) -> None:
    imports, work = CASES[library]
    body = "\n".join(f"    {line}" for line in work.strip().splitlines())
    source = f"""
{imports}

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=10, request_timeout=400)
def handler(job):
    number = job.variables["number"]
{body}
"""
    count = 60 if library in STATE else 20
    scene.start(count)
    # loky waits for its processes at the end, which it leaves idle for five minutes.
    with start(source, "--exit-timeout", "2") as program:
        scene.completed_once(count)
        program.send(signal.SIGTERM)
        assert program.end() == 0

    assert scene.now("FAILED") == []
    assert "deadlock" not in program.output.replace("patch.blocking_module", "").partition("hub.blocked")[2]
