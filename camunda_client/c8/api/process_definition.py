"""Process definitions: what has been deployed."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import Unpack

from camunda_client.c8.api._arguments import key
from camunda_client.c8.api._search import PAGE_SIZE, Sort, listed_by, search, search_forwards
from camunda_client.c8.api._short import got, got_if_any, got_xml
from camunda_client.c8.models.generated import (
    ElementStatistics,
    Form,
    MessageSubscriptionFilter,
    MessageSubscriptionStatistics,
    ProcessDefinition,
    ProcessDefinitionFilter,
    ProcessDefinitionStatisticsFilter,
    ProcessInstanceStatistics,
    ProcessVersionStatistics,
)

__all__ = [
    "get_message_subscription_statistics",
    "get_process_definition",
    "get_process_definition_statistics",
    "get_process_definition_xml",
    "get_process_instance_counts",
    "get_process_version_counts",
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


def get_process_instance_counts() -> Iterator[ProcessInstanceStatistics]:
    """Yield for each process how many active instances it has, with incidents and without; Camunda 8.9 and later.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-definitions/statistics/process-instances.
    """
    path = "/process-definitions/statistics/process-instances"
    return search_forwards(path, ProcessInstanceStatistics, {}, since="8.9", by_offset=True)


def get_process_version_counts(
    process_definition_id: str, *, tenant_id: str | None = None
) -> Iterator[ProcessVersionStatistics]:
    """Yield the same for each version of one process; Camunda 8.9 and later.

    Args:
        process_definition_id: Which process.
        tenant_id: Whose.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-definitions/statistics/process-instances-by-version.
    """
    path = "/process-definitions/statistics/process-instances-by-version"
    wanted = {"process_definition_id": process_definition_id, "tenant_id": tenant_id}
    return search_forwards(path, ProcessVersionStatistics, wanted, since="8.9", by_offset=True)


def get_message_subscription_statistics(
    **filters: Unpack[MessageSubscriptionFilter],
) -> Iterator[MessageSubscriptionStatistics]:
    """Yield for each definition how many message subscriptions its instances have; Camunda 8.9 and later.

    Args:
        filters: Which subscriptions are counted; see `MessageSubscriptionFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/process-definitions/statistics/message-subscriptions.
    """
    path = "/process-definitions/statistics/message-subscriptions"
    return search(path, MessageSubscriptionStatistics, MessageSubscriptionFilter, filters, since="8.9")
