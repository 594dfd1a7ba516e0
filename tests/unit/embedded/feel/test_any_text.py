"""Any text has a value or one of FEEL's own errors: never another exception."""

from __future__ import annotations

import json
import random

import pytest

from camunda_client.embedded.feel import Expression, FeelError
from tests.referees.feel.expressions import CONTEXT, _grammar, expressions

SIGNS = [*"()[]{}<>=+-*/.,:?@\"`'!$#\\\n \u00e9\U0001f40e0159axT"]
SIGNS += [
    "..",
    "**",
    "in ",
    "not(",
    " and ",
    "if ",
    "null",
    "for i in ",
    "date(",
    "duration(",
    "P1D",
    "99999999999",
    "0.1",
]
SIGNS += ["function(x) ", "instance of "]
VARIABLES = json.loads(CONTEXT)


def outcome(text: str, *, unary: bool = False, modern: bool = False) -> None:
    try:
        Expression(text, feel=not unary, unary=unary, modern=modern).evaluate({**VARIABLES, "?": 5})
    except FeelError:
        pass
    except Exception as error:
        raise AssertionError(f"{text!r} raised {error!r}") from error


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_any_text_has_a_value_or_a_feel_error(seed: int) -> None:
    chance = random.Random(seed)
    known = [one.text for one in expressions()]
    for number in range(1500):
        text = list(chance.choice(known))
        for _ in range(chance.randint(0, 4)):  # a word changed, put in or taken out
            at = chance.randrange(len(text) + 1)
            text[at : at + chance.randint(0, 2)] = chance.choice(SIGNS)
        outcome("".join(text), unary=number % 3 == 0, modern=number % 2 == 0)
        outcome("".join(chance.choice(SIGNS) for _ in range(chance.randint(0, 12))), unary=number % 3 == 0)
    for one in list(_grammar(chance))[:200]:
        outcome(one.text)


@pytest.mark.parametrize(
    "text",
    [
        "is defined()",
        "1" + " + 1" * 3000,
        'date("999999999-12-31") + duration("P1D")',
        'duration("P1D") * 9999999999999999999999',
        'date and time("2024-01-01T00:00:00@Europe/Paris") + duration("P999999999Y")',
        "decimal(1, 99999999)",
        "round up(1, -99999999)",
        "9 ** 999999999",
        'number("1e999999999")',
        'matches("aaaa", "(a+)+$")',
        'string(@"P99999999999999D")',
        "substring(\"a\", 99999999999999999999)",
        "for i in 1..3 return j",
        'to base64("\\ud800")',
        "sublist([1], 1.5, -3)",
    ],
)  # fmt: skip
def test_what_is_too_much_has_a_value_or_a_feel_error(text: str) -> None:
    outcome(text)


def test_a_million_iterations_are_counted() -> None:
    assert Expression('= count(for x in 1..100000 return "a")').evaluate({}) == 100_000
    assert Expression("= some x in 0..1000000000 satisfies x > 3").evaluate({}) is True
