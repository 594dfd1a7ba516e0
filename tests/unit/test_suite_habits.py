"""The suite waits for events and works on real parts; what it may sleep and mock all the same has a limit."""

from __future__ import annotations

import textwrap

import pytest

from tests.habits import Habits, of_suite

#: In 100 test functions.
WAITS, MOCKS = 2, 5


@pytest.fixture(scope="module")
def suite() -> Habits:
    return of_suite()


def habits(source: str, name: str = "tests/unit/test_x.py") -> Habits:
    found = Habits()
    found.read(textwrap.dedent(source), name)
    return found


@pytest.mark.long
def test_the_suite_seldom_waits_for_time_to_pass(suite: Habits) -> None:
    assert suite.waits_per_100 <= WAITS, f"wait for an event, as until() of tests.parts.work: {suite.sleeps['wait']}"


@pytest.mark.long
def test_the_suite_seldom_mocks(suite: Habits) -> None:
    assert suite.mocks_per_100 <= MOCKS, f"let it run against a real part: {suite.mocks.most_common()}"


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("wait", "time.sleep(0.1)"),
        ("wait", "gevent.sleep(seconds=x)"),
        ("wait", "_sleep(x)"),
        ("wait", "threading.Event().wait(0.5)"),
        ("wait", "working(lambda: gevent.sleep(1))"),
        ("yield", "gevent.sleep(0)"),
        ("work", "working(lambda job: gevent.sleep(1))"),
        ("work", "def answer(sock): time.sleep(1)"),
        ("text", "Program('-c', 'import time; time.sleep(1)')"),
    ],
)
def test_a_sleep_is_a_wait_unless_it_is_the_work_of_a_handler_or_server(kind: str, line: str) -> None:
    found = habits(f"def test_x(job, sock):\n    {line}\n")

    assert {name: len(places) for name, places in found.sleeps.items() if places} == {kind: 1}


@pytest.mark.parametrize("line", ["ready.wait(5)", "Event().wait()", "until(lambda: done, 'done')", "sleeps.append(1)"])
def test_waiting_for_an_event_is_no_sleep(line: str) -> None:
    assert not any(habits(f"def test_x():\n    {line}\n").sleeps.values())


def test_a_program_under_test_may_take_its_time() -> None:
    assert habits("time.sleep(1)", "tests/faults/app.py").sleeps["work"] == ["tests/faults/app.py:1"]


def test_a_mock_counts_for_each_test_that_makes_it() -> None:
    found = habits(
        """
        import responses
        from unittest import mock
        from unittest.mock import Mock as Double

        @pytest.fixture
        def engine():
            with responses.RequestsMock() as found:
                yield found

        @pytest.fixture
        def told(engine, monkeypatch):
            monkeypatch.setattr(thing, "name", 1)

        def helper():
            return Double()

        def test_by_two_fixtures(told): pass
        def test_by_one(engine): pass
        def test_by_a_helper(): helper()
        @mock.patch("thing")
        def test_by_a_decorator(thing): pass
        @responses.activate
        def test_by_another(): pass
        def test_none(monkeypatch): monkeypatch.setenv("A", "b")
        """
    )

    counts = {name.partition("::")[2]: count for name, count in found.mocks.items() if count}
    assert counts == {
        "test_by_two_fixtures": 2, "test_by_one": 1, "test_by_a_helper": 1, "test_by_a_decorator": 1,
        "test_by_another": 1,
    }  # fmt: skip
    assert (found.tests, round(found.mocks_per_100)) == (6, 100)
