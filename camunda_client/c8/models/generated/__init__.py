"""Models made from Camunda's schemas, which are under the Apache License 2.0."""

from camunda_client.c8.models.generated.batch_operation import BatchOperation, BatchOperationFilter
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
    FoundDecisionInstance,
)
from camunda_client.c8.models.generated.document import DocumentLink, DocumentMetadata, DocumentReference
from camunda_client.c8.models.generated.element_instance import ElementInstance, ElementInstanceFilter
from camunda_client.c8.models.generated.incident import Incident, IncidentFilter
from camunda_client.c8.models.generated.job import FoundJob, JobCount, JobFilter, JobStatistics
from camunda_client.c8.models.generated.message_subscription import (
    CorrelatedMessageSubscription,
    CorrelatedMessageSubscriptionFilter,
    MessageSubscription,
    MessageSubscriptionFilter,
)
from camunda_client.c8.models.generated.process_definition import Form, ProcessDefinition, ProcessDefinitionFilter
from camunda_client.c8.models.generated.process_instance import (
    ElementStatistics,
    ProcessInstance,
    ProcessInstanceFilter,
)
from camunda_client.c8.models.generated.user_task import UserTask, UserTaskFilter, UserTaskVariableFilter
from camunda_client.c8.models.generated.variable import FoundVariable, Variable, VariableFilter

__all__ = [
    "BatchOperation",
    "BatchOperationFilter",
    "ClusterVariable",
    "ClusterVariableFilter",
    "CorrelatedMessageSubscription",
    "CorrelatedMessageSubscriptionFilter",
    "DecisionDefinition",
    "DecisionDefinitionFilter",
    "DecisionInstance",
    "DecisionInstanceFilter",
    "DocumentLink",
    "DocumentMetadata",
    "DocumentReference",
    "ElementInstance",
    "ElementInstanceFilter",
    "ElementStatistics",
    "Form",
    "FoundClusterVariable",
    "FoundDecisionInstance",
    "FoundJob",
    "FoundVariable",
    "Incident",
    "IncidentFilter",
    "JobCount",
    "JobFilter",
    "JobStatistics",
    "License",
    "Me",
    "MessageSubscription",
    "MessageSubscriptionFilter",
    "ProcessDefinition",
    "ProcessDefinitionFilter",
    "ProcessInstance",
    "ProcessInstanceFilter",
    "UserTask",
    "UserTaskFilter",
    "UserTaskVariableFilter",
    "Variable",
    "VariableFilter",
]
