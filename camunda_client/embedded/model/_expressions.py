"""The expressions of models: FEEL, with the engine's random values, whose errors are failures of a step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from camunda_client.embedded import feel
from camunda_client.embedded._failures import Failure
from camunda_client.embedded._randomness import current_random
from camunda_client.embedded.model._dialects import since

log = logging.getLogger("camunda_client.embedded")

#: What Camunda calls the types of results in its messages.
_TYPE_NAMES = {
    str: "STRING",
    bool: "BOOLEAN",
    int: "NUMBER",
    float: "NUMBER",
    Decimal: "NUMBER",
    datetime: "DATE_TIME",
    date: "DATE",
    timedelta: "DURATION",
    feel.YearsMonths: "PERIOD",
    list: "ARRAY",
    dict: "OBJECT",
    type(None): "NULL",
}


class Expression(feel.Expression):
    """An expression of a model, as the FEEL of the engine's dialect has it."""

    __slots__ = ()

    def __init__(self, source: str, *, feel: bool = False, unary: bool = False, modern: bool | None = None) -> None:
        """Parse once, at deployment.

        ``modern`` is the FEEL of 8.8 and later (FEEL-Scala 1.21), else it is that of 8.6 (1.18); left out, the release
        decides that models are read for.
        """
        super().__init__(source, feel=feel, unary=unary, modern=since("8.8") if modern is None else modern)

    def evaluate(
        self,
        context: Mapping[str, Any],
        warnings: list[str] | None = None,
        now: Callable[[], datetime] | None = None,
        random: Callable[[], Random] | None = None,
    ) -> Any:
        """Return a JSON value; null where FEEL has none.

        Raises:
            Failure: It has no value, or we failed to find it.
        """
        try:
            return super().evaluate(context, warnings, now, random or current_random)
        except Failure:
            raise  # of value(), which this called
        except Exception as error:
            raise self._failed(error) from error

    def raw(
        self,
        context: Mapping[str, Any],
        warnings: list[str] | None = None,
        now: Callable[[], datetime] | None = None,
        random: Callable[[], Random] | None = None,
    ) -> Any:
        """Return the value before it is made JSON. Otherwise like :meth:`evaluate`."""
        try:
            return super().raw(context, warnings, now, random or current_random)
        except Failure:
            raise  # of value(), which this called
        except Exception as error:
            raise self._failed(error) from error

    def value(
        self,
        context: Mapping[str, Any],
        warnings: list[str] | None = None,
        now: Callable[[], datetime] | None = None,
        random: Callable[[], Random] | None = None,
    ) -> Any:
        """Return the value as FEEL has it. Otherwise like :meth:`evaluate`."""
        try:
            return super().value(context, warnings, now, random or current_random)
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> Failure:
        """Return the failure of a step; a fault of ours goes into the log, too."""
        if isinstance(error, feel.TooDeepError):
            error = RecursionError(str(error))
        elif isinstance(error, feel.EvaluationError):
            return Failure("EXTRACT_VALUE_ERROR", str(error))
        log.error("embedded engine: the expression %r failed", self.text, exc_info=error)
        return Failure.unknown(error)


def unexpected_type(value: Any) -> str:
    """Return what Camunda calls the type of a value."""
    return _TYPE_NAMES.get(type(value)) or type(value).__name__.upper()


def unexpected(expression: Expression, value: Any, wanted: str, warnings: list[str]) -> str:
    """Return Camunda's message for a result of the wrong type."""
    found = unexpected_type(value)
    message = f"Expected result of the expression '{expression.text}' to be {wanted}, but was '{found}'."
    if warnings:
        message += " The evaluation reported the following warnings:\n" + "\n".join(warnings)
    return message
