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
    "elastic-apm, a transaction that is never ended": (
        """
import elasticapm
# The port refuses; elastic-apm is to send by threads all the same.
client = elasticapm.Client(service_name="shop", server_url="http://127.0.0.1:9", metrics_interval="0ms",
                           cloud_provider="none", central_config=False)
elasticapm.instrument()
""",
        """
assert elasticapm.get_transaction_id() is None and elasticapm.get_span_id() is None
mine = client.begin_transaction("job")
elasticapm.set_user_context(user_id=number)
with elasticapm.capture_span("wait"):
    time.sleep(0.02)
assert elasticapm.get_transaction_id() == mine.id and mine.context["user"]["id"] == number
if number % 2:
    client.end_transaction("job", "ok")
""",
    ),
    "posthog, a context that is never left": (
        """
import posthog
from posthog.contexts import get_context_distinct_id
posthog.api_key, posthog.host = "phc_0", "http://127.0.0.1:9"
never_left = []
""",
        """
assert get_context_distinct_id() is None and posthog.get_tags() == {}
never_left.append(posthog.new_context())
never_left[-1].__enter__()
posthog.identify_context(str(number))
posthog.tag("order", number)
posthog.capture("ж")
time.sleep(0.02)
assert get_context_distinct_id() == str(number) and posthog.get_tags() == {"order": number}
""",
    ),
    "aws-xray-sdk, a segment that is never ended": (
        """
from aws_xray_sdk.core import xray_recorder
xray_recorder.configure(service="shop", sampling=False, context_missing="IGNORE_ERROR")
""",
        """
assert xray_recorder.current_segment() is None
segment = xray_recorder.begin_segment("job")
segment.set_user(str(number))
with xray_recorder.in_subsegment("wait"):
    time.sleep(0.02)
assert xray_recorder.current_segment() is segment and segment.user == str(number)
if number % 2:
    xray_recorder.end_segment()
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
    "portalocker": (
        "import portalocker",
        "with portalocker.Lock('shop.lock', timeout=60):\n    time.sleep(0.01)",
    ),
    "fasteners": (
        "import fasteners",
        "with fasteners.InterProcessLock('shop.lock'):\n    time.sleep(0.01)",
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
#: What works by threads or loops of its own; a job waits for what it began there.
THREADS = {
    "APScheduler": (
        """
from apscheduler.schedulers.background import BackgroundScheduler
scheduler = BackgroundScheduler()
scheduler.start()
# It is at work when the worker ends.
scheduler.add_job(time.sleep, args=[3600])
""",
        """
done = threading.Event()
scheduler.add_job(lambda: done.set(), misfire_grace_time=None)
assert done.wait(60)
""",
    ),
    "nest_asyncio": (
        """
import asyncio, nest_asyncio
nest_asyncio.apply()

async def double(number):
    await asyncio.sleep(0.02)
    return 2 * number

async def outer(number):
    return asyncio.run(double(number)) + await double(number)
""",
        "assert asyncio.run(outer(number)) == 4 * number",
    ),
    "nest_asyncio, one loop": (
        """
import asyncio, nest_asyncio
nest_asyncio.apply()
loop = asyncio.new_event_loop()
""",
        "assert loop.run_until_complete(asyncio.sleep(0.02, number)) == number",
    ),
    "rollbar": (
        """
import rollbar
# The port refuses; rollbar is to try by threads all the same.
rollbar.init("0" * 32, "test", handler="thread", endpoint="http://127.0.0.1:9/", timeout=5)
""",
        """
try:
    raise KeyError(number)
except KeyError:
    rollbar.report_exc_info(extra_data={"number": number})
rollbar.wait()
""",
    ),
    "typeguard": (
        """
from typeguard import TypeCheckError, typechecked

@typechecked
def double(number: int) -> int:
    time.sleep(0.02)
    return 2 * number
""",
        """
assert double(number) == 2 * number
try:
    double(str(number))
except TypeCheckError:
    return
raise AssertionError("typeguard checked nothing")
""",
    ),
    "concurrent.futures, by threads": (
        """
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(4)
""",
        "assert list(pool.map(lambda wait: time.sleep(wait) or number, [0.01] * 4)) == [number] * 4",
    ),
    "concurrent.futures, by processes": (
        """
import math
from concurrent.futures import ProcessPoolExecutor
""",
        "with ProcessPoolExecutor(1) as pool:\n    assert pool.submit(math.sqrt, number * number).result(60) == number",
    ),
    "a pool of multiprocessing": (
        "import math, multiprocessing",
        "with multiprocessing.Pool(1) as pool:\n    assert pool.map(math.sqrt, [number * number]) == [number]",
    ),
}
CASES = STATE | LOCKS | THREADS


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
