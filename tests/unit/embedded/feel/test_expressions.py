"""FEEL gives the values a real Camunda 8.6.0 gave (recorded in tests/contract/feel.json)."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded._failures import Failure
from camunda_client.embedded.feel import FeelSyntaxError
from camunda_client.embedded.model import Expression

RECORDED = json.loads((Path(__file__).parents[3] / "contract" / "feel.json").read_text(encoding="utf-8"))


def same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)


@pytest.mark.parametrize("answer", RECORDED["answers"], ids=lambda answer: answer["expression"])
def test_an_expression_has_the_recorded_value(answer: dict[str, Any]) -> None:
    text = answer["expression"]
    if answer.get("refused"):
        with pytest.raises(FeelSyntaxError):
            Expression("= " + text)
        return
    if "failed" in answer:
        with pytest.raises(Failure) as failed:
            Expression("=" + text).evaluate(RECORDED["context"])
        assert failed.value.message == f"failed to evaluate expression '{text}' : {answer['failed']}"
        return

    value = Expression("= " + text).evaluate(RECORDED["context"])

    assert same(value, answer["value"]), f"{text}: recorded {answer['value']!r}, got {value!r}"


def test_a_text_without_an_equals_sign_is_itself() -> None:
    assert Expression("order-created").evaluate({}) == "order-created"


def test_a_function_that_nobody_knows_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """8.6.0 makes null of it without a word."""
    Expression("= uppercase(name)")

    assert "'uppercase'" in caplog.text
    assert "uppercase(name)" in caplog.text


@pytest.mark.parametrize("call", ['is blank("")', "partition([1], 1)", 'from json("1")', "foo bar(1)"])
def test_a_function_of_several_words_that_8_6_does_not_know_is_null_and_named_in_the_log(
    call: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Models that call one were refused, though 8.6.0 takes them."""
    assert Expression(f"= {call}").evaluate({}) is None
    assert call.partition("(")[0] in caplog.text


def test_a_later_camunda_knows_more_functions() -> None:
    assert Expression('= is blank(" ")', modern=True).evaluate({}) is True
    assert Expression('= fromAi(toolCall.x, "how many")', modern=True).evaluate({"toolCall": {"x": 3}}) == 3


def test_the_reason_for_a_null_is_told_in_camundas_words() -> None:
    warnings: list[str] = []

    value = Expression("= x > 5").evaluate({}, warnings)

    assert value is None
    assert warnings == [
        "[NO_VARIABLE_FOUND] No variable found with name 'x'",
        "[NOT_COMPARABLE] Can't compare 'null' with '5'",
    ]


def test_functions_may_be_defined_where_they_are_called() -> None:
    assert Expression("={call: 1, double: function(x) x * 2, four: double(2)}.four").evaluate({}) == 4
    assert Expression("=some f in [function(x) x > 1] satisfies f(2)").evaluate({}) is True


def test_cycles_are_written_as_timers_take_them() -> None:
    """A function of Camunda's own, for expressions in models only."""
    assert Expression('=cycle(3, duration("PT10S"))').evaluate({}) == "R3/PT10S"
    assert Expression('=cycle(duration("P1M"))').evaluate({}) == "R/P1M"


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ('1 - "a"', ["[INVALID_TYPE] Can't subtract '\"a\"' from '1'"]),
        ('2 * "a"', ["[INVALID_TYPE] Can't multiply '2' by '\"a\"'"]),
        ("1 / 0", ["[INVALID_TYPE] Can't divide '1' by '0'"]),
        ("1 + null", ["[INVALID_TYPE] Can't add 'null' to '1'"]),
        ('"a" ** 2', ["[INVALID_TYPE] Expected number but found '\"a\"'"]),
        ('-"a"', ["[INVALID_TYPE] Expected number but found '\"a\"'"]),
        ('x < "a"', ["[NOT_COMPARABLE] Can't compare '1' with '\"a\"'"]),
        ("[1,2] > 3", ["[NOT_COMPARABLE] Can't compare '[1, 2]' with '3'"]),
        ("x[1]", ["[INVALID_TYPE] Expected list but found '1'"]),
        ("items[1].zz", ["[NO_CONTEXT_ENTRY_FOUND] No context entry found with key 'zz'. Available keys: 'p', 'ok'"]),
        (
            "items.zz.y",
            [
                "[NO_CONTEXT_ENTRY_FOUND] No context entry found with key 'zz'. Available keys: 'p', 'ok'",
                "[NO_CONTEXT_ENTRY_FOUND] No context entry found with key 'y'. The context is null",
            ],
        ),
        ("{}.a", ["[NO_CONTEXT_ENTRY_FOUND] No context entry found with key 'a'. The context is empty"]),
        ('x = "a"', ["[NOT_COMPARABLE] Can't compare '1' with '\"a\"'"]),
        ("missing.b.c", ["[NO_VARIABLE_FOUND] No variable found with name 'missing'"]),
        ("items[ok]", ["[NO_VARIABLE_FOUND] No variable found with name 'ok'"]),
        (
            "items[p + q]",
            [
                "[NO_VARIABLE_FOUND] No variable found with name 'p'",
                "[NO_VARIABLE_FOUND] No variable found with name 'q'",
                "[INVALID_TYPE] Can't add 'null' to 'null'",
                "[NO_VARIABLE_FOUND] No variable found with name 'q'",
                "[INVALID_TYPE] Can't add 'null' to '1'",
            ],
        ),
    ],
)
def test_reasons_are_those_of_8_6_0(text: str, reasons: list[str]) -> None:
    """As its incidents told them for conditions that are no booleans."""
    warnings: list[str] = []

    Expression(f"={text}").evaluate({"x": 1, "items": [{"p": 1, "ok": True}]}, warnings)

    assert warnings == reasons


def test_now_is_the_engines_moment() -> None:
    at = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)

    assert Expression("= now()").evaluate({}, [], lambda: at) == "2030-01-02T03:04:05Z"
    assert Expression("= today()").evaluate({}, [], lambda: at) == "2030-01-02"


@pytest.mark.parametrize(
    ("cell", "value", "holds"),
    [
        ("-", 1, True),
        ("", None, True),
        ("> 5", 6, True),
        ("> 5", 5, False),
        ('"a","b"', "b", True),
        ('not("a","b")', "b", False),
        ("[1..3]", 3, True),
        ("]1..3[", 3, False),
        ("< 2, > 8", 9, True),
        ("limit", 7, True),
        ("? > 5 and ? < 8", 7, True),
        ("null", None, True),
        ("true", False, False),
    ],
)
def test_a_cell_of_a_decision_table_tests_its_input(cell: str, value: Any, holds: bool) -> None:
    assert (Expression(cell, unary=True).evaluate({"?": value, "limit": 7}) is True) is holds


def steps_to_parse(text: str) -> int:
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        Expression(f"= {text}")
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("(", ")"),
        ("[", "]"),
        ("x in (", ")"),
        ("[1..(", ")]"),
        ("abs(", ")"),
        ("{a: ", "}"),
        ("if (", ") then 1 else 2"),
    ],
)
def test_brackets_in_brackets_cost_a_step_each(opening: str, closing: str) -> None:
    """Each level was read twice, first as a range: twenty parentheses took seconds, thirty never ended."""
    shallow, deep = (steps_to_parse(opening * depth + "1" + closing * depth) for depth in (7, 14))

    assert deep < 3 * shallow


@pytest.mark.parametrize("text", ["(" * 5000 + "1" + ")" * 5000, "[" * 5000])
def test_what_is_nested_too_deeply_is_refused(text: str) -> None:
    with pytest.raises(FeelSyntaxError, match="nested too deeply"):
        Expression(f"= {text}")


def test_a_broken_range_is_refused_as_fast_as_it_would_be_read() -> None:
    """Each ``in (`` was tried again as a range when something within failed."""
    with pytest.raises(FeelSyntaxError):
        Expression("= " + "x in (" * 40 + "+")
