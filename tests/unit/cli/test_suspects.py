from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from camunda_client._process import job_table
from camunda_client._process.job_table import BLOCKED_S, MOST_CONDEMNED, DeathVerdict, JobTable
from camunda_client.cli._suspects import DEATHS, Suspects

KILLED = -signal.SIGKILL


def test_a_job_in_hand_at_each_of_three_deaths_is_condemned() -> None:
    suspects = Suspects()

    assert suspects.died({1, 2}, 0, KILLED) == []
    assert suspects.died({1, 3}, 0, KILLED) == []
    assert suspects.died({1, 4}, 0, KILLED) == [1]
    assert suspects.condemned[1] == DeathVerdict(3, KILLED)
    assert suspects.condemned[1].cause == "SIGKILL"


def test_of_many_that_were_there_each_time_the_one_that_had_just_begun_is_condemned() -> None:
    suspects, many = Suspects(), set(range(1, 101))

    found = [suspects.died(many, last, KILLED) for last in (7, 7, 7)]

    assert found == [[], [], [7]]


def test_many_that_were_there_each_time_are_no_suspects_and_few_are_in_the_end() -> None:
    suspects = Suspects()
    assert [suspects.died(set(range(1, 101)), 0, KILLED) for _ in range(10)] == [[]] * 10

    suspects = Suspects()
    assert [suspects.died({1, 2}, 0, KILLED) for _ in range(5)] == [[], [], [], [], [1, 2]]


def test_a_job_that_was_failed_begins_anew() -> None:
    suspects = Suspects()
    for _ in range(DEATHS):
        suspects.died({1}, 1, 0)
    assert suspects.condemned[1].cause == "exit code 0"

    suspects.executed(1)

    assert suspects.condemned == {}
    assert suspects.died({1}, 1, 0) == []


def test_no_more_are_condemned_than_there_is_room_for() -> None:
    suspects = Suspects()
    for key in range(1, 100):
        for _ in range(DEATHS):
            suspects.died({key}, key, KILLED)

    assert len(suspects.condemned) == MOST_CONDEMNED


@pytest.fixture
def tables() -> Iterator[tuple[JobTable, JobTable]]:
    """A worker's side and its parent's."""
    import os

    fd = job_table.new_file()
    yield JobTable(fd), JobTable(fd)
    os.close(fd)


def test_a_parent_reads_what_its_worker_has_in_hand(tables: tuple[JobTable, JobTable]) -> None:
    worker, parent = tables
    first, second = worker.enter("2251799813685250"), worker.enter("2251799813685251")

    assert parent.jobs() == {2251799813685250, 2251799813685251}
    assert parent.last() == 2251799813685251
    worker.leave(second)
    assert (parent.jobs(), parent.last()) == ({2251799813685250}, 0)
    worker.leave(first)
    assert parent.jobs() == set()
    assert worker.enter("no key") == 0


def test_more_jobs_than_there_is_room_for_do_no_harm(tables: tuple[JobTable, JobTable]) -> None:
    worker, parent = tables

    cells = [worker.enter(str(key)) for key in range(1, 5001)]
    for cell in cells:
        worker.leave(cell)

    assert parent.jobs() == set()


def test_a_worker_learns_which_jobs_are_condemned_and_says_which_it_failed(tables: tuple[JobTable, JobTable]) -> None:
    worker, parent = tables
    assert worker.verdict("7") is None

    parent.condemn([(7, DeathVerdict(3, KILLED)), (8, DeathVerdict(4, 139))])
    assert worker.verdict("7") == DeathVerdict(3, KILLED)
    assert parent.still_condemned() == {7, 8}

    worker.executed("7")
    assert worker.verdict("7") is None
    assert worker.verdict("8") == DeathVerdict(4, 139)
    assert parent.still_condemned() == {8}


def test_a_parent_reads_that_its_workers_hub_is_blocked_and_by_whom(tables: tuple[JobTable, JobTable]) -> None:
    parent, worker = tables
    assert parent.blocked(1000.0) is None, "it has never run"

    worker.tick(1000.0)
    assert parent.blocked(1000.0 + BLOCKED_S - 0.1) is None
    assert parent.blocked(1002.0) == {"blocked_s": 2.0}

    worker.say_blocked({"handler": "app.work", "stack": ["app.py:3 in work"]})
    assert parent.blocked(1002.0) == {"blocked_s": 2.0, "handler": "app.work", "stack": ["app.py:3 in work"]}

    worker.tick(1002.5)
    assert parent.blocked(1003.0) is None
    assert parent.blocked(1004.5) == {"blocked_s": 2.0}, "another time, by another"
    worker.tick(0.0)
    assert parent.blocked(2000.0) is None, "it has stopped"
