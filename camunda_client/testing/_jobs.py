"""Jobs for tests: made by hand for calling a handler, ended by hand, or worked by a handler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from camunda_client._json import encoded
from camunda_client.c8.models import ActivatedJob
from camunda_client.error import InvalidRequestError

if TYPE_CHECKING:
    from camunda_client import embedded

#: What a job has unless the test says otherwise.
_USUAL: dict[str, Any] = {
    "jobKey": "2251799813685300",
    "type": "a-job-type",
    "processInstanceKey": "2251799813685290",
    "processDefinitionKey": "2251799813685280",
    "elementInstanceKey": "2251799813685299",
    "processDefinitionId": "a-process",
    "processDefinitionVersion": 1,
    "elementId": "a-task",
    "customHeaders": {},
    "worker": "a-test",
    "retries": 3,
    "deadline": 4_102_444_800_000,
    "variables": {},
    "tenantId": "<default>",
}
#: Both names of every field, to the one on the wire.
_WIRE_NAMES = {
    either: field.alias or name
    for name, field in ActivatedJob.model_fields.items()
    for either in (name, field.alias or name)
}


def activated_job(variables: Mapping[str, Any] | None = None, **fields: Any) -> ActivatedJob:
    """Return a job as a worker would receive it, for calling a handler directly.

    Args:
        variables: The process variables; they go through JSON, as they do on their way through Camunda.
        fields: Whatever else the handler looks at, by Python or wire name: ``retries=1``,
            ``custom_headers={"limit": "5"}``, ``job_type="charge-card"``. The rest has harmless values.

    Raises:
        TypeError: A job has no such field.
        ValueError: A variable can't be JSON.
    """
    unknown = sorted(set(fields) - set(_WIRE_NAMES))
    if unknown:
        known = ", ".join(ActivatedJob.model_fields)
        raise TypeError(f"a job has no field {', '.join(unknown)}; it has {known}")
    given = {_WIRE_NAMES[name]: value for name, value in fields.items()}
    return ActivatedJob.model_validate({**_USUAL, **given, "variables": through_json(variables)})


def through_json(variables: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return variables as they arrive at the other end of the wire: a date is a text there, a tuple a list.

    Raises:
        ValueError: One of them can't be JSON; says which, as the worker does of a handler's result.
        TypeError: They are no mapping.
    """
    __tracebackhide__ = True
    if variables is None:
        return {}
    if not isinstance(variables, Mapping):
        raise TypeError(f"variables are a mapping of names to values, not {type(variables).__name__} {variables!r}")
    try:
        text = encoded(dict(variables))
    except InvalidRequestError as error:
        problem = error.message
    else:
        received: dict[str, Any] = from_json(text, allow_inf_nan=False)
        return received
    raise ValueError(f"variables can't be JSON: {problem}")


def as_received(job: embedded.ActivatedJob) -> ActivatedJob:
    """Return a job of the embedded engine as the worker's own model."""
    return ActivatedJob.model_validate(
        {
            "jobKey": str(job.key),
            "type": job.type,
            "processInstanceKey": str(job.process_instance_key),
            "processDefinitionKey": str(job.process_definition_key),
            "elementInstanceKey": str(job.element_instance_key),
            "processDefinitionId": job.process_id,
            "processDefinitionVersion": job.process_version,
            "elementId": job.element_id,
            "customHeaders": job.headers,
            "worker": job.worker,
            "retries": job.retries,
            "deadline": job.deadline_ms,
            "variables": through_json(job.variables),
            "tenantId": job.tenant_id,
            "kind": job.kind,
            "listenerEventType": job.listener_event_type,
            "userTask": job.user_task,
        }
    )


def retries_left(retries: int) -> str:
    """Return how many retries are left, in words."""
    return "1 retry left" if retries == 1 else f"{retries} retries left"


@dataclass(frozen=True)
class WorkedJob:
    """What came of one run of a handler."""

    #: The job as the handler got it.
    job: ActivatedJob
    #: ``completed``, ``failed``, ``error thrown``, or ``gone`` if the job ended before its handler did.
    outcome: str
    #: What Camunda was sent: ``variables``; ``retries``, ``errorMessage``, ``retryBackOff``; ``errorCode``.
    report: dict[str, Any]

    def __str__(self) -> str:
        text = f"job {self.job.job_type!r} at {self.job.element_id}: {self.outcome}"
        if self.outcome == "failed":
            first = str(self.report.get("errorMessage", "")).partition("\n")[0]
            return f"{text}, {retries_left(self.report['retries'])}: {first}"
        if self.outcome == "error thrown":
            return f"{text}: {self.report['errorCode']} {self.report.get('errorMessage', '')}".rstrip()
        return text


class WaitingJob:
    """A job that the test ends itself, instead of a handler."""

    def __init__(self, engine: embedded.Engine, job: embedded.Job) -> None:
        """Take a job of the engine; it is not leased, so that nothing runs out meanwhile."""
        self._engine = engine
        self._job = job

    @property
    def activated(self) -> ActivatedJob:
        """The job as a handler would get it now: ``handler(camunda.job("charge-card").activated)``."""
        return as_received(self._engine.snapshot(self._job))

    @property
    def key(self) -> str:
        """Its key."""
        return str(self._job.key)

    @property
    def type(self) -> str:
        """Its type."""
        return self._job.type

    @property
    def element_id(self) -> str:
        """The id of the element that waits for it."""
        return self._job.element_id

    @property
    def retries(self) -> int:
        """The retries that are left."""
        return self._job.retries

    @property
    def variables(self) -> dict[str, Any]:
        """The variables it would bring."""
        return self.activated.variables

    def complete(self, variables: Mapping[str, Any] | None = None) -> None:
        """Complete it; the process goes on."""
        self._engine.complete(self._job.key, through_json(variables))

    def fail(
        self,
        message: str = "",
        *,
        retries: int | None = None,
        back_off: timedelta = timedelta(0),
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Fail it, by default with one retry fewer; with none left there is an incident."""
        left = max(self._job.retries - 1, 0) if retries is None else retries
        self._engine.fail(
            self._job.key, retries=left, message=message, back_off=back_off, variables=through_json(variables)
        )

    def throw_error(self, code: str, message: str = "", variables: Mapping[str, Any] | None = None) -> None:
        """End it with a BPMN error."""
        self._engine.throw_error(self._job.key, code, message=message, variables=through_json(variables))

    def __repr__(self) -> str:
        return f"<job {self.type!r} at {self.element_id}, {retries_left(self.retries)}, {self._job.state}>"
