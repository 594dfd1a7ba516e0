"""A cluster as an object, for programs that talk to several."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, ParamSpec, TypeVar, overload

from camunda_client import config as settings
from camunda_client.c8 import _target, auth
from camunda_client.c8.api import (
    _request,
    _wait,
    batch_command,
    batch_operation,
    cluster,
    cluster_variable,
    decision,
    deployment,
    document,
    element_instance,
    expression,
    incident,
    job,
    job_statistics,
    message,
    message_subscription,
    process_definition,
    process_instance,
    resource,
    signal,
    topology,
    user_task,
    variable,
)
from camunda_client.config import C8Config
from camunda_client.error import ConfigurationError

__all__ = ["CamundaClient"]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class _Method(Generic[Parameters, Result]):
    """A module's function as a method: with its signature and its docstring, and for the client's cluster."""

    def __init__(self, function: Callable[Parameters, Result]) -> None:
        self._function = function

    @overload
    def __get__(self, client: None, owner: type) -> Callable[Parameters, Result]: ...

    @overload
    def __get__(self, client: CamundaClient, owner: type) -> Callable[Parameters, Result]: ...

    def __get__(self, client: CamundaClient | None, owner: type) -> Callable[Parameters, Result]:
        function = self._function
        if client is None:
            return function

        @functools.wraps(function)
        def method(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            with client._target.entered():
                return function(*args, **kwargs)

        return method


class CamundaClient:
    """One cluster: every function of `camunda_client.c8.api` as a method, with this client's address and token.

    Greenlets and native threads may share it. Connections, tokens and what is known of the cluster's version are its
    own. Workers and the module's functions are not concerned: they use the process's configuration.

    Use it in a ``with`` statement, or call `close` at the end.
    """

    def __init__(self, config: C8Config | dict[str, Any]) -> None:
        """Take a configuration; nothing is sent yet.

        Args:
            config: All of it. Unlike `camunda_client.config.initialize_config`, nothing is taken from the environment
                or ``.env``: what stands there is meant for one cluster, and another must not be sent its secrets.

        Raises:
            ConfigurationError: Something is wrong or missing; the message lists all problems.
        """
        if isinstance(config, dict):
            config = _alone(config)
        elif not isinstance(config, C8Config):
            raise ConfigurationError(f"CamundaClient() takes a dict or a C8Config, not {type(config).__name__}")
        # A copy, so that two clients made of one object are two, and one can be closed without the other.
        self._target = _target.Target(config.model_copy(update={"api": config.api.model_copy()}))

    @property
    def config(self) -> C8Config:
        """Where it leads, and how."""
        return self._target.config

    @property
    def closed(self) -> bool:
        """Whether it takes no more calls."""
        return self._target.closed

    def close(self) -> None:
        """Close its connections. Calls on their way end as they would; later ones raise ``RuntimeError``.

        It may be called from anywhere, more than once.
        """
        self._target.close()

    def __enter__(self) -> CamundaClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<CamundaClient of {self.config.api.base_url}{', closed' if self.closed else ''}>"

    get_token = _Method(auth.get_token)
    get_c8_api_headers = _Method(auth.get_c8_api_headers)
    #: Needs no cluster: its question asks one.
    wait_until = staticmethod(_wait.wait_until)
    request = _Method(_request.request)

    activate_jobs = _Method(job.activate_jobs)
    complete_job = _Method(job.complete_job)
    fail_job = _Method(job.fail_job)
    get_job_statistics = _Method(job.get_job_statistics)
    get_job_statistics_by_error = _Method(job_statistics.get_job_statistics_by_error)
    get_job_statistics_by_type = _Method(job_statistics.get_job_statistics_by_type)
    get_job_statistics_by_worker = _Method(job_statistics.get_job_statistics_by_worker)
    get_job_time_series = _Method(job_statistics.get_job_time_series)
    mark_job_as_failed = _Method(job.mark_job_as_failed)
    search_jobs = _Method(job.search_jobs)
    throw_error_for_job = _Method(job.throw_error_for_job)
    update_job = _Method(job.update_job)

    cancel_process_instance = _Method(process_instance.cancel_process_instance)
    create_process_instance = _Method(process_instance.create_process_instance)
    get_process_instance = _Method(process_instance.get_process_instance)
    get_process_instance_statistics = _Method(process_instance.get_process_instance_statistics)
    migrate_process_instance = _Method(process_instance.migrate_process_instance)
    modify_process_instance = _Method(process_instance.modify_process_instance)
    search_process_instances = _Method(process_instance.search_process_instances)
    get_process_instance_call_hierarchy = _Method(process_instance.get_process_instance_call_hierarchy)
    get_process_instance_sequence_flows = _Method(process_instance.get_process_instance_sequence_flows)
    delete_process_instance = _Method(process_instance.delete_process_instance)
    resume_process_instance = _Method(process_instance.resume_process_instance)
    suspend_process_instance = _Method(process_instance.suspend_process_instance)

    assign_user_task = _Method(user_task.assign_user_task)
    complete_user_task = _Method(user_task.complete_user_task)
    get_user_task = _Method(user_task.get_user_task)
    get_user_task_form = _Method(user_task.get_user_task_form)
    search_user_task_variables = _Method(user_task.search_user_task_variables)
    search_user_tasks = _Method(user_task.search_user_tasks)
    unassign_user_task = _Method(user_task.unassign_user_task)
    update_user_task = _Method(user_task.update_user_task)
    search_user_task_audit_log = _Method(user_task.search_user_task_audit_log)
    search_user_task_effective_variables = _Method(user_task.search_user_task_effective_variables)

    get_incident = _Method(incident.get_incident)
    resolve_incident = _Method(incident.resolve_incident)
    search_incidents = _Method(incident.search_incidents)
    search_process_instance_incidents = _Method(incident.search_process_instance_incidents)
    get_incident_statistics_by_definition = _Method(incident.get_incident_statistics_by_definition)
    get_incident_statistics_by_error = _Method(incident.get_incident_statistics_by_error)
    resolve_process_instance_incidents = _Method(incident.resolve_process_instance_incidents)
    search_element_instance_incidents = _Method(incident.search_element_instance_incidents)

    get_variable = _Method(variable.get_variable)
    search_variables = _Method(variable.search_variables)

    get_element_instance = _Method(element_instance.get_element_instance)
    search_element_instances = _Method(element_instance.search_element_instances)
    set_variables = _Method(element_instance.set_variables)
    activate_ad_hoc_activities = _Method(element_instance.activate_ad_hoc_activities)

    correlate_message = _Method(message.correlate_message)
    publish_message = _Method(message.publish_message)

    search_correlated_message_subscriptions = _Method(message_subscription.search_correlated_message_subscriptions)
    search_message_subscriptions = _Method(message_subscription.search_message_subscriptions)

    broadcast_signal = _Method(signal.broadcast_signal)

    delete_resource = _Method(deployment.delete_resource)
    deploy_resources = _Method(deployment.deploy_resources)

    get_process_definition = _Method(process_definition.get_process_definition)
    get_process_definition_xml = _Method(process_definition.get_process_definition_xml)
    get_start_form = _Method(process_definition.get_start_form)
    search_process_definitions = _Method(process_definition.search_process_definitions)
    get_process_definition_statistics = _Method(process_definition.get_process_definition_statistics)
    get_message_subscription_statistics = _Method(process_definition.get_message_subscription_statistics)
    get_process_instance_counts = _Method(process_definition.get_process_instance_counts)
    get_process_version_counts = _Method(process_definition.get_process_version_counts)

    evaluate_decision = _Method(decision.evaluate_decision)
    get_decision_definition = _Method(decision.get_decision_definition)
    get_decision_definition_xml = _Method(decision.get_decision_definition_xml)
    get_decision_instance = _Method(decision.get_decision_instance)
    search_decision_definitions = _Method(decision.search_decision_definitions)
    search_decision_instances = _Method(decision.search_decision_instances)
    get_decision_requirements = _Method(decision.get_decision_requirements)
    get_decision_requirements_xml = _Method(decision.get_decision_requirements_xml)
    search_decision_requirements = _Method(decision.search_decision_requirements)

    create_document_link = _Method(document.create_document_link)
    delete_document = _Method(document.delete_document)
    download_document = _Method(document.download_document)
    upload_document = _Method(document.upload_document)

    cancel_batch_operation = _Method(batch_operation.cancel_batch_operation)
    get_batch_operation = _Method(batch_operation.get_batch_operation)
    resume_batch_operation = _Method(batch_operation.resume_batch_operation)
    search_batch_operations = _Method(batch_operation.search_batch_operations)
    suspend_batch_operation = _Method(batch_operation.suspend_batch_operation)
    search_batch_operation_items = _Method(batch_operation.search_batch_operation_items)

    create_cluster_variable = _Method(cluster_variable.create_cluster_variable)
    delete_cluster_variable = _Method(cluster_variable.delete_cluster_variable)
    get_cluster_variable = _Method(cluster_variable.get_cluster_variable)
    search_cluster_variables = _Method(cluster_variable.search_cluster_variables)
    update_cluster_variable = _Method(cluster_variable.update_cluster_variable)

    cancel_process_instances = _Method(batch_command.cancel_process_instances)
    delete_decision_instances = _Method(batch_command.delete_decision_instances)
    delete_process_instances = _Method(batch_command.delete_process_instances)
    migrate_process_instances = _Method(batch_command.migrate_process_instances)
    modify_process_instances = _Method(batch_command.modify_process_instances)
    resolve_incidents = _Method(batch_command.resolve_incidents)
    resume_process_instances = _Method(batch_command.resume_process_instances)
    suspend_process_instances = _Method(batch_command.suspend_process_instances)
    update_jobs = _Method(batch_command.update_jobs)

    evaluate_conditionals = _Method(expression.evaluate_conditionals)
    evaluate_expression = _Method(expression.evaluate_expression)

    get_resource = _Method(resource.get_resource)
    get_resource_content = _Method(resource.get_resource_content)
    search_resources = _Method(resource.search_resources)

    get_cluster_topology = _Method(topology.get_cluster_topology)

    get_license = _Method(cluster.get_license)
    get_me = _Method(cluster.get_me)
    is_ready = _Method(cluster.is_ready)
    pin_clock = _Method(cluster.pin_clock)
    reset_clock = _Method(cluster.reset_clock)


def _alone(options: dict[str, Any]) -> C8Config:
    api = options.get("api")
    if not isinstance(api, settings.ApiConfig) and not (isinstance(api, dict) and {"baseUrl", "base_url"} & {*api}):
        raise ConfigurationError(
            "api.baseUrl is missing; a CamundaClient takes nothing from the environment", option="api.baseUrl"
        )
    return C8Config(**{str(name): value for name, value in options.items()})
