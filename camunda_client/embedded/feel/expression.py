"""FEEL as Camunda evaluates it: an expression, a context, a value or null."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timezone
from decimal import MAX_EMAX, MIN_EMIN, localcontext
from random import Random, SystemRandom
from typing import Any

from camunda_client.embedded.feel import builtins
from camunda_client.embedded.feel.errors import (
    AssertionFailedError,
    EvaluationError,
    FeelSyntaxError,
    NotANumberError,
    TooDeepError,
)
from camunda_client.embedded.feel.evaluation import Evaluation
from camunda_client.embedded.feel.native import native
from camunda_client.embedded.feel.parser import Node, parse, parse_unary_tests
from camunda_client.embedded.feel.values import plain

log = logging.getLogger(__name__)

#: Digits; the precision of Java's ``MathContext.DECIMAL128``, which Camunda's engine counts with.
PRECISION = 34

_FUNCTIONS: ContextVar[frozenset[str]] = ContextVar("_FUNCTIONS", default=frozenset())


@contextmanager
def functions_known(names: Iterable[str]) -> Iterator[None]:
    """Say that variables of these names may be functions: no warning is logged where an expression calls one."""
    token = _FUNCTIONS.set(frozenset(names))
    try:
        yield
    finally:
        _FUNCTIONS.reset(token)


class Expression:
    """An expression of a model: FEEL when it starts with ``=``, else the text itself."""

    __slots__ = ("modern", "source", "static", "text", "tree")

    def __init__(self, source: str, *, feel: bool = False, unary: bool = False, modern: bool = False) -> None:
        """Parse once, at deployment.

        Args:
            source: The text of the model.
            feel: It is FEEL also without an equals sign.
            unary: It is a cell of a decision table, which tests the variable ``?``.
            modern: As FEEL-Scala 1.21.0 has it (Camunda 8.8 and 8.9), else 1.18.0 (8.6 and 8.7).

        Raises:
            FeelSyntaxError: The FEEL text is not valid.
        """
        stripped = source.strip()
        self.source = source
        self.modern = modern
        self.static = not (feel or unary or stripped.startswith("="))
        # As it is: Camunda's messages quote " x > 5" with the blank behind the equals sign.
        self.text = source if self.static else stripped if unary else stripped.removeprefix("=")
        self.tree: Node = ("const", source)
        if not self.static:
            try:
                self.tree, called = (parse_unary_tests if unary else parse)(self.text, modern=modern)
            except RecursionError:
                raise FeelSyntaxError(f"{stripped[:20]!r}... is nested too deeply") from None
            for name in sorted(called - _FUNCTIONS.get()):
                if not builtins.known(name, modern=modern):
                    log.warning("no function is called %r: it will be null in %r", name, self.text)

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
            EvaluationError: It counts with what is not a number, like the root of a negative one.
        """
        if self.static:
            return self.text
        return plain(self.value(context, warnings, now, random))

    def raw(
        self,
        context: Mapping[str, Any],
        warnings: list[str] | None = None,
        now: Callable[[], datetime] | None = None,
        random: Callable[[], Random] | None = None,
    ) -> Any:
        """Return the value before it is made JSON: dates and durations are Python's, those it can't hold are texts."""
        return native(self.value(context, warnings, now, random))

    def value(
        self,
        context: Mapping[str, Any],
        warnings: list[str] | None = None,
        now: Callable[[], datetime] | None = None,
        random: Callable[[], Random] | None = None,
    ) -> Any:
        """Return the value as FEEL has it, for another expression to go on with: exact numbers, dates, functions.

        Otherwise like :meth:`evaluate`.
        """
        if self.tree[0] == "name" and self.tree[1] in context:  # by far the commonest expression
            return context[self.tree[1]]
        with localcontext() as arithmetic:
            arithmetic.prec, arithmetic.Emax, arithmetic.Emin = PRECISION, MAX_EMAX, MIN_EMIN
            evaluation = Evaluation(
                warnings if warnings is not None else [],
                now or _machine_now,
                random or SystemRandom,
                modern=self.modern,
            )
            try:
                return evaluation.value(self.tree, context)
            except AssertionFailedError as error:
                raise EvaluationError(f"Assertion failure on evaluate the expression '{self.text}': {error}") from error
            except EvaluationError as error:
                colon = " :" if isinstance(error, NotANumberError) else ":"
                raise EvaluationError(f"failed to evaluate expression '{self.text}'{colon} {error}") from error
            except RecursionError as error:
                raise TooDeepError(f"failed to evaluate expression '{self.text}': it is nested too deeply") from error

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"


def _machine_now() -> datetime:
    return datetime.now(timezone.utc)


__all__ = ["Expression", "functions_known"]
