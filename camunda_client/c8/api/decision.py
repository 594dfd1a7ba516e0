"""Decisions: evaluate a deployed DMN table."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import Unpack

from camunda_client.c8.api._arguments import body, key
from camunda_client.c8.api._call import Call, run_for
from camunda_client.c8.api._search import PAGE_SIZE, Sort, search
from camunda_client.c8.api._short import got, got_xml
from camunda_client.c8.models import EvaluateDecisionRequest, EvaluateDecisionResponse
from camunda_client.c8.models.generated import (
    DecisionDefinition,
    DecisionDefinitionFilter,
    DecisionInstance,
    DecisionInstanceFilter,
    DecisionRequirements,
    DecisionRequirementsFilter,
    FoundDecisionInstance,
)
from camunda_client.error import ErrorCode

__all__ = [
    "evaluate_decision",
    "get_decision_definition",
    "get_decision_definition_xml",
    "get_decision_instance",
    "get_decision_requirements",
    "get_decision_requirements_xml",
    "search_decision_definitions",
    "search_decision_instances",
    "search_decision_requirements",
]


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


def search_decision_definitions(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[DecisionDefinitionFilter]
) -> Iterator[DecisionDefinition]:
    """Yield decision definitions that fit, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `DecisionDefinitionFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/decision-definitions/search.
    """
    return search(
        "/decision-definitions/search",
        DecisionDefinition,
        DecisionDefinitionFilter,
        filters,
        sort=sort,
        page_size=page_size,
    )


def get_decision_definition(decision_definition_key: str | int) -> DecisionDefinition:
    """Return a decision definition.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/decision-definitions/{decisionDefinitionKey}.
    """
    found = key(decision_definition_key, "decision_definition_key")
    return got(f"/decision-definitions/{found}", DecisionDefinition)


def get_decision_definition_xml(decision_definition_key: str | int) -> str:
    """Return the DMN that a decision definition is in.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/decision-definitions/{decisionDefinitionKey}/xml.
    """
    return got_xml(f"/decision-definitions/{key(decision_definition_key, 'decision_definition_key')}/xml")


def search_decision_instances(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[DecisionInstanceFilter]
) -> Iterator[FoundDecisionInstance]:
    """Yield evaluations of decisions that fit, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `DecisionInstanceFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/decision-instances/search.
    """
    return search(
        "/decision-instances/search",
        FoundDecisionInstance,
        DecisionInstanceFilter,
        filters,
        sort=sort,
        page_size=page_size,
    )


def get_decision_instance(decision_evaluation_instance_key: str) -> DecisionInstance:
    """Return one evaluation of a decision, with its inputs and the rules that matched.

    Args:
        decision_evaluation_instance_key: As searches give it, such as ``2251799813686367-1``.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/decision-instances/{decisionEvaluationInstanceKey}.
    """
    evaluation, _, number = str(decision_evaluation_instance_key).partition("-")
    name = "decision_evaluation_instance_key"
    return got(f"/decision-instances/{key(evaluation, name)}-{key(number, name)}", DecisionInstance)


def search_decision_requirements(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[DecisionRequirementsFilter]
) -> Iterator[DecisionRequirements]:
    """Yield deployed files of decisions that fit, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `DecisionRequirementsFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/decision-requirements/search.
    """
    return search(
        "/decision-requirements/search",
        DecisionRequirements,
        DecisionRequirementsFilter,
        filters,
        sort=sort,
        page_size=page_size,
    )


def get_decision_requirements(decision_requirements_key: str | int) -> DecisionRequirements:
    """Return what is known of a deployed file of decisions.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/decision-requirements/{decisionRequirementsKey}.
    """
    found = key(decision_requirements_key, "decision_requirements_key")
    return got(f"/decision-requirements/{found}", DecisionRequirements)


def get_decision_requirements_xml(decision_requirements_key: str | int) -> str:
    """Return a deployed file of decisions itself, which is DMN.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/decision-requirements/{decisionRequirementsKey}/xml.
    """
    found = key(decision_requirements_key, "decision_requirements_key")
    return got_xml(f"/decision-requirements/{found}/xml")
