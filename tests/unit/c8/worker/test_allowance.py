"""For how many jobs types may ask, by the caps of what they use. Time is given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from gevent.event import Event

from camunda_client._process import cap_table
from camunda_client._process.cap_table import CapTable
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._caps._allowance import CONTENDED_PARKED_S, LOOK_S, Allowance, Caps
from camunda_client.c8.worker._errors import class_names
from camunda_client.c8.worker._lease import HeldJob, Lease
from camunda_client.c8.worker._resources import Resource
from camunda_client.c8.worker._settings import WorkerSettings
from tests.parts.fake_gateway import settings_of
from tests.parts.time_given import Clock


class Type:
    """A job type: what it may ask for, and what it has in hand."""

    def __init__(self, caps: Caps, *resources: Resource, **options: Any) -> None:
        self.settings: WorkerSettings = caps.fitted(
            replace(settings_of(lambda job: None), resources=resources, **options)
        )
        allowance = caps.allowance(self.settings)
        assert allowance is not None
        self.allowance: Allowance = allowance
        self.jobs = 0
        self.changed = Event()
        allowance.serve(lambda: self.jobs, self.changed)

    def ask(self, want: int = 100, *, is_idle: bool = False) -> int:
        return self.allowance.take(want, is_idle=is_idle)

    def poll(self, want: int = 100, brings: int | None = None) -> int:
        """Ask, and have the poll answered at once with as many jobs as asked for."""
        granted = self.ask(want)
        self.begin(*self.come(granted, granted if brings is None else brings))
        return granted

    def come(self, granted: int, brings: int) -> list[HeldJob]:
        """Have a poll answered; return the jobs that it has brought, of which none has begun."""
        found = [held() for _ in range(brings)]
        assert all(self.allowance.defers(job) is None for job in found)
        self.jobs += brings
        self.allowance.settle(granted)
        return found

    def begin(self, *jobs: HeldJob) -> None:
        for job in jobs:
            if self.settings.starts is not None:
                self.settings.starts.began(job.key)

    def finish(self, jobs: int = 1) -> None:
        self.jobs -= jobs
        for _ in range(jobs):
            self.allowance.released(held())


_keys = count(1)


def held(**variables: Any) -> HeldJob:
    settings = settings_of(lambda job: None)
    job = ActivatedJob.model_validate({"jobKey": str(next(_keys)), "type": "t", "retries": 3, "variables": variables})
    return HeldJob(job, settings, 0.0, Lease(10.0, 100.0))


def caps_of(clock: Clock, *resources: Resource, table: CapTable | None = None) -> Caps:
    return Caps({resource.name: resource for resource in resources}, table, clock, clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_types_of_one_bulkhead_have_no_more_places_together_than_it_has(clock: Clock) -> None:
    oracle = Resource("oracle", limit=8)
    caps = caps_of(clock, oracle)
    one, other = Type(caps, oracle), Type(caps, oracle)

    assert one.poll(5) == 5
    assert other.ask() == 3
    assert one.ask() == 0
    assert one.allowance.capped_by == "limit of oracle"


def test_the_tightest_of_several_caps_counts(clock: Clock) -> None:
    oracle, crm = Resource("oracle", limit=8), Resource("crm", limit=5, rate="3/s")
    both = Type(caps_of(clock, oracle, crm), oracle, crm)

    assert both.ask() == 3
    assert both.ask() == 0
    assert both.allowance.capped_by == "rate of crm"


def test_places_that_a_poll_did_not_need_are_free_again(clock: Clock) -> None:
    oracle = Resource("oracle", limit=8)
    caps = caps_of(clock, oracle)
    one, other = Type(caps, oracle), Type(caps, oracle)
    one.poll(brings=2)

    assert other.ask() == 6


def test_who_was_refused_a_place_has_the_next_one(clock: Clock) -> None:
    oracle = Resource("oracle", limit=2)
    caps = caps_of(clock, oracle)
    one, other = Type(caps, oracle), Type(caps, oracle)
    one.poll()
    assert other.ask() == 0

    one.finish()

    assert other.changed.is_set()
    assert one.ask() == 0
    assert other.ask() == 1


def test_a_place_is_not_kept_for_who_waits_for_something_else(clock: Clock) -> None:
    oracle, crm = Resource("oracle", limit=2), Resource("crm", limit=1)
    caps = caps_of(clock, oracle, crm)
    one, both, third = Type(caps, oracle), Type(caps, oracle, crm), Type(caps, crm)
    third.poll()
    one.poll()
    assert both.ask() == 0
    one.finish()
    assert both.ask() == 0

    assert both.allowance.capped_by == "limit of crm"
    assert one.ask() == 1


def test_a_type_without_work_takes_one_place_and_not_for_long(clock: Clock) -> None:
    oracle = Resource("oracle", limit=8)
    caps = caps_of(clock, oracle)
    one, other = Type(caps, oracle), Type(caps, oracle)

    assert one.ask(is_idle=True) == 1
    assert one.allowance.parked_s(10.0) == CONTENDED_PARKED_S
    assert other.ask() == 7
    # It has the last place.
    assert other.allowance.parked_s(10.0) < 0


def test_a_type_that_is_alone_asks_for_all_and_waits_long(clock: Clock) -> None:
    oracle = Resource("oracle", limit=8)
    alone = Type(caps_of(clock, oracle), oracle)

    assert alone.ask(is_idle=True) == 8
    assert alone.allowance.parked_s(10.0) == 10.0


@pytest.mark.parametrize(("took_s", "least"), [(0.0, 1190), (0.002, 1170)])
def test_a_rate_holds_over_a_minute(clock: Clock, took_s: float, least: int) -> None:
    crm = Resource("crm", rate="20/s")
    busy = Type(caps_of(clock, crm), crm)
    starts: list[float] = []

    while clock() < 1060:
        granted = busy.ask()
        if not granted:
            clock.advance(busy.allowance.wait_s or 0.001)
            continue
        clock.advance(took_s)
        busy.begin(*busy.come(granted, granted))
        starts += [clock()] * granted

    assert least <= len(starts) <= 1220
    assert max(sum(start <= at < start + 1 for at in starts) for start in starts) == 20


def test_a_parked_poll_does_not_start_more_than_the_rate_when_it_comes(clock: Clock) -> None:
    crm = Resource("crm", rate="5/s")
    type_ = Type(caps_of(clock, crm), crm)
    granted = type_.ask()
    clock.advance(10)
    type_.begin(*type_.come(granted, 5))

    assert granted == 5
    assert type_.ask() == 0
    assert type_.allowance.wait_s == pytest.approx(1.0, abs=0.02)


def test_a_job_counts_when_its_handler_begins_and_not_when_it_comes(clock: Clock) -> None:
    crm = Resource("crm", rate="5/s")
    type_ = Type(caps_of(clock, crm), crm)
    jobs = type_.come(type_.ask(), 5)
    clock.advance(0.9)
    type_.begin(*jobs[1:])
    clock.advance(0.3)

    # One has yet to begin, and four began 0.3 s ago.
    assert type_.ask() == 0
    clock.advance(0.75)
    assert type_.ask() == 4


def test_a_job_that_is_gone_before_it_began_does_not_count(clock: Clock) -> None:
    crm = Resource("crm", rate="5/s")
    type_ = Type(caps_of(clock, crm), crm)
    for job in type_.come(type_.ask(), 5)[:3]:
        type_.allowance.released(job)

    assert type_.ask() == 3


def test_a_type_that_waits_for_the_start_of_a_job_looks_again_when_it_starts(clock: Clock) -> None:
    crm = Resource("crm", rate="1/s")
    type_ = Type(caps_of(clock, crm), crm)
    [job] = type_.come(type_.ask(), 1)
    assert type_.ask() == 0
    assert type_.allowance.wait_s is None
    type_.changed.clear()

    type_.begin(job)

    assert type_.changed.is_set()
    assert type_.ask() == 0
    assert type_.allowance.wait_s == pytest.approx(1.0, abs=0.02)


def test_a_type_whose_room_is_pending_asks_for_what_has_expired(clock: Clock) -> None:
    crm = Resource("crm", rate="5/s")
    type_ = Type(caps_of(clock, crm), crm)
    jobs = type_.come(type_.ask(), 5)
    type_.begin(*jobs[:3])

    assert type_.ask() == 0
    clock.advance(type_.allowance.wait_s or 100)
    assert type_.ask() == 3


def test_at_the_very_moment_when_a_start_expires_there_is_a_time_to_look_again() -> None:
    crm = Resource("crm", rate="1/s")
    for part in range(1_000_000, 1_002_000):
        clock = Clock(part / 100)
        type_ = Type(caps_of(clock, crm), crm)
        type_.poll()
        assert type_.ask() == 0
        clock.advance(type_.allowance.wait_s or 0.0)
        assert type_.ask() == 1 or type_.allowance.wait_s is not None


@pytest.fixture
def two_processes(clock: Clock) -> Iterator[tuple[Caps, Caps]]:
    oracle = Resource("oracle", limit=8, rate="20/s")
    fd = cap_table.new_file(2)
    yield tuple(caps_of(clock, oracle, table=CapTable(fd, 2, place)) for place in (0, 1))  # type: ignore[misc]
    os.close(fd)


def test_two_processes_share_places_and_starts(clock: Clock, two_processes: tuple[Caps, Caps]) -> None:
    oracle = Resource("oracle", limit=8, rate="20/s")
    here, there = (Type(caps, oracle) for caps in two_processes)

    assert here.poll(5) == 5
    assert there.poll() == 3
    assert here.ask() == 0
    here.finish(5)
    there.finish(3)
    assert here.poll() == 8
    here.finish(8)
    assert there.ask() == 4
    assert there.allowance.parked_s(10.0) < 0


def test_a_process_looks_soon_where_another_has_asked_for_what_is_left(clock: Clock) -> None:
    oracle = Resource("oracle", rate="100/h")
    fd = cap_table.new_file(2)
    here, there = (Type(caps_of(clock, oracle, table=CapTable(fd, 2, place)), oracle) for place in (0, 1))
    here.poll(1)
    asked = here.ask(99)

    assert asked == 99
    assert there.ask() == 0
    assert there.allowance.wait_s == pytest.approx(LOOK_S)
    here.allowance.settle(asked)
    assert there.ask() == 99
    os.close(fd)


def test_nothing_is_asked_for_during_a_pause_and_no_poll_is_parked_into_one() -> None:
    host = Resource("host", pause="22:00-06:00 UTC")
    clock = Clock()
    clock.advance(86_400 * 10 + 22 * 3600 - 4 - clock())
    type_ = Type(caps_of(clock, host), host)

    assert type_.ask() == 100
    assert type_.allowance.parked_s(10.0, clock()) == pytest.approx(4)
    type_.allowance.settle(100)
    clock.advance(5)
    assert type_.ask() == 0
    assert type_.allowance.capped_by == "pause of host"
    clock.advance(8 * 3600)
    assert type_.ask() == 100


class TestCircuit:
    @pytest.fixture
    def crm(self) -> Resource:
        return Resource("crm", limit=50, opens_after=3, opens_on=ConnectionError, opens_for=30_000)

    @pytest.fixture
    def type_(self, clock: Clock, crm: Resource) -> Type:
        return Type(caps_of(clock, crm), crm)

    @staticmethod
    def fail(type_: Type, key: str = "1", error: BaseException | None = None) -> float | None:
        assert type_.settings.faults is not None
        return type_.settings.faults.keeps_retries_for_s(key, class_names(error or ConnectionResetError()))

    @staticmethod
    def succeed(type_: Type) -> None:
        assert type_.settings.faults is not None
        type_.settings.faults.succeeded()

    def test_failures_in_a_row_open_it_and_keep_their_retries(self, type_: Type) -> None:
        assert [self.fail(type_, str(number)) for number in range(3)] == [0.0, 0.0, 30.0]
        assert type_.ask() == 0
        assert type_.allowance.capped_by == "circuit of crm"
        assert type_.allowance.wait_s == pytest.approx(30)

    def test_a_success_between_them_keeps_it_closed(self, type_: Type) -> None:
        for _ in range(5):
            self.fail(type_, "1")
            self.fail(type_, "2")
            self.succeed(type_)

        assert type_.ask() == 50

    def test_other_exceptions_say_nothing(self, type_: Type) -> None:
        assert [self.fail(type_, "1", ValueError()) for _ in range(5)] == [None] * 5
        assert type_.ask() == 50

    def test_when_its_time_is_over_one_job_is_tried(self, type_: Type, clock: Clock) -> None:
        for number in range(3):
            self.fail(type_, str(number))
        clock.advance(30.1)

        assert type_.poll() == 1
        assert type_.ask() == 0
        type_.finish()
        self.succeed(type_)
        assert type_.ask() == 50

    def test_a_trial_that_fails_opens_it_again(self, type_: Type, clock: Clock) -> None:
        for number in range(3):
            self.fail(type_, str(number))
        clock.advance(30.1)
        type_.poll()

        assert self.fail(type_) == 30.0
        type_.finish()
        assert type_.ask() == 0

    def test_a_success_that_had_begun_before_does_not_close_it(self, type_: Type) -> None:
        for number in range(3):
            self.fail(type_, str(number))
        self.succeed(type_)

        assert type_.ask() == 0

    def test_a_job_that_comes_while_it_is_open_is_handed_back(self, type_: Type) -> None:
        for number in range(3):
            self.fail(type_, str(number))

        assert type_.allowance.defers(held()) == (30_001, "handed back unworked: the circuit of crm is open")

    def test_a_job_that_fails_so_while_others_succeed_loses_retries_in_the_end(self, type_: Type) -> None:
        found = []
        for _ in range(5):
            found.append(self.fail(type_, "1"))
            self.succeed(type_)

        assert found == [0.0, 0.0, 0.0, None, None]


class TestKeys:
    def test_a_job_whose_key_is_busy_is_handed_back_behind_those_before_it(self, clock: Clock) -> None:
        type_ = Type(caps_of(clock), per="customer")
        first, *others = (held(customer=5) for _ in range(4))

        assert type_.allowance.defers(first) is None
        waits = [deferred[0] for job in others if (deferred := type_.allowance.defers(job)) is not None]
        assert waits == sorted(waits)
        assert len(set(waits)) == 3
        assert type_.allowance.defers(held(customer=6)) is None
        type_.allowance.released(first)
        assert type_.allowance.defers(others[0]) is None

    def test_a_job_without_the_variable_runs(self, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
        type_ = Type(caps_of(clock), per="customer")

        assert [type_.allowance.defers(held(other=1)) for _ in range(3)] == [None] * 3
        assert [record.message.split()[0] for record in caplog.records] == ["cap.key_missing"]

    def test_two_at_once_where_two_may_run(self, clock: Clock) -> None:
        type_ = Type(caps_of(clock), per="customer", per_limit=2)

        assert [type_.allowance.defers(held(customer=5)) is None for _ in range(3)] == [True, True, False]
