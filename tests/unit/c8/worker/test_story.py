from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

import gevent
import pytest
from gevent.event import Event

from camunda_client.c8.worker import _story


def raised(handler: Callable[[], object]) -> BaseException:
    try:
        handler()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def described(handler: Callable[[], object]) -> list[str]:
    return _story.describe(raised(handler)).splitlines()


def connect() -> None:
    raise ConnectionError("refused")


def test_the_handlers_own_frames_follow_the_headline() -> None:
    def handler() -> None:
        connect()

    lines = described(handler)

    assert lines[0] == "ConnectionError: refused"
    assert [line.rpartition(" in ")[2] for line in lines[-2:]] == ["handler", "connect"]


def test_of_a_librarys_frames_only_the_one_that_raised_is_named() -> None:
    lines = described(lambda: json.loads("{"))

    assert lines[0].startswith("JSONDecodeError")
    assert lines[-2].startswith(f'  File "{__file__}"')
    assert re.fullmatch(r"  raised in json/decoder.py, line \d+, in \w+", lines[-1])


def test_gevents_frames_are_left_out() -> None:
    def handler() -> None:
        with gevent.Timeout(0.001):
            Event().wait()

    lines = described(handler)

    assert "gevent/" not in "".join(lines)
    assert lines[-1].endswith("in handler")


def test_each_cause_has_a_line_with_its_place() -> None:
    def handler() -> None:
        try:
            try:
                connect()
            except ConnectionError as error:
                raise OSError("no route") from error
        except OSError:
            raise RuntimeError("could not save")  # noqa: B904 - the context is what is tested

    lines = described(handler)

    assert lines[0] == "RuntimeError: could not save"
    assert re.fullmatch(r"while handling OSError: no route \(test_story.py, line \d+, in handler\)", lines[-2])
    assert re.fullmatch(r"caused by ConnectionError: refused \(test_story.py, line \d+, in connect\)", lines[-1])


def test_a_cause_that_was_taken_away_is_not_named() -> None:
    def handler() -> None:
        try:
            connect()
        except ConnectionError:
            raise RuntimeError("could not save") from None

    assert "refused" not in "\n".join(described(handler))


def test_causes_in_a_circle_end() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first

    assert _story.describe(first).splitlines() == ["ValueError: first", "caused by ValueError: second"]


def test_a_long_chain_is_cut() -> None:
    error = bottom = ValueError("0")
    for number in range(100):
        error = ValueError(str(number + 1))
        error.__cause__, bottom = bottom, error

    assert len(_story.describe(error).splitlines()) < 15


@pytest.mark.skipif(sys.version_info < (3, 11), reason="notes and groups came with Python 3.11")
def test_notes_and_members_of_a_group_have_a_line_each() -> None:
    def handler() -> None:
        error = ExceptionGroup("several", [ValueError("one"), ExceptionGroup("inner", [raised(connect)])])  # type: ignore[name-defined]  # noqa: F821
        error.add_note("order 17")
        raise error

    lines = described(handler)

    assert lines[0] == "ExceptionGroup: several (2 sub-exceptions)"
    assert lines[-4:-1] == ["note: order 17", "  - ValueError: one", "  - ExceptionGroup: inner (1 sub-exception)"]
    assert lines[-1].startswith("    - ConnectionError: refused (test_story.py, line ")


def test_an_exception_with_odd_attributes_is_described_all_the_same() -> None:
    class Odd(Exception):
        exceptions: Any = 5
        __notes__: Any = "no list"

    assert _story.describe(Odd("odd")) == "Odd: odd"
