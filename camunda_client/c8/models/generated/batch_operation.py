"""Batch operations, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import TextCondition
from camunda_client.c8.models.base import NullAs, Number, ResponseModel, Since, Text

__all__ = ["BatchOperation", "BatchOperationFilter"]


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


class BatchOperationFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    batch_operation_key: TextCondition
    operation_type: TextCondition
    state: TextCondition
    actor_type: Annotated[str, Since("8.9")]
    actor_id: Annotated[TextCondition, Since("8.9")]
