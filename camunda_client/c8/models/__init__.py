"""The engine's requests and answers as Python objects."""

from camunda_client.c8.models._filters import Condition, NumberCondition, TextCondition
from camunda_client.c8.models.batch_operation import (
    BatchRequest,
    MigrateInstancesRequest,
    MigrationPlan,
    MoveInstancesRequest,
    UpdateJobsRequest,
)
from camunda_client.c8.models.camunda_headers import (
    C8ApiHeaders,
)
from camunda_client.c8.models.cluster import PinClockRequest
from camunda_client.c8.models.decision import (
    EvaluateDecisionRequest,
    EvaluateDecisionResponse,
)
from camunda_client.c8.models.deployment import (
    DeleteResourceRequest,
    DeleteResourceResponse,
    DeployedDecision,
    DeployedDecisionRequirements,
    DeployedForm,
    DeployedProcess,
    DeployedResource,
    DeploymentEntry,
    DeployResourcesResponse,
)
from camunda_client.c8.models.document import DocumentLinkRequest
from camunda_client.c8.models.element_instance import (
    ActivateAdHocRequest,
    AdHocActivity,
    SetVariablesRequest,
)
from camunda_client.c8.models.expression import EvaluateConditionalsRequest, EvaluateExpressionRequest
from camunda_client.c8.models.incident import (
    ResolveIncidentRequest,
)
from camunda_client.c8.models.job import (
    ActivatedJob,
    ActivatedJobResponse,
    ActivateJobRequest,
    CompleteJobRequest,
    JobChangeset,
    JobFailedRequest,
    JobKind,
    ListenerEventType,
    ThrowErrorForJobRequest,
    UpdateJobRequest,
    UserTaskProperties,
)
from camunda_client.c8.models.job_result import (
    AdHocResult,
    Completion,
    Corrections,
    Denied,
    JobResult,
    UserTaskResult,
)
from camunda_client.c8.models.message import (
    CorrelateMessageRequest,
    CorrelateMessageResponse,
    PublishMessageRequest,
    PublishMessageResponse,
)
from camunda_client.c8.models.process_instance import (
    ActivateInstructions,
    AncestorScope,
    CancelProcessInstanceRequest,
    CreateProcessInstanceRequest,
    CreateProcessInstanceResponse,
    MappingInstructions,
    MigrateProcessInstanceRequest,
    ModifyProcessInstanceRequest,
    MoveInstructions,
    ProcessInstanceStartInstructions,
    RuntimeInstruction,
    SourceElement,
    TerminateInstructions,
    VariableInstruction,
)
from camunda_client.c8.models.signal import (
    BroadcastSignalRequest,
    BroadcastSignalResponse,
)
from camunda_client.c8.models.topology import (
    Broker,
    ClusterTopology,
    Partition,
)
from camunda_client.c8.models.user_task import (
    AssignUserTaskRequest,
    CompleteUserTaskRequest,
    UpdateUserTaskRequest,
    UserTaskChanges,
)

__all__ = [
    "ActivateAdHocRequest",
    "ActivateInstructions",
    "ActivateJobRequest",
    "ActivatedJob",
    "ActivatedJobResponse",
    "AdHocActivity",
    "AdHocResult",
    "AncestorScope",
    "AssignUserTaskRequest",
    "BatchRequest",
    "BroadcastSignalRequest",
    "BroadcastSignalResponse",
    "Broker",
    "C8ApiHeaders",
    "CancelProcessInstanceRequest",
    "ClusterTopology",
    "CompleteJobRequest",
    "CompleteUserTaskRequest",
    "Completion",
    "Condition",
    "Corrections",
    "CorrelateMessageRequest",
    "CorrelateMessageResponse",
    "CreateProcessInstanceRequest",
    "CreateProcessInstanceResponse",
    "DeleteResourceRequest",
    "DeleteResourceResponse",
    "Denied",
    "DeployResourcesResponse",
    "DeployedDecision",
    "DeployedDecisionRequirements",
    "DeployedForm",
    "DeployedProcess",
    "DeployedResource",
    "DeploymentEntry",
    "DocumentLinkRequest",
    "EvaluateConditionalsRequest",
    "EvaluateDecisionRequest",
    "EvaluateDecisionResponse",
    "EvaluateExpressionRequest",
    "JobChangeset",
    "JobFailedRequest",
    "JobKind",
    "JobResult",
    "ListenerEventType",
    "MappingInstructions",
    "MigrateInstancesRequest",
    "MigrateProcessInstanceRequest",
    "MigrationPlan",
    "ModifyProcessInstanceRequest",
    "MoveInstancesRequest",
    "MoveInstructions",
    "NumberCondition",
    "Partition",
    "PinClockRequest",
    "ProcessInstanceStartInstructions",
    "PublishMessageRequest",
    "PublishMessageResponse",
    "ResolveIncidentRequest",
    "RuntimeInstruction",
    "SetVariablesRequest",
    "SourceElement",
    "TerminateInstructions",
    "TextCondition",
    "ThrowErrorForJobRequest",
    "UpdateJobRequest",
    "UpdateJobsRequest",
    "UpdateUserTaskRequest",
    "UserTaskChanges",
    "UserTaskProperties",
    "UserTaskResult",
    "VariableInstruction",
]
