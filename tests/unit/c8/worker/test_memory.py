from __future__ import annotations

from camunda_client.c8.worker._outcome import Memory, Recent


def test_the_oldest_is_forgotten_first() -> None:
    recent: Recent[int] = Recent(2)

    for number, key in enumerate("abac"):
        recent.set(key, number)

    assert (recent.get("a", -1), recent.get("b", -1), recent.get("c", -1)) == (2, -1, 3)
    assert len(recent) == 2


def test_what_is_taken_is_gone() -> None:
    recent: Recent[int] = Recent(2)
    recent.set("a", 1)

    assert (recent.take("a"), recent.take("a")) == (1, None)


def test_a_settled_job_begins_anew() -> None:
    memory = Memory()
    memory.attempts.set("1", 3)
    assert [memory.lost("1"), memory.lost("1")] == [1, 2]

    memory.settled("1")

    assert (memory.attempts.get("1", 0), memory.losses.get("1", 0)) == (0, 0)


def test_a_job_of_which_nothing_was_taken_is_hopeless_until_its_retries_change() -> None:
    memory = Memory()
    memory.refused.set("1", 3)

    assert memory.is_hopeless("1", 3)
    assert not memory.is_hopeless("1", 2), "an operator, or another worker, did something about it"
    assert not memory.is_hopeless("2", 3)
