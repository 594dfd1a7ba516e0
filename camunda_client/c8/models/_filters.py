"""What the keyword of a search takes: a value, or a condition on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from typing_extensions import TypedDict

__all__ = ["Condition", "NumberCondition", "TextCondition"]

#: ``{"$like": "order-*"}``, ``{"$in": ["a", "b"]}``, ``{"$gte": "2026-01-01T00:00:00Z"}``; several must all be true.
Condition = TypedDict(
    "Condition",
    {
        "$eq": Any, "$neq": Any, "$exists": bool, "$gt": Any, "$gte": Any, "$lt": Any, "$lte": Any,
        "$in": Sequence[Any], "$notIn": Sequence[Any], "$like": str,
    },
    total=False,
)  # fmt: skip
#: A text, a time, several of which one must fit, or a condition.
TextCondition = str | datetime | Sequence[str] | Condition
NumberCondition = int | Sequence[int] | Condition
