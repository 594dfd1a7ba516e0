"""One type's polling: for how many it asks and how long, and what it makes of answers. Time is given."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client import metrics
from camunda_client.c8._http import Answer
from camunda_client.c8.worker import _poller
from camunda_client.c8.worker._custody import Custody
from camunda_client.c8.worker._execution import JobContext
from camunda_client.c8.worker._pace import BATCH, CUTS_TO_TELL, CUTS_WITHIN_S, Offsets
from camunda_client.c8.worker._poller import Poller
from tests.parts.fake_gateway import TAKEN, FakeGateway, Request, held, job, jobs_of, lost, problem, settings_of
from tests.parts.time_given import Clock, settle
from tests.parts.work import until

PARKED_S = 1.0


class Room:
    """A poller with a gateway, whose polls are answered one after the other as the test says, and then parked."""

    def __init__(
        self,
        handler: Callable[[Any], Any] = lambda job: None,
        *,
        has_leases: bool = False,
        at_once: int = 32,
        **options: Any,
    ) -> None:
        self.clock, self.gateway = Clock(), FakeGateway(most_extensions=256)
        commands: Any = self.gateway
        self.custody = Custody(JobContext(), commands, 1000, at_once, self.clock)
        options = {"timeout": 60_000, "polling_interval": 1, **options}
        self.poller = Poller(
            settings_of(handler, **options),
            commands,
            self.custody,
            Offsets(),
            1,
            lambda: has_leases,
            self.clock,
        )
        self.parked = Event()
        self.gateway.always("activate", self._park)

    def _park(self) -> Answer:
        self.parked.wait(10)
        return jobs_of()

    @contextmanager
    def polling(self) -> Iterator[None]:
        greenlet = gevent.spawn(self.poller.run)
        try:
            yield
        finally:
            self.poller.stop()
            self.parked.set()
            greenlet.get(timeout=10)

    def polls(self, count: int) -> list[Request]:
        """Wait until there were so many polls, and return them."""
        until(lambda: len(self.gateway.asked("activate")) >= count, f"{count} polls", 10)
        settle()
        return self.gateway.asked("activate")


def some_jobs(count: int, first: int = 1) -> Answer:
    return jobs_of(*({"jobKey": str(key), "type": "t", "retries": 3} for key in range(first, first + count)))


def cut_after(room: Room, seconds: float) -> Callable[[], Answer]:
    """A poll that is cut after it was parked for so long, on the room's clock."""

    def cut() -> Answer:
        room.clock.advance(seconds)
        raise lost(applied=True, reason="reset")

    return cut


def test_it_asks_for_what_is_free_and_says_what_its_settings_say() -> None:
    room = Room(max_jobs_active=7)

    with room.polling():
        [request] = room.polls(1)

    assert request.body["maxJobsToActivate"] == 7
    assert (request.body["type"], request.body["timeout"]) == ("t", 60_000)
    assert "withLease" not in request.body
    assert request.timeout_s == request.body["requestTimeout"] / 1000


def test_it_asks_for_the_slots_that_are_left_and_for_none_when_it_is_full() -> None:
    go_on = Event()
    room = Room(lambda job: go_on.wait(10) and None, max_jobs_active=3)
    room.gateway.say("activate", some_jobs(1), some_jobs(2, first=2))

    with room.polling():
        polls = room.polls(2)
        assert [request.body["maxJobsToActivate"] for request in polls] == [3, 2]
        settle()
        assert len(room.gateway.asked("activate")) == 2
        assert room.poller.is_full
        go_on.set()
        assert room.polls(3)[2].body["maxJobsToActivate"] > 0


def test_a_batch_of_the_settings_is_the_most_it_asks_for() -> None:
    room = Room(max_jobs_active=50)
    room.poller.settings = settings_of(timeout=60_000)

    with room.polling():
        assert room.polls(1)[0].body["maxJobsToActivate"] <= BATCH


def test_it_asks_for_the_variables_and_tenants_of_its_settings() -> None:
    room = Room(fetch_variables=["sku"], tenant_ids=["a", "b"])

    with room.polling():
        [request] = room.polls(1)

    assert (request.body["fetchVariable"], request.body["tenantIds"]) == (["sku"], ["a", "b"])


def test_without_long_polling_it_asks_again_after_its_interval() -> None:
    room = Room(request_timeout=-1, polling_interval=1)
    room.gateway.always("activate", jobs_of())

    with room.polling():
        polls = room.polls(3)

    assert {request.body["requestTimeout"] for request in polls} == {-1}


def test_it_asks_for_no_more_than_leases_can_be_kept_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    room = Room(timeout=1000)
    room.custody.extender.durations.note(5.0, room.clock())
    room.gateway.say("activate", jobs_of(), jobs_of())

    with room.polling():
        polls = room.polls(3)

    assert all(0 < request.body["maxJobsToActivate"] < 100 for request in polls)
    assert caplog.text.count("lease.capacity") == 1


def test_a_busy_worker_parks_its_polls_briefly_and_an_idle_one_longer_each_time() -> None:
    room = Room(timeout=3_600_000, request_timeout=8000)

    def answer() -> Answer:
        room.clock.advance(0.5)  # as one that was parked
        return jobs_of()

    room.gateway.say("activate", answer, answer, answer)

    with room.polling():
        polls = room.polls(4)

    assert [request.body["requestTimeout"] for request in polls] == [1000, 2000, 4000, 8000]


def test_a_poll_is_parked_for_half_a_lease_while_the_engines_clock_is_unknown() -> None:
    room = Room(timeout=1000, request_timeout=8000)

    with room.polling():
        [request] = room.polls(1)

    assert request.body["requestTimeout"] == 500


# -- what goes wrong --------------------------------------------------------------------------------------------------
def test_polls_that_are_cut_are_told_of_once_and_never_become_shorter(caplog: pytest.LogCaptureFixture) -> None:
    """After three cuts, ever, polls stayed short for the life of the process: an idle worker polled thrice a second."""
    room = Room(timeout=3_600_000, request_timeout=1000)
    cuts = CUTS_TO_TELL + 2
    room.gateway.say("activate", *[cut_after(room, 0.5)] * cuts)

    with room.polling():
        polls = room.polls(cuts + 1)

    assert caplog.text.count("poll.cut_short") == 1
    assert {request.body["requestTimeout"] for request in polls} == {1000}


def test_cuts_that_are_far_apart_are_no_pattern(caplog: pytest.LogCaptureFixture) -> None:
    """Three resets weeks apart counted as three in a row."""
    room = Room(timeout=3_600_000, request_timeout=1000)

    def answer() -> Answer:
        room.clock.advance(CUTS_WITHIN_S / 2)
        return jobs_of()

    cut = cut_after(room, 0.5)
    room.gateway.say("activate", *[cut, answer] * (CUTS_TO_TELL + 2))

    with room.polling():
        room.polls(2 * CUTS_TO_TELL + 5)

    assert "poll.cut_short" not in caplog.text


def test_a_poll_that_fails_is_said_once_for_each_change_of_state(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    room = Room()
    bad = Answer(status=502, content_type="text/html", body=b"<html>")
    room.gateway.say("activate", bad, bad, bad, lost(applied=True, reason="refused"), jobs_of())

    with room.polling():
        room.polls(5)
        assert room.poller.trouble is None

    assert caplog.text.count("poll.failed") == 2
    assert caplog.text.count("poll.recovered") == 1


def test_overload_halves_what_is_asked_for_and_is_no_alarm(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    room = Room(max_jobs_active=100)
    room.gateway.say("activate", *[problem(429, "RESOURCE_EXHAUSTED")] * 3, jobs_of())

    with room.polling():
        polls = room.polls(5)

    asked = [request.body["maxJobsToActivate"] for request in polls]
    assert asked[:4] == [100, 60, 30, 15]
    assert asked[4] > 15, "and it grows again"
    assert "poll.failed" not in caplog.text


def test_an_answer_that_was_too_large_is_not_asked_for_again() -> None:
    room = Room(max_jobs_active=100)
    room.gateway.say("activate", lost(applied=True, reason="too_large"), jobs_of(), jobs_of())

    with room.polling():
        polls = room.polls(4)

    assert [request.body["maxJobsToActivate"] for request in polls] == [100, 50, 50, 50]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=200, content_type="text/html", body=b"<html>"),
        Answer(status=200, content_type="application/json"),
        Answer(status=200, content_type="application/json", body=b'{"items":[]}'),
        Answer(status=204),
    ],
)
def test_what_is_no_answer_is_not_taken_for_no_jobs(answer: Answer) -> None:
    room = Room()
    room.gateway.say("activate", answer)
    empty = metrics.polls["t", "empty"]

    with room.polling():
        room.polls(2)
        assert room.poller.answered_s is None
        assert room.poller.trouble in ("not_json", "status")
        assert metrics.polls["t", "empty"] == empty
        assert not room.poller.health().alive


def test_a_defect_of_ours_comes_out_for_the_supervisor() -> None:
    room = Room()
    room.gateway.say("activate", KeyError("a defect"))

    with pytest.raises(KeyError, match="a defect"):
        room.poller.run()


# -- what it brings ---------------------------------------------------------------------------------------------------
def test_a_job_that_can_not_be_read_does_not_spoil_the_others() -> None:
    room = Room()
    jobs = ({"jobKey": "1", "type": "t", "retries": 3, "variables": 7}, {"jobKey": "2", "type": "t", "retries": 3})
    room.gateway.say("activate", jobs_of(*jobs))

    with room.polling():
        room.polls(2)

    assert [(request.what, request.key) for request in room.gateway.asked("completion", "failure")] in (
        [("failure", "1"), ("completion", "2")],
        [("completion", "2"), ("failure", "1")],
    )


def test_a_lease_is_counted_from_the_sending_of_the_poll() -> None:
    go_on = Event()
    room = Room(lambda job: go_on.wait(10) and None, timeout=60_000)
    sent_s = room.clock()

    def late() -> Answer:
        room.clock.advance(30.0)
        return some_jobs(1)

    room.gateway.say("activate", late)

    with room.polling():
        room.polls(2)
        [one] = room.custody.jobs()
        assert one.lease.ends_s <= sent_s + 60.0
        go_on.set()
        settle()


@pytest.mark.parametrize(("handlers_s", "asks"), [(5.0, True), (0.001, False)], ids=["slow", "quick"])
def test_jobs_that_were_handed_back_do_not_make_slow_handlers_look_quick(handlers_s: float, asks: bool) -> None:
    """They counted as handlers of no time, so that polls waited for reports that would not come for long."""
    room, answered = Room(at_once=0, max_jobs_active=10), Event()

    def end(key: int, seconds: float) -> None:
        one = held(key, now_s=room.clock())
        if seconds:
            one.started_s, one.ended_s = 50.0, 50.0 + seconds
        room.poller.released(one)

    for key in range(100):
        end(key, handlers_s)
    for key in range(100):
        end(key, 0.0)
    # Five outcomes wait for a connection: where handlers are quick, more jobs would only wait longer.
    room.gateway.always("completion", lambda: (answered.wait(10) and TAKEN) or TAKEN)
    for key in range(5):
        room.custody.accept(job(key), room.poller.settings, room.clock() + 60.0, room.clock())
    settle()

    with room.polling():
        settle()
        assert bool(room.gateway.asked("activate")) is asks
        answered.set()
        settle()


# -- leases with a token ----------------------------------------------------------------------------------------------
def test_leases_with_a_token_are_asked_for_where_there_are_some() -> None:
    room = Room(has_leases=True)

    with room.polling():
        assert room.polls(1)[0].body["withLease"] is True


def test_a_refusal_of_tokens_is_said_and_they_are_asked_for_no_more(caplog: pytest.LogCaptureFixture) -> None:
    room = Room(has_leases=True)
    room.gateway.say("activate", problem(400, "Bad Request", "unknown property withLease"))

    with room.polling():
        polls = room.polls(2)

    assert ["withLease" in request.body for request in polls] == [True, False]
    assert "lease.tokens_refused" in caplog.text


def test_a_worker_that_wants_no_tokens_is_warned_once_beside_those_that_do(caplog: pytest.LogCaptureFixture) -> None:
    room = Room(has_leases=True, with_lease="never")
    room.gateway.say("activate", some_jobs(1), some_jobs(1, first=2))

    with room.polling():
        polls = room.polls(3)

    assert all("withLease" not in request.body for request in polls)
    assert caplog.text.count("lease.without_token") == 1


# -- late, and the end ------------------------------------------------------------------------------------------------
def test_what_a_late_poll_brings_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_poller, "PATIENCE_S", 0.01)
    room, late = Room(request_timeout=100, timeout=60_000), Event()
    room.gateway.say("activate", lambda: (late.wait(10) and some_jobs(1)) or some_jobs(1))

    with room.polling():
        room.polls(2)
        assert room.poller.trouble == "silent"
        late.set()
        settle()

    assert [request.key for request in room.gateway.asked("completion")] == ["1"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (problem(503, "UNAVAILABLE"), None),
        (Answer(status=200, content_type="text/html", body=b"<html>"), "poll.late_answer_unreadable"),
        (lost(applied=True), None),
        (KeyError("a defect"), "greenlet.died"),
    ],
    ids=["a refusal", "a page", "no answer", "a defect"],
)
def test_a_late_poll_that_brings_nothing_holds_up_nothing(
    answer: Answer | Exception, said: str | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(_poller, "PATIENCE_S", 0.01)
    room, late = Room(request_timeout=100, timeout=60_000), Event()

    def answered_late() -> Answer:
        late.wait(10)
        if isinstance(answer, Exception):
            raise answer
        return answer

    room.gateway.say("activate", answered_late, some_jobs(1))
    with room.polling():
        room.polls(2)
        caplog.clear()
        late.set()
        room.polls(3)

    assert [request.key for request in room.gateway.asked("completion")] == ["1"]
    assert said is None or said in caplog.text


def test_a_stop_waits_for_the_open_poll_and_for_nothing_else() -> None:
    room = Room()
    greenlet = gevent.spawn(room.poller.run)
    room.polls(1)
    assert room.poller.parked_until_s is not None

    room.poller.stop()
    settle()
    assert not greenlet.ready()
    room.parked.set()

    greenlet.get(timeout=10)
    assert room.poller.parked_until_s is None
    assert len(room.gateway.asked("activate")) == 1


def test_it_polls_again_when_the_failures_of_jobs_that_could_not_be_read_are_through() -> None:
    """Nothing said so, and it waited for ever."""
    room, answered = Room(at_once=4, max_jobs_to_activate=20, max_jobs_active=100), Event()
    unreadable = [{"jobKey": str(key), "type": "t", "retries": 3, "variables": [1]} for key in range(1, 22)]

    def when_behind() -> Answer:
        until(lambda: room.custody.reporter.is_behind("t"), "failures wait for a connection")
        return jobs_of(unreadable[20])

    room.gateway.say("activate", jobs_of(*unreadable[:20]), when_behind)
    room.gateway.always("failure", lambda: (answered.wait(10) and TAKEN) or TAKEN)

    with room.polling():
        room.polls(2)
        until(lambda: len(room.custody.hand_backs) == 21, "all are being failed")
        settle()
        assert len(room.gateway.asked("activate")) == 2, "it waits, as the engine has enough to do with our reports"
        answered.set()
        room.polls(3)
        assert len(room.gateway.asked("failure")) == 21
