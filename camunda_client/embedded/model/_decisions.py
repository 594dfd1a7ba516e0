"""Evaluating the decisions that are deployed, and keeping what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from camunda_client.embedded._keys import Keys
from camunda_client.embedded.feel import plain
from camunda_client.embedded.model._evaluation import LogicError, Run
from camunda_client.embedded.model._logic import Decision, DecisionRecord, Evaluated
from camunda_client.embedded.model._timers import to_ms

#: Evaluations by request that are remembered; those of business rule tasks are with their process instances.
REMEMBERED = 1000


class EvaluationError(ValueError):
    """A decision can't be evaluated with these variables."""


class Decisions:
    """Evaluates decisions by id or key."""

    def __init__(self, keys: Keys, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now
        #: Evaluations by request, oldest first.
        self.records: list[DecisionRecord] = []

    def decide(self, decision: Decision, variables: dict[str, Any]) -> DecisionRecord:
        """Evaluate a decision for a business rule task, which keeps the record."""
        return self._evaluated(decision, variables)

    def evaluate(self, decision: Decision, variables: dict[str, Any]) -> DecisionRecord:
        """Evaluate a decision by request, and keep the record."""
        record = self._evaluated(decision, variables)
        self.records.append(record)
        del self.records[:-REMEMBERED]
        return record

    def _evaluated(self, decision: Decision, variables: dict[str, Any]) -> DecisionRecord:
        run, failure = Run(self._now), ""
        try:
            run.decide(decision, variables)
        except (LogicError, RecursionError) as error:
            failure = f"Expected to evaluate decision '{decision.decision_id}', but {error}"
        entries = [_plain(one) for one in run.log]
        return DecisionRecord(self._keys.next(), decision, entries, failure, to_ms(self._now()))


def _plain(entry: Evaluated) -> Evaluated:
    """Return a part of an evaluation with the JSON values that leave it."""
    return replace(
        entry,
        output=plain(entry.output),
        inputs=[(column, label, plain(value)) for column, label, value in entry.inputs],
        matched=[
            (rule, number, [(column, name, plain(value)) for column, name, value in outputs])
            for rule, number, outputs in entry.matched
        ],
    )


def as_text(value: Any) -> str:
    """Return a value as the JSON text that answers carry."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
