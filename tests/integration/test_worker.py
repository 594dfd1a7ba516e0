"""Workers on an engine in a process of its own: what handlers do is what the engine records."""

from __future__ import annotations

import dataclasses
import gc
import os
import time
from datetime import timedelta
from typing import Annotated, Any

import gevent
import pytest
from gevent.event import Event

from camunda_client import config, metrics
from camunda_client.c8 import api
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import CamundaWorkerManager, DocumentContent, health, run_handler
from camunda_client.embedded import Gateway
from camunda_client.error import CamundaBusinessException, ServiceException
from camunda_client.testing.plugin import activated_job
from tests.parts import rest, work
from tests.parts.camunda import EngineProcess
from tests.parts.work import Tally, start_many, until, working

pytestmark = pytest.mark.needs("records")


@pytest.fixture(autouse=True)
def _short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop waits for the open poll: a second for each of forty tests."""
    monkeypatch.setitem(work.DEFAULTS, "request_timeout", 400)


def jobs_of(camunda: EngineProcess, job_type: str, state: str, count: int = 1) -> list[dict[str, Any]]:
    return camunda.wait_for_jobs(count, state, job_type=job_type)


@pytest.fixture
def run(camunda: EngineProcess) -> str:
    """A process of one service task, ``one-<run>`` with jobs of type ``t-<run>``."""
    run = rest.unique()
    rest.deploy(camunda.base_url, "one.bpmn", run=run)
    return run


@dataclasses.dataclass
class Receipt:
    total: float


@pytest.mark.parametrize(
    ("result", "variables"),
    [({"total": 5}, {"total": 5}), (Receipt(5.5), {"total": 5.5}), (None, {}), ({"unicode": "žluťoučký ☃"}, None)],
)
def test_what_a_handler_returns_becomes_variables(
    camunda: EngineProcess, run: str, result: Any, variables: dict[str, Any] | None
) -> None:
    seen: list[ActivatedJob] = []

    def handler(job: ActivatedJob) -> Any:
        seen.append(job)
        return result

    key = rest.start(camunda.base_url, f"one-{run}", {"sku": "x"})
    with working(camunda.base_url, {f"t-{run}": handler}):
        [completed] = jobs_of(camunda, f"t-{run}", "COMPLETED")

    assert completed["variables"] == (result if variables is None else variables)
    [job] = seen
    assert job.variables == {"sku": "x"}
    assert job.process_instance_key == str(key)
    assert job.job_key.isdecimal()


def test_an_exception_fails_the_job_until_its_retries_are_used_up(camunda: EngineProcess, run: str) -> None:
    retries = []

    def handler(job: ActivatedJob) -> None:
        retries.append(job.retries)
        raise KeyError("no such sku")

    rest.start(camunda.base_url, f"one-{run}")
    with working(camunda.base_url, {f"t-{run}": handler}, retry_back_off=0):
        jobs_of(camunda, f"t-{run}", "FAILED", 3)

    assert retries == [3, 2, 1]
    failed = jobs_of(camunda, f"t-{run}", "FAILED", 3)
    assert [record["retries"] for record in failed] == [2, 1, 0]
    assert failed[0]["errorMessage"].startswith("KeyError: 'no such sku'")
    [incident] = camunda.incidents(process_id=f"one-{run}")
    assert incident["errorType"] == "JOB_NO_RETRIES"


def test_an_exception_may_say_how_it_is_to_be_retried(camunda: EngineProcess, run: str) -> None:
    def handler(job: ActivatedJob) -> None:
        if job.retries != 7:
            raise ServiceException("later", retries=7, retry_back_off=0, variables={"why": "busy"})

    rest.start(camunda.base_url, f"one-{run}")
    with working(camunda.base_url, {f"t-{run}": handler}):
        jobs_of(camunda, f"t-{run}", "COMPLETED")

    [failed] = jobs_of(camunda, f"t-{run}", "FAILED")
    assert (failed["retries"], failed["variables"]) == (7, {"why": "busy"})


def test_a_business_exception_takes_the_path_of_its_bpmn_error(camunda: EngineProcess) -> None:
    run = rest.unique()
    rest.deploy(camunda.base_url, "err.bpmn", run=run)
    rest.start(camunda.base_url, f"err-{run}")

    def handler(job: ActivatedJob) -> None:
        raise CamundaBusinessException("E-KNOWN", "out of stock", {"left": 0})

    with working(camunda.base_url, {f"t-{run}": handler, f"h-{run}": lambda job: None}):
        jobs_of(camunda, f"h-{run}", "COMPLETED")

    [thrown] = jobs_of(camunda, f"t-{run}", "ERROR_THROWN")
    assert (thrown["errorCode"], thrown["errorMessage"]) == ("E-KNOWN", "out of stock")


class Undecided:
    """As data frames are: neither true nor false."""

    def __bool__(self) -> bool:
        raise ValueError("the truth of this is nobody's business")


class Unspeakable(ServiceException):
    """Ends whoever asks what it says or wants."""

    def __init__(self) -> None:
        pass

    def __getattribute__(self, name: str) -> Any:
        if name in ("retries", "message"):
            raise SystemExit(self)
        return super().__getattribute__(name)


def raises(error: Exception) -> None:
    raise error


def spoils(job: ActivatedJob, name: str) -> None:
    setattr(job, name, None)
    raise KeyError("no such sku")


@pytest.mark.parametrize(
    ("handler_ends", "message"),
    [
        (lambda: [1, 2], "UnfitResult: the handler returned list"),
        (lambda: {"a": float("nan")}, "UnfitResult: a is nan"),
        (lambda: {"a": 2**70}, "a is int"),
        (lambda: {"a": "x" * 2_500_000}, "Camunda refused the handler's result"),
        (lambda: exec("raise SystemExit(3)"), "SystemExit: 3"),
        (lambda: exec("raise KeyboardInterrupt"), "KeyboardInterrupt"),
        (lambda: exec("from gevent import GreenletExit; raise GreenletExit"), "GreenletExit"),
        (lambda: exec("raise BaseException('odd')"), "BaseException: odd"),
        (lambda: raises(ServiceException("later", retry_back_off=timedelta(minutes=5))), "ServiceException: later"),  # type: ignore[arg-type]
        (lambda: raises(ServiceException("later", retries="3")), "ServiceException: later"),  # type: ignore[arg-type]
        (lambda: raises(ServiceException("later", variables=Undecided())), "ServiceException: later"),  # type: ignore[arg-type]
        (lambda: raises(CamundaBusinessException("E", "m", Undecided())), "the truth of this is nobody's"),  # type: ignore[arg-type]
        (lambda: raises(Unspeakable()), "Unspeakable: (its text can't be had)"),
        (lambda job: spoils(job, "retries"), "KeyError: 'no such sku'"),
        (lambda job: spoils(job, "custom_headers"), "KeyError: 'no such sku'"),
    ],
)
def test_nothing_that_a_handler_does_ends_more_than_its_job(
    camunda: EngineProcess, run: str, handler_ends: Any, message: str
) -> None:
    runs = []

    def handler(job: ActivatedJob) -> Any:
        runs.append(job.retries)
        if len(runs) > 1:
            return {"worked": True}
        return handler_ends(job) if handler_ends.__code__.co_argcount else handler_ends()

    rest.start(camunda.base_url, f"one-{run}")
    with working(camunda.base_url, {f"t-{run}": handler}, retry_back_off=0):
        jobs_of(camunda, f"t-{run}", "COMPLETED")

    [failed] = jobs_of(camunda, f"t-{run}", "FAILED")
    assert message in failed["errorMessage"]
    assert failed["retries"] == 2
    assert runs == [3, 2]


def test_a_handler_that_takes_too_long_is_stopped_and_its_job_failed(camunda: EngineProcess, run: str) -> None:
    rest.start(camunda.base_url, f"one-{run}")

    with working(camunda.base_url, {f"t-{run}": lambda job: time.sleep(3600)}, handler_timeout=200):
        [failed] = jobs_of(camunda, f"t-{run}", "FAILED")

    assert "HandlerTimedOut: ran longer than 0.2 s" in failed["errorMessage"]
    assert failed["retries"] == 2


def test_a_thousand_sleeping_handlers_are_in_flight_at_once(camunda: EngineProcess, run: str) -> None:
    everybody, tally = Event(), Tally(lambda job: {"waited": everybody.wait(60)})
    start_many(camunda.base_url, f"one-{run}", 1000)

    with working(camunda.base_url, {f"t-{run}": tally}, settings={"pool": 1000}, max_jobs_active=1000):
        until(lambda: tally.at_once == 1000, "all are in flight")
        threads = len(os.listdir("/proc/self/task"))
        everybody.set()
        jobs_of(camunda, f"t-{run}", "COMPLETED", 1000)

    assert tally.peak == 1000
    assert set(tally.runs.values()) == {1}
    assert len(tally.threads) == 1
    assert threads <= 12


def test_max_jobs_active_1_never_runs_two_at_once(camunda: EngineProcess, run: str) -> None:
    tally = Tally(lambda job: time.sleep(0.002))
    start_many(camunda.base_url, f"one-{run}", 60)

    with working(camunda.base_url, {f"t-{run}": tally}, max_jobs_active=1):
        jobs_of(camunda, f"t-{run}", "COMPLETED", 60)

    assert tally.peak == 1
    assert set(tally.runs.values()) == {1}


def test_the_pool_caps_all_types_together_and_a_flood_starves_nobody(camunda: EngineProcess, run: str) -> None:
    other = rest.unique()
    rest.deploy(camunda.base_url, "one.bpmn", run=other)
    tally = Tally(lambda job: time.sleep(0.02))
    single: list[int] = []

    def one_job(job: ActivatedJob) -> None:
        tally(job)
        single.append(len(tally.runs))

    start_many(camunda.base_url, f"one-{run}", 200)
    handlers = {f"t-{run}": tally, f"t-{other}": one_job}
    with working(camunda.base_url, handlers, settings={"pool": 8}):
        until(lambda: tally.finished > 20, "the flood is being worked")
        rest.start(camunda.base_url, f"one-{other}", {"number": -1})
        jobs_of(camunda, f"t-{other}", "COMPLETED")
        jobs_of(camunda, f"t-{run}", "COMPLETED", 200)

    assert tally.peak <= 8
    assert single[0] < 150, "the other type's job had to wait for the flood to end"


def test_stopping_finishes_what_runs_and_hands_back_the_rest(camunda: EngineProcess, run: str) -> None:
    go_on, tally = Event(), Tally(lambda job: {"waited": go_on.wait(60)})
    start_many(camunda.base_url, f"one-{run}", 20)

    with working(camunda.base_url, {f"t-{run}": tally}, max_jobs_active=10) as workers:
        until(lambda: tally.at_once == 10, "ten are in flight")
        gevent.spawn_later(0.2, go_on.set)
        report = workers.stop()

    assert report.completed + report.handed_back >= 10
    assert report.clean
    left = 20 - tally.finished
    # Nothing is locked: whoever asks has the rest at once.
    found = rest.activate(camunda.base_url, f"t-{run}", count=20, wait_s=1)
    while len(found) < left and (more := rest.activate(camunda.base_url, f"t-{run}", count=20, wait_s=1)):
        found += more
    assert len(found) == left
    assert {job["retries"] for job in found} <= {3}


def test_a_handler_that_outlasts_the_drain_is_stopped_and_its_job_handed_back(camunda: EngineProcess, run: str) -> None:
    tally = Tally(lambda job: time.sleep(3600))
    rest.start(camunda.base_url, f"one-{run}", {"number": 0})

    with working(camunda.base_url, {f"t-{run}": tally}) as workers:
        until(lambda: tally.at_once == 1, "it runs")
        report = workers.stop(0.3)
        until(lambda: tally.at_once == 0, "it was stopped")

    assert (len(report.interrupted), report.handed_back, report.abandoned) == (1, 0, [])
    [job] = rest.activate(camunda.base_url, f"t-{run}", wait_s=2)
    assert job["retries"] == 3


def test_what_a_stopped_handler_raises_costs_no_retry(camunda: EngineProcess, run: str) -> None:
    cleaned_up = Event()

    def handler(job: ActivatedJob) -> None:
        try:
            time.sleep(3600)
        except BaseException as error:
            raise ServiceException("could not finish") from error
        finally:
            # Longer than the worker waits for it: the job is handed back meanwhile.
            time.sleep(0.3)
            cleaned_up.set()

    tally = Tally(handler)
    rest.start(camunda.base_url, f"one-{run}", {"number": 0})

    with working(camunda.base_url, {f"t-{run}": tally}) as workers:
        until(lambda: tally.at_once == 1, "it runs")
        report = workers.stop(0.3)
        assert cleaned_up.wait(10)
        # Whoever has the job now keeps it.
        [job] = rest.activate(camunda.base_url, f"t-{run}", wait_s=2)
        gevent.sleep(0.2)

    assert (len(report.interrupted), report.handed_back, report.abandoned) == (1, 0, [])
    assert job["retries"] == 3
    assert len(jobs_of(camunda, f"t-{run}", "FAILED")) == 1


def test_a_handler_that_ends_as_it_would_be_stopped_is_reported(camunda: EngineProcess, run: str) -> None:
    go_on = Event()
    tally = Tally(lambda job: {"waited": go_on.wait(60)})
    rest.start(camunda.base_url, f"one-{run}", {"number": 0})

    with working(camunda.base_url, {f"t-{run}": tally}):
        until(lambda: tally.at_once == 1, "it runs")
        supervisor = CamundaWorkerManager().running
        assert supervisor is not None
        # What a stop does at its deadline, with the handler's end already in the hub's queue.
        go_on.set()
        supervisor._custody.stop_handlers()
        [completed] = jobs_of(camunda, f"t-{run}", "COMPLETED")

    assert completed["variables"] == {"waited": True}
    assert tally.runs == {0: 1}


def test_a_job_that_a_poll_brings_after_the_drains_deadline_is_handed_back(camunda: EngineProcess, run: str) -> None:
    from camunda_client.c8.worker import health

    with working(camunda.base_url, {f"t-{run}": lambda job: None}, request_timeout=3000) as workers:
        # Then polls are parked for long enough.
        until(lambda: health().types[0].answered_s_ago is not None, "a poll was answered")
        stopping = gevent.spawn(workers.stop, 0.05)
        stopping.join(0.3)
        assert not stopping.ready(), "a poll is open yet"
        rest.start(camunda.base_url, f"one-{run}")
        report = stopping.get()

    assert report.clean
    assert report.handed_back == 1
    [job] = rest.activate(camunda.base_url, f"t-{run}", wait_s=2)
    assert job["retries"] == 3


def test_a_worker_whose_pool_is_busy_is_alive_though_it_does_not_poll(camunda: EngineProcess, run: str) -> None:
    from camunda_client.c8.worker import health

    go_on = Event()
    rest.start(camunda.base_url, f"one-{run}")

    options = {"settings": {"pool": 1}, "request_timeout": 100}
    with working(camunda.base_url, {f"t-{run}": lambda job: go_on.wait(60)}, **options):
        until(lambda: health().in_flight == 1 and (health().types[0].answered_s_ago or 0) > 3.5, "no polls for long")
        assert health().types[0].alive
        assert health().alive
        go_on.set()


def test_a_worker_that_drains_is_not_alive_any_more(camunda: EngineProcess, run: str) -> None:
    """It said so until its end, though it asks for nothing."""
    from camunda_client.c8.worker import health

    go_on = Event()
    rest.start(camunda.base_url, f"one-{run}")

    with working(camunda.base_url, {f"t-{run}": lambda job: go_on.wait(60)}, request_timeout=100) as workers:
        until(lambda: health().in_flight == 1 and health().alive, "it works")
        stopping = gevent.spawn(workers.stop)
        until(lambda: not health().running, "it drains")
        draining = health()
        go_on.set()
        stopping.get()

    assert draining.in_flight == 1
    assert not draining.alive


def test_jobs_whose_answer_would_be_too_large_are_asked_for_in_smaller_batches(
    camunda: EngineProcess, run: str
) -> None:
    for number in range(20):
        rest.start(camunda.base_url, f"one-{run}", {"number": number, "text": "x" * 2000})
    tally = Tally()

    # What is refused is locked for its lease.
    with working(camunda.base_url, {f"t-{run}": tally}, api={"maxResponseBytes": 10_000}, timeout=500):
        jobs_of(camunda, f"t-{run}", "COMPLETED", 20)

    assert set(tally.runs.values()) == {1}


def test_starting_again_after_a_stop_works(camunda: EngineProcess, run: str) -> None:
    from camunda_client.c8 import worker

    tally = Tally()
    with working(camunda.base_url, {f"t-{run}": tally}) as workers:
        workers.stop()
        workers.stop()
        rest.start(camunda.base_url, f"one-{run}", {"number": 0})
        worker.start_camunda_workers()
        jobs_of(camunda, f"t-{run}", "COMPLETED")

    assert tally.runs == {0: 1}


def test_a_stop_leaves_no_thread_behind(camunda: EngineProcess) -> None:
    """Each start of a worker whose gateway has a name kept one more thread for look-ups."""
    before = len(os.listdir("/proc/self/task"))
    for _ in range(3):
        with working(camunda.base_url.replace("127.0.0.1", "localhost"), {"t-nothing": Tally()}) as workers:
            until(lambda: health().alive, "it polls")
            workers.stop()

    until(lambda: len(os.listdir("/proc/self/task")) <= before, "the threads have ended", 10.0)


def test_a_lease_is_extended_while_the_handler_runs(camunda: EngineProcess, run: str) -> None:
    tally = Tally(lambda job: time.sleep(2.5))
    rest.start(camunda.base_url, f"one-{run}", {"number": 0})

    with working(camunda.base_url, {f"t-{run}": tally}, timeout=1000):
        jobs_of(camunda, f"t-{run}", "COMPLETED")

    assert tally.runs == {0: 1}


def test_finished_jobs_leave_nothing_behind(camunda: EngineProcess, run: str) -> None:
    """A reused greenlet that kept its last task would keep that job's variables alive."""

    class Big(dict[str, Any]):
        alive = 0

        def __init__(self) -> None:
            super().__init__(a=1)
            Big.alive += 1

        def __del__(self) -> None:
            Big.alive -= 1

    start_many(camunda.base_url, f"one-{run}", 30)
    with working(camunda.base_url, {f"t-{run}": lambda job: Big()}):
        jobs_of(camunda, f"t-{run}", "COMPLETED", 30)
        until(lambda: gc.collect() >= 0 and Big.alive == 0, "all results are gone")


def test_every_series_of_a_job_type_is_there_before_its_first_job() -> None:
    """Nobody listens on this port: what is worth an alarm must be seen from zero on, whatever happens first."""
    job_type = f"t-{rest.unique()}"

    with working("http://127.0.0.1:1", {job_type: lambda job: None}):
        found = metrics.snapshot()

    assert found["camunda_reports_given_up_total"][job_type,] == 0
    assert found["camunda_lease_lost_total"][job_type,] == 0
    assert found["camunda_polls_total"][job_type, "jobs"] == 0
    assert () in found["camunda_hub_blocked_seconds_total"]


def test_a_parameter_may_be_a_documents_content() -> None:
    with Gateway(dialect="8.10") as gateway:
        config.initialize_config({"api": {"baseUrl": gateway.base_url}})
        documents = [api.upload_document(text, file_name="a.txt") for text in (b"one", b"two")]
        references = [document.model_dump(by_alias=True, mode="json", exclude_none=True) for document in documents]

        def one(invoice: Annotated[bytes, DocumentContent()]) -> dict[str, Any]:
            return {"text": invoice.decode()}

        def several(texts: Annotated[list[bytes], DocumentContent("invoices")]) -> dict[str, Any]:
            return {"text": b"+".join(texts).decode()}

        job = activated_job(variables={"invoice": references[0], "invoices": references})
        lists = activated_job(variables={"invoice": references})

        assert run_handler(one, job).report == {"variables": {"text": "one"}}
        assert run_handler(several, job).report == {"variables": {"text": "one+two"}}
        assert "invoice (List should have at most 1 item" in run_handler(one, lists).report["errorMessage"]
