"""One run over the tree of an expression.

Remember: FEEL has no exceptions at run time. An unknown variable, a division by zero or a comparison
of a string with a number is null, and the reason is kept in ``warnings``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, Overflow
from random import Random
from typing import Any

from camunda_client.embedded.feel import builtins as functions
from camunda_client.embedded.feel.parser import Node
from camunda_client.embedded.feel.values import (
    Function,
    NotANumberError,
    Range,
    as_number,
    comparable,
    equal,
    of_float,
    temporal,
    told,
    type_name,
)

#: The largest exponent of Java's ``BigDecimal.pow``.
LARGEST_EXPONENT = 999_999_999


class _NoListError(Exception):
    """Something that is no list was to be gone through: the whole expression is null."""


class Evaluation:
    """One run over one tree."""

    def __init__(self, warnings: list[str], now: Callable[[], datetime], random: Callable[[], Random]) -> None:
        self.warnings = warnings
        self.now = now
        self.random = random

    def warn(self, kind: str, text: str) -> None:
        """Note why a value became null, in the words of Camunda's engine."""
        self.warnings.append(f"[{kind}] {text}")

    def value(self, node: Node, scope: Mapping[str, Any]) -> Any:
        """Return the value of one node."""
        return _OPERATIONS[node[0]](self, node, scope)

    # -- leaves -----------------------------------------------------------------------------------------------------
    def name(self, node: Node, scope: Mapping[str, Any]) -> Any:
        if node[1] in scope:
            return scope[node[1]]
        if functions.known(node[1]):
            return Function([], node[1])
        self.warn("NO_VARIABLE_FOUND", f"No variable found with name '{node[1]}'")
        return None

    def list_(self, node: Node, scope: Mapping[str, Any]) -> Any:
        return [self.value(item, scope) for item in node[1]]

    def context(self, node: Node, scope: Mapping[str, Any]) -> Any:
        built: dict[str, Any] = {}
        for key, item in node[1]:
            built[key] = self.value(item, {**scope, **built})
        return built

    def function(self, node: Node, scope: Mapping[str, Any]) -> Any:
        return Function(node[1], node[2], scope)

    def range(self, node: Node, scope: Mapping[str, Any]) -> Any:
        return Range(node[1], self.value(node[2], scope), self.value(node[3], scope), node[4])

    # -- logic ------------------------------------------------------------------------------------------------------
    def if_(self, node: Node, scope: Mapping[str, Any]) -> Any:
        return self.value(node[2] if self.value(node[1], scope) is True else node[3], scope)

    def and_(self, node: Node, scope: Mapping[str, Any]) -> Any:
        left = self.value(node[1], scope)
        if left is False:
            return False
        right = self.value(node[2], scope)
        if right is False:
            return False
        return True if left is True and right is True else None

    def or_(self, node: Node, scope: Mapping[str, Any]) -> Any:
        left = self.value(node[1], scope)
        if left is True:
            return True
        right = self.value(node[2], scope)
        if right is True:
            return True
        return False if left is False and right is False else None

    def compare(self, node: Node, scope: Mapping[str, Any]) -> Any:
        return self.compared(node[1], self.value(node[2], scope), self.value(node[3], scope))

    def compared(self, operator: str, left: Any, right: Any) -> Any:
        if operator in ("=", "!="):
            same = equal(left, right)
            if same is None:
                self.warn("NOT_COMPARABLE", f"Can't compare '{told(left)}' with '{told(right)}'")
            return same if same is None or operator == "=" else not same
        left, right = comparable(left), comparable(right)
        if left is None or right is None or type(left) is not type(right) or isinstance(left, (bool, list, dict)):
            self.warn("NOT_COMPARABLE", f"Can't compare '{told(left)}' with '{told(right)}'")
            return None
        try:
            return bool(_ORDER[operator](left, right))
        except TypeError:
            return None

    def between(self, node: Node, scope: Mapping[str, Any]) -> Any:
        value = self.value(node[1], scope)
        low = self.compared(">=", value, self.value(node[2], scope))
        high = self.compared("<=", value, self.value(node[3], scope))
        return None if low is None or high is None else low and high

    def test(self, node: Node, scope: Mapping[str, Any]) -> Any:
        inner = {**scope, "?": self.value(node[1], scope)}
        if node[2][0] in ("any", "not", "compare", "matches"):
            return self.value(node[2], inner)
        return self.matched(self.value(node[2], inner), inner["?"])

    def any_(self, node: Node, scope: Mapping[str, Any]) -> Any:
        for test in node[1]:
            result = (
                self.value(test, scope) if test[0] != "range" else self.matched(self.value(test, scope), scope["?"])
            )
            if result is True:
                return True
        return False

    def not_(self, node: Node, scope: Mapping[str, Any]) -> Any:
        result = self.value(node[1], scope)
        return not result if isinstance(result, bool) else None

    def matches(self, node: Node, scope: Mapping[str, Any]) -> Any:
        return self.matched(self.value(node[1], scope), scope["?"], boolean_is_test="?" in repr(node[1]))

    def matched(self, test: Any, value: Any, *, boolean_is_test: bool = False) -> Any:
        if isinstance(test, Range):
            low = self.compared(">=" if test.low_closed else ">", value, test.low)
            high = self.compared("<=" if test.high_closed else "<", value, test.high)
            return low is True and high is True
        if isinstance(test, bool) and boolean_is_test:
            return test
        if isinstance(test, list):
            return any(self.matched(item, value) is True for item in test)
        return equal(value, test) is True

    def quantified(self, node: Node, scope: Mapping[str, Any]) -> Any:
        try:
            results = [self.value(node[2], inner) for inner in self.bindings(node[1], scope)]
        except _NoListError:
            return None
        return any(r is True for r in results) if node[0] == "some" else all(r is True for r in results)

    # -- arithmetic -------------------------------------------------------------------------------------------------
    def arithmetic(self, node: Node, scope: Mapping[str, Any]) -> Any:
        left, right = self.value(node[2], scope), self.value(node[3], scope)
        result = arithmetic(node[1], left, right)
        if result is None:
            wrong = right if as_number(left) is not None else left  # which power names alone
            self.warn("INVALID_TYPE", _NO_RESULT[node[1]].format(told(left), told(right), told(wrong)))
        return result

    def negate(self, node: Node, scope: Mapping[str, Any]) -> Any:
        value = self.value(node[1], scope)
        number = as_number(value)
        if number is None:
            self.warn("INVALID_TYPE", f"Expected number but found '{told(value)}'")
        return None if number is None else -number

    # -- structures -------------------------------------------------------------------------------------------------
    def path(self, node: Node, scope: Mapping[str, Any]) -> Any:
        value, root = self.value(node[1], scope), _root(node)
        if value is None and root is not None and root not in scope:
            return None  # the variable is missing, which is told already
        return self.entry(value, node[2])

    def entry(self, value: Any, name: str) -> Any:
        if isinstance(value, list):
            return [self.entry(item, name) for item in value]
        if isinstance(value, dict):
            if name in value:
                return value[name]
            keys = ", ".join(f"'{key}'" for key in value)
            detail = f"Available keys: {keys}" if keys else "The context is empty"
        elif value is None:
            detail = "The context is null"
        else:
            found = functions.property_of(value, name)
            if found is None:
                self.warn("NO_PROPERTY_FOUND", f"No property found with name '{name}' of value '{told(value)}'")
            return found
        self.warn("NO_CONTEXT_ENTRY_FOUND", f"No context entry found with key '{name}'. {detail}")
        return None

    def filter(self, node: Node, scope: Mapping[str, Any]) -> Any:
        items = self.value(node[1], scope)
        if not isinstance(items, list):
            self.warn("INVALID_TYPE", f"Expected list but found '{told(items)}'")
            return None
        # Like Camunda's: what is no test is asked without an item first, and a number then is an index.
        if node[2][0] not in ("compare", "call"):
            index = as_number(self.value(node[2], scope))
            if index is not None:
                return _item_at(items, index)
        kept = []
        for number, item in enumerate(items):
            holds = self.value(node[2], {**scope, "item": item, **(item if isinstance(item, dict) else {})})
            index = as_number(holds) if number == 0 else None
            if index is not None:
                return _item_at(items, index)
            if holds is True:
                kept.append(item)
        return kept

    def for_(self, node: Node, scope: Mapping[str, Any]) -> Any:
        results: list[Any] = []
        try:
            for inner in self.bindings(node[1], scope):
                results.append(self.value(node[2], {**inner, "partial": list(results)}))
        except _NoListError:
            return None
        return results

    def bindings(self, iterators: list[tuple[str, Node]], scope: Mapping[str, Any]) -> Any:
        if not iterators:
            yield scope
            return
        (name, source), rest = iterators[0], iterators[1:]
        items = self.value(source, scope)
        if not isinstance(items, list):
            raise _NoListError
        for item in items:
            yield from self.bindings(rest, {**scope, name: item})

    def span(self, node: Node, scope: Mapping[str, Any]) -> Any:
        low, high = as_number(self.value(node[1], scope)), as_number(self.value(node[2], scope))
        if low is None or high is None:
            return None
        first, last = int(low), int(high)
        return list(range(first, last + 1)) if first <= last else list(range(first, last - 1, -1))

    def instance(self, node: Node, scope: Mapping[str, Any]) -> Any:
        return type_name(self.value(node[1], scope)) == node[2]

    def call(self, node: Node, scope: Mapping[str, Any]) -> Any:
        target, positional, named = node[1], node[2], node[3]
        if target == ("name", "is defined"):
            return self.defined([*positional, *named.values()], scope)
        function = scope.get(target[1]) if target[0] == "name" else self.value(target, scope)
        arguments = [self.value(item, scope) for item in positional]
        keywords = {key: self.value(item, scope) for key, item in named.items()}
        if isinstance(function, Function):
            return self.apply(function, arguments)
        if target[0] != "name":
            return None
        return functions.call(self, target[1], arguments, keywords)

    def apply(self, function: Function, arguments: list[Any]) -> Any:
        """Call a function written in FEEL (or a built-in passed by name)."""
        if isinstance(function.body, str):
            return functions.call(self, function.body, arguments, {})
        bound = dict(zip(function.names, arguments, strict=False))
        return self.value(function.body, {**function.scope, **bound})

    def defined(self, arguments: list[Node], scope: Mapping[str, Any]) -> bool | None:
        if len(arguments) != 1:
            count = len(arguments)
            self.warn("NO_FUNCTION_FOUND", f"No function found with name 'is defined' and {count} parameters")
            return None
        node = arguments[0]
        if node[0] == "name":
            return node[1] in scope
        if node[0] == "path":
            owner = self.value(node[1], scope)
            return isinstance(owner, dict) and node[2] in owner
        return self.value(node, scope) is not None


def _root(path: Node) -> Any:
    """Return the name that a path begins with; None if it begins with anything else."""
    while path[0] == "path":
        path = path[1]
    return path[1] if path[0] == "name" else None


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    """Return ``left operator right``, None where FEEL has no such operation."""
    a, b = as_number(left), as_number(right)
    if a is not None and b is not None:
        return _of_numbers(operator, a, b)
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    return functions.temporal_arithmetic(operator, left, right)


def _of_numbers(operator: str, a: Decimal | int, b: Decimal | int) -> Any:
    if operator == "/":
        return None if b == 0 else Decimal(a) / Decimal(b)
    if operator == "**":
        return _power(a, b)
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b}[operator]()


def _power(base: Decimal | int, exponent: Decimal | int) -> Decimal:
    """Return a power.

    Raises:
        NotANumberError: There is none.
    """
    base, exponent = Decimal(base), Decimal(exponent)
    if exponent != exponent.to_integral_value():  # Camunda counts these with floats
        return of_float(math.pow, base, exponent)
    if abs(exponent) > LARGEST_EXPONENT:
        raise NotANumberError("java.lang.ArithmeticException: Invalid operation")
    if base == 0 and exponent < 0:
        raise NotANumberError("java.lang.ArithmeticException: Division by zero")
    try:
        return Decimal(1) if exponent == 0 else base ** int(exponent)
    except Overflow:
        raise NotANumberError("java.lang.ArithmeticException: Overflow") from None


def _item_at(items: list[Any], index: Decimal | int) -> Any:
    """Return the item at a position counted from 1, or from the end if negative; None if there is none."""
    position = index - 1 if index > 0 else len(items) + index
    return items[int(position)] if 0 <= position < len(items) else None


#: Why an operation has no result, of the left value and the right one, in the words of Camunda's engine.
_NO_RESULT = {
    "+": "Can't add '{1}' to '{0}'",
    "-": "Can't subtract '{1}' from '{0}'",
    "*": "Can't multiply '{0}' by '{1}'",
    "/": "Can't divide '{0}' by '{1}'",
    "**": "Expected number but found '{2}'",
}
_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_OPERATIONS: dict[str, Callable[[Evaluation, Node, Mapping[str, Any]], Any]] = {
    "const": lambda _e, node, _s: node[1],
    "number": lambda _e, node, _s: int(node[1]) if node[1].isdigit() else Decimal(node[1]),
    "temporal": lambda _e, node, _s: temporal(node[1]),
    "name": Evaluation.name,
    "list": Evaluation.list_,
    "context": Evaluation.context,
    "function": Evaluation.function,
    "range": Evaluation.range,
    "if": Evaluation.if_,
    "and": Evaluation.and_,
    "or": Evaluation.or_,
    "compare": Evaluation.compare,
    "between": Evaluation.between,
    "test": Evaluation.test,
    "any": Evaluation.any_,
    "not": Evaluation.not_,
    "matches": Evaluation.matches,
    "some": Evaluation.quantified,
    "every": Evaluation.quantified,
    "arithmetic": Evaluation.arithmetic,
    "negate": Evaluation.negate,
    "path": Evaluation.path,
    "filter": Evaluation.filter,
    "for": Evaluation.for_,
    "span": Evaluation.span,
    "instance": Evaluation.instance,
    "call": Evaluation.call,
}

__all__ = ["Evaluation"]
