"""The engine's REST API: one module per resource, one function per endpoint."""

from camunda_client.c8.api._probe import probe as probe  # for the command, not part of the API
from camunda_client.c8.api._request import request
from camunda_client.c8.api._wait import wait_until
from camunda_client.c8.api.batch_operation import (
    cancel_batch_operation,
    get_batch_operation,
    resume_batch_operation,
    search_batch_operation_items,
    search_batch_operations,
    suspend_batch_operation,
)
from camunda_client.c8.api.client import CamundaClient
from camunda_client.c8.api.cluster import get_license, get_me, is_ready, pin_clock, reset_clock
from camunda_client.c8.api.cluster_variable import (
    create_cluster_variable,
    delete_cluster_variable,
    get_cluster_variable,
    search_cluster_variables,
    update_cluster_variable,
)
from camunda_client.c8.api.decision import (
    evaluate_decision,
    get_decision_definition,
    get_decision_definition_xml,
    get_decision_instance,
    get_decision_requirements,
    get_decision_requirements_xml,
    search_decision_definitions,
    search_decision_instances,
    search_decision_requirements,
)
from camunda_client.c8.api.deployment import delete_resource, deploy_resources
from camunda_client.c8.api.document import create_document_link, delete_document, download_document, upload_document
from camunda_client.c8.api.element_instance import get_element_instance, search_element_instances, set_variables
from camunda_client.c8.api.incident import (
    get_incident,
    resolve_incident,
    search_incidents,
    search_process_instance_incidents,
)
from camunda_client.c8.api.job import (
    activate_jobs,
    complete_job,
    fail_job,
    get_job_statistics,
    mark_job_as_failed,
    search_jobs,
    throw_error_for_job,
    update_job,
)
from camunda_client.c8.api.job_statistics import (
    get_job_statistics_by_error,
    get_job_statistics_by_type,
    get_job_statistics_by_worker,
)
from camunda_client.c8.api.message import correlate_message, publish_message
from camunda_client.c8.api.message_subscription import (
    search_correlated_message_subscriptions,
    search_message_subscriptions,
)
from camunda_client.c8.api.process_definition import (
    get_process_definition,
    get_process_definition_statistics,
    get_process_definition_xml,
    get_start_form,
    search_process_definitions,
)
from camunda_client.c8.api.process_instance import (
    cancel_process_instance,
    create_process_instance,
    get_process_instance,
    get_process_instance_call_hierarchy,
    get_process_instance_sequence_flows,
    get_process_instance_statistics,
    migrate_process_instance,
    modify_process_instance,
    search_process_instances,
)
from camunda_client.c8.api.signal import broadcast_signal
from camunda_client.c8.api.topology import get_cluster_topology
from camunda_client.c8.api.user_task import (
    assign_user_task,
    complete_user_task,
    get_user_task,
    get_user_task_form,
    search_user_task_variables,
    search_user_tasks,
    unassign_user_task,
    update_user_task,
)
from camunda_client.c8.api.variable import get_variable, search_variables

__all__ = [
    "CamundaClient",
    "activate_jobs",
    "assign_user_task",
    "broadcast_signal",
    "cancel_batch_operation",
    "cancel_process_instance",
    "complete_job",
    "complete_user_task",
    "correlate_message",
    "create_cluster_variable",
    "create_document_link",
    "create_process_instance",
    "delete_cluster_variable",
    "delete_document",
    "delete_resource",
    "deploy_resources",
    "download_document",
    "evaluate_decision",
    "fail_job",
    "get_batch_operation",
    "get_cluster_topology",
    "get_cluster_variable",
    "get_decision_definition",
    "get_decision_definition_xml",
    "get_decision_instance",
    "get_decision_requirements",
    "get_decision_requirements_xml",
    "get_element_instance",
    "get_incident",
    "get_job_statistics",
    "get_job_statistics_by_error",
    "get_job_statistics_by_type",
    "get_job_statistics_by_worker",
    "get_license",
    "get_me",
    "get_process_definition",
    "get_process_definition_statistics",
    "get_process_definition_xml",
    "get_process_instance",
    "get_process_instance_call_hierarchy",
    "get_process_instance_sequence_flows",
    "get_process_instance_statistics",
    "get_start_form",
    "get_user_task",
    "get_user_task_form",
    "get_variable",
    "is_ready",
    "mark_job_as_failed",
    "migrate_process_instance",
    "modify_process_instance",
    "pin_clock",
    "publish_message",
    "request",
    "reset_clock",
    "resolve_incident",
    "resume_batch_operation",
    "search_batch_operation_items",
    "search_batch_operations",
    "search_cluster_variables",
    "search_correlated_message_subscriptions",
    "search_decision_definitions",
    "search_decision_instances",
    "search_decision_requirements",
    "search_element_instances",
    "search_incidents",
    "search_jobs",
    "search_message_subscriptions",
    "search_process_definitions",
    "search_process_instance_incidents",
    "search_process_instances",
    "search_user_task_variables",
    "search_user_tasks",
    "search_variables",
    "set_variables",
    "suspend_batch_operation",
    "throw_error_for_job",
    "unassign_user_task",
    "update_cluster_variable",
    "update_job",
    "update_user_task",
    "upload_document",
    "wait_until",
]
