"""Batch operations, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import TextCondition
from camunda_client.c8.models.base import NullAs, Number, ResponseModel, Since, Text

__all__ = [
    "BatchOperation",
    "BatchOperationFilter",
    "BatchOperationItem",
    "BatchOperationItemFilter",
    "CreatedBatchOperation",
]


class BatchOperation(ResponseModel):
    """Many commands that were given as one."""

    batch_operation_key: Text = Field(default="", alias="batchOperationKey")
    state: Text = ""
    batch_operation_type: str | None = Field(default=None, alias="batchOperationType")
    start_date: str | None = Field(default=None, alias="startDate")
    end_date: str | None = Field(default=None, alias="endDate")
    operations_total_count: Number = Field(default=0, alias="operationsTotalCount")
    operations_failed_count: Number = Field(default=0, alias="operationsFailedCount")
    operations_completed_count: Number = Field(default=0, alias="operationsCompletedCount")
    errors: Annotated[list[dict[str, Any]], NullAs(list)] = Field(default_factory=list)
    actor_type: str | None = Field(default=None, alias="actorType")
    actor_id: str | None = Field(default=None, alias="actorId")


class CreatedBatchOperation(ResponseModel):
    """A batch operation that has only begun."""

    batch_operation_key: Text = Field(default="", alias="batchOperationKey")
    batch_operation_type: Text = Field(default="", alias="batchOperationType")


class BatchOperationItem(ResponseModel):
    """One of those commands, and what became of it."""

    operation_type: Text = Field(default="", alias="operationType")
    batch_operation_key: Text = Field(default="", alias="batchOperationKey")
    item_key: Text = Field(default="", alias="itemKey")
    process_instance_key: str | None = Field(default=None, alias="processInstanceKey")
    state: Text = ""
    processed_date: str | None = Field(default=None, alias="processedDate")
    error_message: str | None = Field(default=None, alias="errorMessage")
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")


class BatchOperationFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    batch_operation_key: TextCondition
    operation_type: TextCondition
    state: TextCondition
    actor_type: Annotated[str, Since("8.9")]
    actor_id: Annotated[TextCondition, Since("8.9")]


class BatchOperationItemFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    batch_operation_key: TextCondition
    item_key: TextCondition
    process_instance_key: TextCondition
    state: TextCondition
    operation_type: Annotated[TextCondition, Since("8.9")]
