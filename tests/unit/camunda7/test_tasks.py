"""What functions written for Camunda 7's external tasks see of a job, and what becomes of what they return."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from typing import Any

import gevent
import pytest

from camunda_client import camunda7, config
from camunda_client.c8 import api
from camunda_client.c8.worker import HandlerRun, clear, registered_workers, run_handler, worker_settings
from camunda_client.camunda7 import _subscriptions
from camunda_client.embedded import Gateway
from camunda_client.error import ConfigurationError
from camunda_client.testing.plugin import activated_job
from tests.parts.work import until


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    before = list(sys.meta_path)
    camunda7.install()
    clear()
    _subscriptions.forget()
    config.reset_config()
    yield
    config.reset_config()
    _subscriptions.forget()
    clear()
    sys.meta_path[:] = before
    for name in [name for name in sys.modules if name.partition(".")[0] in ("camunda", "pycamunda")]:
        del sys.modules[name]


def worker_class(name: str = "ExternalTaskWorker") -> Any:
    module = "async_external_task_worker" if name.startswith("Async") else "external_task_worker"
    return getattr(importlib.import_module(f"camunda.external_task.{module}"), name)


def subscribed(worker: Any, *arguments: Any, **options: Any) -> None:
    """Subscribe in a thread, which waits there as long as the command would work; raise what that raises."""
    raised: list[BaseException] = []

    def call() -> None:
        try:
            worker.subscribe(*arguments, **options)
        except BaseException as error:
            raised.append(error)

    gevent.spawn(call)
    gevent.sleep(0)
    if raised:
        raise raised[0]


def worked(action: Any, variables: dict[str, Any] | None = None, **job: Any) -> HandlerRun:
    """Subscribe a function to a topic, and run it on a job of that type."""
    subscribed(worker_class()("w"), "topic", action)
    camunda7.register()
    [worker] = registered_workers()
    return run_handler(worker.handler, activated_job(variables, job_type="topic", **job))


def test_a_task_shows_what_the_job_has() -> None:
    seen: dict[str, Any] = {}

    def action(task: Any) -> Any:
        seen.update(
            key=task.get_task_id(),
            instance=task.get_process_instance_id(),
            topic=task.get_topic_name(),
            worker=task.get_worker_id(),
            activity=task.get_activity_id(),
            tenant=task.get_tenant_id(),
            business=task.get_business_key(),
            amount=task.get_variable("amount"),
            typed=task.get_variable("amount", with_meta=True),
            missing=task.get_variable("nothing"),
            all=task.get_variables(),
            header=task.get_extension_property("region"),
            headers=task.get_extension_properties(),
            text="topic" in str(task),
        )
        return task.complete()

    run = worked(
        action,
        {"amount": 5, "order": {"id": 1}, "businessKey": "B1"},
        job_key="7",
        process_instance_key="9",
        element_id="pay",
        worker="w",
        custom_headers={"region": "eu"},
    )

    assert run.report == {"variables": {}}
    assert seen == {
        "key": "7",
        "instance": "9",
        "topic": "topic",
        "worker": "w",
        "activity": "pay",
        "tenant": "<default>",
        "business": "B1",
        "amount": 5,
        "typed": {"value": 5, "type": "Long", "valueInfo": {}},
        "missing": None,
        "all": {"amount": 5, "order": {"id": 1}, "businessKey": "B1"},
        "header": "eu",
        "headers": {"region": "eu"},
        "text": True,
    }


def test_objects_may_be_given_as_json_text() -> None:
    camunda7.give_json_as_text(["order*"])

    run = worked(lambda task: task.complete(task.get_variables()), {"order": {"id": 1}, "orderNo": 5, "other": [1]})

    assert run.report == {"variables": {"order": '{"id": 1}', "orderNo": 5, "other": [1]}}


def test_variables_may_have_their_types_beside_them() -> None:
    given = {"a": {"value": 1, "type": "Integer"}, "b": {"value": '{"x": 1}', "type": "Json"}, "c": {"x": 2}, "d": None}

    assert worked(lambda task: task.complete(given)).report == {
        "variables": {"a": 1, "b": {"x": 1}, "c": {"x": 2}, "d": None}
    }


@pytest.mark.parametrize(("retries", "left"), [(3, 2), (1, 0), (0, 5)])
def test_a_failure_takes_one_retry(retries: int, left: int) -> None:
    run = worked(lambda task: task.failure("no luck", "at all", 5, 700), retries=retries)

    assert run.command == "failure"
    assert (run.report["retries"], run.report["retryBackOff"]) == (left, 700)
    assert "no luck\nat all" in run.report["errorMessage"]


def test_a_bpmn_error_is_one() -> None:
    run = worked(lambda task: task.bpmn_error("POOR", "no money", {"left": {"value": 3}}))

    assert run.report == {"errorCode": "POOR", "errorMessage": "no money", "variables": {"left": 3}}
    assert worked_again(lambda task: task.bpmn_error("POOR")).report == {"errorCode": "POOR", "errorMessage": ""}


def worked_again(action: Any, **job: Any) -> HandlerRun:
    clear()
    _subscriptions.forget()
    return worked(action, **job)


def test_a_result_that_was_not_returned_counts_and_one_that_was_built_by_hand() -> None:
    def forgotten(task: Any) -> None:
        task.complete({"done": True})

    def built(task: Any) -> Any:
        result = importlib.import_module("camunda.external_task.external_task").TaskResult
        return result(success=True, task=task, global_variables={"done": 1}, local_variables={})

    assert worked(forgotten).report == {"variables": {"done": True}}
    assert worked_again(built).report == {"variables": {"done": 1}}


@pytest.mark.parametrize(
    ("action", "said"),
    [
        (
            lambda task: None,
            "the handler returned no result; it must return task.complete(), failure() or bpmn_error()",
        ),
        (lambda task: {"a": 1}, "the handler returned dict; it must return task.complete()"),
    ],
)
def test_no_result_fails_the_job_with_what_to_return(action: Any, said: str) -> None:
    run = worked(action, retries=3)

    assert (run.command, run.report["retries"]) == ("failure", 2)
    assert said in run.report["errorMessage"]


def test_local_variables_are_set_in_the_tasks_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    with Gateway(dialect="8.10") as gateway:
        config.initialize_config({"api": {"baseUrl": gateway.base_url}})
        run = worked(lambda task: task.complete({"a": 1}, {"b": 2}), element_instance_key="2251799813685999")

    # There is no such element; that the engine says so shows that it was asked.
    assert run.command == "failure"
    assert "Variables of element instance 2251799813685999 were not set" in run.report["errorMessage"]


def test_subscriptions_become_workers_with_their_settings() -> None:
    worker = worker_class()("w7", base_url="http://old/engine-rest", config={"lockDuration": 9000})
    subscribed(worker, ["a", "b"], len, variables=["x", "y"])

    assert camunda7.register() == 2

    settings = [worker_settings(worker) for worker in registered_workers()]
    assert [one.job_type for one in settings] == ["a", "b"]
    assert {(one.worker, one.lease_s, one.cap, one.fetch_variables) for one in settings} == {("w7", 9.0, 1, ("x", "y"))}


def test_a_topic_is_worked_as_often_at_once_as_it_was_subscribed() -> None:
    for number in range(4):
        subscribed(worker_class()(number), "a", len)
    camunda7.register()

    assert worker_settings(registered_workers()[0]).cap == 4


def test_how_many_at_once_can_be_said_for_all() -> None:
    subscribed(worker_class()(1), "a", len)
    camunda7.register(50)

    assert worker_settings(registered_workers()[0]).cap == 50


def test_coroutines_are_worked_ten_at_once() -> None:
    async def action(task: Any) -> Any:
        return task.complete({"seen": task.get_variable("a")})

    worker_class_ = worker_class("AsyncExternalTaskWorker")
    greenlet = gevent.spawn(asyncio.run, worker_class_("w").subscribe({"topic": action}))
    until(lambda: bool(_subscriptions.book.topics), "a subscription")
    camunda7.register()

    [worker] = registered_workers()
    assert worker_settings(worker).cap == 10
    assert run_handler(worker.handler, activated_job({"a": 1}, job_type="topic")).report == {"variables": {"seen": 1}}
    _subscriptions.book.released.set()
    with pytest.raises(SystemExit):
        greenlet.get(timeout=30)


def test_a_function_takes_only_tasks_whose_variables_were_asked_for() -> None:
    worker = worker_class()("w")
    subscribed(worker, "topic", lambda task: task.complete({"by": "red"}), {"colour": "red"})
    subscribed(worker, "topic", lambda task: task.complete({"by": "blue"}), {"colour": "blue"}, variables=["x"])
    camunda7.register()
    [one] = registered_workers()

    def run(colour: str) -> HandlerRun:
        return run_handler(one.handler, activated_job({"colour": colour}, job_type="topic", retries=3))

    assert [run(colour).report for colour in ("red", "blue")] == [
        {"variables": {"by": "red"}},
        {"variables": {"by": "blue"}},
    ]
    other = run("green")
    assert (other.command, other.report["retries"], other.report["retryBackOff"]) == ("failure", 3, 60_000)
    assert "no subscription to 'topic' takes a task with such values of colour" in other.report["errorMessage"]


def test_a_function_without_a_choice_takes_what_others_do_not() -> None:
    worker = worker_class()("w")
    subscribed(worker, "topic", lambda task: task.complete({"by": "any"}), variables=["x"])
    subscribed(worker, "topic", lambda task: task.complete({"by": "red"}), {"colour": "red"}, variables=["y"])
    camunda7.register()
    [one] = registered_workers()

    assert worker_settings(one).fetch_variables == ("colour", "x", "y")
    for colour, by in (("red", "red"), ("green", "any")):
        assert run_handler(one.handler, activated_job({"colour": colour}, job_type="topic")).report == {
            "variables": {"by": by}
        }


def test_what_camunda_8_can_not_do_is_refused_where_it_is_asked_for() -> None:
    worker = worker_class()("w")
    subscribed(worker, "a", len)
    engine = importlib.import_module("camunda.client.engine_client").EngineClient()

    with pytest.raises(ConfigurationError, match="the topic 'a' has two functions; keep one"):
        subscribed(worker, "a", print)
    with pytest.raises(ConfigurationError, match=r"EngineClient\.get_jobs has no counterpart here"):
        engine.get_jobs(0, 1)
    with pytest.raises(ConfigurationError, match="Camunda 8 correlates by a key of the model's own"):
        engine.correlate_message("m", process_instance_id="5")
    camunda7.register()
    with pytest.raises(ConfigurationError, match=r"subscribe\('c'\) came too late"):
        subscribed(worker, "c", len)


@pytest.mark.parametrize("name", ["camunda.nothing", "pycamunda.nothing"])
def test_a_module_without_counterpart_says_which_there_are(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=rf"{name} has no counterpart for Camunda 8; there are .*ernaltask"):
        importlib.import_module(name)


def test_other_modules_of_the_libraries_can_be_imported_and_say_so_when_they_are_used() -> None:
    from_library = importlib.import_module("camunda.client.external_task_client").ExternalTaskClient
    processdef = importlib.import_module("pycamunda.processdef")

    for use, name in (
        (lambda: from_library("w"), "camunda.client.external_task_client.ExternalTaskClient"),
        (lambda: processdef.StartInstance(url="u", key="k"), "pycamunda.processdef.StartInstance"),
    ):
        with pytest.raises(ModuleNotFoundError, match=rf"{name} has no counterpart for Camunda 8"):
            use()


def test_instances_are_started_and_messages_correlated() -> None:
    bpmn = """<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
    <bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/></bpmn:process></bpmn:definitions>"""
    with Gateway(dialect="8.10") as gateway:
        config.initialize_config({"api": {"baseUrl": gateway.base_url}})
        api.deploy_resources(("p.bpmn", bpmn.encode()))
        engine = importlib.import_module("camunda.client.engine_client").EngineClient("http://old", {"auth_basic": {}})

        started = engine.start_process("p", {"a": {"value": 1}}, business_key="B1")

        assert (started["businessKey"], started["tenantId"]) == ("B1", "<default>")
        assert started["id"].isdecimal()


def test_requests_of_pycamunda_fail_with_its_exceptions() -> None:
    externaltask = importlib.import_module("pycamunda.externaltask")
    pycamunda = importlib.import_module("pycamunda")
    with Gateway(dialect="8.10") as gateway:
        config.initialize_config({"api": {"baseUrl": gateway.base_url}})
        complete = externaltask.Complete("http://old", id_="2251799813685249", worker_id="w")

        with pytest.raises(pycamunda.NotFound):
            complete()
    with pytest.raises(pycamunda.PyCamundaException):
        complete()
