"""Searches over rows: filters, order and pages with cursors, as Camunda's search endpoints have them."""

from __future__ import annotations

import base64
import binascii
import fnmatch
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from camunda_client.embedded.model import moment

Row = dict[str, Any]
#: Items of a page where the request names no limit, and the most it may name.
DEFAULT_LIMIT, MAX_LIMIT = 100, 10_000


class NoSuchSearchError(ValueError):
    """A filter, an order or a page that can't be."""


def matching(rows: list[Row], wanted: Row) -> list[Row]:
    """Return the rows that a filter fits."""
    return [row for row in rows if fits(row, wanted)]


def fits(row: Row, wanted: Row) -> bool:
    """Whether all members of a filter fit, and one of those in ``$or`` if there are any."""
    for name, condition in wanted.items():
        if name == "$or":
            if condition and not any(fits(row, one) for one in condition):
                return False
        elif name not in row:
            raise NoSuchSearchError(f"the embedded engine has no filter by '{name}' here")
        elif not _holds(row[name], condition):
            return False
    return True


def _holds(value: Any, condition: Any) -> bool:
    if isinstance(condition, list):  # all tags, all variables
        return all(any(_same(item, one) for item in value or []) for one in condition)
    if not isinstance(condition, dict):
        return _one_is(value, lambda item: _same(item, condition))
    for operator, operand in condition.items():
        if operator not in _OPERATORS:
            raise NoSuchSearchError(f"the embedded engine has no operator '{operator}'")
        if operand == [] and operator in ("$in", "$notIn"):
            continue  # Camunda's Java client 8.9.0 sends them so beside every $eq
        if not _OPERATORS[operator](value, operand):
            return False
    return True


def _one_is(value: Any, test: Callable[[Any], bool]) -> bool:
    """Whether a value passes a test; of several, like candidates, one is enough."""
    return any(test(item) for item in value) if isinstance(value, list) else test(value)


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):  # a variable by name and value
        return isinstance(value, dict) and fits(value, wanted)
    left, right = _comparable(value, wanted)
    return bool(left == right)


def _comparable(value: Any, wanted: Any) -> tuple[Any, Any]:
    """Return two values so that they can be compared: moments as such, keys as text."""
    if isinstance(value, str) and isinstance(wanted, str):
        moments = _moment(value), _moment(wanted)
        return moments if None not in moments else (value, wanted)
    if isinstance(value, int) and isinstance(wanted, str):
        return str(value), wanted
    return value, wanted


def _moment(text: str) -> datetime | None:
    found = moment(text) if "T" in text else None
    return found if found is not None and found.tzinfo is not None else None


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(value: Any, wanted: Any) -> bool:
        left, right = _comparable(value, wanted)
        return left is not None and type(left) is type(right) and test(left, right)

    return holds


def _like(value: Any, pattern: Any) -> bool:
    # Only * and ? stand for others here; a bracket is itself.
    text = str(pattern).replace("[", "[[]")
    return _one_is(value, lambda item: item is not None and fnmatch.fnmatchcase(str(item), text))


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda value, wanted: _one_is(value, lambda item: _same(item, wanted)),
    "$neq": lambda value, wanted: not _one_is(value, lambda item: _same(item, wanted)),
    "$exists": lambda value, wanted: (value is not None) is bool(wanted),
    "$in": lambda value, wanted: _one_is(value, lambda item: any(_same(item, one) for one in wanted)),
    "$notIn": lambda value, wanted: not _one_is(value, lambda item: any(_same(item, one) for one in wanted)),
    "$like": _like,
    "$gt": _compared(lambda left, right: left > right),
    "$gte": _compared(lambda left, right: left >= right),
    "$lt": _compared(lambda left, right: left < right),
    "$lte": _compared(lambda left, right: left <= right),
}


def ordered(rows: list[Row], sort: list[Row], known: dict[str, Any]) -> list[Row]:
    """Return rows in an order; those that it does not tell apart stay as they were."""
    for one in reversed(sort):
        field, order = one.get("field"), str(one.get("order", "ASC")).upper()
        if field not in known or order not in ("ASC", "DESC"):
            raise NoSuchSearchError(f"the embedded engine has no order by '{field}' {order} here")
        present = [row for row in rows if row.get(field) is not None]
        absent = [row for row in rows if row.get(field) is None]
        present.sort(key=lambda row: _rank(row[field]), reverse=order == "DESC")
        rows = [*absent, *present] if order == "DESC" else [*present, *absent]
    return rows


def _rank(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (list, dict)) else value


def page_of(rows: list[Row], page: Row, key: str, *, nullable: bool) -> tuple[list[Row], Row]:
    """Return the rows of a page, and what is said of it.

    Args:
        rows: All that were found, in order.
        page: ``limit``, and ``from``, ``after`` or ``before``.
        key: The member that tells rows from each other; a cursor holds it.
        nullable: Whether a cursor that is not there is null; else it is left out.
    """
    limit, start = page.get("limit", DEFAULT_LIMIT), page.get("from", 0)
    if not 1 <= limit <= MAX_LIMIT or start < 0:
        raise NoSuchSearchError(f"The page of {limit} from {start} is not possible: limit is 1 to {MAX_LIMIT}.")
    if "after" in page:
        start = _index(rows, page["after"], key) + 1
    elif "before" in page:
        start, limit = _window_before(_index(rows, page["before"], key), limit)
    found = rows[start : start + limit]
    said: Row = {"totalItems": len(rows), "hasMoreTotalItems": False}
    cursors = (_cursor(found[0], start, key), _cursor(found[-1], start + len(found) - 1, key)) if found else (None,) * 2
    for name, cursor in zip(("startCursor", "endCursor"), cursors, strict=True):
        if cursor is not None or nullable:
            said[name] = cursor
    return found, said


def _window_before(end: int, limit: int) -> tuple[int, int]:
    start = max(0, end - limit)
    return start, end - start


def _cursor(row: Row, index: int, key: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([index, row[key]]).encode()).decode()


def _index(rows: list[Row], cursor: str, key: str) -> int:
    """Return where a row is now; where it was, if it is gone."""
    try:
        index, wanted = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError, binascii.Error):
        raise NoSuchSearchError(f"'{cursor[:80]}' is not a cursor that a search has returned") from None
    return next((at for at, row in enumerate(rows) if row[key] == wanted), int(index))
