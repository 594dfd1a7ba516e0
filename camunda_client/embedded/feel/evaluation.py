"""One run over the tree of an expression.

Remember: FEEL has no exceptions at run time. An unknown variable, a division by zero or a comparison
of a string with a number is null, and the reason is kept in ``warnings``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

from camunda_client.embedded.feel import builtins as functions
from camunda_client.embedded.feel import comparison, temporal
from camunda_client.embedded.feel.arithmetic import arithmetic, reason_for_none
from camunda_client.embedded.feel.errors import EvaluationError, NoInputError
from camunda_client.embedded.feel.native import moment_of_native
from camunda_client.embedded.feel.parser import Node
from camunda_client.embedded.feel.properties import property_of
from camunda_client.embedded.feel.temporal import Moment
from camunda_client.embedded.feel.values import (
    NO_INPUT,
    Function,
    Range,
    as_number,
    equal,
    type_name,
    written,
)

#: Items of an iteration. Camunda's engine runs out of memory, which is not to be had here.
LARGEST_LIST = 10_000_000


class _NoListError(Exception):
    """Something that is not a list was to be gone through: the whole expression is null."""


class Evaluation:
    """One run over one tree."""

    __slots__ = ("_now", "blind", "modern", "random", "warnings")

    def __init__(
        self,
        warnings: list[str],
        now: Callable[[], datetime],
        random: Callable[[], Random],
        *,
        modern: bool = False,
    ) -> None:
        self.warnings = warnings
        self.random = random
        self.modern = modern
        #: A test is evaluated without its input, which FEEL-Scala 1.18 does first; see :meth:`blindly`.
        self.blind = False
        self._now = now

    def moment(self) -> Moment:
        """Return the present moment."""
        return moment_of_native(self._now())

    def warn(self, kind: str, text: str) -> None:
        """Note why a value became null, in the words of Camunda's engine."""
        self.warnings.append(f"[{kind}] {text}")

    def value(self, node: Node, scope: Mapping[str, Any]) -> Any:
        """Return the value of one node."""
        return _OPERATIONS[node[0]](self, node, scope)

    # -- leaves -----------------------------------------------------------------------------------------------------
    def name(self, node: Node, scope: Mapping[str, Any]) -> Any:
        if node[1] in scope:
            value = scope[node[1]]
            if value is NO_INPUT:
                raise NoInputError
            return value
        self.warn("NO_VARIABLE_FOUND", f"No variable found with name '{node[1]}'")
        return None

    def input(self, _node: Node, scope: Mapping[str, Any]) -> Any:
        if "?" in scope:
            return scope["?"]
        raise NoInputError

    def list_(self, node: Node, scope: Mapping[str, Any]) -> Any:
        try:
            return [self.value(item, scope) for item in node[1]]
        except NoInputError:
            return self.null_if_blind()

    def context(self, node: Node, scope: Mapping[str, Any]) -> Any:
        built: dict[str, Any] = {}
        try:
            for key, item in node[1]:
                built[key] = self.value(item, {**scope, **built})
        except NoInputError:
            return self.null_if_blind()
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
        result = comparison.compared(operator, left, right)
        if result is None:
            self.warn("NOT_COMPARABLE", f"Can't compare '{written(left)}' with '{written(right)}'")
        return result

    def between(self, node: Node, scope: Mapping[str, Any]) -> Any:
        value = self.value(node[1], scope)
        low = self.compared(">=", value, self.value(node[2], scope))
        if low is False:
            return False
        high = self.compared("<=", value, self.value(node[3], scope))
        return False if high is False else True if low and high else None

    # -- tests of the value "?" -------------------------------------------------------------------------------------
    def test(self, node: Node, scope: Mapping[str, Any]) -> Any:
        return self.value(node[2], {**scope, "?": self.value(node[1], scope)})

    def any_(self, node: Node, scope: Mapping[str, Any]) -> Any:
        result: bool | None = False
        for test in node[1]:
            holds = self.value(test, scope)
            if holds is True:
                return True
            if holds is not False:
                result = None
        return result

    def not_(self, node: Node, scope: Mapping[str, Any]) -> Any:
        result = self.value(node[1], scope)
        return not result if isinstance(result, bool) else None

    def input_compare(self, node: Node, scope: Mapping[str, Any]) -> Any:
        return self.compared(node[1], scope.get("?"), self.value(node[2], scope))

    def input_in_range(self, node: Node, scope: Mapping[str, Any]) -> Any:
        value, found = scope.get("?"), self.range(node[1], scope)
        if not (comparison.orderable(value, found.low) and comparison.orderable(value, found.high)):
            shown = f"'{written(value)}' with '{written(found.low)}' and '{written(found.high)}'"
            self.warn("NOT_COMPARABLE", f"Can't compare {shown}")
            return None
        low = self.compared(">=" if found.low_closed else ">", value, found.low)
        return low and self.compared("<=" if found.high_closed else "<", value, found.high)

    def matches(self, node: Node, scope: Mapping[str, Any]) -> Any:
        result = self.blindly(node[1], scope) if node[3] else NO_INPUT if node[2] else self.value(node[1], scope)
        if result is NO_INPUT:  # it tests the input itself
            result = self.value(node[1], scope)
            return result if isinstance(result, bool) else None
        if result is True:
            return True
        given = scope.get("?")
        if isinstance(result, list) and any(equal(given, item) is True for item in result):
            return True
        same = equal(given, result)
        if same is None and (isinstance(result, list) or (result is False and self.modern)):
            return False
        if same is None:
            self.warn("NOT_COMPARABLE", f"Can't compare '{written(given)}' with '{written(result)}'")
        return same

    def blindly(self, test: Node, scope: Mapping[str, Any]) -> Any:
        """Return a test's value without its input; NO_INPUT if it has none so.

        FEEL-Scala evaluates a test without its input first, and with it only where that fails. But a list or context
        with the missing input in it is null without failing, a function of any number of values takes it
        (``min(?, 3)``), and in 1.18 one whose parameter may be anything: ``list contains(l, ?)`` is false.
        """
        self.blind = True
        try:
            return self.value(test, {name: value for name, value in scope.items() if name != "?"})
        except NoInputError:
            return NO_INPUT
        finally:
            self.blind = False

    def null_if_blind(self) -> None:
        """Return null for a structure that asks for the missing input; raise the error that is handled otherwise."""
        if not self.blind:
            raise NoInputError

    def argument(self, node: Node, scope: Mapping[str, Any]) -> Any:
        """Return the value of an argument while a test is evaluated without its input."""
        try:
            return self.value(node, scope)
        except NoInputError:
            return NO_INPUT

    def quantified(self, node: Node, scope: Mapping[str, Any]) -> Any:
        deciding = node[0] == "some"
        result: bool | None = not deciding
        try:
            for inner in self.bindings(node[1], scope):
                holds = self.value(node[2], inner)
                if holds is deciding:
                    return deciding
                if not isinstance(holds, bool):
                    result = None
        except _NoListError:
            return None
        return result

    # -- arithmetic -------------------------------------------------------------------------------------------------
    def arithmetic(self, node: Node, scope: Mapping[str, Any]) -> Any:
        left, right = self.value(node[2], scope), self.value(node[3], scope)
        result = arithmetic(node[1], left, right)
        if result is None:
            self.warn("INVALID_TYPE", reason_for_none(node[1], left, right))
        return result

    def negate(self, node: Node, scope: Mapping[str, Any]) -> Any:
        value = self.value(node[1], scope)
        number = as_number(value)
        if number is None:
            self.warn("INVALID_TYPE", f"Expected number but found '{written(value)}'")
        return None if number is None else -number

    # -- structures -------------------------------------------------------------------------------------------------
    def path(self, node: Node, scope: Mapping[str, Any]) -> Any:
        value, root = self.value(node[1], scope), _root(node)
        if value is None and root is not None and root not in scope:
            return None  # the variable is missing, which the warnings say already
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
            found = property_of(value, name)
            if found is None:
                self.warn("NO_PROPERTY_FOUND", f"No property found with name '{name}' of value '{written(value)}'")
            return found
        self.warn("NO_CONTEXT_ENTRY_FOUND", f"No context entry found with key '{name}'. {detail}")
        return None

    def filter(self, node: Node, scope: Mapping[str, Any]) -> Any:
        items = self.value(node[1], scope)
        if not isinstance(items, list):
            self.warn("INVALID_TYPE", f"Expected list but found '{written(items)}'")
            return None
        # Like Camunda's: what is not a test is asked without an item first, and a number then is an index.
        if node[2][0] not in ("compare", "call", "method"):
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
        _, iterators, body, looks_back = node
        results: list[Any] = []
        try:
            for inner in self.bindings(iterators, scope):
                if looks_back:
                    inner = {**inner, "partial": list(results)}
                if len(results) == LARGEST_LIST:
                    raise EvaluationError(f"'for' makes more than {LARGEST_LIST:,} items")
                results.append(self.value(body, inner))
        except _NoListError:
            return None
        return results

    def bindings(self, iterators: list[tuple[str, Node]], scope: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield the scope with each combination of the iterators' items; no iterator sees another's."""
        sources = [(name, self.value(source, scope)) for name, source in iterators]
        for _, items in sources:
            if not isinstance(items, (list, _Span)):
                self.warn("INVALID_TYPE", f"Expected list but found '{written(items)}'")
                raise _NoListError
        return self._bound(sources, scope)

    def _bound(self, sources: list[tuple[str, Any]], scope: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        (name, items), rest = sources[0], sources[1:]
        for item in items:
            inner = {**scope, name: item}
            if rest:
                yield from self._bound(rest, inner)
            else:
                yield inner

    def span(self, node: Node, scope: Mapping[str, Any]) -> Any:
        low, high = as_number(self.value(node[1], scope)), as_number(self.value(node[2], scope))
        return None if low is None or high is None else _Span(low, high)

    def instance(self, node: Node, scope: Mapping[str, Any]) -> Any:
        value = self.value(node[1], scope)
        return value is not None if node[2] == "Any" else type_name(value) == node[2]

    def call(self, node: Node, scope: Mapping[str, Any]) -> Any:
        _, name, positional, named = node
        function = scope.get(name)
        value = self.argument if self.blind else self.value
        arguments = [value(item, scope) for item in positional]
        keywords = {key: value(item, scope) for key, item in named.items()}
        if isinstance(function, Function):
            return self.invoke(name, function, arguments, keywords)
        result = functions.call(self, name, arguments, keywords)
        if result is NO_INPUT:
            raise NoInputError
        return result

    def method(self, node: Node, scope: Mapping[str, Any]) -> Any:
        _, owner, name, positional, named = node
        context = self.value(owner, scope)
        if not isinstance(context, dict):
            raise EvaluationError(f"Expected context but found '{written(context)}'")
        function = context.get(name)
        count = len(positional) or len(named)
        if not isinstance(function, Function):
            raise EvaluationError(f"No function found with name '{name}' and {count} parameters")
        arguments = [self.value(item, scope) for item in positional]
        return self.invoke(name, function, arguments, {key: self.value(item, scope) for key, item in named.items()})

    def invoke(self, name: str, function: Function, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Call a function that is a value; null if it has not these parameters."""
        if self.blind and self.modern and any(one is NO_INPUT for one in (*arguments, *keywords.values())):
            raise NoInputError
        if keywords and keywords.keys() <= set(function.names):
            arguments = [keywords.get(parameter) for parameter in function.names]
        elif keywords or len(arguments) != len(function.names):
            count = len(arguments) or len(keywords)
            self.warn("NO_FUNCTION_FOUND", f"No function found with name '{name}' and {count} parameters")
            return None
        return self.apply(function, arguments)

    def apply(self, function: Function, arguments: list[Any]) -> Any:
        """Return what a function makes of its arguments, which are as many as its parameters."""
        if callable(function.body):
            try:
                return function.body(*arguments)
            except EvaluationError as error:
                self.warn("FUNCTION_INVOCATION_FAILURE", str(error))
                return None
        bound = dict(zip(function.names, arguments, strict=True))
        return self.value(function.body, {**function.scope, **bound})


class _Span:
    """The numbers of ``1..3``, or down of ``3..1``; made when they are asked for."""

    __slots__ = ("high", "low")

    def __init__(self, low: int | Decimal, high: int | Decimal) -> None:
        self.low, self.high = low, high

    def __iter__(self) -> Iterator[int | Decimal]:
        number, step = self.low, 1 if self.low < self.high else -1
        while (number <= self.high) if step > 0 else (number >= self.high):
            yield number
            number += step


def _root(path: Node) -> Any:
    """Return the name that a path begins with; None if it begins with anything else."""
    while path[0] == "path":
        path = path[1]
    return path[1] if path[0] == "name" else None


def _item_at(items: list[Any], index: Decimal | int) -> Any:
    """Return the item at a position counted from 1, or from the end if negative; None if there is none."""
    position = index - 1 if index > 0 else len(items) + index
    return items[int(position)] if 0 <= position < len(items) else None


_OPERATIONS: dict[str, Callable[[Evaluation, Node, Mapping[str, Any]], Any]] = {
    "const": lambda _e, node, _s: node[1],
    "input": Evaluation.input,
    "temporal": lambda _evaluation, node, _scope: temporal.read(node[1]),
    "inner": lambda evaluation, node, scope: evaluation.value(node[1], scope),
    "equals": lambda evaluation, node, scope: evaluation.compared("=", scope.get("?"), node[1][1]),
    "input compare": Evaluation.input_compare,
    "input in range": Evaluation.input_in_range,
    "method": Evaluation.method,
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
