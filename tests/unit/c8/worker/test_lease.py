"""A lease against a Camunda of its own time: whatever is late, lost or frozen, what is held is ours."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camunda_client.c8.worker._lease import SURE, Durations, Lease, LeastSlack, Loss, pause_s
from camunda_client.c8.worker._pace import Offsets

LENGTHS = st.sampled_from([0.3, 1.0, 2.0, 10.0, 60.0, 3600.0])


@dataclass
class Camunda:
    """One job's lease, truly: extended when a request is applied, if it has not ended by then."""

    ends_s: float
    length_s: float
    #: When requests that are on their way will be applied.
    coming_s: list[float] = field(default_factory=list)

    def is_ours(self, now_s: float) -> bool:
        """Apply what has come by now; a request that comes after the end finds the job another's."""
        for at_s in sorted(at_s for at_s in self.coming_s if at_s <= now_s):
            self.coming_s.remove(at_s)
            if at_s <= self.ends_s:
                self.ends_s = max(self.ends_s, at_s + self.length_s)
        return now_s <= self.ends_s


@dataclass
class Life:
    """What happens to one lease: each extension's way there and back in parts of a lease, ``None`` if it is lost."""

    length_s: float
    trips: list[tuple[float, float] | None]
    #: When our process stands still, in parts of a lease: after how long, and for how long.
    freezes: list[tuple[float, float]] = field(default_factory=list)


LIVES = st.builds(
    Life,
    LENGTHS,
    st.lists(st.none() | st.tuples(st.floats(0, 1.2), st.floats(0, 1.2)), min_size=1, max_size=12),
    st.lists(st.tuples(st.floats(0, 1.5), st.floats(0, 2.0)), max_size=3),
)


def awake(life: Life, at_s: float) -> float:
    """Return when something is done that was to be done at this moment."""
    begin_s = 0.0
    for after, lasts in life.freezes:
        begin_s += after * life.length_s
        end_s = begin_s + lasts * life.length_s
        if begin_s <= at_s < end_s:
            return end_s
        begin_s = end_s
    return at_s


@settings(max_examples=400)
@given(LIVES)
def test_what_is_held_is_ours_whatever_is_late_lost_or_frozen(life: Life) -> None:
    sent_s, granted_s = 0.0, 0.01 * life.length_s
    camunda = Camunda(granted_s + life.length_s, life.length_s)
    lease = Lease(life.length_s, sent_s + life.length_s)
    usual = Durations()
    now, trips, answers = granted_s, iter(life.trips), []
    while True:
        due_s = lease.due_s(usual.usual_s)
        next_s = min([due_s, *(answer_s for answer_s, _ in answers)])
        now = awake(life, max(next_s, now))
        # Everything that we would do with the job now.
        is_ours = camunda.is_ours(now)
        for may in (lease.holds(now), lease.may_start(now, usual.usual_s), lease.may_send(now, usual.usual_s)):
            assert is_ours or not may
        for answer_s, asked_s in [one for one in answers if one[0] <= now]:
            answers.remove((answer_s, asked_s))
            usual.note(now - asked_s, now)
            if not lease.granted(asked_s, now):
                lease.lose(Loss.UNANSWERED)
        if not lease.holds(now):
            return
        if due_s <= now:
            trip = next(trips, ())
            if trip == ():
                return
            useful_s = lease.try_s(now)
            assert 0 < useful_s <= max(life.length_s, 0.02)
            lease.asked(now)
            if trip is not None:
                there_s, back_s = trip[0] * life.length_s, trip[1] * life.length_s
                camunda.coming_s.append(now + there_s)
                if there_s + back_s < useful_s:
                    answers.append((now + there_s + back_s, now))
        assert lease.due_s(usual.usual_s) > now - life.length_s


@given(LENGTHS, st.floats(0, 0.9), st.integers(1, 40))
def test_extensions_that_take_up_to_nine_tenths_of_a_lease_keep_it(length_s: float, part: float, rounds: int) -> None:
    """Each is applied at once, or at the end of its way."""
    late_s = min(part * length_s, 9.0)
    lease, usual, answers, now = Lease(length_s, length_s), Durations(), [], 0.0
    for _ in range(rounds * 20):
        due_s = lease.due_s(usual.usual_s)
        answer = min(answers, default=None)
        if answer is not None and answer[0] <= due_s:
            answers.remove(answer)
            now = answer[0]
            usual.note(late_s, now)
            assert lease.granted(answer[1], now)
        else:
            now = max(due_s, now)
            assert lease.holds(now)
            assert late_s < lease.try_s(now)
            lease.asked(now)
            answers.append((now + late_s, now))


@given(LENGTHS)
def test_a_lease_that_is_never_answered_is_tried_often_and_not_for_ever(length_s: float) -> None:
    lease, usual = Lease(length_s, length_s), 0.01 * length_s
    tries = []
    while lease.holds(now := lease.due_s(usual)):
        tries.append(now)
        lease.asked(now)

    assert 3 <= len(tries) <= 12
    assert tries[0] == pytest.approx(length_s / 3)


def test_what_was_possibly_over_is_lost_whatever_is_granted_later() -> None:
    lease = Lease(10.0, 10.0)
    lease.asked(9.0)

    assert not lease.granted(9.0, 10.5)
    lease.lose(Loss.UNANSWERED)
    assert not lease.granted(9.9, 9.95)
    assert lease.left_s(5.0) <= 0

    lease.granted_anew(30.0)
    assert lease.left_s(22.0) == 8.0


def test_a_failed_extension_is_repeated_after_half_of_what_is_left() -> None:
    lease = Lease(10.0, 10.0)
    lease.asked(2.0)
    lease.failed(2.0)
    assert lease.due_s(None) == 6.0

    lease.asked(6.0)
    lease.failed(2.0)  # an older one
    assert lease.due_s(None) == 6.5


@pytest.mark.parametrize(
    ("usual_s", "pause"), [(None, 0.5), (0.0, 10 / 3), (0.1, 10 / 3), (6.0, 2.0), (9.0, 0.5), (20.0, 0.5)]
)
def test_the_pause_between_extensions_leaves_room_for_their_answers(usual_s: float | None, pause: float) -> None:
    assert pause_s(10.0, usual_s) == pytest.approx(pause)


def test_one_straggler_in_four_is_not_usual_and_five_slow_ones_are() -> None:
    durations = Durations()
    for took_s in (0.01, 0.01, 0.01, 5.0, 0.01, 0.01, 0.01, 5.0, 0.01, 0.01, 0.01):
        durations.note(took_s, 0.0)
    assert durations.usual_s == 0.01

    for _ in range(5):
        durations.note(2.0, 0.0)
    assert durations.usual_s is not None
    assert durations.usual_s >= 2.0


# -- Camunda's clock --------------------------------------------------------------------------------------------------
@settings(max_examples=400)
@given(
    LENGTHS,
    st.floats(-1e6, 1e6),
    st.lists(st.tuples(st.floats(0, 30), st.floats(0, 12), st.floats(0, 5)), min_size=1, max_size=20),
    st.floats(-300e-6, 300e-6),
)
def test_a_lease_never_ends_before_its_known_end(
    length_s: float, offset_s: float, exchanges: list[tuple[float, float, float]], drift: float
) -> None:
    """Whatever the clock says, however long polls are parked and answers late: exchanges are (pause, parked, late)."""
    offsets, now = Offsets(), 0.0
    for pause, parked, late in exchanges:
        sent_s = now + pause
        granted_s = sent_s + parked
        received_s = granted_s + late
        deadline_ms = int((granted_s + 1.7e9 + offset_s + drift * granted_s + length_s) * 1000)
        ends_s = offsets.ends_s(str(1 << 51), deadline_ms, length_s, sent_s=sent_s, received_s=received_s)
        # Doubles of 1.7e9 have steps of 0.2 µs.
        assert sent_s + length_s * SURE - 1e-6 <= ends_s <= granted_s + length_s * (1 - drift) + 1e-6
        now = received_s


def test_one_quick_exchange_makes_later_leases_known() -> None:
    offsets = Offsets()
    assert not offsets.are_known(0.0, 2.5)
    offsets.ends_s("1", 1_000_000_000, 10.0, sent_s=0.0, received_s=0.004)
    assert offsets.are_known(0.0, 2.5)

    # Parked for 9 s: by its sending alone, one second were left.
    ends_s = offsets.ends_s("2", 1_000_010_000, 10.0, sent_s=1.0, received_s=10.005)

    assert ends_s == pytest.approx(20.0, abs=0.02)


@pytest.mark.parametrize("step_s", [-100.0, 100.0])
def test_a_clock_that_was_set_is_learnt_anew(step_s: float) -> None:
    offsets = Offsets()
    offsets.ends_s("1", 1_000_000_000, 10.0, sent_s=0.0, received_s=0.004)

    after = offsets.ends_s("1", 1_000_001_000 + step_s * 1000, 10.0, sent_s=1.0, received_s=3.0)

    assert after == pytest.approx(11.0, abs=0.01)


def test_each_partition_has_a_clock_of_its_own_and_all_have_to_be_known() -> None:
    offsets = Offsets(lambda: 2)
    offsets.ends_s(str(1 << 51), 1_000_000_000, 10.0, sent_s=0.0, received_s=0.004)
    assert not offsets.are_known(1.0, 2.5)

    offsets.ends_s(str(2 << 51), 5_000_000_000, 10.0, sent_s=0.0, received_s=0.004)
    assert offsets.are_known(1.0, 2.5)
    assert not offsets.are_known(100_000.0, 2.5), "what was known long ago has drifted"


def test_a_job_without_a_deadline_is_counted_from_the_request() -> None:
    assert Offsets().ends_s("1", 0, 10.0, sent_s=5.0, received_s=9.0) == 5.0 + 10.0 * SURE


def test_the_least_slack_is_of_the_last_minute_or_two() -> None:
    slack = LeastSlack()
    assert slack.of("t", 0.0) is None

    slack.note("t", 4.0, 0.0)
    slack.note("t", 6.0, 30.0)
    assert (slack.of("t", 59.0), slack.of("u", 59.0)) == (4.0, None)

    slack.note("t", 7.0, 61.0)
    assert slack.of("t", 100.0) == 4.0, "from the minute before"
    assert slack.of("t", 122.0) == 7.0
    assert slack.of("t", 1000.0) is None


def test_a_lost_lease_left_nothing() -> None:
    slack = LeastSlack()

    slack.note("t", -3.0, 0.0)

    assert slack.of("t", 1.0) == 0.0
