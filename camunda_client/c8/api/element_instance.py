"""Element instances: the variables of what is running."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camunda_client.c8.api._arguments import body, json_object, key, made
from camunda_client.c8.api._call import Call, run
from camunda_client.c8.models import SetVariablesRequest
from camunda_client.error import ErrorCode

__all__ = ["set_variables"]


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
