"""FEEL's built-in functions: names, parameters, what they take, what they return.

A function that gets what it does not take is null, with a reason. What is an exception in Java ends the whole
expression with an :class:`~camunda_client.embedded.feel.errors.EvaluationError`; in Camunda it is an incident.
"""

from __future__ import annotations

import base64
import json
import math
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
)
from functools import cmp_to_key
from typing import Any

from camunda_client.embedded.feel import temporal
from camunda_client.embedded.feel.errors import AssertionFailedError, NotANumberError
from camunda_client.embedded.feel.temporal import Date, DaysTime, Moment, Time, YearsMonths
from camunda_client.embedded.feel.values import (
    Function,
    Range,
    as_number,
    equal,
    kind_of,
    of_float,
    ordered,
    string_of,
    type_name,
    written,
)


class Any_:  # noqa: N801, a type beside number, string, ...
    """Takes everything."""


class Number:
    """Takes numbers; the function gets an ``int`` or a ``Decimal``."""


@dataclass(frozen=True, slots=True)
class Builtin:
    """One signature of a function."""

    names: tuple[str, ...]
    types: tuple[Any, ...]
    function: Callable[..., Any]
    varargs: bool = False
    #: Since FEEL-Scala 1.19, Camunda 8.7 or 8.8.
    modern: bool = False
    #: The function gets the evaluation first.
    wants_evaluation: bool = False


_BUILTINS: dict[str, list[Builtin]] = {}
_FITTING: dict[tuple[str, int, bool], list[Builtin]] = {}


def builtin(
    name: str, parameters: str = "", *types: Any, modern: bool = False, wants_evaluation: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function under its FEEL name.

    Args:
        name: In FEEL.
        parameters: Their names with commas; ``*`` before the last one stands for any number of values.
        types: What they take, in their order.
        modern: It is unknown to the FEEL of Camunda 8.6.
        wants_evaluation: It gets the evaluation as its first argument.
    """
    names = tuple(one.strip() for one in parameters.split(",")) if parameters else ()
    varargs = bool(names) and names[-1].startswith("*")
    plain = tuple(one.lstrip("*") for one in names)

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _FITTING.clear()
        _BUILTINS.setdefault(name, []).append(Builtin(plain, types, function, varargs, modern, wants_evaluation))
        return function

    return register


def known(name: str, *, modern: bool = False) -> bool:
    """Return whether there is a function of that name."""
    return any(modern or not one.modern for one in _BUILTINS.get(name, ()))


def call(evaluation: Any, name: str, positional: list[Any], named: dict[str, Any]) -> Any:
    """Return the function's value; null with a reason where the arguments do not fit."""
    if named:
        found = [one for one in _BUILTINS.get(name, ()) if evaluation.modern or not one.modern]
        fitting = [one for one in found if named.keys() <= set(one.names)]
        calls = [(one, [named.get(parameter) for parameter in one.names]) for one in fitting]
    else:
        count = len(positional)
        fitting = _fitting(name, count, evaluation.modern)
        if len(fitting) == 1 and not fitting[0].varargs:
            taken = _taken(fitting[0], positional)
            if taken is not None:
                return _invoke(evaluation, name, fitting[0], taken)
        calls = [(one, _spread(one, positional)) for one in fitting]
    if not calls:
        count = len(positional) or len(named)
        evaluation.warn("NO_FUNCTION_FOUND", f"No function found with name '{name}' and {count} parameters")
        return None
    for one, arguments in calls:
        taken = _taken(one, arguments)
        if taken is not None:
            return _invoke(evaluation, name, one, taken)
    shown = ", ".join(type_name(argument) for argument in calls[0][1])
    evaluation.warn("FUNCTION_INVOCATION_FAILURE", f"Failed to invoke function '{name}': Illegal arguments: {shown}")
    return None


def _fitting(name: str, count: int, modern: bool) -> list[Builtin]:
    """Return the functions of a name that take so many arguments; looked for once."""
    key = name, count, modern
    found = _FITTING.get(key)
    if found is None:
        found = [
            one
            for one in _BUILTINS.get(name, ())
            if (modern or not one.modern) and (len(one.names) == count or (one.varargs and count >= len(one.names)))
        ]
        if found:  # names that nobody knows are as many as one likes
            _FITTING[key] = found
    return found


def _spread(one: Builtin, positional: list[Any]) -> list[Any]:
    if not one.varargs:
        return positional
    fixed = len(one.names) - 1
    rest = positional[fixed:]
    return [*positional[:fixed], rest[0] if fixed == 0 and len(rest) == 1 and isinstance(rest[0], list) else rest]


def _taken(one: Builtin, arguments: list[Any]) -> list[Any] | None:
    taken = []
    for kind, argument in zip(one.types, arguments, strict=True):
        if kind is Number:
            number = as_number(argument)
            if number is None:
                return None
            taken.append(number)
            continue
        if kind is not Any_ and not (argument is None if kind is None else isinstance(argument, kind)):
            return None
        taken.append(argument)
    return taken


def _invoke(evaluation: Any, name: str, one: Builtin, arguments: list[Any]) -> Any:
    try:
        return one.function(evaluation, *arguments) if one.wants_evaluation else one.function(*arguments)
    except (TypeError, ValueError, ArithmeticError, LookupError, re.error) as error:
        evaluation.warn("FUNCTION_INVOCATION_FAILURE", f"Failed to invoke function '{name}': {error}")
        return None


def _whole(number: int | Decimal) -> int:
    """Return a number as Java's ``intValue`` has it: without its fraction, the lowest 32 bits."""
    return (int(number) + 2**31) % 2**32 - 2**31


# -- booleans, nulls ------------------------------------------------------------------------------------------------
builtin("not", "negand", Any_)(lambda value: not value if isinstance(value, bool) else None)
builtin("get or else", "value, default", Any_, Any_)(lambda value, default: default if value is None else value)
builtin("is defined", "value", Any_)(lambda value: value is not None)


@builtin("assert", "value, condition", Any_, Any_)
def _assert(value: Any, condition: Any) -> Any:
    return _asserted(value, condition, "The condition is not fulfilled")


@builtin("assert", "value, condition, cause", Any_, Any_, Any_)
def _asserted(value: Any, condition: Any, cause: Any) -> Any:
    if condition is not True:
        raise AssertionFailedError(cause if isinstance(cause, str) else "Illegal arguments")
    return value


# -- conversion -----------------------------------------------------------------------------------------------------
builtin("string", "from", Any_)(string_of)


@builtin("number", "from", str)
def _number(text: str) -> Any:
    if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", text, re.A):
        raise ValueError(f"'{text}' is no number")
    number = Decimal(text)
    return (
        int(number)
        if number == number.to_integral_value() and abs(number.adjusted()) < 40 and "." not in text
        else number
    )


@builtin("number", "from, grouping separator", str, str)
def _number_grouped(text: str, grouping: str) -> Any:
    if grouping not in (" ", ",", "."):
        raise ValueError(f"no separator: '{grouping}'")
    return _number(text.replace(grouping, ""))


@builtin("number", "from, grouping separator, decimal separator", str, (str, type(None)), (str, type(None)))
def _number_separated(text: str, grouping: str | None, decimal: str | None) -> Any:
    if grouping == decimal or grouping not in (" ", ",", ".", None) or decimal not in (",", ".", None):
        raise ValueError(f"no separators: '{grouping}', '{decimal}'")
    return _number(text.replace(grouping or "", "").replace(decimal or ".", "."))


@builtin("context", "entries", list)
def _context(entries: list[Any]) -> Any:
    if not all(isinstance(one, dict) and isinstance(one.get("key"), str) and "value" in one for one in entries):
        raise ValueError("an entry needs a key and a value")
    return {one["key"]: one["value"] for one in entries}


builtin("date", "from", str)(temporal.read_date)
builtin("date", "from", Date)(lambda value: value)
builtin("date", "from", Moment)(lambda value: value.date)
builtin("date", "year, month, day", Number, Number, Number)(
    lambda year, month, day: Date.of(_whole(year), _whole(month), _whole(day))
)
builtin("time", "from", str)(temporal.read_time)
builtin("time", "from", Moment)(lambda value: value.time)
builtin("time", "from", Date)(lambda _value: Time(0, 0))


@builtin("time", "hour, minute, second", Number, Number, Number)
def _time(hour: int, minute: int, second: int | Decimal, offset: DaysTime | None = None) -> Any:
    if not (0 <= int(hour) < 24 and 0 <= int(minute) < 60 and 0 <= second < 60):
        raise ValueError(f"no time {hour}:{minute}:{second}")
    nanos = (int(hour) * 3600 + int(minute) * 60) * temporal.SECOND + int(second * temporal.SECOND)
    if offset is None:
        return Time(nanos)
    seconds = offset.nanos // temporal.SECOND
    if abs(seconds) > temporal.LARGEST_OFFSET_S:
        raise ValueError(f"no offset of {seconds} s")
    return Time(nanos, seconds)


builtin("time", "hour, minute, second, offset", Number, Number, Number, (DaysTime, type(None)))(_time)


@builtin("date and time", "from", str, wants_evaluation=True)
def _moment(evaluation: Any, text: str) -> Any:
    return temporal.read_moment(text, both=evaluation.modern)


@builtin("date and time", "date, time", (Date, Moment), Time)
def _moment_of(day: Date | Moment, time: Time) -> Any:
    on = day if isinstance(day, Date) else day.date
    return Moment.at(on, time.nanos, time.zone) if time.zone else Moment(on, time.nanos, time.offset)


@builtin("date and time", "date, timezone", Moment, str)
def _moment_in(moment: Moment, zone: str) -> Any:
    found = temporal.read_zone(zone)
    if found is None:
        raise NotANumberError(f"java.time.zone.ZoneRulesException: Unknown time-zone ID: {zone}")
    return moment.in_zone(*found)


builtin("duration", "from", str)(temporal.read_duration)


@builtin("years and months duration", "from, to", (Date, Moment), (Date, Moment))
def _months_between(start: Date | Moment, end: Date | Moment) -> Any:
    (year, month, day), (last_year, last_month, last_day) = (
        (one if isinstance(one, Date) else one.date).parts for one in (start, end)
    )
    months = (last_year - year) * 12 + last_month - month
    return YearsMonths(months - (months > 0 and last_day < day) + (months < 0 and last_day > day))


@builtin("cycle", "interval", (DaysTime, YearsMonths))
def _endless_cycle(interval: DaysTime | YearsMonths) -> Any:
    return f"R/{interval.iso}"


@builtin("cycle", "repetitions, interval", (int, Decimal, type(None)), (DaysTime, YearsMonths))
def _cycle(times: int | Decimal | None, interval: DaysTime | YearsMonths) -> Any:
    return f"R{'' if times is None else int(times)}/{interval.iso}"


@builtin("from json", "json", str, modern=True)
def _from_json(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


@builtin("to json", "value", Any_, modern=True)
def _to_json(value: Any) -> Any:
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value, ensure_ascii=False)
    if as_number(value) is not None:
        return string_of(value)
    if isinstance(value, list):
        return "[" + ",".join(_to_json(item) for item in value) + "]"
    if isinstance(value, dict):
        return (
            "{"
            + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_to_json(item)}" for key, item in value.items())
            + "}"
        )
    return json.dumps(_java_text(value))


def _java_text(value: Any) -> str:
    if isinstance(value, (DaysTime, YearsMonths)):
        return value.iso
    if isinstance(value, Moment) and value.zone:
        offset = temporal.offset_text(value.offset or 0)
        return f"{value.date}T{temporal.clock_text(value.nanos, short=False)}{offset}[{value.zone}]"
    if isinstance(value, Time) and value.zone:
        return str(Time(value.nanos, value.offset))
    return written(value)


# -- strings: their lengths and positions are Java's, of UTF-16 ------------------------------------------------------
def _units(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _slice(text: str, first: int, last: int) -> str:
    if text.isascii():
        return text[first:last]
    return _units(text)[2 * first : 2 * last].decode("utf-16-le", "surrogatepass")


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(_units(text)) // 2


builtin("string length", "string", str)(_length)
builtin("upper case", "string", str)(str.upper)
builtin("lower case", "string", str)(str.lower)
builtin("contains", "string, match", str, str)(lambda text, part: part in text)
builtin("starts with", "string, match", str, str)(str.startswith)
builtin("ends with", "string, match", str, str)(str.endswith)
builtin("substring before", "string, match", str, str)(
    lambda text, part: text[: text.find(part)] if part in text else ""
)
builtin("substring after", "string, match", str, str)(
    lambda text, part: text[text.find(part) + len(part) :] if part in text else ""
)
builtin("trim", "string", str)(lambda text: text.strip("".join(map(chr, range(33)))))
builtin("is blank", "string", str, modern=True)(lambda text: not text.strip())
builtin("to base64", "value", str)(lambda text: base64.b64encode(text.encode()).decode())
builtin("uuid", wants_evaluation=True)(
    lambda evaluation: str(uuid.UUID(int=evaluation.random().getrandbits(128), version=4))
)


@builtin("substring", "string, start position", str, Number)
def _substring(text: str, start: int | Decimal, length: int | Decimal | None = None) -> Any:
    size = _length(text)
    first = _index(size, start)
    last = size if length is None else min(first + _whole(length), size)
    if not 0 <= first <= last:
        raise NotANumberError(f"java.lang.StringIndexOutOfBoundsException: begin {first}, end {last}, length {size}")
    return _slice(text, first, last)


builtin("substring", "string, start position, length", str, Number, Number)(_substring)


def _pattern(text: str, flags: str = "") -> re.Pattern[str]:
    """Return Python's pattern of Java's.

    Raises:
        re.error: There is none.
    """
    chosen = sum({"i": re.I, "s": re.S, "m": re.M, "x": re.X}.get(flag, 0) for flag in set(flags))
    return re.compile(text, chosen | re.A)


@builtin("matches", "input, pattern", str, str)
def _matches(text: str, pattern: str, flags: str = "") -> Any:
    return _pattern(pattern, flags).search(text) is not None


builtin("matches", "input, pattern, flags", str, str, str)(_matches)


@builtin("replace", "input, pattern, replacement", str, str, str)
def _replace(text: str, pattern: str, by: str, flags: str = "") -> Any:
    found = _pattern(pattern, flags)
    parts = _replacement(by, found.groups) if found.search(text) else []
    return found.sub(
        lambda match: "".join(part if isinstance(part, str) else match[part] or "" for part in parts), text
    )


builtin("replace", "input, pattern, replacement, flags", str, str, str, str)(_replace)


def _replacement(text: str, groups: int) -> list[str | int]:
    """Return texts and numbers of groups, as Java reads ``$1`` and backslashes."""
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        sign = text[at]
        at += 1
        if sign == "\\":
            parts.append(text[at])
            at += 1
        elif sign != "$":
            parts.append(sign)
        else:
            if not text[at : at + 1].isdigit() or int(text[at]) > groups:
                raise ValueError("Illegal group reference")
            number = int(text[at])
            at += 1
            while text[at : at + 1].isdigit() and number * 10 + int(text[at]) <= groups:
                number = number * 10 + int(text[at])
                at += 1
            parts.append(number)
    return parts


@builtin("split", "string, delimiter", str, str)
def _split(text: str, delimiter: str) -> Any:
    parts, at = [], 0
    for match in _pattern(delimiter).finditer(text):
        if match.end() == 0:
            continue  # nothing before the text
        parts.append(text[at : match.start()])
        at = match.end()
    return [*parts, text[at:]]


@builtin("extract", "input, pattern", str, str)
def _extract(text: str, pattern: str) -> Any:
    return [match[0] for match in _pattern(pattern).finditer(text)]


@builtin("string join", "list", list)
def _join(items: list[Any], delimiter: str | None = None, prefix: str | None = None, suffix: str | None = None) -> Any:
    if not all(item is None or isinstance(item, str) for item in items):
        raise ValueError("expected a list of strings")
    joined = (delimiter or "").join(item for item in items if item is not None)
    return (prefix or "") + joined + (suffix or "")


_TEXT = (str, type(None))
builtin("string join", "list, delimiter", list, _TEXT)(_join)
builtin("string join", "list, delimiter, prefix, suffix", list, _TEXT, str, str)(_join)
builtin("string join", "list, delimiter, prefix, suffix", list, _TEXT, None, None)(_join)


# -- numbers --------------------------------------------------------------------------------------------------------
#: No number of 34 digits that anybody writes has more of them behind its point.
_MANY_DIGITS = 300


def _rounded(value: int | Decimal, scale: int | Decimal, mode: str) -> Any:
    if _whole(scale) > _MANY_DIGITS:
        return value
    exponent = Decimal(1).scaleb(-_whole(scale))
    try:
        # Of all the digits there are, not of the 34 that results have.
        return Decimal(value).quantize(exponent, context=Context(prec=400, rounding=mode))
    except InvalidOperation:
        return None


_MODES = {
    "UP": ROUND_UP, "DOWN": ROUND_DOWN, "CEILING": ROUND_CEILING, "FLOOR": ROUND_FLOOR, "HALF_UP": ROUND_HALF_UP,
    "HALF_DOWN": ROUND_HALF_DOWN, "HALF_EVEN": ROUND_HALF_EVEN,
}  # fmt: skip


@builtin("decimal", "n, scale, mode", Number, Number, str)
def _decimal(value: Any, scale: Any, mode: str = "HALF_EVEN") -> Any:
    if mode.upper() == "UNNECESSARY" and _whole(scale) <= _MANY_DIGITS:
        exact = Context(prec=400, traps=[Inexact, InvalidOperation])
        return Decimal(value).quantize(Decimal(1).scaleb(-_whole(scale)), context=exact)
    return _rounded(value, scale, _MODES.get(mode.upper()) or {"UNNECESSARY": ROUND_DOWN}[mode.upper()])


builtin("decimal", "n, scale", Number, Number)(_decimal)
for _name, _mode in (("floor", ROUND_FLOOR), ("ceiling", ROUND_CEILING)):
    builtin(_name, "n", Number)(lambda value, mode=_mode: _rounded(value, 0, mode))
for _name, _names, _mode in (
    ("floor", "n, scala", ROUND_FLOOR),  # a slip of FEEL-Scala's; the names are what callers must write
    ("ceiling", "n, scale", ROUND_CEILING),
    ("round up", "n, scale", ROUND_UP),
    ("round down", "n, scale", ROUND_DOWN),
    ("round half up", "n, scale", ROUND_HALF_UP),
    ("round half down", "n, scala", ROUND_HALF_DOWN),
):
    builtin(_name, _names, Number, Number)(lambda value, scale, mode=_mode: _rounded(value, scale, mode))
for _names in ("number", "n"):
    builtin("abs", _names, Number)(abs)
    builtin("abs", _names, DaysTime)(lambda value: DaysTime(abs(value.nanos)))
    builtin("abs", _names, YearsMonths)(lambda value: YearsMonths(abs(value.months)))


@builtin("modulo", "dividend, divisor", Number, Number)
def _modulo(dividend: int | Decimal, divisor: int | Decimal) -> Any:
    """Return the rest, with the sign of the divisor."""
    if divisor == 0:
        raise NotANumberError("java.lang.ArithmeticException: Division by zero")
    rest = Decimal(dividend) % Decimal(divisor)
    return rest + divisor if rest and (rest < 0) != (divisor < 0) else rest


builtin("sqrt", "number", Number)(lambda value: None if value < 0 else of_float(math.sqrt, value))
builtin("log", "number", Number)(lambda value: of_float(math.log, value))
builtin("exp", "number", Number)(lambda value: of_float(math.exp, value))
builtin("odd", "number", Number)(lambda value: abs(value) % 2 == 1)
builtin("even", "number", Number)(lambda value: abs(value) % 2 == 0)
builtin("random number", wants_evaluation=True)(lambda evaluation: Decimal(repr(evaluation.random().random())))


# -- lists ----------------------------------------------------------------------------------------------------------
def _numbers(items: Iterable[Any]) -> list[int | Decimal]:
    numbers = []
    for item in items:
        number = as_number(item)
        if number is None:
            raise ValueError(f"expected a number, got {type_name(item)}")
        numbers.append(number)
    return numbers


def _extreme(items: list[Any], best: int) -> Any:
    if not items or any(isinstance(item, (bool, dict, Function, Range)) or item is None for item in items):
        return None
    if len(items) > 1 and len({kind_of(item) for item in items}) > 1:
        return None
    if len(items) > 1 and isinstance(items[0], list):
        if not all(items) or any(inner is None or isinstance(inner, (bool, dict)) for item in items for inner in item):
            return None
        raise NotANumberError("java.lang.IllegalArgumentException: lists can not be compared")
    chosen = items[0]
    for item in items[1:]:
        if (ordered(item) > ordered(chosen)) == (best > 0) and ordered(item) != ordered(chosen):
            chosen = item
    return chosen


builtin("min", "*list", list)(lambda items: _extreme(items, -1))
builtin("max", "*list", list)(lambda items: _extreme(items, 1))
builtin("sum", "*list", list)(lambda items: sum(_numbers(items)) if items else None)
builtin("count", "list", list)(len)


@builtin("product", "*list", list)
def _product(items: list[Any]) -> Any:
    return math.prod(Decimal(number) for number in _numbers(items)) if items else None


@builtin("mean", "*list", list)
def _mean(items: list[Any]) -> Any:
    return Decimal(sum(_numbers(items))) / len(items) if items else None


@builtin("median", "*list", list)
def _median(items: list[Any]) -> Any:
    numbers, half = sorted(_numbers(items)), len(items) // 2
    if not numbers:
        return None
    return numbers[half] if len(numbers) % 2 else Decimal(numbers[half - 1] + numbers[half]) / 2


@builtin("stddev", "*list", list)
def _stddev(items: list[Any]) -> Any:
    numbers = _numbers(items)
    if not numbers:
        return None
    mean = Decimal(sum(numbers)) / len(numbers)
    squares = Decimal(sum((number - mean) ** 2 for number in numbers))
    if len(numbers) == 1:
        raise NotANumberError("java.lang.ArithmeticException: Division undefined")
    return of_float(math.sqrt, squares / (len(numbers) - 1))


@builtin("mode", "*list", list)
def _mode_of(items: list[Any]) -> Any:
    counts: dict[Any, int] = {}
    for number in _numbers(items):
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(number for number, count in counts.items() if count == most)


def _every(items: list[Any], wanted: bool) -> Any:
    """Return ``wanted`` if all are, the contrary if one is that, else null."""
    result: Any = wanted
    for item in items:
        if item is (not wanted):
            return item
        if item is not wanted:
            result = None
    return result


for _name, _wanted in (("all", True), ("and", True), ("any", False), ("or", False)):
    builtin(_name, "*list", list)(lambda items, wanted=_wanted: _every(items, wanted))


def _index(size: int, position: int | Decimal) -> int:
    """Return an index from 0 of a position from 1, or of one from the end."""
    whole = _whole(position)
    return whole - 1 if whole > 0 else size + whole


def _same(left: Any, right: Any) -> bool:
    return equal(left, right) is True


@builtin("sublist", "list, start", list, Number, wants_evaluation=True)
def _sublist(evaluation: Any, items: list[Any], start: Any, length: Any = None) -> Any:
    if evaluation.modern and start == 0:
        raise ValueError("start position must be a non-zero number")
    first = _index(len(items), start)
    last = len(items) if length is None else first + _whole(length)
    return items[max(first, 0) : max(last, 0)]


builtin("sublist", "list, start, length", list, Number, Number, wants_evaluation=True)(_sublist)


@builtin("insert before", "list, position, newItem", list, Number, Any_, wants_evaluation=True)
def _insert(evaluation: Any, items: list[Any], position: Any, value: Any) -> Any:
    if evaluation.modern and position == 0:
        raise ValueError("position must be a non-zero number")
    at = max(_index(len(items), position), 0)
    return [*items[:at], value, *items[at:]]


@builtin("remove", "list, position", list, Number, wants_evaluation=True)
def _remove(evaluation: Any, items: list[Any], position: Any) -> Any:
    if evaluation.modern and position == 0:
        raise ValueError("position must be a non-zero number")
    at = max(_index(len(items), position), 0)
    # FEEL-Scala counts the next one from the end, too, which is the first for -1 and doubles the list for 0.
    after = _index(len(items), _whole(position) + 1) if position < 0 else at + 1
    if _whole(position) == 0:
        after = 0
    return [*items[:at], *items[max(after, 0) :]]


builtin("append", "list, *items", list, list)(lambda items, more: [*items, *more])


@builtin("concatenate", "*lists", list)
def _concatenate(lists: list[Any]) -> list[Any]:
    return [item for one in lists for item in (one if isinstance(one, list) else [one])]


@builtin("distinct values", "list", list)
def _distinct(items: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        if not any(_same(item, other) for other in kept):
            kept.append(item)
    return kept


@builtin("index of", "list, match", list, Any_)
def _index_of(items: list[Any], wanted: Any) -> list[int]:
    return [index + 1 for index, item in enumerate(items) if _same(item, wanted)]


@builtin("flatten", "list", list)
def _flatten(items: list[Any]) -> list[Any]:
    return [inner for item in items for inner in (_flatten(item) if isinstance(item, list) else [item])]


builtin("union", "*lists", list)(lambda lists: _distinct(_concatenate(lists)))
builtin("list contains", "list, element", list, Any_)(lambda items, value: any(_same(item, value) for item in items))
builtin("duplicate values", "list", list)(lambda items: _distinct([i for i in items if len(_index_of(items, i)) > 1]))
builtin("reverse", "list", list)(lambda items: items[::-1])
builtin("is empty", "list", list)(lambda items: not items)


@builtin("partition", "list, size", list, Number, modern=True)
def _partition(items: list[Any], size: Any) -> Any:
    if size <= 0:
        raise ValueError("size must be greater than zero")
    return [items[at : at + _whole(size)] for at in range(0, len(items), _whole(size))]


@builtin("sort", "list, precedes", list, Function, wants_evaluation=True)
def _sort(evaluation: Any, items: list[Any], precedes: Function) -> Any:
    if len(precedes.names) != 2:
        raise ValueError("expected a function with two parameters")

    def compared(left: Any, right: Any) -> int:
        for one, other, order in ((left, right, -1), (right, left, 1)):
            try:
                holds = evaluation.apply(precedes, [one, other])
            except NotANumberError as error:
                raise TypeError(str(error)) from error
            if not isinstance(holds, bool):
                raise TypeError("expected a boolean")
            if holds:
                return order
        return 0

    return sorted(items, key=cmp_to_key(compared))


# -- contexts -------------------------------------------------------------------------------------------------------
for _names in ("m, key", "context, key"):
    builtin("get value", _names, dict, str)(lambda context, key: context[key])


@builtin("get value", "context, keys", dict, list)
def _get_value(context: Any, keys: list[Any]) -> Any:
    if not keys:
        raise ValueError("no keys")
    for key in keys:
        context = context[key]
    return context


@builtin("context put", "context, key, value", dict, str, Any_)
def _context_put(context: dict[str, Any], key: str, value: Any) -> Any:
    return {**context, key: value}


builtin("put", "context, key, value", dict, str, Any_)(_context_put)


@builtin("context put", "context, keys, value", dict, list, Any_)
def _context_put_deep(context: dict[str, Any], keys: list[Any], value: Any) -> Any:
    if not keys or not all(isinstance(key, str) for key in keys):
        raise ValueError("expected a list of strings")
    head, rest = keys[0], keys[1:]
    inner = context.get(head)
    return {
        **context,
        head: _context_put_deep(inner if isinstance(inner, dict) else {}, rest, value) if rest else value,
    }


for _names in ("context", "m"):

    @builtin("get entries", _names, dict)
    def _entries(context: dict[str, Any]) -> Any:
        return [{"key": key, "value": value} for key, value in context.items()]


def _merge(contexts: list[Any]) -> Any:
    if not all(isinstance(context, dict) for context in contexts):
        raise ValueError("expected contexts")
    return {key: value for context in contexts for key, value in context.items()}


builtin("context merge", "*contexts", list)(_merge)
builtin("put all", "*contexts", list)(_merge)


# -- time -----------------------------------------------------------------------------------------------------------
_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
builtin("now", wants_evaluation=True)(lambda evaluation: evaluation.moment())
builtin("today", wants_evaluation=True)(lambda evaluation: evaluation.moment().date)


def _of_day(name: str, function: Callable[[Date], Any]) -> None:
    builtin(name, "date", Date)(function)
    builtin(name, "date", Moment)(lambda moment: function(moment.date))


def _week(day: Date) -> int:
    """Return the week as ISO 8601 counts: its Thursday's."""
    thursday = Date(day.days + 4 - day.weekday)
    return (thursday.days - Date.of(thursday.parts[0], 1, 1).days) // 7 + 1


_of_day("day of week", lambda day: _WEEK[day.weekday - 1])
_of_day("day of year", lambda day: day.days - Date.of(day.parts[0], 1, 1).days + 1)
_of_day("week of year", _week)
_of_day("month of year", lambda day: _MONTHS[day.parts[1] - 1])
_of_day("last day of month", lambda day: Date.of(*day.parts[:2], temporal.last_day(*day.parts[:2])))

# -- ranges: the table of the DMN specification, 10.3.4.10 -----------------------------------------------------------
_POINT = (int, float, Decimal, Date, Time, Moment, DaysTime, YearsMonths)
_Compared = Callable[[Any, Any], bool]


def _range(name: str, first: str, second: str, function: Callable[..., bool]) -> None:
    kinds = {"p": _POINT, "r": Range}
    words = {"p": "point", "r": "range"}
    names = [words[first], words[second]]
    if first == second:
        names = [names[0] + "1", names[1] + "2"]

    def checked(left: Any, right: Any) -> Any:
        bounds = [
            bound for one in (left, right) for bound in ((one.low, one.high) if isinstance(one, Range) else (one,))
        ]
        if (
            any(isinstance(bound, (bool, str)) or bound is None for bound in bounds)
            or len({kind_of(b) for b in bounds}) > 1
        ):
            raise ValueError("can't compare these")
        return function(_bounds(left), _bounds(right))

    builtin(name, ", ".join(names), kinds[first], kinds[second])(checked)


@dataclass(slots=True)
class _Bounds:
    start: Any
    end: Any
    closed_start: bool = True
    closed_end: bool = True


def _bounds(value: Any) -> Any:
    if isinstance(value, Range):
        return _Bounds(ordered(value.low), ordered(value.high), value.low_closed, value.high_closed)
    return _Bounds(ordered(value), ordered(value))


def _before(a: _Bounds, b: _Bounds) -> bool:
    return bool(a.end < b.start or (a.end == b.start and not (a.closed_end and b.closed_start)))


def _meets(a: _Bounds, b: _Bounds) -> bool:
    return bool(a.closed_end and b.closed_start and a.end == b.start)


def _includes(a: _Bounds, b: _Bounds) -> bool:
    return bool(
        (a.start < b.start or (a.start == b.start and (a.closed_start or not b.closed_start)))
        and (a.end > b.end or (a.end == b.end and (a.closed_end or not b.closed_end)))
    )


def _overlaps(a: _Bounds, b: _Bounds) -> bool:
    return not _before(a, b) and not _before(b, a)


def _overlaps_before(a: _Bounds, b: _Bounds) -> bool:
    return bool(
        (a.start < b.start or (a.start == b.start and a.closed_start and not b.closed_start))
        and not _before(a, b)
        and (a.end < b.end or (a.end == b.end and (not a.closed_end or b.closed_end)))
    )


def _starts(a: _Bounds, b: _Bounds) -> bool:
    return bool(
        a.start == b.start
        and a.closed_start == b.closed_start
        and (a.end < b.end or (a.end == b.end and (not a.closed_end or b.closed_end)))
    )


def _finishes(a: _Bounds, b: _Bounds) -> bool:
    return bool(
        a.end == b.end
        and a.closed_end == b.closed_end
        and (a.start > b.start or (a.start == b.start and (not a.closed_start or b.closed_start)))
    )


def _coincides(a: _Bounds, b: _Bounds) -> bool:
    return a == b


def _turned(function: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda a, b: function(b, a)


for _kinds in ("pp", "pr", "rp", "rr"):
    _range("before", _kinds[0], _kinds[1], _before)
    _range("after", _kinds[0], _kinds[1], _turned(_before))
for _name, _kinds, _function in (
    ("meets", "rr", _meets),
    ("met by", "rr", _turned(_meets)),
    ("overlaps", "rr", _overlaps),
    ("overlaps before", "rr", _overlaps_before),
    ("overlaps after", "rr", _turned(_overlaps_before)),
    ("finishes", "pr rr", _finishes),
    ("finished by", "rp rr", _turned(_finishes)),
    ("includes", "rp rr", _includes),
    ("during", "pr rr", _turned(_includes)),
    ("starts", "pr rr", _starts),
    ("started by", "rp rr", _turned(_starts)),
    ("coincides", "pp rr", _coincides),
    ("coincides", "pr rp", lambda _a, _b: False),
):
    for _pair in _kinds.split():
        _range(_name, _pair[0], _pair[1], _function)


def from_ai(value: Any, *_description: Any) -> Any:
    """Return the value itself: Zeebe's own function of 8.8, which describes a parameter to an AI agent."""
    return value


for _count in range(5):
    _names = ", ".join(("value", "description", "type", "schema", "options")[: _count + 1])
    builtin("fromAi", _names, *([Any_] * (_count + 1)), modern=True)(from_ai)


__all__ = ["builtin", "call", "known"]
