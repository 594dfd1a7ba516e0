"""Jobs, as searches find them, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import NumberCondition, TextCondition
from camunda_client.c8.models.base import JsonObject, Number, ResponseModel, Since, Text

__all__ = [
    "FoundJob",
    "JobCount",
    "JobErrorStatistics",
    "JobFilter",
    "JobStatistics",
    "JobTimeSlice",
    "JobTypeStatistics",
    "JobWorkerStatistics",
]


class FoundJob(ResponseModel):
    """A job and what has become of it; it is not activated by this."""

    custom_headers: JsonObject = Field(default_factory=dict, alias="customHeaders")
    deadline: str | None = None
    denied_reason: str | None = Field(default=None, alias="deniedReason")
    element_id: str | None = Field(default=None, alias="elementId")
    element_instance_key: Text = Field(default="", alias="elementInstanceKey")
    end_time: str | None = Field(default=None, alias="endTime")
    error_code: str | None = Field(default=None, alias="errorCode")
    error_message: str | None = Field(default=None, alias="errorMessage")
    has_failed_with_retries_left: bool = Field(default=False, alias="hasFailedWithRetriesLeft")
    is_denied: bool | None = Field(default=None, alias="isDenied")
    job_key: Text = Field(default="", alias="jobKey")
    kind: Text = ""
    listener_event_type: Text = Field(default="", alias="listenerEventType")
    process_definition_id: str | None = Field(default=None, alias="processDefinitionId")
    process_definition_key: str | None = Field(default=None, alias="processDefinitionKey")
    process_instance_key: Text = Field(default="", alias="processInstanceKey")
    retries: Number = 0
    state: Text = ""
    tenant_id: Text = Field(default="", alias="tenantId")
    type: Text = ""
    worker: Text = ""
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")
    creation_time: str | None = Field(default=None, alias="creationTime")
    last_update_time: str | None = Field(default=None, alias="lastUpdateTime")
    business_id: str | None = Field(default=None, alias="businessId")
    priority: int | None = None


class JobStatistics(ResponseModel):
    """How many jobs had a state in a period."""

    created: dict[str, Any] | None = None
    completed: dict[str, Any] | None = None
    failed: dict[str, Any] | None = None
    is_incomplete: bool | None = Field(default=None, alias="isIncomplete")


class JobCount(ResponseModel):
    """How many, and when last."""

    count: int | None = None
    last_updated_at: str | None = Field(default=None, alias="lastUpdatedAt")


class JobTypeStatistics(ResponseModel):
    """The same for one job type, with the number of its workers."""

    job_type: str | None = Field(default=None, alias="jobType")
    created: dict[str, Any] | None = None
    completed: dict[str, Any] | None = None
    failed: dict[str, Any] | None = None
    workers: int | None = None


class JobWorkerStatistics(ResponseModel):
    """The same for one worker."""

    worker: str | None = None
    created: dict[str, Any] | None = None
    completed: dict[str, Any] | None = None
    failed: dict[str, Any] | None = None


class JobErrorStatistics(ResponseModel):
    """An error of jobs, and how many workers met it."""

    error_code: str | None = Field(default=None, alias="errorCode")
    error_message: str | None = Field(default=None, alias="errorMessage")
    workers: int | None = None


class JobTimeSlice(ResponseModel):
    """The same for one part of a period."""

    time: str | None = None
    created: dict[str, Any] | None = None
    completed: dict[str, Any] | None = None
    failed: dict[str, Any] | None = None


class JobFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    deadline: TextCondition
    denied_reason: TextCondition
    element_id: TextCondition
    element_instance_key: TextCondition
    end_time: TextCondition
    error_code: TextCondition
    error_message: TextCondition
    has_failed_with_retries_left: bool
    is_denied: bool
    job_key: TextCondition
    kind: TextCondition
    listener_event_type: TextCondition
    process_definition_id: TextCondition
    process_definition_key: TextCondition
    process_instance_key: TextCondition
    retries: NumberCondition
    state: TextCondition
    tenant_id: TextCondition
    type: TextCondition
    worker: TextCondition
    creation_time: Annotated[TextCondition, Since("8.9")]
    last_update_time: Annotated[TextCondition, Since("8.9")]
    priority: Annotated[NumberCondition, Since("8.10")]
