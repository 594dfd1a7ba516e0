"""Evaluating the decisions that are deployed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded.feel import plain
from camunda_client.embedded.model._evaluation import LogicError, Run
from camunda_client.embedded.model._logic import Decision, Evaluated


class EvaluationError(ValueError):
    """A decision can't be evaluated with these variables.

    Attributes:
        evaluated: What was evaluated until then; the last one has failed.
    """

    def __init__(self, reason: str, evaluated: list[Evaluated]) -> None:
        super().__init__(reason)
        self.evaluated = evaluated


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
            EvaluationError: The rules contradict their hit policy, an expression can't be evaluated, or a value is not
                of its type.
        """
        run = Run(self._now)
        try:
            run.decide(decision, variables)
        except (LogicError, RecursionError) as error:
            reason = f"Expected to evaluate decision '{decision.decision_id}', but {error}"
            raise EvaluationError(reason, [_plain(one) for one in run.log]) from error
        return [_plain(one) for one in run.log]


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
