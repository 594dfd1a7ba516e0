"""Files for Camunda 7 in the ways in which people write them, after the libraries' documentation: all run unedited."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.programs import CAMUNDA_CLIENT, Program
from tests.parts.work import until

pytestmark = pytest.mark.needs("records")

#: Objects with a topic and a method, a thread for each, and a main thread that does nothing as hard as it can.
OBJECTS = """
from threading import Thread
from camunda.external_task.external_task_worker import ExternalTaskWorker

default_config = {"maxTasks": 1, "lockDuration": 10000, "asyncResponseTimeout": 5000, "retries": 3, "sleepSeconds": 30}


class Check:
    topic = "TOPIC0"

    def __init__(self, limit):
        self.limit = limit

    def func(self, task):
        return task.complete({"ok": task.get_variable("number") < self.limit})


class Book:
    topic = "TOPIC1"

    def func(self, task):
        return task.complete({"booked": task.get_business_key() or task.get_process_instance_id()})


class Runner:
    def __init__(self):
        self.threads = []

    def add(self, one):
        worker = ExternalTaskWorker(worker_id=str(len(self.threads)), config=default_config)
        thread = Thread(target=worker.subscribe, args=(one.topic, one.func))
        thread.daemon = True
        self.threads.append(thread)
        thread.start()

    def wait(self):
        while True:
            WAITS


def main():
    runner = Runner()
    for one in [Check(1), Book()]:
        runner.add(one)
    runner.wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("Exiting application...")
        exit(1)
"""
#: A layer of the team's own on top, used by several workers of one topic: each has a function of its own.
LAYER = """
import functools
import logging
import threading
from camunda.external_task.external_task import ExternalTask, TaskResult
from camunda.external_task.external_task_worker import ExternalTaskWorker

logger = logging.getLogger(__name__)


class CamundaWorker:
    def __init__(self, base_url: str, worker_id: str):
        self.worker = ExternalTaskWorker(worker_id=worker_id, base_url=base_url, config={"lockDuration": 20000})

    def subscribe(self, topic, handler):
        @functools.wraps(handler)
        def wrapped(task: ExternalTask) -> TaskResult:
            try:
                return task.complete(global_variables=handler(task))
            except ValueError as error:
                return task.failure(str(error), "no details", max_retries=0, retry_timeout=0)
            except LookupError as error:
                return task.bpmn_error("NOT_THERE", str(error), {"missing": str(error)})

        self.worker.subscribe(topic, wrapped)


def price(task, rate=1):
    number = task.get_variable("number")
    if number == 1:
        raise ValueError("one is odd")
    if number == 2:
        raise LookupError("two")
    return {"price": number * rate}


threads = [
    threading.Thread(
        target=CamundaWorker("http://camunda:8080/engine-rest", f"w{number}").subscribe,
        args=("TOPIC0", functools.partial(price, rate=10)),
    )
    for number in range(2)
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
#: One function for a list of topics, and variables of all kinds.
KINDS = """
import base64
import json
from datetime import datetime
from camunda.external_task.external_task import ExternalTask
from camunda.external_task.external_task_worker import ExternalTaskWorker


def route(task: ExternalTask):
    return {"TOPIC0": read, "TOPIC1": write}[task.get_topic_name()](task)


def read(task):
    order = json.loads(task.get_variable("order"))
    when = datetime.strptime(task.get_variable("when"), "%Y-%m-%dT%H:%M:%S.%f%z")
    meta = task.get_variable("number", True)
    return task.complete(
        {"lines": len(order["lines"]), "year": when.year, "kind": meta["type"], "none": task.get_variable("nothing"),
         "all": sorted(task.get_variables())},
    )


def write(task):
    return task.complete({
        "plain": 1,
        "typed": {"value": "text", "type": "String"},
        "amount": {"value": 1.5, "type": "Double", "valueInfo": {}},
        "json": {"value": json.dumps({"a": [1]}), "type": "Json"},
        "object": {
            "value": json.dumps([1, 2]), "type": "Object",
            "valueInfo": {"objectTypeName": "java.util.ArrayList", "serializationDataFormat": "application/json"},
        },
        "file": {"value": base64.b64encode(b"x").decode(), "type": "File", "valueInfo": {"filename": "x.txt"}},
        "when": {"value": "2024-01-02T03:04:05.000+0000", "type": "Date"},
        "nothing": None,
    })


if __name__ == "__main__":
    ExternalTaskWorker(
        worker_id="1", base_url="http://localhost:8080/engine-rest",
        config={"auth_basic": {"username": "demo", "password": "demo"}, "maxTasks": 10,
                "usePriority": True, "includeExtensionProperties": True, "httpTimeoutMillis": 20000,
                "timeoutDeltaMillis": 5000, "sorting": None, "maxConcurrentTasks": 10},
    ).subscribe(["TOPIC0", "TOPIC1"], route)
"""
#: Fetches by itself, again and again, tasks with certain values only.
FETCHES = """
import time
from camunda.external_task.external_task_worker import ExternalTaskWorker
from camunda.external_task.external_task_worker import NoExternalTaskFound

worker = ExternalTaskWorker(worker_id=7, config={"maxTasks": 5, "lockDuration": 10000, "asyncResponseTimeout": 0})
while True:
    try:
        worker.fetch_and_execute(
            topic_names="TOPIC0", action=lambda task: task.complete({"seen": task.get_variable("number")}),
            process_variables={"number": 1},
        )
    except NoExternalTaskFound:
        time.sleep(0.1)
"""
#: Workers of coroutines in one loop.
GATHERED = """
import asyncio
from camunda.external_task.async_external_task_worker import AsyncExternalTaskWorker


class Service:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def first(self, task):
        async with self.lock:
            await asyncio.sleep(0.01)
        return task.complete({"first": task.get_variable("number")})

    async def second(self, task):
        if task.get_variable("number"):
            return task.bpmn_error("SECOND", "no second")
        return task.complete({"second": 2}, {"local": True})


async def main():
    service = Service()
    await asyncio.gather(
        AsyncExternalTaskWorker(worker_id="a", config={"maxConcurrentTasks": 3}).subscribe({"TOPIC0": service.first}),
        AsyncExternalTaskWorker(worker_id="b").subscribe({"TOPIC1": service.second}),
    )


if __name__ == "__main__":
    asyncio.run(main())
"""
#: pycamunda with a session, names imported from the module, a lock that is extended beside the work, and a flag.
SESSION = """
import signal
import sys
import threading
import requests
from pycamunda.base import CamundaRequest
from pycamunda.externaltask import Complete, ExtendLock, FetchAndLock, HandleBPMNError, HandleFailure, Unlock

url = "http://localhost:8080/engine-rest"
running = True


def stop(*_):
    global running
    running = False


signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
session = requests.Session()
session.auth = ("demo", "demo")


def send(request: CamundaRequest):
    request.session = session
    return request()


def keep(task, done):
    while not done.wait(0.1):
        send(ExtendLock(url, id_=task.id_, new_duration=5000, worker_id="w"))


unlocked = set()
while running:
    fetch = FetchAndLock(url=url, worker_id="w", max_tasks=2, async_response_timeout=300, use_priority=True)
    fetch.add_topic("TOPIC0", 5000, ["number"])
    fetch.add_topic("TOPIC1", 5000)
    try:
        tasks = send(fetch)
    except Exception as error:
        print("fetching failed", error)
        continue
    for task in tasks:
        done = threading.Event()
        keeper = threading.Thread(target=keep, args=(task, done))
        keeper.start()
        number = task.variables.get("number").value
        threading.Event().wait(0.3)
        done.set()
        keeper.join()
        if task.topic_name == "TOPIC1" and task.id_ not in unlocked:
            unlocked.add(task.id_)
            send(Unlock(url, task.id_))
        elif number == 1:
            send(HandleFailure(url, task.id_, "w", "odd", "details", retries=0, retry_timeout=0))
        elif number == 2:
            error = HandleBPMNError(url, task.id_, "w", "TWO")
            error.add_variable("why", "two")
            send(error)
        else:
            complete = Complete(url, id_=task.id_, worker_id="w")
            complete.add_variable(name="seen", value=number, type_="Long")
            send(complete)
print("closed", flush=True)
sys.exit(0)
"""


class Old:
    """A file, the processes that it works, and the command that runs it."""

    def __init__(self, camunda: EngineProcess, folder: Path) -> None:
        self.camunda, self.folder = camunda, folder
        runs = [rest.unique() for _ in range(2)]
        for run in runs:
            rest.deploy(camunda.base_url, "one.bpmn", run=run)
        self.topics = [f"t-{run}" for run in runs]
        self.processes = [f"one-{run}" for run in runs]

    def start(self, which: int, **variables: Any) -> int:
        return rest.start(self.camunda.base_url, self.processes[which], variables)

    def work(self, source: str, *options: str) -> Program:
        path = self.folder / "old.py"
        path.write_text(source.replace("TOPIC0", self.topics[0]).replace("TOPIC1", self.topics[1]))
        return Program(
            CAMUNDA_CLIENT,
            "worker",
            "--camunda7",
            path,
            *options,
            environment=self.camunda.environment,
            cwd=self.folder,
        )

    def variables(self, which: int, count: int) -> list[dict[str, Any]]:
        jobs = self.camunda.wait_for_jobs(count, "COMPLETED", job_type=self.topics[which], timeout_s=60)
        return [job["variables"] for job in jobs]


@pytest.fixture
def old(camunda: EngineProcess, tmp_path: Path) -> Old:
    return Old(camunda, tmp_path)


def finish(program: Program) -> None:
    program.send(signal.SIGTERM)
    assert program.end() == 0, program.output[-3000:]


@pytest.mark.parametrize("waits", ["continue", "pass", "__import__('time').sleep(1)"])
def test_objects_in_threads_beside_a_main_thread_that_waits(old: Old, waits: str) -> None:
    old.start(0, number=0)
    key = old.start(1, number=0)

    with old.work(OBJECTS.replace("WAITS", waits)) as program:
        assert old.variables(0, 1) == [{"ok": True}]
        assert old.variables(1, 1) == [{"booked": str(key)}]
        finish(program)


def test_a_layer_of_the_teams_own_subscribes_several_workers_to_a_topic(old: Old) -> None:
    for number in range(3):
        old.start(0, number=number)

    with old.work(LAYER) as program:
        assert old.variables(0, 1) == [{"price": 0}]
        incidents = old.camunda.wait_for_incidents(1, process_id=old.processes[0])
        [thrown] = [
            one for one in old.camunda.wait_for_incidents(2, process_id=old.processes[0]) if "NOT_THERE" in str(one)
        ]
        finish(program)

    assert incidents
    assert "NOT_THERE" in thrown["errorMessage"]


def test_variables_of_all_kinds(old: Old) -> None:
    old.start(0, order={"lines": [1, 2]}, when="2024-01-02T03:04:05.000+0000", number=4)
    old.start(1, number=0)

    with old.work(KINDS, "--camunda7-json", "order") as program:
        [read] = old.variables(0, 1)
        [written] = old.variables(1, 1)
        finish(program)

    assert read == {"lines": 2, "year": 2024, "kind": "Long", "none": None, "all": ["number", "order", "when"]}
    assert written == {
        "plain": 1,
        "typed": "text",
        "amount": 1.5,
        "json": {"a": [1]},
        "object": [1, 2],
        "file": "eA==",
        "when": "2024-01-02T03:04:05.000+0000",
        "nothing": None,
    }


def test_tasks_with_certain_values_are_fetched_by_hand(old: Old) -> None:
    for number in range(3):
        old.start(0, number=number)

    with old.work(FETCHES) as program:
        assert old.variables(0, 1) == [{"seen": 1}]
        until(lambda: len(old.camunda.jobs("FAILED", job_type=old.topics[0])) >= 2, "the others are handed back")
        finish(program)

    assert {job["retries"] for job in old.camunda.jobs("FAILED", job_type=old.topics[0])} == {3}


def test_workers_of_coroutines_in_one_loop(old: Old) -> None:
    for number in range(4):
        old.start(0, number=number)
    old.start(1, number=0)
    old.start(1, number=1)

    with old.work(GATHERED) as program:
        assert sorted(found["first"] for found in old.variables(0, 4)) == [0, 1, 2, 3]
        assert old.variables(1, 1) == [{"second": 2}]
        [incident] = old.camunda.wait_for_incidents(1, process_id=old.processes[1])
        finish(program)

    assert "SECOND" in incident["errorMessage"]


def test_a_loop_with_a_session_a_flag_and_locks_that_are_extended(old: Old) -> None:
    with old.work(SESSION) as program:
        program.wait_for("loop.started")
        for number in range(3):
            old.start(0, number=number)
        old.start(1, number=5)
        assert old.variables(0, 1) == [{"seen": 0}]
        assert old.variables(1, 1) == [{"seen": 5}]
        incidents = old.camunda.wait_for_incidents(2, process_id=old.processes[0])
        finish(program)

    assert sorted(incident["errorType"] for incident in incidents) == ["JOB_NO_RETRIES", "UNHANDLED_ERROR_EVENT"]
    [unlocked] = old.camunda.jobs("FAILED", job_type=old.topics[1])
    assert unlocked["retries"] == 3
