"""One evaluation of a decision, as DMN-Scala does it.

Remember: a decision sees the variables, the results of the decisions that it requires itself, and the functions of the
knowledge models that it requires itself, nothing that those require. Values stay FEEL's own until the end: a date that
one decision returns is a date to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from camunda_client.embedded import feel
from camunda_client.embedded._failures import Failure
from camunda_client.embedded.feel import Function, as_number, equal, type_name, written
from camunda_client.embedded.model._expressions import Expression
from camunda_client.embedded.model._logic import (
    BoxedContext,
    BoxedFunction,
    BoxedList,
    Decision,
    Evaluated,
    Invocation,
    Knowledge,
    Logic,
    Output,
    Outputs,
    Relation,
    Rule,
    Table,
)

Variables = Mapping[str, Any]

_AGGREGATIONS: dict[str, Callable[[list[int | Decimal]], Any]] = {"SUM": sum, "MIN": min, "MAX": max}
#: DMN's names of types and FEEL's. What has another name is not checked.
_TYPES = {
    "string": "string", "number": "number", "boolean": "boolean", "time": "time", "date": "date",
    "dateTime": "date and time", "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
}  # fmt: skip


class LogicError(Exception):
    """A decision has no value; why, in the words of Camunda's engine."""


class Run:
    """One evaluation; ``log`` has what was evaluated, in the order in which it was done."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.log: list[Evaluated] = []
        self._now = now

    def decide(self, decision: Decision, variables: Variables) -> Any:
        """Return a decision's value. Those that it requires are evaluated for each that requires them.

        Raises:
            LogicError: It has none.
        """
        scope = dict(variables)
        for required_id in decision.required:
            required = decision.graph.decisions[required_id]
            scope[required.variable] = self.decide(required, variables)
        scope |= {model.name: self._function_of(model, variables) for model in decision.knowledge}
        return _typed(self._of(decision, scope), decision.type)

    # -- decisions and knowledge models -----------------------------------------------------------------------------
    def _of(self, owner: Decision | Knowledge, scope: Variables) -> Any:
        """Return the value of what a decision or a knowledge model is made of, and put it on record."""
        entry = Evaluated(owner, None)
        try:
            if isinstance(owner.logic, Table):
                entry.output = self._table(owner.logic, scope, entry)
            else:
                entry.output = self._value(owner.logic, scope)
        except LogicError as error:
            entry.failure = str(error)
            raise
        finally:
            self.log.append(entry)
        return entry.output

    def _knowing(self, model: Knowledge, scope: Variables) -> dict[str, Any]:
        return {**scope, **{one.name: self._function_of(one, scope) for one in model.required}}

    def _function_of(self, model: Knowledge, scope: Variables) -> Function:
        known = self._knowing(model, scope)
        return self._function(model.parameters, lambda arguments: self._of(model, {**known, **arguments}))

    @staticmethod
    def _function(parameters: list[tuple[str, str]], value: Callable[[dict[str, Any]], Any]) -> Function:
        def called(*arguments: Any) -> Any:
            try:
                pairs = zip(parameters, arguments, strict=True)
                return value({name: _typed(argument, type_) for (name, type_), argument in pairs})
            except LogicError as error:
                raise feel.EvaluationError(str(error)) from error

        return Function([name for name, _ in parameters], called)

    # -- boxed expressions ------------------------------------------------------------------------------------------
    def _value(self, logic: Logic, scope: Variables) -> Any:
        match logic:
            case Expression():
                return self._expression(logic, scope)
            case Table():
                return self._table(logic, scope, None)
            case BoxedContext():
                return self._context(logic, scope)
            case BoxedList():
                return [self._value(item, scope) for item in logic.items]
            case Relation():
                return [{name: self._value(cell, scope) for name, cell in row} for row in logic.rows]
            case BoxedFunction():
                body = logic.body
                return self._function(logic.parameters, lambda given: self._expression(body, {**scope, **given}))
            case Invocation():
                return self._invocation(logic, scope)

    def _expression(self, expression: Expression, scope: Variables) -> Any:
        try:
            return expression.value(scope, now=self._now)
        except Failure as error:
            raise LogicError(error.message) from error

    def _context(self, context: BoxedContext, scope: Variables) -> Any:
        built: dict[str, Any] = {}
        for name, entry in context.entries:
            built[name] = self._value(entry, {**scope, **built})
        return built if context.result is None else self._value(context.result, {**scope, **built})

    def _invocation(self, invocation: Invocation, scope: Variables) -> Any:
        model = invocation.called
        given = {**scope, **{name: self._expression(bound, scope) for name, bound in invocation.bindings}}
        given = self._knowing(model, given)
        for name, type_ in model.parameters:
            if name not in given:
                raise LogicError(f"no parameter found with name '{name}'")
            _typed(given[name], type_)
        return self._of(model, given)

    # -- tables -----------------------------------------------------------------------------------------------------
    def _table(self, table: Table, scope: Variables, entry: Evaluated | None) -> Any:
        values = [(column, label, self._expression(given, scope)) for column, label, given in table.inputs]
        if entry is not None:
            entry.inputs = values
        met = [one for one in enumerate(table.rules, start=1) if self._is_met(one[1], values, scope)]
        if not met:
            return self._default(table.outputs, scope)
        if table.hit_policy == "FIRST":
            del met[1:]
        matched = [(rule, number, self._outputs(rule, scope)) for number, rule in met]
        if entry is not None:
            entry.matched = matched
        return _by_policy(table, [{name: value for _, name, value in outputs} for _, _, outputs in matched])

    def _is_met(self, rule: Rule, values: Outputs, scope: Variables) -> bool:
        for test, (_, _, value) in zip(rule.tests, values, strict=False):
            holds = self._expression(test, {**scope, "?": value})
            if holds is not None and not isinstance(holds, bool):
                raise LogicError(f"input entry must return true, false, or null, but found '{written(holds)}'")
            if not holds:
                return False
        return True

    def _outputs(self, rule: Rule, scope: Variables) -> Outputs:
        return [(column, name, self._expression(cell, scope)) for column, name, cell in rule.outputs]

    def _default(self, outputs: list[Output], scope: Variables) -> Any:
        """Return the outputs where no rule matches, whatever the policy: null, not an empty list or a count of 0."""
        found = {one.name: self._expression(one.default, scope) for one in outputs if one.default is not None}
        return _single(found) if found else None


def _typed(value: Any, type_: str) -> Any:
    name = type_.replace("feel:", "")
    wanted = _TYPES.get(name)
    if wanted is not None and value is not None and type_name(value) != wanted:
        raise LogicError(f"expected '{name}' but found '{written(value)}'")
    return value


def _single(row: dict[str, Any]) -> Any:
    return next(iter(row.values())) if len(row) == 1 else row


def _by_policy(table: Table, rows: list[dict[str, Any]]) -> Any:
    """Return what the rules that match come to, of which there is one at least."""
    match table.hit_policy:
        case "COLLECT" if table.aggregation:
            return _aggregated(table.aggregation, rows)
        case "COLLECT" | "RULE ORDER":
            return [_single(row) for row in rows]
        case "OUTPUT ORDER":
            return [_single(row) for row in _by_priority(rows, table.outputs)]
        case "PRIORITY":
            return _single(_by_priority(rows, table.outputs)[0])
        case "UNIQUE" if len(rows) > 1:
            raise LogicError(f"multiple values aren't allowed for UNIQUE hit policy. found: '{_shown(rows)}'")
        case "ANY":
            distinct = _distinct(rows)
            if len(distinct) > 1:
                raise LogicError(f"different values aren't allowed for ANY hit policy. found: '{_shown(distinct)}'")
    return _single(rows[0])


def _distinct(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for row in rows:
        if not any(equal(row, other) for other in found):
            found.append(row)
    return found


def _by_priority(rows: list[dict[str, Any]], outputs: list[Output]) -> list[dict[str, Any]]:
    """Return rows in the order of their outputs' priorities.

    DMN-Scala compares these as text: the 10th comes before the 9th.
    """

    def priority(row: dict[str, Any]) -> str:
        return "".join(_priority(row[output.name], output.priorities) for output in outputs)

    try:
        return sorted(rows, key=priority)
    except KeyError as error:
        raise LogicError(f"a rule has no output {error}") from error


def _priority(value: Any, priorities: list[str]) -> str:
    text = value if isinstance(value, str) else None if as_number(value) is None else written(value)
    last = {one: number for number, one in enumerate(priorities)}.get(text) if text is not None else None
    return "_" if last is None else str(last)


def _aggregated(aggregation: str, rows: list[dict[str, Any]]) -> Any:
    if aggregation == "COUNT":
        return len(rows)
    numbers = []
    for row in rows:
        if len(row) != 1:
            raise LogicError(f"multiple values aren't allowed. found: {_shown(rows)}")
        value = _single(row)
        number = as_number(value)
        if number is None:
            raise LogicError(f"expected number but found '{written(value)}'")
        numbers.append(number)
    return _AGGREGATIONS[aggregation](numbers)


def _shown(rows: list[dict[str, Any]]) -> str:
    """Return rows as Scala writes lists of maps."""
    maps = [", ".join(f"{name} -> {written(value)}" for name, value in row.items()) for row in rows]
    return "List(" + ", ".join(f"Map({inner})" for inner in maps) + ")"
