"""A second run of a job returns the first's result. On a SQLite file of the test's own."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client.c8 import worker
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import Denied, SqliteStore, camunda_worker, idempotent, run_handler
from camunda_client.error import CamundaBusinessException, ConfigurationError, SignatureException
from tests.parts.fake_gateway import job


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    worker.clear()
    store = SqliteStore(tmp_path / "results.db")
    with store.session() as session:
        session.connection.execute("create table charges (job_key text)")
    return store


def charges(store: SqliteStore) -> list[str]:
    with store.session() as session:
        return [key for (key,) in session.connection.execute("select job_key from charges")]


class Charge:
    """A handler whose effect is a row, and that can be made to fail after it."""

    def __init__(self, store: SqliteStore) -> None:
        self.store, self.runs = store, 0
        self.fails: BaseException | None = None

    def __call__(self, job: ActivatedJob) -> dict[str, Any]:
        self.runs += 1
        self.store.connection.execute("insert into charges values (?)", (job.job_key,))
        if self.fails is not None:
            raise self.fails
        return {"receipt": self.runs, "amount": 12.5}


def test_a_second_run_returns_the_first_s_result(store: SqliteStore) -> None:
    charge = Charge(store)
    handler = idempotent(store)(lambda job: charge(job))

    results = [run_handler(handler, job(7)).report for _ in range(2)]

    assert results == [{"variables": {"receipt": 1, "amount": 12.5}}] * 2
    assert charge.runs == 1
    assert charges(store) == ["7"]


def test_it_is_kept_for_another_process(store: SqliteStore, tmp_path: Path) -> None:
    charge, again = Charge(store), Charge(other := SqliteStore(tmp_path / "results.db"))
    idempotent(store)(lambda job: charge(job))(job(7))

    assert idempotent(other)(lambda job: again(job))(job(7)) == {"receipt": 1, "amount": 12.5}
    assert again.runs == 0


def test_other_jobs_and_types_have_results_of_their_own(store: SqliteStore) -> None:
    charge = Charge(store)
    handler = idempotent(store)(lambda job: charge(job))

    handler(job(7))
    handler(job(8))
    handler(job(7, type="other"))

    assert charge.runs == 3


def test_what_was_written_before_a_failure_is_undone_and_the_job_is_tried_again(store: SqliteStore) -> None:
    charge = Charge(store)
    handler = idempotent(store)(lambda job: charge(job))
    charge.fails = OSError("the card reader is off")

    assert run_handler(handler, job(7)).command == "failure"
    assert charges(store) == []
    charge.fails = None
    assert run_handler(handler, job(7)).report == {"variables": {"receipt": 2, "amount": 12.5}}
    assert charges(store) == ["7"]


def test_a_bpmn_error_is_an_outcome_like_any_other(store: SqliteStore) -> None:
    charge = Charge(store)
    handler = idempotent(store)(lambda job: charge(job))
    charge.fails = CamundaBusinessException("DECLINED", "over the limit", {"limit": 100})

    runs = [run_handler(handler, job(7)) for _ in range(2)]

    assert [run.command for run in runs] == ["error", "error"]
    assert runs[0].report == runs[1].report
    assert runs[0].report["variables"] == {"limit": 100}
    assert charges(store) == ["7"]


def test_a_result_that_is_more_than_variables_is_returned_as_it_was(store: SqliteStore) -> None:
    handler = idempotent(store)(lambda job: Denied("not yours"))
    listener = job(7, kind="TASK_LISTENER", listenerEventType="COMPLETING")

    reports = [run_handler(handler, listener).report for _ in range(2)]

    assert reports[0] == reports[1]
    assert reports[0]["result"]["deniedReason"] == "not yours"


def test_of_two_runs_at_the_same_time_one_counts(store: SqliteStore) -> None:
    """A lease that was lost: another worker has the job while the first still works on it."""
    both_run, runs = Event(), 0

    @idempotent(store)
    def charge(job: ActivatedJob) -> dict[str, int]:
        nonlocal runs
        runs += 1
        mine = runs
        if runs == 2:
            both_run.set()
        both_run.wait(10)
        store.connection.execute("insert into charges values (?)", (job.job_key,))
        return {"receipt": mine}

    greenlets = [gevent.spawn(charge, job(7)) for _ in range(2)]
    first, second = (greenlet.get(timeout=30) for greenlet in greenlets)

    assert runs == 2
    assert first == second
    assert charges(store) == ["7"]


def test_many_jobs_write_at_the_same_time(store: SqliteStore) -> None:
    @idempotent(store)
    def charge(job: ActivatedJob) -> None:
        store.connection.execute("insert into charges values (?)", (job.job_key,))
        gevent.sleep(0)  # with the lock held

    gevent.joinall([gevent.spawn(charge, job(number)) for number in range(50)], timeout=60, raise_error=True)

    assert len(charges(store)) == 50


def test_a_key_of_the_business_holds_over_jobs(store: SqliteStore) -> None:
    charge = Charge(store)
    handler = idempotent(store, key=lambda job: job.variables["order"])(lambda job: charge(job))

    for number in range(3):
        handler(job(number, variables={"order": "A-1"}))

    assert charge.runs == 1
    with pytest.raises(ConfigurationError, match="key of idempotent returned None"):
        idempotent(store, key=lambda job: None)(lambda job: charge(job))(job(1))  # type: ignore[arg-type,return-value]


def test_a_result_that_can_t_be_sent_is_not_kept(store: SqliteStore) -> None:
    handler = idempotent(store)(lambda job: [1, 2])

    run = run_handler(handler, job(7))

    assert run.command == "failure"
    assert "the handler returned list [1, 2]" in run.report["errorMessage"]


def test_methods_and_decorated_handlers_work(store: SqliteStore) -> None:
    class Shop:
        runs = 0

        @idempotent(store)
        def charge(self, job: ActivatedJob) -> dict[str, str]:
            self.runs += 1
            return {"of": job.job_key}

    shop = Shop()
    decorated = camunda_worker("t")(shop.charge)

    assert [run_handler(decorated, job(7)).report["variables"] for _ in range(2)] == [{"of": "7"}] * 2
    assert shop.runs == 1


def test_old_results_are_deleted(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "results.db", keep=timedelta(microseconds=1))
    handler = idempotent(store)(lambda job: None)

    for number in range(500):
        handler(job(number))

    with store.session() as session:
        [(left,)] = session.connection.execute("select count(*) from camunda_results").fetchall()
    assert left <= 1


def test_the_connection_is_there_within_handlers_only(store: SqliteStore) -> None:
    with pytest.raises(RuntimeError, match="only within a handler that has @idempotent"):
        _ = store.connection


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: idempotent("results.db"), "idempotent needs a store such as SqliteStore('results.db'), got"),  # type: ignore[arg-type]
        (lambda: idempotent(SqliteStore("x"), key="order"), "key of idempotent must be a function"),  # type: ignore[arg-type]
        (lambda: SqliteStore("x", table="a; drop"), "keeps results in a table, and 'a; drop' is not a name"),
        (lambda: SqliteStore("x", keep=timedelta(0)), "it must be a timedelta above 0"),
    ],
)
def test_what_can_t_be_is_refused_at_once(make: Any, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        make()

    assert problem in str(refused.value)


def test_async_handlers_are_refused(store: SqliteStore) -> None:
    async def handler(job: ActivatedJob) -> None: ...

    with pytest.raises(SignatureException, match="is async; idempotent needs a plain function"):
        idempotent(store)(handler)
