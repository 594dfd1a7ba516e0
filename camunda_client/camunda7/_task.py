"""What handlers written for ``camunda-external-task-client-python3`` are called with, and what they return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from camunda_client.camunda7 import _variables

if TYPE_CHECKING:
    from camunda_client.c8.models import ActivatedJob


def context_of(job: ActivatedJob) -> dict[str, Any]:
    """Return a job as the document that Camunda 7 sends for an external task."""
    return {
        "id": job.job_key,
        "workerId": job.worker,
        "topicName": job.job_type,
        "tenantId": job.tenant_id,
        "activityId": job.element_id,
        "activityInstanceId": job.element_instance_key,
        "executionId": job.element_instance_key,
        "processInstanceId": job.process_instance_key,
        "processDefinitionId": job.process_definition_key,
        "processDefinitionKey": job.process_definition_id,
        "businessKey": job.business_id or job.variables.get("businessKey"),
        "retries": job.retries,
        "priority": job.priority or 0,
        "suspended": False,
        "variables": _variables.typed(job.variables),
        "extensionProperties": job.custom_headers,
    }


class ExternalTask:
    """One task, which is a job of Camunda 8."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        """Take Camunda 7's document for the task."""
        self._context = context
        self._result = TaskResult.empty_task_result(self)

    def get_worker_id(self) -> Any:
        """Return the worker's name."""
        return self._context["workerId"]

    def get_process_instance_id(self) -> Any:
        """Return the key of the process instance."""
        return self._context["processInstanceId"]

    def get_task_id(self) -> Any:
        """Return the job's key."""
        return self._context["id"]

    def get_activity_id(self) -> Any:
        """Return the id of the element in the model."""
        return self._context["activityId"]

    def get_topic_name(self) -> Any:
        """Return the job type."""
        return self._context["topicName"]

    def get_tenant_id(self) -> Any:
        """Return the tenant."""
        return self._context.get("tenantId")

    def get_business_key(self) -> Any:
        """Return the business id, or else the variable ``businessKey``."""
        return self._context.get("businessKey")

    def get_variables(self) -> dict[str, Any]:
        """Return all variables."""
        return {name: found["value"] for name, found in self._context["variables"].items()}

    def get_variable(self, variable_name: str, with_meta: bool = False) -> Any:
        """Return a variable, ``None`` if there is none; with its type, if that is asked for."""
        found = self._context["variables"].get(variable_name)
        return found if with_meta or found is None else found["value"]

    def get_extension_properties(self) -> dict[str, Any]:
        """Return the task's custom headers."""
        return dict(self._context["extensionProperties"])

    def get_extension_property(self, property_name: str) -> Any:
        """Return one of the task's custom headers, ``None`` if there is none."""
        return self._context["extensionProperties"].get(property_name)

    def get_task_result(self) -> TaskResult:
        """Return what the task came to last."""
        return self._result

    def set_task_result(self, task_result: TaskResult) -> None:
        """Set what the task came to."""
        self._result = task_result

    def complete(
        self, global_variables: Mapping[str, Any] | None = None, local_variables: Mapping[str, Any] | None = None
    ) -> TaskResult:
        """Return the task's completion."""
        self._result = TaskResult.success(self, global_variables, local_variables)
        return self._result

    def failure(
        self, error_message: str, error_details: str = "", max_retries: int = 3, retry_timeout: int = 300_000
    ) -> TaskResult:
        """Return the task's failure: with one retry less, or ``max_retries`` if it has none set."""
        retries = self._context.get("retries")
        left = retries - 1 if retries else max_retries
        self._result = TaskResult.failure(self, error_message, error_details, left, retry_timeout)
        return self._result

    def bpmn_error(
        self, error_code: str, error_message: str = "", variables: Mapping[str, Any] | None = None
    ) -> TaskResult:
        """Return a BPMN error."""
        self._result = TaskResult.bpmn_error(self, error_code, error_message, variables)
        return self._result

    def __str__(self) -> str:
        return str(self._context)


class TaskResult:
    """What a handler returns: a completion, a failure or a BPMN error."""

    def __init__(
        self,
        task: ExternalTask,
        success: bool = False,
        global_variables: Mapping[str, Any] | None = None,
        local_variables: Mapping[str, Any] | None = None,
        bpmn_error_code: str | None = None,
        error_message: str | None = None,
        error_details: Any = "",
        retries: int = 0,
        retry_timeout: int = 300_000,
    ) -> None:
        """Take all that a task can come to; the class methods are easier."""
        self.task = task
        self.success_state = success
        self.global_variables = dict(global_variables or {})
        self.local_variables = dict(local_variables or {})
        self.bpmn_error_code = bpmn_error_code
        self.error_message = error_message
        self.error_details = error_details
        self.retries = retries
        self.retry_timeout = retry_timeout

    @classmethod
    def success(
        cls,
        task: ExternalTask,
        global_variables: Mapping[str, Any] | None = None,
        local_variables: Mapping[str, Any] | None = None,
    ) -> TaskResult:
        """Return a completion."""
        return cls(task, success=True, global_variables=global_variables, local_variables=local_variables)

    @classmethod
    def failure(
        cls, task: ExternalTask, error_message: str, error_details: Any, retries: int, retry_timeout: int
    ) -> TaskResult:
        """Return a failure. ``retries`` are those that are left; ``retry_timeout`` is in milliseconds."""
        return cls(
            task,
            error_message=error_message,
            error_details=error_details,
            retries=retries,
            retry_timeout=retry_timeout,
        )

    @classmethod
    def bpmn_error(
        cls, task: ExternalTask, error_code: str, error_message: str, variables: Mapping[str, Any] | None = None
    ) -> TaskResult:
        """Return a BPMN error."""
        return cls(task, bpmn_error_code=error_code, error_message=error_message, global_variables=variables)

    @classmethod
    def empty_task_result(cls, task: ExternalTask) -> TaskResult:
        """Return what a task has come to before anything was said."""
        return cls(task)

    def is_success(self) -> bool:
        """Tell whether it is a completion."""
        return self.success_state and not self.bpmn_error_code and self.error_message is None

    def is_failure(self) -> bool:
        """Tell whether it is a failure."""
        return not self.success_state and not self.bpmn_error_code and self.error_message is not None

    def is_bpmn_error(self) -> bool:
        """Tell whether it is a BPMN error."""
        return not self.success_state and bool(self.bpmn_error_code)

    def get_task(self) -> ExternalTask:
        """Return the task."""
        return self.task

    def __str__(self) -> str:
        if self.is_success():
            return f"success: task_id={self.task.get_task_id()}"
        if self.is_bpmn_error():
            return f"bpmn_error: task_id={self.task.get_task_id()}, error_code={self.bpmn_error_code}"
        return f"failure: task_id={self.task.get_task_id()}, error_message={self.error_message}"
