"""Decisions: evaluate a deployed DMN table."""

from __future__ import annotations

from camunda_client.c8.api._arguments import body
from camunda_client.c8.api._call import Call, run_for
from camunda_client.c8.models import EvaluateDecisionRequest, EvaluateDecisionResponse
from camunda_client.error import ErrorCode

__all__ = ["evaluate_decision"]


def evaluate_decision(request: EvaluateDecisionRequest) -> EvaluateDecisionResponse:
    """Evaluate a decision; ``output`` of the answer is JSON text.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/decision-definitions/evaluation.
    """
    path = "/decision-definitions/evaluation"
    return run_for(
        EvaluateDecisionResponse,
        Call("POST", path, ErrorCode.C8_FAILED_TO_EVALUATE_DECISION, body=body(request)),
    )
