"""The engine's REST API: one module per resource, one function per endpoint."""

from camunda_client.c8.api._request import request
from camunda_client.c8.api.decision import evaluate_decision
from camunda_client.c8.api.deployment import delete_resource, deploy_resources
from camunda_client.c8.api.element_instance import set_variables
from camunda_client.c8.api.incident import resolve_incident
from camunda_client.c8.api.job import (
    activate_jobs,
    complete_job,
    fail_job,
    mark_job_as_failed,
    throw_error_for_job,
    update_job,
)
from camunda_client.c8.api.message import correlate_message, publish_message
from camunda_client.c8.api.process_instance import (
    cancel_process_instance,
    create_process_instance,
    migrate_process_instance,
    modify_process_instance,
)
from camunda_client.c8.api.signal import broadcast_signal
from camunda_client.c8.api.topology import get_cluster_topology

__all__ = [
    "activate_jobs",
    "broadcast_signal",
    "cancel_process_instance",
    "complete_job",
    "correlate_message",
    "create_process_instance",
    "delete_resource",
    "deploy_resources",
    "evaluate_decision",
    "fail_job",
    "get_cluster_topology",
    "mark_job_as_failed",
    "migrate_process_instance",
    "modify_process_instance",
    "publish_message",
    "request",
    "resolve_incident",
    "set_variables",
    "throw_error_for_job",
    "update_job",
]
