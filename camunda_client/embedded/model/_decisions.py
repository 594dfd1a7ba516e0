"""DMN: decision tables and literal expressions, evaluated by our FEEL."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from lxml import etree

from camunda_client.embedded._failures import Failure
from camunda_client.embedded.feel import FeelSyntaxError, as_number, equal, plain, written
from camunda_client.embedded.model._expressions import Expression

HIT_POLICIES = {"UNIQUE", "FIRST", "ANY", "RULE ORDER", "COLLECT"}
_AGGREGATIONS: dict[str, Callable[[list[int | Decimal]], Any]] = {"SUM": sum, "MIN": min, "MAX": max}
#: A matched rule's outputs: id of the column, name, value.
Outputs = list[tuple[str, str, Any]]


class DecisionError(ValueError):
    """A DMN resource can't be deployed."""


class EvaluationError(ValueError):
    """A decision can't be evaluated with these variables."""


@dataclass(slots=True)
class Rule:
    """One row."""

    id: str
    tests: list[Expression]
    outputs: list[tuple[str, str, Expression]]


@dataclass(slots=True)
class Table:
    """A decision table."""

    hit_policy: str
    aggregation: str | None
    inputs: list[tuple[str, str, Expression]]
    rules: list[Rule]
    #: Outputs where no rule matches: name and expression, of the columns that have one.
    defaults: list[tuple[str, Expression]]


@dataclass(slots=True, eq=False)
class Decision:
    """One version of a decision."""

    decision_id: str
    name: str
    graph: Graph
    logic: Table | Expression
    variable: str
    required: list[str] = field(default_factory=list)
    key: int = 0
    version: int = 0


@dataclass(slots=True, eq=False)
class Graph:
    """A decision requirements graph: the decisions of one file."""

    graph_id: str
    name: str
    decisions: dict[str, Decision] = field(default_factory=dict)
    key: int = 0
    version: int = 0
    resource_name: str = ""
    checksum: str = ""
    tenant_id: str = ""
    content: bytes = b""


@dataclass(slots=True)
class Evaluated:
    """One decision's part in an evaluation."""

    decision: Decision
    output: Any
    inputs: list[tuple[str, str, Any]] = field(default_factory=list)
    matched: list[tuple[Rule, int, list[tuple[str, str, Any]]]] = field(default_factory=list)


def read_graph(content: bytes) -> Graph:
    """Return the decisions of a DMN document.

    Raises:
        DecisionError: It is not DMN, has no decision, or uses what we can't evaluate.
    """
    try:
        document = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        raise DecisionError(f"SAXException while parsing input stream: {error}") from error
    namespace = {"dmn": etree.QName(document).namespace or ""}
    if "/DMN/" not in namespace["dmn"] or etree.QName(document).localname != "definitions":
        raise DecisionError("expected DMN definitions")
    if not document.get("name"):
        raise DecisionError("cvc-complex-type.4: Attribute 'name' must appear on element 'definitions'.")
    graph = Graph(document.get("id"), document.get("name"))
    for node in document.findall("dmn:decision", namespace):
        decision = _read_decision(node, graph, namespace)
        graph.decisions[decision.decision_id] = decision
    if not graph.decisions:
        raise DecisionError("no decision found")
    return graph


def _read_decision(node: Any, graph: Graph, ns: dict[str, str]) -> Decision:
    name = node.get("name") or node.get("id")
    variable = node.find("dmn:variable", ns)
    required = [
        r.get("href", "").lstrip("#") for r in node.findall("dmn:informationRequirement/dmn:requiredDecision", ns)
    ]
    table, literal = node.find("dmn:decisionTable", ns), node.find("dmn:literalExpression", ns)
    logic: Table | Expression
    try:
        if table is not None:
            logic = _read_table(table, ns)
        elif literal is not None:
            logic = Expression(_text(literal, ns), feel=True)
        else:
            raise DecisionError(
                f"decision '{node.get('id')}' ('{name}') "
                "has neither a table nor a literal expression; others are not supported"
            )
    except FeelSyntaxError as error:
        raise DecisionError(f"decision '{node.get('id')}' ('{name}'): {error}") from error
    return Decision(
        node.get("id"), name, graph, logic, variable.get("name") if variable is not None else node.get("id"), required
    )


def _read_table(node: Any, ns: dict[str, str]) -> Table:
    policy = node.get("hitPolicy") or "UNIQUE"
    if policy not in HIT_POLICIES:
        raise DecisionError(f"decision table '{node.get('id')}': hit policy {policy} is not supported")
    inputs = []
    for column in node.findall("dmn:input", ns):
        expression = Expression(_text(column.find("dmn:inputExpression", ns), ns), feel=True)
        inputs.append((column.get("id") or "", column.get("label") or expression.text, expression))
    outputs = node.findall("dmn:output", ns)
    columns = [(column.get("id") or "", column.get("name") or "") for column in outputs]
    if node.get("aggregation") and len(columns) > 1:
        raise DecisionError("hit policy 'COLLECT' with aggregator is not defined for compound output")
    defaults = [
        (column.get("name") or "", Expression(_text(column.find("dmn:defaultOutputEntry", ns), ns), feel=True))
        for column in outputs
        if column.find("dmn:defaultOutputEntry", ns) is not None
    ]
    rules = []
    for row in node.findall("dmn:rule", ns):
        conditions, cells = row.findall("dmn:inputEntry", ns), row.findall("dmn:outputEntry", ns)
        for what, found, wanted in (("input", conditions, inputs), ("output", cells, columns)):
            if len(found) != len(wanted):
                raise DecisionError(
                    f"decision table '{node.get('id')}': rule '{row.get('id')}' has {len(found)} {what} entries, "
                    f"the table has {len(wanted)} {what}s"
                )
        tests = [Expression(_text(cell, ns), unary=True) for cell in conditions]
        entries = [
            (column_id, name, Expression(_text(cell, ns) or "null", feel=True))
            for (column_id, name), cell in zip(columns, cells, strict=True)
        ]
        rules.append(Rule(row.get("id") or "", tests, entries))
    return Table(policy, node.get("aggregation"), inputs, rules, defaults)


def _text(node: Any, ns: dict[str, str]) -> str:
    text = node.find("dmn:text", ns) if node is not None else None
    return (text.text or "").strip() if text is not None else ""


class Decisions:
    """Evaluates decisions by id or key."""

    def __init__(self, find: Callable[..., Decision | None], now: Callable[[], datetime]) -> None:
        self._find = find
        self._now = now

    def decide(self, decision_id: str, variables: dict[str, Any], tenant_id: str) -> Any:
        """Return a decision's output, for a business rule task.

        Raises:
            Failure: There is no such decision, or it can't be evaluated.
        """
        decision = self._find(decision_id=decision_id, tenant_id=tenant_id)
        if decision is None:
            reason = f"Expected to evaluate decision '{decision_id}', but no decision found for id '{decision_id}'"
            raise Failure("CALLED_DECISION_ERROR", reason)
        try:
            return self.evaluate(decision, variables)[-1].output
        except EvaluationError as error:
            raise Failure("DECISION_EVALUATION_ERROR", str(error)) from error

    def evaluate(self, decision: Decision, variables: dict[str, Any]) -> list[Evaluated]:
        """Return what the decision and those it requires came to, required ones first.

        Raises:
            EvaluationError: The rules contradict their hit policy, an expression can't be evaluated, or the graph
                has a cycle.
        """
        done: dict[str, Evaluated] = {}
        try:
            self._evaluate(decision, dict(variables), done, [])
        except _Contradiction as error:
            reason = str(error)
        except Failure as error:  # of an expression
            reason = error.message
        else:
            return list(done.values())
        raise EvaluationError(f"Expected to evaluate decision '{decision.decision_id}', but {reason}")

    def _evaluate(
        self, decision: Decision, context: dict[str, Any], done: dict[str, Evaluated], path: list[str]
    ) -> None:
        if decision.decision_id in path:
            raise EvaluationError(
                f"Invalid decision requirements graph: decision '{decision.decision_id}' requires itself"
            )
        for required_id in decision.required:
            required = decision.graph.decisions.get(required_id)
            if required is not None:
                if required_id not in done:
                    self._evaluate(required, context, done, [*path, decision.decision_id])
                context[required.variable] = done[required_id].output
        if isinstance(decision.logic, Expression):
            done[decision.decision_id] = Evaluated(decision, decision.logic.evaluate(context, now=self._now))
        else:
            done[decision.decision_id] = _evaluate_table(decision, decision.logic, context, self._now)


class _Contradiction(Exception):
    """The rules that match don't go together; why, in the words of Camunda's engine."""


def _evaluate_table(
    decision: Decision, table: Table, context: dict[str, Any], now: Callable[[], datetime]
) -> Evaluated:
    values = [(column_id, label, entry.evaluate(context, now=now)) for column_id, label, entry in table.inputs]
    matched: list[tuple[Rule, int, Outputs]] = []
    for index, rule in enumerate(table.rules, start=1):
        tests = zip(rule.tests, values, strict=True)
        if all(test.evaluate({**context, "?": value[2]}, now=now) is True for test, value in tests):
            outputs = [(column_id, name, cell.evaluate(context, now=now)) for column_id, name, cell in rule.outputs]
            matched.append((rule, index, outputs))
            if table.hit_policy == "FIRST":
                break
    if not matched:  # whatever the policy; an empty list or a count of 0 it is not
        found = [("", name, default.evaluate(context, now=now)) for name, default in table.defaults]
        return Evaluated(decision, _output(found) if found else None, values)
    return Evaluated(decision, _by_policy(table, [outputs for _, _, outputs in matched]), values, matched)


def _output(outputs: Outputs) -> Any:
    return outputs[0][2] if len(outputs) == 1 else {name: value for _, name, value in outputs}


def _by_policy(table: Table, found: list[Outputs]) -> Any:
    results = [_output(outputs) for outputs in found]
    if table.hit_policy == "COLLECT" and table.aggregation:
        return _aggregated(table.aggregation, results)
    if table.hit_policy in ("RULE ORDER", "COLLECT"):
        return results
    if table.hit_policy == "UNIQUE" and len(results) > 1:
        raise _Contradiction(f"multiple values aren't allowed for UNIQUE hit policy. found: '{_told(found)}'")
    distinct: list[Outputs] = []
    for outputs in found:
        if not any(equal(_output(outputs), _output(other)) for other in distinct):
            distinct.append(outputs)
    if table.hit_policy == "ANY" and len(distinct) > 1:
        raise _Contradiction(f"different values aren't allowed for ANY hit policy. found: '{_told(distinct)}'")
    return results[0]


def _aggregated(aggregation: str, results: list[Any]) -> Any:
    if aggregation == "COUNT":
        return len(results)
    numbers = []
    for result in results:
        number = as_number(result)
        if number is None:
            raise _Contradiction(f"expected number but found '{written(result)}'")
        numbers.append(number)
    return plain(_AGGREGATIONS[aggregation](numbers))


def _told(found: list[Outputs]) -> str:
    maps = [", ".join(f"{name} -> {written(value)}" for _, name, value in outputs) for outputs in found]
    return "List(" + ", ".join(f"Map({inner})" for inner in maps) + ")"


def as_text(value: Any) -> str:
    """Return a value as the JSON text that answers carry."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
