"""Process definitions: what has been deployed."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import Unpack

from camunda_client.c8.api._arguments import key
from camunda_client.c8.api._search import PAGE_SIZE, Sort, listed_by, search
from camunda_client.c8.api._short import got, got_if_any, got_xml
from camunda_client.c8.models.generated import (
    ElementStatistics,
    Form,
    ProcessDefinition,
    ProcessDefinitionFilter,
    ProcessDefinitionStatisticsFilter,
)

__all__ = [
    "get_process_definition",
    "get_process_definition_statistics",
    "get_process_definition_xml",
    "get_start_form",
    "search_process_definitions",
]


def search_process_definitions(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[ProcessDefinitionFilter]
) -> Iterator[ProcessDefinition]:
    """Yield process definitions that fit, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `ProcessDefinitionFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-definitions/search.
    """
    return search(
        "/process-definitions/search",
        ProcessDefinition,
        ProcessDefinitionFilter,
        filters,
        sort=sort,
        page_size=page_size,
    )


def get_process_definition(process_definition_key: str | int) -> ProcessDefinition:
    """Return a process definition.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/process-definitions/{processDefinitionKey}.
    """
    found = key(process_definition_key, "process_definition_key")
    return got(f"/process-definitions/{found}", ProcessDefinition)


def get_process_definition_xml(process_definition_key: str | int) -> str:
    """Return the BPMN of a process definition.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/process-definitions/{processDefinitionKey}/xml.
    """
    found = key(process_definition_key, "process_definition_key")
    return got_xml(f"/process-definitions/{found}/xml")


def get_start_form(process_definition_key: str | int) -> Form | None:
    """Return the form that a process starts with; None if it has none.

    Raises:
        ServiceException: There is no definition with that key (status 404), or the engine could not be asked.

    Source: GET /v2/process-definitions/{processDefinitionKey}/form.
    """
    found = key(process_definition_key, "process_definition_key")
    return got_if_any(f"/process-definitions/{found}/form", Form)


def get_process_definition_statistics(
    process_definition_key: str | int, **filters: Unpack[ProcessDefinitionStatisticsFilter]
) -> list[ElementStatistics]:
    """Return for each element how many of its instances are active, completed or have an incident.

    Args:
        process_definition_key: Whose instances are counted.
        filters: What must be true of a process instance to be counted; see `ProcessDefinitionStatisticsFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-definitions/{processDefinitionKey}/statistics/element-instances.
    """
    found = key(process_definition_key, "process_definition_key")
    path = f"/process-definitions/{found}/statistics/element-instances"
    return listed_by(path, ElementStatistics, ProcessDefinitionStatisticsFilter, filters)
