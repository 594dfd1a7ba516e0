"""What is inside of answers, requests that functions make by themselves, and filters; type checkers read this file."""

from __future__ import annotations

from typing import Any

from typing_extensions import assert_type

from camunda_client.c8 import api, models
from camunda_client.c8.models import generated as found


def look_inside(answer: models.DeployResourcesResponse, topology: models.ClusterTopology) -> None:
    """Answers in answers."""
    entry = answer.deployments[0]
    assert_type(entry, models.DeploymentEntry)
    assert_type(entry.process_definition, models.DeployedProcess | None)
    assert_type(entry.decision_definition, models.DeployedDecision | None)
    assert_type(entry.decision_requirements, models.DeployedDecisionRequirements | None)
    assert_type(entry.form, models.DeployedForm | None)
    assert_type(entry.resource, models.DeployedResource | None)
    assert_type(topology.brokers[0], models.Broker)
    assert_type(topology.brokers[0].partitions[0], models.Partition)
    assert_type(api.get_license(), found.License)


def conditions() -> None:
    """What a keyword of a search takes, kept in a variable."""
    some: models.TextCondition = ["ann", "bob"]
    many: models.NumberCondition = {"$gte": 50}
    like: models.Condition = {"$like": "a*"}
    wanted: found.UserTaskFilter = {"assignee": some, "priority": many, "name": like}
    api.search_user_tasks(**wanted)


def result(task: models.UserTaskProperties) -> models.JobResult:
    """What a handler of listeners or ad-hoc sub-processes returns, whichever it is."""
    return models.Denied("why") if task.assignee else models.AdHocResult(completed=True)


def filters() -> tuple[type, ...]:
    """The keywords of searches, for functions that pass them on."""
    return (
        found.BatchOperationFilter, found.BatchOperationItemFilter, found.ClusterVariableFilter,
        found.CorrelatedMessageSubscriptionFilter, found.DecisionDefinitionFilter, found.DecisionInstanceFilter,
        found.DecisionRequirementsFilter, found.ElementInstanceFilter, found.IncidentFilter, found.JobFilter,
        found.MessageSubscriptionFilter, found.ProcessDefinitionFilter, found.ProcessDefinitionStatisticsFilter,
        found.ProcessInstanceFilter, found.ResourceFilter, found.UserTaskAuditLogFilter,
        found.UserTaskVariableFilter, found.VariableFilter,
    )  # fmt: skip


def parts(metadata: found.DocumentMetadata, count: found.JobCount, reference: found.ProcessInstanceReference) -> None:
    """What answers have as plain objects, to be read by `model_validate`."""
    assert_type(metadata.file_name, str)
    assert_type(count.count, int | None)
    assert_type(reference.process_instance_key, str | None)
    assert_type(found.JobCount.model_validate({"count": 1}), found.JobCount)


def made_by_functions() -> tuple[type[Any], ...]:
    """Requests that functions make of their arguments."""
    return (
        models.ActivateAdHocRequest, models.AdHocActivity, models.AssignUserTaskRequest, models.BatchRequest,
        models.C8ApiHeaders, models.CancelProcessInstanceRequest, models.CompleteJobRequest,
        models.CompleteUserTaskRequest, models.DeleteResourceRequest, models.DocumentLinkRequest,
        models.EvaluateConditionalsRequest, models.EvaluateExpressionRequest, models.JobFailedRequest,
        models.MigrateInstancesRequest, models.MigrationPlan, models.MoveInstancesRequest, models.PinClockRequest,
        models.ResolveIncidentRequest, models.SetVariablesRequest, models.ThrowErrorForJobRequest,
        models.UpdateJobRequest, models.UpdateJobsRequest, models.UpdateUserTaskRequest,
    )  # fmt: skip
