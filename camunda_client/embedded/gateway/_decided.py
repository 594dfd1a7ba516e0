"""What was evaluated for a decision: the parts of an answer, and rows for searches and gets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from camunda_client.embedded.gateway._dialects import Dialect
from camunda_client.embedded.gateway._past import Row, date_text
from camunda_client.embedded.model import Decision, DecisionRecord, Evaluated, as_text
from camunda_client.embedded.run import InstanceHistory

#: Camunda's names for what a decision is made of; it has none for other boxed expressions.
_TYPES = {"DECISION_TABLE", "LITERAL_EXPRESSION"}


def type_of(item: Evaluated) -> str:
    """Return what Camunda calls a decision's logic."""
    return item.type if item.type in _TYPES else "UNKNOWN"


def instance_key(record: DecisionRecord, number: int) -> str:
    """Return the key of one decision among those that were evaluated together, counted from 1."""
    return f"{record.key}-{number}"


def evaluated(dialect: Dialect, item: Evaluated, tenant_id: str) -> dict[str, Any]:
    """Return one decision in the answer to an evaluation."""
    decision = item.decision
    return {
        "decisionDefinitionKey": dialect.key(decision.key),
        "decisionDefinitionId": decision.decision_id,
        "decisionDefinitionName": decision.name,
        "decisionDefinitionVersion": decision.version,
        "output": as_text(item.output),
        "tenantId": tenant_id,
        "matchedRules": rules(dialect, item),
        "evaluatedInputs": inputs(item),
    }


def inputs(item: Evaluated) -> list[Row]:
    """Return the values of a table's inputs."""
    return [
        {"inputId": input_id, "inputName": name, "inputValue": as_text(value)} for input_id, name, value in item.inputs
    ]


def rules(dialect: Dialect, item: Evaluated) -> list[Row]:
    """Return the rules that matched, each with its outputs; these name their rule since 8.9."""
    return [
        {
            "ruleId": rule.id,
            "ruleIndex": index,
            "evaluatedOutputs": [
                {"outputId": output_id, "outputName": name, "outputValue": as_text(value)}
                | ({"ruleId": rule.id, "ruleIndex": index} if dialect.nullable else {})
                for output_id, name, value in outputs
            ],
        }
        for rule, index, outputs in item.matched
    ]


def rows(
    records: Iterable[DecisionRecord], histories: dict[int, InstanceHistory], dialect: Dialect, until_ms: int
) -> list[Row]:
    """Return a row for each decision that was evaluated so far; knowledge models are left out."""
    return [
        _row(record, number, item, histories.get(record.process_instance_key or 0), dialect)
        for record in records
        if record.at_ms <= until_ms
        for number, item in enumerate(record.evaluated, start=1)
        if isinstance(item.decision, Decision)
    ]


def _row(
    record: DecisionRecord, number: int, item: Evaluated, history: InstanceHistory | None, dialect: Dialect
) -> Row:
    decision, root = item.decision, record.decision
    return {
        "decisionEvaluationInstanceKey": instance_key(record, number), "decisionEvaluationKey": record.key,
        "state": "FAILED" if item.failure else "EVALUATED", "evaluationDate": date_text(record.at_ms),
        "evaluationFailure": item.failure or None, "decisionDefinitionId": decision.decision_id,
        "decisionDefinitionKey": decision.key, "decisionDefinitionName": decision.name,
        "decisionDefinitionVersion": decision.version, "decisionDefinitionType": type_of(item),
        "decisionRequirementsKey": root.graph.key, "rootDecisionDefinitionKey": root.key,
        "tenantId": root.graph.tenant_id, "result": as_text(item.output),
        "processInstanceKey": record.process_instance_key, "elementInstanceKey": record.element_instance_key,
        "processDefinitionKey": None if history is None else history.process_definition_key,
        "rootProcessInstanceKey": None if history is None else history.root_key,
        "businessId": None if history is None else history.business_id or None,
        "evaluatedInputs": inputs(item), "matchedRules": rules(dialect, item),
    }  # fmt: skip
