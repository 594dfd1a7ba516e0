"""Models made from Camunda's schemas, which are under the Apache License 2.0."""

from camunda_client.c8.models.generated.batch_operation import (
    BatchOperation,
    BatchOperationFilter,
    BatchOperationItem,
    BatchOperationItemFilter,
    CreatedBatchOperation,
)
from camunda_client.c8.models.generated.cluster import License, Me
from camunda_client.c8.models.generated.cluster_variable import (
    ClusterVariable,
    ClusterVariableFilter,
    FoundClusterVariable,
)
from camunda_client.c8.models.generated.decision import (
    DecisionDefinition,
    DecisionDefinitionFilter,
    DecisionInstance,
    DecisionInstanceFilter,
    DecisionRequirements,
    DecisionRequirementsFilter,
    FoundDecisionInstance,
)
from camunda_client.c8.models.generated.document import DocumentLink, DocumentMetadata, DocumentReference
from camunda_client.c8.models.generated.element_instance import ElementInstance, ElementInstanceFilter
from camunda_client.c8.models.generated.expression import (
    EvaluatedConditionals,
    EvaluatedExpression,
    ProcessInstanceReference,
)
from camunda_client.c8.models.generated.incident import (
    Incident,
    IncidentDefinitionStatistics,
    IncidentErrorStatistics,
    IncidentFilter,
)
from camunda_client.c8.models.generated.job import (
    FoundJob,
    JobCount,
    JobErrorStatistics,
    JobFilter,
    JobStatistics,
    JobTimeSlice,
    JobTypeStatistics,
    JobWorkerStatistics,
)
from camunda_client.c8.models.generated.message_subscription import (
    CorrelatedMessageSubscription,
    CorrelatedMessageSubscriptionFilter,
    MessageSubscription,
    MessageSubscriptionFilter,
)
from camunda_client.c8.models.generated.process_definition import (
    Form,
    MessageSubscriptionStatistics,
    ProcessDefinition,
    ProcessDefinitionFilter,
    ProcessDefinitionStatisticsFilter,
    ProcessInstanceStatistics,
    ProcessVersionStatistics,
)
from camunda_client.c8.models.generated.process_instance import (
    CallHierarchyEntry,
    ElementStatistics,
    ProcessInstance,
    ProcessInstanceFilter,
    SequenceFlow,
)
from camunda_client.c8.models.generated.resource import Resource, ResourceFilter
from camunda_client.c8.models.generated.user_task import (
    AuditLogEntry,
    UserTask,
    UserTaskAuditLogFilter,
    UserTaskFilter,
    UserTaskVariableFilter,
)
from camunda_client.c8.models.generated.variable import FoundVariable, Variable, VariableFilter

__all__ = [
    "AuditLogEntry",
    "BatchOperation",
    "BatchOperationFilter",
    "BatchOperationItem",
    "BatchOperationItemFilter",
    "CallHierarchyEntry",
    "ClusterVariable",
    "ClusterVariableFilter",
    "CorrelatedMessageSubscription",
    "CorrelatedMessageSubscriptionFilter",
    "CreatedBatchOperation",
    "DecisionDefinition",
    "DecisionDefinitionFilter",
    "DecisionInstance",
    "DecisionInstanceFilter",
    "DecisionRequirements",
    "DecisionRequirementsFilter",
    "DocumentLink",
    "DocumentMetadata",
    "DocumentReference",
    "ElementInstance",
    "ElementInstanceFilter",
    "ElementStatistics",
    "EvaluatedConditionals",
    "EvaluatedExpression",
    "Form",
    "FoundClusterVariable",
    "FoundDecisionInstance",
    "FoundJob",
    "FoundVariable",
    "Incident",
    "IncidentDefinitionStatistics",
    "IncidentErrorStatistics",
    "IncidentFilter",
    "JobCount",
    "JobErrorStatistics",
    "JobFilter",
    "JobStatistics",
    "JobTimeSlice",
    "JobTypeStatistics",
    "JobWorkerStatistics",
    "License",
    "Me",
    "MessageSubscription",
    "MessageSubscriptionFilter",
    "MessageSubscriptionStatistics",
    "ProcessDefinition",
    "ProcessDefinitionFilter",
    "ProcessDefinitionStatisticsFilter",
    "ProcessInstance",
    "ProcessInstanceFilter",
    "ProcessInstanceReference",
    "ProcessInstanceStatistics",
    "ProcessVersionStatistics",
    "Resource",
    "ResourceFilter",
    "SequenceFlow",
    "UserTask",
    "UserTaskAuditLogFilter",
    "UserTaskFilter",
    "UserTaskVariableFilter",
    "Variable",
    "VariableFilter",
]
