"""The expressions that FEEL-Scala is asked: written ones by kind, and random ones from seeds.

A change here needs ``make referees`` (and a Java). Expressions are asked with the variables of ``CONTEXT``; cells of
decision tables ("cell/...") with an input, too.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
#: The variables, as JSON has them; the same text is FEEL.
CONTEXT = (
    '{"x": 5, "y": 2, "name": "Bob", "o": {"a": {"b": 2}, "k": "v"}, "l": [1, 2, 3], "flag": true, "n": null, '
    '"items": [{"p": 1, "ok": true}, {"p": 5, "ok": false}], "amount": 12.5, "s": "a,b;c", "d": "2024-02-29", '
    '"big": 9007199254740993, "empty": [], "words": ["b", "a", "c"], "mixed": [1, "a", null, true]}'
)
SEEDS = {"calls": 20260101, "operators": 20260102, "grammar": 20260103, "cells": 20260104}


class Asked(NamedTuple):
    """One question: its kind, the text, and the input of a cell (FEEL; None for an expression)."""

    kind: str
    text: str
    input: str | None = None


def expressions() -> list[Asked]:
    """Return all questions, each once, in an order that stays."""
    written = [Asked(kind, line.strip()) for kind, lines in _written() for line in lines.splitlines() if line.strip()]
    recorded = json.loads((HERE.parents[1] / "contract" / "feel.json").read_text(encoding="utf-8"))["answers"]
    every = [
        *written,
        *(Asked("recorded", answer["expression"]) for answer in recorded),
        *_calls(random.Random(SEEDS["calls"])),
        *_operators(chance := random.Random(SEEDS["operators"])),
        *_properties(chance),
        *_grammar(random.Random(SEEDS["grammar"])),
        *_cells(random.Random(SEEDS["cells"])),
    ]
    # What has another value each time can't be compared.
    stable = (one for one in every if "uuid" not in one.text and "random number" not in one.text)
    return list({(one.text, one.input): one for one in stable}.values())


def _written() -> Iterator[tuple[str, str]]:
    for file in sorted((HERE / "written").glob("*.txt")):
        yield file.stem, file.read_text(encoding="utf-8")


#: Values by type, as FEEL.
POOL: dict[str, list[str]] = {
    "number": ["0", "1", "-1", "2", "3", "2.5", "-2.5", "5.55", "1000", "0.1", "x", "12345.6789", "10"],
    "string": ['""', '"a"', '"foobar"', '"abc"', '"o"', '"12"', '"1,200.5"', "name", "s", '"a b"', '"🐎x"', '"A"', '","'],
    "boolean": ["true", "false", "flag"],
    "null": ["null", "n", "missing"],
    "list": ["[]", "[1,2,3]", "[3,1,2,1]", '["a","b"]', "l", "words", "mixed", "[null]", "[[1,2],[3]]", "[true,false]", "[1]"],
    "context": ["{}", "{a: 1}", "{a: {b: 2}}", "o", '{key: "a", value: 1}', "{b: null}"],
    "date": ['date("2024-02-29")', '@"2023-12-31"', 'date("2021-01-01")', '@"2020-06-15"'],
    "time": ['time("10:00:00")', '@"23:59:59"', 'time("10:00:00Z")', '@"08:00:00+02:00"', '@"08:00:00@Europe/Paris"', 'time("01:02:03.5")'],
    "date and time": [
        'date and time("2024-02-29T10:00:00")', '@"2023-12-31T23:59:59Z"', '@"2024-03-30T12:00:00@Europe/Paris"',
        '@"2024-10-27T00:30:00+02:00"', 'date and time("2021-01-01T00:00:00.123")',
    ],
    "days": ['duration("P1D")', '@"PT1H30M"', 'duration("-PT10S")', '@"PT0S"', '@"P2DT3H4M5.5S"'],
    "months": ['duration("P1Y")', '@"P1Y2M"', 'duration("-P3M")', '@"P14M"'],
    "range": ["[1..5]", "(1..5]", "[2..3)", "]5..9[", '["a".."c"]', '[date("2024-01-01")..date("2024-12-31")]', "[5..8]"],
    "function": ["function(x, y) x < y", "function(a) a + 1"],
}  # fmt: skip
#: Built-ins with the types that their parameters take; a name of two types takes either. ``*`` is any number of them.
CALLS = """
not(boolean) is defined(any) get or else(any, any) is blank(string) assert(any, boolean) assert(any, boolean, string)
string(any) number(string) number(string, string) number(string, string, string) context(list) date(string) date(date and time)
date(number, number, number) time(string) time(date and time) time(number, number, number) time(number, number, number, days)
date and time(string) date and time(date, time) date and time(date and time, time) date and time(date and time, string)
duration(string) years and months duration(date, date) years and months duration(date and time, date) from json(string) to json(any)
substring(string, number) substring(string, number, number) string length(string) upper case(string) lower case(string)
substring before(string, string) substring after(string, string) contains(string, string) starts with(string, string)
ends with(string, string) matches(string, string) matches(string, string, string) replace(string, string, string)
replace(string, string, string, string) split(string, string) extract(string, string) trim(string) to base64(string)
string join(list) string join(list, string) string join(list, string, string, string)
decimal(number, number) decimal(number, number, mode) floor(number) floor(number, number) ceiling(number) ceiling(number, number)
round up(number, number) round down(number, number) round half up(number, number) round half down(number, number) abs(number)
abs(days) abs(months) modulo(number, number) sqrt(number) log(number) exp(number) odd(number) even(number)
list contains(list, any) count(list) min(list) min(*number) min(*string) max(list) max(*number) sum(list) sum(*number) product(list)
product(*number) mean(list) mean(*number) median(list) median(*number) stddev(list) stddev(*number) mode(list) mode(*number)
all(list) all(*boolean) any(list) any(*boolean) and(list) or(*boolean) sublist(list, number) sublist(list, number, number)
append(list, any) append(list, any, any) concatenate(list, list) insert before(list, number, any) remove(list, number)
reverse(list) index of(list, any) union(list, list) distinct values(list) duplicate values(list) flatten(list)
sort(list, function) is empty(list) partition(list, number) get value(context, string) get value(context, list)
get entries(context) context put(context, string, any) context put(context, list, any) context merge(list)
context merge(context, context) put(context, string, any) put all(context, context) day of week(date) day of year(date)
week of year(date) month of year(date) last day of month(date) day of week(date and time) last day of month(date and time)
before(number, number) before(number, range) before(range, number) before(range, range) after(number, number)
after(number, range) after(range, number) after(range, range) meets(range, range) met by(range, range)
overlaps(range, range) overlaps before(range, range) overlaps after(range, range) finishes(number, range)
finishes(range, range) finished by(range, number) finished by(range, range) includes(range, number) includes(range, range)
during(number, range) during(range, range) starts(number, range) starts(range, range) started by(range, number)
started by(range, range) coincides(number, number) coincides(range, range)
"""
MODES = ["UP", "DOWN", "CEILING", "FLOOR", "HALF_UP", "HALF_DOWN", "HALF_EVEN", "UNNECESSARY", "half_up", "odd"]
NAMED = [
    "abs(n: {number})", "abs(number: {number})", "ceiling(n: {number}, scale: {number})", "floor(n: {number}, scala: {number})",
    "decimal(n: {number}, scale: {number})", "contains(match: {string}, string: {string})",
    "substring(string: {string}, start position: {number})", "substring(start position: {number}, length: {number}, string: {string})",
    "string length(string: {string})", "replace(input: {string}, pattern: {string}, replacement: {string})",
    "number(from: {string}, grouping separator: {string})", "list contains(list: {list}, element: {number})",
    "list contains(element: {number}, list: {list})", "sublist(list: {list}, start: {number})", "date(from: {string})",
    "sublist(list: {list}, start position: {number})", "count(list: {list})", "sum(list: {list})", "append(list: {list}, items: {number})",
    "insert before(list: {list}, position: {number}, newItem: {number})", "modulo(divisor: {number}, dividend: {number})",
    "date(year: {number}, month: {number}, day: {number})", "round up(n: {number}, scale: {number})", "sort(list: {list}, precedes: {function})",
    "before(point1: {number}, point2: {number})", "includes(range: {range}, point: {number})", "get value(context: {context}, key: {string})",
    "context put(context: {context}, key: {string}, value: {number})", "string join(list: {list}, delimiter: {string})",
    "contains(string: {string}, other: {string})", "not(negand: {boolean})", "min(list: {list})", "split(delimiter: {string}, string: {string})",
]  # fmt: skip


def _value(chance: random.Random, kind: str = "any", *, faithful: float = 1.0) -> str:
    if kind == "mode":
        return json.dumps(chance.choice(MODES))
    if kind == "any" or chance.random() > faithful:
        kind = chance.choice(list(POOL))
    return chance.choice(POOL[kind])


def _calls(chance: random.Random) -> Iterator[Asked]:
    for call in CALLS.replace("\n", " ").replace(") ", ")\n").strip().splitlines():
        name, _, kinds = call.strip().rstrip(")").partition("(")
        parameters = [kind.strip() for kind in kinds.split(",")]
        for _ in range(12):
            if parameters[0].startswith("*"):
                parameters = ["*" + parameters[0].lstrip("*")]
                arguments = [_value(chance, parameters[0][1:], faithful=0.95) for _ in range(chance.randint(1, 4))]
            else:
                arguments = [_value(chance, kind, faithful=0.85) for kind in parameters]
                if chance.random() < 0.04:
                    arguments = arguments[:-1] if chance.random() < 0.5 else [*arguments, _value(chance)]
            yield Asked(f"call/{name}", f"{name}({', '.join(arguments)})")
    for template in NAMED:
        for _ in range(5):
            text = template
            for kind in POOL:
                while "{" + kind + "}" in text:
                    text = text.replace("{" + kind + "}", _value(chance, kind, faithful=0.9), 1)
            yield Asked("named", text)


def _operators(chance: random.Random) -> Iterator[Asked]:
    kinds = [kind for kind in POOL if kind != "range"]
    temporal = ["date", "time", "date and time", "days", "months"]
    for operator in ("+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "in", "and", "or"):
        for _ in range(60):
            left = chance.choice(temporal if chance.random() < 0.5 else kinds)
            right = (
                left if chance.random() < 0.5 else chance.choice([*temporal, "number"] if left in temporal else kinds)
            )
            if operator == "in":
                right = chance.choice(["range", "list", left])
            a, b = _value(chance, left), _value(chance, right)
            if operator == "**" and (b in ("1000", "12345.6789") or a in ("12345.6789",)):
                continue
            yield Asked(f"operator/{operator}", f"{a} {operator} {b}")


def _properties(chance: random.Random) -> Iterator[Asked]:
    temporal = ["date", "time", "date and time", "days", "months"]
    for name in ("year", "month", "day", "weekday", "hour", "minute", "second", "timezone", "time offset", "years", "months",
                 "days", "hours", "minutes", "seconds", "start", "end", "start included", "end included"):  # fmt: skip
        for kind in (*temporal, "range", "number"):
            if chance.random() < 0.5:
                yield Asked("property", f"{_value(chance, kind)}.{name}")
    for kind in POOL:
        for name in ("number", "string", "boolean", "list", "context", "date", "time", "date and time", "function", "Any",
                     "days and time duration", "years and months duration", "date time", "null", "range"):  # fmt: skip
            if chance.random() < 0.5:
                yield Asked("instance", f"{_value(chance, kind)} instance of {name}")


def _grammar(chance: random.Random) -> Iterator[Asked]:
    for _ in range(1500):
        yield Asked("grammar", _random(chance, chance.randint(1, 4)))


def _random(chance: random.Random, depth: int) -> str:
    """Return a random expression, most often one whose types fit."""
    if depth == 0:
        return _value(
            chance, chance.choice(["number", "number", "string", "boolean", "list", "context", "null", "date"])
        )

    def inner() -> str:
        return _random(chance, depth - 1)

    number = lambda: _value(chance, "number") if chance.random() < 0.5 else f"({inner()})"  # noqa: E731
    return chance.choice(
        [
            lambda: f"{number()} {chance.choice('+-*/')} {number()}",
            lambda: f"{number()} {chance.choice(['<', '<=', '>', '>=', '=', '!='])} {number()}",
            lambda: f"if {inner()} then {inner()} else {inner()}",
            lambda: f"({inner()}) {chance.choice(['and', 'or'])} ({inner()})",
            lambda: f"for i in {_value(chance, 'list', faithful=0.9)} return {inner().replace('x', 'i')}",
            lambda: (
                f"for i in {chance.choice(['1', '0', '5', '2.5', '-1', 'x', 'null', 'missing'])}..3, j in l return {chance.choice(['i * j', 'i', 'partial', '[i, j]'])}"
            ),
            lambda: (
                f"{chance.choice(['some', 'every'])} i in {_value(chance, 'list')} satisfies i {chance.choice('<>=')} {inner()}"
            ),
            lambda: (
                f"{_value(chance, 'list')}[{chance.choice(['item > 1', '1', '-1', 'item = null', inner(), 'x', '0'])}]"
            ),
            lambda: (
                f"items[{chance.choice(['p > 1', 'ok', 'item.p = 5', 'p', inner()])}]{chance.choice(['', '.p', '[1]', '[1].ok'])}"
            ),
            lambda: f"[{inner()}, {inner()}]",
            lambda: f"{{a: {inner()}, b: {chance.choice(['a', inner()])}}}{chance.choice(['', '.a', '.b', '.c'])}",
            lambda: f"-{number()}",
            lambda: f"{number()} between {number()} and {number()}",
            lambda: (
                f"{number()} in {chance.choice(['[1..5]', '(1..5)', '(> 3)', '(1, 2, [4..6])', '> 2', ']1..5[', inner()])}"
            ),
            lambda: f"not({inner()})",
            lambda: f"string({inner()})",
            lambda: f"count({inner()})",
            lambda: f"{{f: function(a, b) {chance.choice(['a + b', 'a', 'b > a'])}, r: f({inner()}, {number()})}}.r",
            lambda: f"get or else({inner()}, {inner()})",
            lambda: f"sort({_value(chance, 'list')}, function(a, b) a {chance.choice('<>')} b)",
            lambda: f"o.a.{chance.choice(['b', 'c', 'b.c'])} {chance.choice(['+', '=', '>'])} {inner()}",
            lambda: f"({inner()}).{chance.choice(['a', 'b', 'year', 'p'])}",
            lambda: f"{chance.choice(['max', 'min', 'sum', 'mean', 'append', 'concatenate'])}({inner()}, {inner()})",
        ]
    )()


CELLS = [
    "-", "1", '"a"', "true", "false", "null", "< 5", "<= 5", "> 5", ">= 5", "[1..5]", "(1..5)", "]1..5[", "[1..5[", "1,2,3",
    '"a","b"', "not(1)", 'not("a")', "not(1,2)", "not(< 3)", "not([1..5])", "not(null)", "? > 3", "? = 5", "? = null", "? != 5",
    "contains(?, \"a\")", "starts with(?, \"a\")", "y > 1", "y < 1", "even(4)", "x", "y", "missing", "l", "[1,2,5]", "x + 1", "? in [1..3]",
    "? in (1, 2)", "> x", "< missing", "> null", '[date("2024-01-01")..date("2024-12-31")]', '< date("2024-06-01")', "list contains(l, ?)",
    "string length(?) > 2", "count(?) > 1", "not(true)", "not(? > 3)", "not(y > 1)", "is defined(?)", "?", "-1", "-x", "5.0", "= 5", "!= 5",
    "(> 3)", "[1..3],[7..9]", "< 2, > 8", "every i in ? satisfies i > 0", "? instance of number", "? and true", "not(?)", "{a: 1}", "o",
    "some i in ? satisfies i = 2", "(1)", "function(a) a", "matches(?, \"[a-c]+\")", "if ? > 3 then true else false", "empty", "[]",
    "> \"a\"", "not(missing)", "not(\"a\", ? > 3)", "? < 5 or ? > 8", "null, 1", "not(null, 1)", "[null]", "\"a\", 1",
]  # fmt: skip
INPUTS = [
    "1", "5", "8.5", '"a"', '"abc"', "true", "false", "null", "[1,2]", "[]", '{a: 1}', 'date("2024-03-01")', '@"P1D"', "-1", "{a: {b: 2}, k: \"v\"}",
]  # fmt: skip


#: Asked with every input.
TRUTHS = [
    "true, 5", "5, true", "false, 5", "not(false)", "not(true, 1)", "(true)", "((false))", "true // c", "not(not(true))", "true and ?",
    "1, false", "list contains([1, 5], ?)", "get or else(?, 1) = 1", "is defined(?) and true", "[?, 1][1] = 5", "count([?]) = 1",
    "if is defined(?) then true else false", "string(?) = \"5\"", "min(?, 3) = 3", "(function(a) a = 5)(?)", "not(list contains(l, ?))",
]  # fmt: skip


def _cells(chance: random.Random) -> Iterator[Asked]:
    for cell in TRUTHS:
        for given in INPUTS:
            yield Asked("cell/truth", cell, given)
    for cell in CELLS:
        for given in chance.sample(INPUTS, 8):
            yield Asked("cell", cell, given)
