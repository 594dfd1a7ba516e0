"""Element instances: what is running, its variables, and what else is to run in an ad-hoc sub-process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from typing_extensions import Unpack

from camunda_client.c8.api._arguments import body, json_object, key, made
from camunda_client.c8.api._call import Call, run
from camunda_client.c8.api._search import PAGE_SIZE, Sort, search
from camunda_client.c8.api._short import got, send
from camunda_client.c8.models import ActivateAdHocRequest, AdHocActivity, SetVariablesRequest
from camunda_client.c8.models.generated import ElementInstance, ElementInstanceFilter
from camunda_client.error import ErrorCode

__all__ = ["activate_ad_hoc_activities", "get_element_instance", "search_element_instances", "set_variables"]


def set_variables(
    element_instance_key: str | int,
    variables: Mapping[str, Any],
    local: bool = False,
    operation_reference: int | None = None,
) -> None:
    """Set variables of a running element; a process instance is one as well.

    Args:
        element_instance_key: Where.
        variables: Names and values; others stay as they are.
        local: True: exactly there. False: where a variable of that name is, going outwards, else at the instance.
        operation_reference: Kept with the engine's records of this.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: PUT /v2/element-instances/{elementInstanceKey}/variables.
    """
    element = key(element_instance_key, "element_instance_key")
    content = made(
        SetVariablesRequest,
        variables=json_object(variables, "variables"),
        local=local,
        operationReference=operation_reference,
    )
    path = f"/element-instances/{element}/variables"
    run(Call("PUT", path, ErrorCode.C8_FAILED_TO_SET_VARIABLES, (element,), body(content)))


def search_element_instances(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[ElementInstanceFilter]
) -> Iterator[ElementInstance]:
    """Yield element instances that fit, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `ElementInstanceFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/element-instances/search.
    """
    return search(
        "/element-instances/search", ElementInstance, ElementInstanceFilter, filters, sort=sort, page_size=page_size
    )


def get_element_instance(element_instance_key: str | int) -> ElementInstance:
    """Return an element instance.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/element-instances/{elementInstanceKey}.
    """
    found = key(element_instance_key, "element_instance_key")
    return got(f"/element-instances/{found}", ElementInstance)


def activate_ad_hoc_activities(
    ad_hoc_sub_process_instance_key: str | int,
    elements: Mapping[str, Mapping[str, Any] | None],
    *,
    cancel_remaining_instances: bool | None = None,
) -> None:
    """Start elements of an ad-hoc sub-process. A handler of its job returns `AdHocResult` instead.

    Args:
        ad_hoc_sub_process_instance_key: The element instance of the sub-process.
        elements: Variables for each element's id, or None.
        cancel_remaining_instances: True: end first what runs in it.

    Raises:
        InvalidRequestError: No element is given, or the key can't be right; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/element-instances/ad-hoc-activities/{adHocSubProcessInstanceKey}/activation.
    """
    activities = [
        made(AdHocActivity, elementId=element, variables=None if given is None else json_object(given, "variables"))
        for element, given in elements.items()
    ]
    content = made(ActivateAdHocRequest, elements=activities, cancelRemainingInstances=cancel_remaining_instances)
    found = key(ad_hoc_sub_process_instance_key, "ad_hoc_sub_process_instance_key")
    # Sent twice, it would start each of them twice.
    send("POST", f"/element-instances/ad-hoc-activities/{found}/activation", body(content), safe=False)
