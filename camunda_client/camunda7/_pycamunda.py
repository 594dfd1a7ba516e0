"""The external tasks of ``pycamunda``: requests that are objects, and are sent by calling them.

A file written for it has a loop of its own, and reports each task by itself. So its requests become Camunda 8's, one
by one, and a task is the file's for the lock duration that it asked for.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from camunda_client.c8 import api
from camunda_client.camunda7 import _variables
from camunda_client.camunda7._fetching import may_fetch
from camunda_client.camunda7._task import context_of
from camunda_client.error import CamundaBusinessException, ConfigurationError, ServiceException

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from camunda_client.c8.models import ActivatedJob

#: Milliseconds; the gateway takes less than 30 s.
_LONGEST_WAIT_MS: Final = 25_000


class PyCamundaException(Exception):
    """Anything that went wrong with a request."""


class NoSuccess(PyCamundaException):
    """Camunda refused a request."""


class BadRequest(NoSuccess):
    """Status 400."""


class Unauthorized(NoSuccess):
    """Status 401."""


class Forbidden(NoSuccess):
    """Status 403."""


class NotFound(NoSuccess):
    """Status 404: the task has ended, or is another worker's."""


class InternalServerError(PyCamundaException):
    """Status 500."""


_BY_STATUS: Final = {400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound, 500: InternalServerError}


#: The tasks that were fetched, by key: their element instances, for local variables, and their retries.
_fetched: dict[str, tuple[str, int]] = {}


@dataclass
class Variable:
    """A variable with its type."""

    value: Any
    type_: str | None
    value_info: dict[str, Any] | None = None
    local: bool | None = None


@dataclass
class ExternalTask:
    """A task, which is a job of Camunda 8."""

    activity_id: str
    activity_instance_id: str
    error_message: str | None
    execution_id: str
    id_: str
    process_definition_id: str
    process_definition_key: str
    process_instance_id: str
    tenant_id: str | None
    retries: int | None
    worker_id: str
    priority: Any
    topic_name: str
    lock_expiration_time: datetime.datetime | None = None
    suspended: bool | None = None
    business_key: str | None = None
    variables: dict[str, Variable] = field(default_factory=dict)
    error_details: str | None = None


def _task(job: ActivatedJob) -> ExternalTask:
    known = context_of(job)
    return ExternalTask(
        activity_id=known["activityId"],
        activity_instance_id=known["activityInstanceId"],
        error_message=None,
        execution_id=known["executionId"],
        id_=known["id"],
        process_definition_id=known["processDefinitionId"],
        process_definition_key=known["processDefinitionKey"],
        process_instance_id=known["processInstanceId"],
        tenant_id=known["tenantId"],
        retries=known["retries"],
        worker_id=known["workerId"],
        priority=known["priority"],
        topic_name=known["topicName"],
        lock_expiration_time=datetime.datetime.fromtimestamp(job.deadline / 1000, datetime.timezone.utc),
        suspended=False,
        business_key=known["businessKey"],
        variables={name: Variable(one["value"], one["type"], {}) for name, one in known["variables"].items()},
    )


class CamundaRequest:
    """A request. ``url`` is a Camunda 7's, and not used: the configuration says where ours is."""

    def __init__(self, url: str) -> None:
        """Keep the address; ``auth`` and ``session`` may be set, and are not used either."""
        self.url = url
        self.auth: Any = None
        self.session: Any = None

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        """Send it.

        Raises:
            PyCamundaException: Camunda refused it, or could not be asked.
        """
        try:
            return self._send()
        except ServiceException as error:
            if isinstance(error, ConfigurationError):
                raise
            raise _BY_STATUS.get(error.status or 0, PyCamundaException)(str(error)) from error

    def _send(self) -> Any:
        raise NotImplementedError


class FetchAndLock(CamundaRequest):
    """Asks for tasks of the topics that were added."""

    def __init__(
        self,
        url: str,
        worker_id: str,
        max_tasks: int,
        async_response_timeout: int | None = None,
        use_priority: bool = False,
    ) -> None:
        """Keep what to ask for; ``use_priority`` is what Camunda 8 does anyway."""
        super().__init__(url)
        self.worker_id = worker_id
        self.max_tasks = max_tasks
        self.async_response_timeout = async_response_timeout
        self.use_priority = use_priority
        #: As Camunda 7 takes them; files look topics up here to leave them out again.
        self.topics: list[dict[str, Any]] = []
        self._next = 0

    def add_topic(
        self, name: str, lock_duration: int, variables: Iterable[str] | None = None, deserialize_values: bool = False
    ) -> None:
        """Ask for tasks of this topic, too. ``lock_duration`` is in milliseconds."""
        topic = {"topicName": name, "lockDuration": lock_duration, "deserializeValues": deserialize_values}
        self.topics.append(topic if variables is None else {**topic, "variables": list(variables)})

    def _send(self) -> tuple[ExternalTask, ...]:
        may_fetch()
        found: list[ActivatedJob] = []
        # Each topic is first once, so that a busy one does not starve the others.
        turn, self._next = self._next, (self._next + 1) % max(len(self.topics), 1)
        topics = self.topics[turn:] + self.topics[:turn]
        for topic in topics:
            if len(found) < self.max_tasks:
                found += self._fetch(topic, self.max_tasks - len(found))
        _fetched.update((job.job_key, (job.element_instance_key, job.retries)) for job in found)
        return tuple(_task(job) for job in found)

    def _fetch(self, topic: dict[str, Any], count: int) -> list[ActivatedJob]:
        wait_ms = min(self.async_response_timeout or 0, _LONGEST_WAIT_MS) // len(self.topics)
        return api.activate_jobs(
            topic["topicName"],
            worker=str(self.worker_id),
            timeout=topic["lockDuration"],
            max_jobs_to_activate=count,
            fetch_variables=topic.get("variables"),
            # Below 0, Camunda answers at once.
            request_timeout=wait_ms or -1,
        ).jobs


class _OfTask(CamundaRequest):
    """A request about one task."""

    def __init__(self, url: str, id_: str, worker_id: str | None = None) -> None:
        super().__init__(url)
        self.id_ = id_
        self.worker_id = worker_id
        self.variables: dict[str, Any] = {}
        self.local_variables: dict[str, Any] = {}

    def add_variable(
        self, name: str, value: Any, type_: str | None = None, value_info: Mapping[str, Any] | None = None
    ) -> None:
        """Set a variable of the process instance."""
        del value_info
        self.variables[name] = {"value": value, "type": type_}

    def _known(self) -> tuple[str, int]:
        if self.id_ not in _fetched:
            raise ConfigurationError(f"task {self.id_} was not fetched by this process, which knows too little of it")
        return _fetched[self.id_]

    def _set_local(self) -> None:
        if self.local_variables:
            element, _ = self._known()
            api.set_variables(element, _variables.plain(self.local_variables), local=True)


class Complete(_OfTask):
    """Completes a task."""

    def add_local_variable(
        self, name: str, value: Any, type_: str | None = None, value_info: Mapping[str, Any] | None = None
    ) -> None:
        """Set a variable of the task's own scope, for its output mappings."""
        del value_info
        self.local_variables[name] = {"value": value, "type": type_}

    def _send(self) -> None:
        self._set_local()
        api.complete_job(self.id_, _variables.plain(self.variables))
        _fetched.pop(self.id_, None)


class HandleBPMNError(_OfTask):
    """Throws a BPMN error."""

    def __init__(self, url: str, id_: str, worker_id: str, error_code: str, error_message: str | None = None) -> None:
        """Keep what to throw."""
        super().__init__(url, id_, worker_id)
        self.error_code = error_code
        self.error_message = error_message

    def _send(self) -> None:
        variables = _variables.plain(self.variables)
        error = CamundaBusinessException(self.error_code, self.error_message or "", variables or None)
        api.throw_error_for_job(self.id_, error)
        _fetched.pop(self.id_, None)


class HandleFailure(_OfTask):
    """Fails a task. ``retries`` are those that are left; ``retry_timeout`` is in milliseconds."""

    def __init__(
        self,
        url: str,
        id_: str,
        worker_id: str,
        error_message: str,
        error_details: str,
        retries: int,
        retry_timeout: int,
    ) -> None:
        """Keep why, and how it goes on."""
        super().__init__(url, id_, worker_id)
        self.error_message, self.error_details = error_message, error_details
        self.retries, self.retry_timeout = retries, retry_timeout

    def _send(self) -> None:
        said = f"{self.error_message}\n{self.error_details}" if self.error_details else self.error_message
        api.fail_job(self.id_, retries=self.retries, error_message=said, retry_back_off=self.retry_timeout)
        _fetched.pop(self.id_, None)


class Unlock(_OfTask):
    """Gives a task back, with its retries, for any worker to have."""

    def __init__(self, url: str, id_: str) -> None:
        """Keep which."""
        super().__init__(url, id_)

    def _send(self) -> None:
        _, retries = self._known()
        api.fail_job(self.id_, retries=retries, error_message="unlocked")
        _fetched.pop(self.id_, None)


class ExtendLock(_OfTask):
    """Makes a task the file's own for longer. ``new_duration`` is in milliseconds, from now."""

    def __init__(self, url: str, id_: str, new_duration: int, worker_id: str) -> None:
        """Keep for how long."""
        super().__init__(url, id_, worker_id)
        self.new_duration = new_duration

    def _send(self) -> None:
        api.update_job(self.id_, timeout=self.new_duration)


class SetRetries(_OfTask):
    """Sets a task's retries."""

    def __init__(self, url: str, id_: str, retries: int) -> None:
        """Keep how many."""
        super().__init__(url, id_)
        self.retries = retries

    def _send(self) -> None:
        api.update_job(self.id_, retries=self.retries)
