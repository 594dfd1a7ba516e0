"""What the parent of worker processes keeps of them."""

from __future__ import annotations

import gc
import json
import weakref
from typing import Any

import gevent
import pytest

from camunda_client.cli._status import SILENCE_S, StatusBoard


class Dump(dict[str, Any]):
    """A worker's dump that can be watched going."""


def dump(*, completed: int, lost: int = 0, took: tuple[int, float] = (0, 0.0)) -> Dump:
    durations = {"a": [[took[0], *[0] * 12], took[1]]} if took[0] else {}
    return Dump(
        counters={
            "camunda_jobs_completed": [[["a"], completed]],
            "camunda_polls": [[["a", "empty"], 2]],
            "camunda_jobs_in_flight": [[["a"], 7]],
            "camunda_log_lines_lost": [[[], lost]],
        },
        histograms={"camunda_handler_duration_seconds": durations},
    )


def status(counted: Dump) -> dict[str, Any]:
    return {"health": {"alive": True}, "metrics": counted}


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def word(*, alive: bool = True, running: bool = True) -> dict[str, Any]:
    return {"health": {"alive": alive, "running": running, "in_flight": 3}, "metrics": dump(completed=1)}


def states(board: StatusBoard) -> list[tuple[str, bool]]:
    return [(one["state"], one["alive"]) for one in board.health()["processes"]]


def test_all_is_well_only_once_every_process_says_so() -> None:
    """Those that were starting were not there; only their number gave it away."""
    board = StatusBoard(2)
    assert states(board) == [("starting", False)] * 2

    board.started(1, 4711)
    board.put(1, word())
    assert states(board) == [("running", True), ("starting", False)]
    assert board.health()["alive"] is False

    board.started(2, 4712)
    board.put(2, word(alive=False))
    assert states(board) == [("running", True), ("running", False)]
    assert board.health()["alive"] is False

    board.put(2, word())
    assert board.health() == {
        "alive": True,
        "processes": [
            {"process": number, "state": "running", "pid": pid, "silent_s": 0.0,
             "alive": True, "running": True, "in_flight": 3}
            for number, pid in ((1, 4711), (2, 4712))
        ],
    }  # fmt: skip


def test_what_a_process_last_said_does_not_make_it_well_once_it_is_silent() -> None:
    """It was shown as alive for ever."""
    clock = Clock()
    board = StatusBoard(1, clock)
    board.started(1, 4711)
    board.put(1, word())
    clock.now_s = SILENCE_S

    [told] = board.health()["processes"]

    assert (told["state"], told["alive"], told["silent_s"]) == ("silent", False, SILENCE_S)
    assert board.health()["alive"] is False


def test_a_process_to_be_replaced_is_listed_with_its_end_and_when_the_next_one_starts() -> None:
    """It was not there at all."""
    clock = Clock()
    board = StatusBoard(1, clock)
    board.started(1, 4711)
    board.put(1, word())
    board.ended(1, 8.0, deaths=3, exit_code=-9)
    clock.now_s = 2.0

    assert board.health() == {
        "alive": False,
        "processes": [
            {"process": 1, "state": "waiting", "alive": False, "starts_in_s": 6.0, "deaths": 3, "exit_code": -9}
        ],
    }
    board.started(1, 4712)
    clock.now_s = 5.0
    assert board.health()["processes"] == [
        {"process": 1, "state": "starting", "alive": False, "pid": 4712, "starting_s": 3.0}
    ]


def test_nothing_is_well_from_the_moment_that_all_are_told_to_stop() -> None:
    board = StatusBoard(3)
    for number in (1, 2):
        board.started(number, 4710 + number)
        board.put(number, word())
    board.ended(2, 5.0, deaths=1, exit_code=0)

    board.stop()

    assert states(board) == [("stopping", False), ("ended", False), ("stopping", False)]
    assert board.health()["alive"] is False


def test_what_ended_workers_counted_stays_in_the_sums() -> None:
    pytest.importorskip("prometheus_client")
    board = StatusBoard(1)
    for completed in (1, 10, 100):
        board.put(1, status(dump(completed=completed, lost=1, took=(2, 0.5))))
        board.ended(1, 0.0, exit_code=1)
    board.put(1, status(dump(completed=1000)))

    shown = board.exposition()[1].decode()

    assert 'camunda_jobs_completed_total{job_type="a"} 1111.0' in shown
    assert 'camunda_polls_total{job_type="a",outcome="empty"} 8.0' in shown
    assert 'camunda_jobs_in_flight{job_type="a"} 7.0' in shown  # the living one's
    assert 'camunda_handler_duration_seconds_count{job_type="a"} 6.0' in shown
    assert 'camunda_handler_duration_seconds_sum{job_type="a"} 1.5' in shown


def test_no_more_than_the_sum_is_kept_of_workers_that_have_ended() -> None:
    """A dump was kept of each: a handler that kills its process made the parent grow with every restart."""
    board = StatusBoard(1)
    told = []
    for _ in range(5):
        counted = dump(completed=1)
        told.append(weakref.ref(counted))
        board.put(1, status(counted))
        board.ended(1, 0.0, exit_code=1)
    del counted
    gc.collect()

    assert sum(one() is not None for one in told) <= 1


def test_only_a_silent_process_is_not_live() -> None:
    """A restart mends code that hangs, and neither a start, nor a stop, nor a Camunda that is away."""
    clock = Clock()
    board = StatusBoard(2, clock)
    assert board.liveness()["alive"], "they start"

    board.started(1, 101)
    board.put(1, word(alive=False))
    assert board.liveness()["alive"], "Camunda is away"

    board.ended(2, 3.0, exit_code=1)
    clock.now_s += SILENCE_S + 1
    assert board.liveness() == {"alive": False, "silent": [1], "blocked": []}

    board.put(1, word())
    board.stop()
    assert board.liveness()["alive"], "it drains"


class Asked:
    """A worker that is asked; it answers when the test lets it."""

    def __init__(self, board: StatusBoard, number: int) -> None:
        self.board, self.number = board, number
        self.questions: list[dict[str, Any]] = []
        self.answer: dict[str, Any] | None = None

    def say(self, line: bytes) -> None:
        question = json.loads(line)
        self.questions.append(question)
        if self.answer is not None:
            gevent.spawn(self.board.answered, self.number, {"answer": question["question"], **self.answer})


def job(key: str, age_s: float) -> dict[str, Any]:
    return {"job_key": key, "age_s": age_s}


def asked(board: StatusBoard, number: int, **answer: Any) -> Asked:
    worker = Asked(board, number)
    worker.answer = answer or None
    board.started(number, 4700 + number, worker.say)
    return worker


def test_jobs_of_all_processes_are_one_list_the_oldest_first() -> None:
    board = StatusBoard(2)
    asked(board, 1, jobs=[job("1", 5.0), job("2", 1.0)], count=7, events=[{"at": 2.0, "event": "b"}])
    asked(board, 2, jobs=[job("3", 3.0)], count=1, events=[{"at": 1.0, "event": "a"}])

    told = board.jobs(2)

    assert [(one["process"], one["job_key"]) for one in told["jobs"]] == [(1, "1"), (2, "3")]
    assert told["count"] == 8
    assert [one["event"] for one in told["events"]] == ["a", "b"]
    assert told["unheard"] == []


def test_a_process_that_does_not_answer_is_named_and_asked_no_more_than_it_can_answer_later() -> None:
    board = StatusBoard(2)
    silent = asked(board, 1)
    asked(board, 2, jobs=[], count=0, events=[])
    board.ANSWER_S = 0.01

    for _ in range(20):
        assert board.jobs(5)["unheard"] == [1]

    assert len(silent.questions) == 8


def test_a_process_that_has_gone_is_not_waited_for() -> None:
    board = StatusBoard(1)

    def say(line: bytes) -> None:
        raise BrokenPipeError

    board.started(1, 4711, say)

    assert board.job("1") is None


def test_workers_are_asked_nothing_while_nobody_looks() -> None:
    board = StatusBoard(1)
    worker = asked(board, 1, jobs=[], count=0, events=[])
    for _ in range(5):
        board.put(1, word())
        board.health()
        board.types()

    assert worker.questions == []


def test_a_blocked_process_is_shown_with_its_culprit_and_not_asked() -> None:
    """Silence took five seconds to show, and named nobody."""
    clock, asked = Clock(), []
    board, culprit = StatusBoard(1, clock), {"blocked_s": 1.5, "handler": "app.work"}
    blocked: list[dict[str, Any]] = []
    board.started(1, 4711, asked.append, lambda _now: next(iter(blocked), None))
    board.put(1, word())

    blocked.append(culprit)
    [shown] = board.health()["processes"]
    assert (shown["state"], shown["alive"], shown["blocked_by"]) == ("blocked", False, culprit)
    assert board.liveness() == {"alive": False, "silent": [], "blocked": [1]}
    assert board.jobs(10)["unheard"] == [1]
    assert asked == []

    blocked.clear()
    assert board.liveness() == {"alive": True, "silent": [], "blocked": []}
    assert states(board) == [("running", True)]
