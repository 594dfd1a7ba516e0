"""Jobs: what the engine hands out, and what is asked of it about them.

`ActivatedJob` is read once per job, so nothing here may run Python code to validate it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Literal, overload

from pydantic import AliasChoices, Field

from camunda_client.c8.models.base import (
    DEFAULT_TENANT,
    JsonObject,
    NullAs,
    Number,
    RequestModel,
    ResponseModel,
    Since,
    Tenant,
    Text,
)

__all__ = [
    "ActivateJobRequest",
    "ActivatedJob",
    "ActivatedJobResponse",
    "CompleteJobRequest",
    "JobChangeset",
    "JobFailedRequest",
    "JobKind",
    "ListenerEventType",
    "ThrowErrorForJobRequest",
    "UpdateJobRequest",
    "UserTaskProperties",
    "ask_whether_held",
]

if TYPE_CHECKING:
    #: What a job belongs to.
    JobKind = Literal["BPMN_ELEMENT", "EXECUTION_LISTENER", "TASK_LISTENER", "AD_HOC_SUB_PROCESS"]
    #: What a listener's job is about; ``UNSPECIFIED`` for other jobs.
    ListenerEventType = Literal[
        "UNSPECIFIED", "START", "END", "BEFORE_ALL", "CANCEL",
        "CREATING", "ASSIGNING", "UPDATING", "COMPLETING", "CANCELING",
    ]  # fmt: skip
else:  # A newer engine may have other words, and its jobs can be read all the same.
    JobKind = ListenerEventType = str

#: Names the lease under which a job is reported. Camunda 8.10 and later; given by the job that was activated with one.
LeaseToken = Annotated[str | None, Since("8.10")]
#: Who knows whether a job is held: the running workers of the process.
_holder: list[Callable[[str], bool | None] | None] = [None]


def ask_whether_held(of: Callable[[str], bool | None] | None) -> None:
    """Let jobs ask ``of`` whether they are still held."""
    _holder[0] = of


class UserTaskProperties(ResponseModel):
    """The user task of a listener's job, as it will be if nothing more is said."""

    #: ``assign``, ``claim``, ``update``, ``complete``, or what the request called it.
    action: Text = ""
    assignee: str | None = None
    candidate_groups: Annotated[list[str], NullAs(list)] = Field(default_factory=list, alias="candidateGroups")
    candidate_users: Annotated[list[str], NullAs(list)] = Field(default_factory=list, alias="candidateUsers")
    #: Names of what the event changes, as on the wire: ``assignee``, ``dueDate``, ``variables``, ...
    changed_attributes: Annotated[list[str], NullAs(list)] = Field(default_factory=list, alias="changedAttributes")
    #: ISO 8601.
    due_date: str | None = Field(default=None, alias="dueDate")
    follow_up_date: str | None = Field(default=None, alias="followUpDate")
    form_key: str | None = Field(default=None, alias="formKey")
    priority: int | None = None
    user_task_key: str | None = Field(default=None, alias="userTaskKey")


class ActivatedJob(ResponseModel):
    """One job that is ours until its deadline.

    Unknown members of a newer engine are attributes under their wire name, and in ``model_extra``.
    """

    # Camunda 8.6.0 says `key`, everything later `jobKey`.
    job_key: str = Field(alias="jobKey", validation_alias=AliasChoices("jobKey", "key"), serialization_alias="jobKey")
    process_instance_key: Text = Field(default="", alias="processInstanceKey")
    process_definition_key: Text = Field(default="", alias="processDefinitionKey")
    element_instance_key: Text = Field(default="", alias="elementInstanceKey")
    job_type: str = Field(alias="type")
    process_definition_id: Text = Field(default="", alias="processDefinitionId")
    process_definition_version: Number = Field(default=0, alias="processDefinitionVersion")
    element_id: Text = Field(default="", alias="elementId")
    custom_headers: JsonObject = Field(default_factory=dict, alias="customHeaders")
    worker: Text = ""
    retries: Number = 0
    #: Milliseconds of the engine's wall clock; never compare it with your own.
    deadline: Number = 0
    variables: JsonObject = Field(default_factory=dict)
    tenant_id: Tenant = Field(default=DEFAULT_TENANT, alias="tenantId")

    # Newer engines only; None where the engine doesn't say.
    kind: JobKind | None = None
    listener_event_type: ListenerEventType | None = Field(default=None, alias="listenerEventType")
    tags: list[str] | None = None
    #: Of a task listener's job.
    user_task: UserTaskProperties | None = Field(default=None, alias="userTask")
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")
    business_id: str | None = Field(default=None, alias="businessId")
    #: Camunda 8.10, for workers that ask for it: names this lease of the job in every report.
    job_lease_token: str | None = Field(default=None, alias="jobLeaseToken")
    #: Camunda 8.10: higher ones are given out first.
    priority: int | None = None
    #: Camunda 8.10: which of the cluster's physical tenants it belongs to.
    physical_tenant_id: str | None = Field(default=None, alias="physicalTenantId")

    def is_held(self) -> bool | None:
        """Return whether the job is still this worker's; ``None`` outside a worker, as in a test of the handler.

        Ask before what must not be done twice. It is what this process knows, without asking Camunda: False once the
        lease is over, or Camunda has refused to extend it.
        """
        ask = _holder[0]
        return None if ask is None else ask(self.job_key)


class ActivatedJobResponse(ResponseModel):
    """What one poll brought; often nothing."""

    jobs: Annotated[list[ActivatedJob], NullAs(list)] = Field(default_factory=list)


class ActivateJobRequest(RequestModel):
    """Asks for jobs of one type. Times are milliseconds."""

    worker: str | None = None
    job_type: str = Field(alias="type")
    max_jobs_to_activate: int = Field(alias="maxJobsToActivate")
    timeout: int
    request_timeout: int | None = Field(default=None, alias="requestTimeout")
    # Singular on the wire, although it is a list.
    fetch_variables: list[str] | None = Field(default=None, alias="fetchVariable")
    tenant_ids: list[str] | None = Field(default=None, alias="tenantIds")
    #: ``ASSIGNED``: all tenants of the token, whatever ``tenant_ids`` says; Camunda 8.9 and later.
    tenant_filter: Annotated[Literal["PROVIDED", "ASSIGNED"] | None, Since("8.9")] = Field(
        default=None, alias="tenantFilter"
    )
    #: Camunda 8.10 and later: jobs come with a token that all reports must carry.
    with_lease: Annotated[bool | None, Since("8.10")] = Field(default=None, alias="withLease")

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, worker: str | None = ..., type: str, maxJobsToActivate: int, timeout: int,
            requestTimeout: int | None = ..., fetchVariable: list[str] | None = ..., tenantIds: list[str] | None = ...,
            tenantFilter: Annotated[Literal["PROVIDED", "ASSIGNED"] | None, Since("8.9")] = ...,
            withLease: Annotated[bool | None, Since("8.10")] = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, worker: str | None = ..., job_type: str, max_jobs_to_activate: int, timeout: int,
            request_timeout: int | None = ..., fetch_variables: list[str] | None = ...,
            tenant_ids: list[str] | None = ...,
            tenant_filter: Annotated[Literal["PROVIDED", "ASSIGNED"] | None, Since("8.9")] = ...,
            with_lease: Annotated[bool | None, Since("8.10")] = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class JobFailedRequest(RequestModel):
    """Says that a job failed. ``retries`` is always sent: left out, the engine takes it as 0 and raises an incident."""

    retries: int = 0
    error_message: str | None = Field(default=None, alias="errorMessage")
    #: Milliseconds until the job is offered again.
    retry_back_off: int = Field(default=0, alias="retryBackOff")
    variables: dict[str, Any] | None = None
    job_lease_token: LeaseToken = Field(default=None, alias="jobLeaseToken")


class ThrowErrorForJobRequest(RequestModel):
    """Throws a BPMN error where the job is."""

    error_code: str = Field(alias="errorCode", min_length=1)
    error_message: str | None = Field(default=None, alias="errorMessage")
    variables: dict[str, Any] | None = None
    job_lease_token: LeaseToken = Field(default=None, alias="jobLeaseToken")


class CompleteJobRequest(RequestModel):
    """Ends a job with its result."""

    variables: dict[str, Any] = Field(default_factory=dict)
    #: Camunda 8.8 and later: what a user task's listener or an ad-hoc sub-process decides, with its ``type``.
    result: Annotated[dict[str, Any] | None, Since("8.8")] = None
    #: Camunda 8.10 and later: becomes the process instance's.
    business_id: Annotated[str | None, Since("8.10")] = Field(default=None, alias="businessId")
    job_lease_token: LeaseToken = Field(default=None, alias="jobLeaseToken")


class JobChangeset(RequestModel):
    """What to change about a job; what is None stays as it is."""

    retries: int | None = None
    #: The new lease from now on, in milliseconds.
    timeout: int | None = None
    #: Camunda 8.10 and later: higher ones are given out first.
    priority: Annotated[int | None, Since("8.10")] = None


class UpdateJobRequest(RequestModel):
    """Changes a job's retries, its lease, or both."""

    changeset: JobChangeset
    operation_reference: Annotated[int | None, Since("8.8")] = Field(default=None, alias="operationReference")
    job_lease_token: LeaseToken = Field(default=None, alias="jobLeaseToken")
