"""Files written for Camunda 7's libraries, run by ``camunda-client worker --camunda7`` as they are."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.programs import CAMUNDA_CLIENT, Program
from tests.parts.work import start_many

pytestmark = pytest.mark.needs("records")

#: As the library's own examples subscribe: a thread for each topic.
THREADS = """
import logging
from concurrent.futures.thread import ThreadPoolExecutor
from camunda.external_task.external_task import ExternalTask
from camunda.external_task.external_task_worker import ExternalTaskWorker
from camunda.utils.log_utils import log_with_context

config = {"maxTasks": 1, "lockDuration": 10000, "asyncResponseTimeout": 30000, "retries": 3, "isDebug": True}


def handle(task: ExternalTask):
    log_with_context("handling", {"TOPIC": task.get_topic_name()})
    return task.complete({"topic": task.get_topic_name(), "number": task.get_variable("number")})


def main():
    logging.basicConfig(level=logging.INFO)
    topics = TOPICS
    executor = ThreadPoolExecutor(max_workers=len(topics))
    for index, topic in enumerate(topics):
        executor.submit(ExternalTaskWorker(worker_id=index, config=config).subscribe, topic, handle)
    MORE


if __name__ == "__main__":
    main()
"""
ASYNC = """
import asyncio
from camunda.external_task.async_external_task_worker import AsyncExternalTaskWorker


async def handle(task):
    await asyncio.sleep(0.05)
    return task.complete({"number": task.get_variable("number")})


async def main():
    await AsyncExternalTaskWorker(worker_id="a", config={"maxConcurrentTasks": 5}).subscribe({TOPICS[0]: handle})


asyncio.run(main())
"""
#: A loop of the file's own.
LOOP = """
import time
import pycamunda.externaltask as externaltask
from pycamunda import PyCamundaException

URL = "http://localhost:8080/engine-rest"
fetch = externaltask.FetchAndLock(url=URL, worker_id="loop", max_tasks=3, async_response_timeout=500)
for topic in TOPICS:
    fetch.add_topic(name=topic, lock_duration=20000, variables=["number"])


def work(task):
    number = task.variables["number"].value
    print("working", number, flush=True)
    MORE
    if number == 1:
        return externaltask.HandleFailure(
            URL, id_=task.id_, worker_id="loop", error_message="odd", error_details="number",
            retries=0, retry_timeout=100,
        )
    if number == 2:
        return externaltask.HandleBPMNError(URL, id_=task.id_, worker_id="loop", error_code="TWO", error_message="two")
    complete = externaltask.Complete(url=URL, id_=task.id_, worker_id="loop")
    complete.add_variable(name="seen", value=number)
    complete.add_local_variable(name="local", value='{"a": 1}', type_="Json")
    return complete


while True:
    for task in fetch():
        try:
            work(task)()
        except PyCamundaException as error:
            print("failed", error, flush=True)
"""


#: A worker on top of it, as many have written one: its requests are made once, and filled in for each task.
WORKER = """
import pycamunda.externaltask
import pycamunda.variable


class TaskFailed(Exception):
    pass


class Worker:
    def __init__(self, url, worker_id, max_tasks=1, async_response_timeout=1000):
        self.fetch_and_lock = pycamunda.externaltask.FetchAndLock(
            url, worker_id, max_tasks, async_response_timeout=async_response_timeout
        )
        self.complete_task = pycamunda.externaltask.Complete(url, id_=None, worker_id=worker_id)
        self.handle_failure = pycamunda.externaltask.HandleFailure(
            url, id_=None, worker_id=worker_id, error_message="", error_details="", retries=0, retry_timeout=0
        )
        self.functions = {}

    def subscribe(self, topic, function, lock_duration=10000, variables=None):
        self.fetch_and_lock.add_topic(topic, lock_duration, variables)
        self.functions[topic] = function
        assert self.fetch_and_lock.topics[-1]["topicName"] == topic

    def run(self):
        while True:
            for task in self.fetch_and_lock():
                try:
                    returned = self.functions[task.topic_name](**task.variables)
                except TaskFailed as error:
                    self.handle_failure.id_ = task.id_
                    self.handle_failure.error_message = str(error)
                    self.handle_failure.retries = 3 if task.retries is None else task.retries - 1
                    self.handle_failure()
                else:
                    self.complete_task.variables = {}
                    self.complete_task.id_ = task.id_
                    for name, value in returned.items():
                        self.complete_task.add_variable(name=name, value=value)
                    self.complete_task()


def one(number):
    print("working", number.value, flush=True)
    if number.value == 1:
        raise TaskFailed("one")
    return {f"seen{number.value}": number.value}


worker = Worker(url="http://localhost:8080/engine-rest", worker_id="1")
for topic in TOPICS:
    worker.subscribe(topic=topic, function=one)
worker.run()
"""


@pytest.fixture
def topics(camunda: EngineProcess) -> list[str]:
    """Two processes ``one-X``, each with one task of the type ``t-X``."""
    runs = [rest.unique() for _ in range(2)]
    for run in runs:
        rest.deploy(camunda.base_url, "one.bpmn", run=run)
    return [f"t-{run}" for run in runs]


def file_of(folder: Path, source: str, topics: list[str], more: str = "pass") -> Path:
    path = folder / "old_worker.py"
    path.write_text(source.replace("TOPICS", repr(topics)).replace("MORE", more))
    return path


def start(camunda: EngineProcess, topics: list[str], count: int) -> None:
    for topic in topics:
        start_many(camunda.base_url, topic.replace("t-", "one-", 1), count)


def completed(camunda: EngineProcess, topic: str, count: int) -> list[int]:
    return sorted(job["variables"]["number"] for job in camunda.wait_for_jobs(count, "COMPLETED", job_type=topic))


@pytest.mark.parametrize(
    ("more", "options"),
    [
        ("pass", []),
        ("import time\n    while True:\n        time.sleep(0.1)", []),
        ("pass", ["--processes", "2", "--camunda7-jobs", "20"]),
    ],
    ids=["ends", "goes on", "two processes"],
)
def test_subscriptions_of_threads_are_worked(
    camunda: EngineProcess, tmp_path: Path, topics: list[str], more: str, options: list[str]
) -> None:
    path = file_of(tmp_path, THREADS, topics, more)
    start(camunda, topics, 5)

    with Program(
        CAMUNDA_CLIENT, "worker", "--camunda7", path, *options, environment=camunda.environment, cwd=tmp_path
    ) as worker:
        for topic in topics:
            assert completed(camunda, topic, 5) == [0, 1, 2, 3, 4]
        worker.send(signal.SIGTERM)
        assert worker.end() == 0, worker.output

    assert f"[TOPIC:{topics[0]}] handling" in worker.output
    assert "subscription.settings_ignored" in worker.output


def test_coroutines_are_worked(camunda: EngineProcess, tmp_path: Path, topics: list[str]) -> None:
    path = file_of(tmp_path, ASYNC, topics)
    start(camunda, topics[:1], 10)

    with Program(CAMUNDA_CLIENT, "worker", "--camunda7", path, environment=camunda.environment) as worker:
        assert completed(camunda, topics[0], 10) == list(range(10))
        worker.send(signal.SIGTERM)
        assert worker.end() == 0, worker.output


def test_a_loop_of_the_files_own_goes_on_and_finishes_what_it_has(
    camunda: EngineProcess, tmp_path: Path, topics: list[str]
) -> None:
    more = "time.sleep(0.5)"
    path = file_of(tmp_path, LOOP, topics, more)

    with Program(CAMUNDA_CLIENT, "worker", "--camunda7", path, environment=camunda.environment) as worker:
        worker.wait_for("loop.started")
        start(camunda, topics[:1], 5)
        worker.wait_for("working", 5)
        worker.send(signal.SIGTERM)
        code = worker.end()

    assert code == 0, worker.output
    jobs = camunda.wait_for_jobs(3, "COMPLETED", job_type=topics[0])
    assert sorted(job["variables"]["seen"] for job in jobs) == [0, 3, 4]
    incidents = camunda.wait_for_incidents(2, process_id=topics[0].replace("t-", "one-", 1))
    assert {incident["errorType"] for incident in incidents} == {"JOB_NO_RETRIES", "UNHANDLED_ERROR_EVENT"}
    assert "odd\nnumber" in "".join(incident["errorMessage"] for incident in incidents)
    assert "loop.ended" in worker.lines[-1]


def test_a_worker_that_fills_in_its_requests_for_each_task(
    camunda: EngineProcess, tmp_path: Path, topics: list[str]
) -> None:
    path = file_of(tmp_path, WORKER, topics)

    with Program(CAMUNDA_CLIENT, "worker", "--camunda7", path, environment=camunda.environment) as worker:
        worker.wait_for("loop.started")
        start(camunda, topics, 3)
        jobs = [camunda.wait_for_jobs(2, "COMPLETED", job_type=topic) for topic in topics]
        worker.wait_for("working 1", 6)
        worker.send(signal.SIGTERM)
        assert worker.end() == 0, worker.output

    seen = [{"seen0": 0}, {"seen2": 2}]
    for found in jobs:
        assert sorted((job["variables"] for job in found), key=str) == seen


def test_code_behind_a_subscription_runs_when_the_command_ends(
    camunda: EngineProcess, tmp_path: Path, topics: list[str]
) -> None:
    """As with Camunda 7's client, which waits in ``subscribe()``: what closes a connection comes last."""
    path = tmp_path / "old_worker.py"
    path.write_text(
        "from camunda.external_task.external_task_worker import ExternalTaskWorker\n"
        "open_ = [True]\n"
        "def handle(task): return task.complete({'number': task.get_variable('number'), 'open': open_[0]})\n"
        "try:\n"
        f"    ExternalTaskWorker(worker_id='1').subscribe({topics[0]!r}, handle)\n"
        "    print('never here')\n"
        "finally:\n"
        "    open_[0] = False\n"
        "    print('closed', flush=True)\n"
    )
    start(camunda, topics[:1], 2)

    with Program(CAMUNDA_CLIENT, "worker", "--camunda7", path, environment=camunda.environment) as worker:
        jobs = camunda.wait_for_jobs(2, "COMPLETED", job_type=topics[0])
        assert "closed" not in worker.output
        worker.send(signal.SIGTERM)
        assert worker.end() == 0, worker.output

    assert [job["variables"]["open"] for job in jobs] == [True, True]
    assert "closed" in worker.lines
    assert "never here" not in worker.output


def test_functions_choose_their_tasks_by_variables(camunda: EngineProcess, tmp_path: Path, topics: list[str]) -> None:
    source = THREADS.replace("subscribe, topic, handle)", 'subscribe, topic, handle, {"number": 1})')
    path = file_of(tmp_path, source, topics)
    start(camunda, topics[:1], 2)

    with Program(CAMUNDA_CLIENT, "worker", "--camunda7", path, environment=camunda.environment) as worker:
        assert completed(camunda, topics[0], 1) == [1]
        [other] = camunda.wait_for_jobs(1, "FAILED", job_type=topics[0])
        worker.send(signal.SIGTERM)
        assert worker.end() == 0, worker.output

    assert other["retries"] == 3


def test_a_loop_that_is_only_looked_at_fetches_nothing(
    camunda: EngineProcess, tmp_path: Path, topics: list[str]
) -> None:
    path = file_of(tmp_path, LOOP, topics)
    start(camunda, topics[:1], 1)

    code, output = Program.run(CAMUNDA_CLIENT, "worker", "--check", "--camunda7", path, environment=camunda.environment)

    assert code == 2
    assert "subscribes to no topic" in output
    assert "working" not in output


def test_a_loop_that_ends_by_an_exception_is_exit_code_1(
    camunda: EngineProcess, tmp_path: Path, topics: list[str]
) -> None:
    path = file_of(tmp_path, LOOP, topics, "raise KeyError(number)")

    with Program(CAMUNDA_CLIENT, "worker", "--camunda7", path, environment=camunda.environment) as worker:
        worker.wait_for("loop.started")
        start(camunda, topics[:1], 1)
        code = worker.end()

    assert code == 1
    assert "loop.failed" in worker.output
    assert "KeyError: 0" in worker.output


@pytest.mark.parametrize(
    ("source", "code", "said"),
    [
        (
            "from concurrent.futures import ThreadPoolExecutor\n"
            "from camunda.external_task.external_task_worker import ExternalTaskWorker as W\n"
            "pool = ThreadPoolExecutor(2)\n"
            "for function in (len, print): pool.submit(W(1).subscribe, 'topic', function)\n",
            2,
            "camunda-client: the topic 'topic' has two functions; keep one",
        ),
        ("import camunda.nothing", 1, "ModuleNotFoundError: camunda.nothing has no counterpart for Camunda 8"),
        ("x = 1", 2, "old_worker.py subscribes to no topic"),
        ("import sys\nsys.exit(4)", 2, "old_worker.py ended by itself, with 4"),
        ("x = 1 / 0", 1, "ZeroDivisionError"),
        (
            "from camunda.external_task.external_task_worker import ExternalTaskWorker as W\n"
            "import os\n"
            "if not os.fork():\n"
            "    try: W(1).subscribe('t', print)\n"
            "    except Exception as error: os.write(1, str(error).encode()); os._exit(0)\n"
            "os.wait()\n",
            2,
            "subscribe('t') was called in a process that the file started",
        ),
    ],
)
def test_what_can_not_be_worked_is_said(tmp_path: Path, source: str, code: int, said: str) -> None:
    (tmp_path / "old_worker.py").write_text(source)
    environment = {"CAMUNDA_REST_ADDRESS": "http://127.0.0.1:9"}

    got, output = Program.run(
        CAMUNDA_CLIENT, "worker", "--camunda7", "old_worker.py", environment=environment, cwd=tmp_path
    )

    assert got == code, output
    assert said in output
    assert "camunda_client/" not in output
