"""FEEL as Camunda evaluates it: an expression, a context, a value or null."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from decimal import MAX_EMAX, MIN_EMIN, localcontext
from random import Random, SystemRandom
from typing import Any

from camunda_client.embedded.feel import builtins
from camunda_client.embedded.feel.errors import EvaluationError, FeelSyntaxError
from camunda_client.embedded.feel.evaluation import Evaluation
from camunda_client.embedded.feel.parser import Node, parse, parse_unary_tests
from camunda_client.embedded.feel.values import plain

log = logging.getLogger(__name__)

#: Digits; the precision of Java's ``MathContext.DECIMAL128``, which Camunda's engine counts with.
PRECISION = 34


class Expression:
    """An expression of a model: FEEL when it starts with ``=``, else the text itself."""

    __slots__ = ("source", "static", "text", "tree")

    def __init__(self, source: str, *, feel: bool = False, unary: bool = False) -> None:
        """Parse once, at deployment.

        Raises:
            FeelSyntaxError: The FEEL text is not valid or not supported.
        """
        stripped = source.strip()
        self.source = source
        self.static = not (feel or unary or stripped.startswith("="))
        # As it is: Camunda's messages quote " x > 5" with the blank behind the equals sign.
        self.text = source if self.static else stripped.removeprefix("=")
        self.tree: Node = ("const", source)
        if not self.static:
            try:
                self.tree = (parse_unary_tests if unary else parse)(self.text, _supported)
            except RecursionError:
                raise FeelSyntaxError(f"{stripped[:20]!r}... is nested too deeply") from None

    def evaluate(
        self,
        context: Mapping[str, Any],
        warnings: list[str] | None = None,
        now: Callable[[], datetime] | None = None,
        random: Callable[[], Random] | None = None,
    ) -> Any:
        """Return a JSON value; null where FEEL has none.

        Args:
            context: The variables by name.
            warnings: Receives the reasons for nulls.
            now: The clock of ``now()`` and ``today()``; the machine's when left out.
            random: Where ``uuid()`` and ``random number()`` come from; the system when left out.

        Raises:
            EvaluationError: It counts with what is no number, like the root of a negative one.
        """
        if self.static:
            return self.text
        return plain(self.raw(context, warnings, now, random))

    def raw(
        self,
        context: Mapping[str, Any],
        warnings: list[str] | None = None,
        now: Callable[[], datetime] | None = None,
        random: Callable[[], Random] | None = None,
    ) -> Any:
        """Return the value before it is made JSON: dates and durations stay what they are."""
        if self.tree[0] == "name" and self.tree[1] in context:  # by far the commonest expression
            return context[self.tree[1]]
        with localcontext() as arithmetic:
            arithmetic.prec, arithmetic.Emax, arithmetic.Emin = PRECISION, MAX_EMAX, MIN_EMIN
            evaluation = Evaluation(
                warnings if warnings is not None else [], now or _machine_now, random or SystemRandom
            )
            try:
                return evaluation.value(self.tree, context)
            except EvaluationError as error:
                raise EvaluationError(f"failed to evaluate expression '{self.text}' : {error}") from error

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"


def _machine_now() -> datetime:
    return datetime.now(timezone.utc)


def _supported(function: str, text: str) -> bool:
    if function != "is defined" and function not in builtins.MISSING and not builtins.known(function):
        log.warning("no function is called %r: it will be null in %r", function, text)
    return function not in builtins.MISSING


__all__ = ["Expression"]
