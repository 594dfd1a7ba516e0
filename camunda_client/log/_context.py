"""The job in flight, known to every line that is logged inside its handler.

Binding costs a ContextVar's ``set`` (0.3 µs); the keys are made only when something is logged. A greenlet starts with
an empty context, so a handler's own greenlets and threads log without the job unless they are started through
``contextvars.copy_context().run``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar, Token
from typing import Any, Protocol

#: The keys that a line inside a handler carries, in the order of a JSON line.
JOB_KEYS = (
    "job_key",
    "job_type",
    "process_instance_key",
    "process_definition_id",
    "element_id",
    "worker",
    "tenant_id",
    "retries",
    "attempt",
)


class JobInFlight(Protocol):
    """What a line tells about its job; ``ActivatedJob`` has it all. Any value goes that JSON has a word for."""

    job_key: Any
    job_type: Any
    process_instance_key: Any
    process_definition_id: Any
    element_id: Any
    worker: Any
    tenant_id: Any
    retries: Any


class JobContext:
    """A job and which attempt at it this is, turned into keys at the first line."""

    __slots__ = ("_fields", "attempt", "job")
    #: The last lines that were logged, if they are kept.
    kept: deque[str] | None = None

    def __init__(self, job: JobInFlight, attempt: int | None) -> None:
        self.job = job
        self.attempt = attempt
        self._fields: dict[str, object] | None = None

    def values(self) -> tuple[object, ...]:
        """Return what :meth:`fields` has or would have, in the order of :data:`JOB_KEYS`."""
        if self._fields is not None:
            return tuple(self._fields.values())
        job = self.job
        return (
            job.job_key, job.job_type, job.process_instance_key, job.process_definition_id, job.element_id, job.worker,
            job.tenant_id, job.retries, self.attempt,
        )  # fmt: skip

    def fields(self) -> dict[str, object]:
        """Return the keys for a line; not to be changed by the caller."""
        fields = self._fields
        if fields is None:
            fields = dict(zip(JOB_KEYS, self.values(), strict=True))
            if self.attempt is None:
                del fields["attempt"]
            for name, attribute in _java_names.items():
                fields[name] = getattr(self.job, attribute, None)
            self._fields = fields
        return fields


#: How Camunda's Java client calls what it puts into its logging context (MDC), and what these are called here.
JAVA_NAMES = {
    "jobKey": "job_key",
    "processInstanceKey": "process_instance_key",
    "processDefinitionKey": "process_definition_key",
    "elementInstanceKey": "element_instance_key",
}
#: Those that lines have, too.
_java_names: dict[str, str] = {}


def add_java_names(*, wanted: bool) -> None:
    """Have lines carry the job's keys by the names of Camunda's Java client, too, for searches over both."""
    global _java_names
    _java_names = JAVA_NAMES if wanted else {}


class _KeepingJobContext(JobContext):
    """One that keeps the last lines as well."""

    __slots__ = ("kept",)

    def __init__(self, job: JobInFlight, attempt: int | None) -> None:
        super().__init__(job, attempt)
        self.kept = deque(maxlen=_most_kept)


_context_class: type[JobContext] = JobContext
_most_kept = 0
#: Characters of a line that are kept.
_LONGEST_KEPT = 500


def keep_lines(most: int) -> None:
    """Keep the last lines of each job from now on, so many; 0 for none, which costs nothing."""
    global _context_class, _most_kept
    _context_class, _most_kept = (_KeepingJobContext if most else JobContext), most


def keeps_lines() -> bool:
    """Tell whether the last lines of jobs are kept."""
    return _most_kept > 0


def keep_line(level: str, text: str) -> None:
    """Keep a line of the job in flight, if they are kept."""
    if not _most_kept:
        return
    context = job_context.get()
    if context is not None and context.kept is not None:
        context.kept.append(f"{level.lower()} {text[:_LONGEST_KEPT]}")


def kept_lines() -> list[str]:
    """Return the last lines of the job in flight, the oldest first."""
    context = job_context.get()
    return [] if context is None or context.kept is None else list(context.kept)


job_context: ContextVar[JobContext | None] = ContextVar("camunda_job", default=None)


def bind_job(job: JobInFlight, attempt: int | None = None) -> Token[JobContext | None]:
    """Let every line of this greenlet carry the job, until ``unbind_job`` gets the token back.

    Args:
        job: The job; read when something is logged, so keep its values as they were received.
        attempt: Which run of the job by this process this is, from 1; left out of the lines when None.
    """
    return job_context.set(_context_class(job, attempt))


def unbind_job(token: Token[JobContext | None]) -> None:
    """End what ``bind_job`` began."""
    job_context.reset(token)


def job_fields() -> dict[str, object]:
    """Return the keys of the job in flight, empty outside a handler, and what integrations add; not to be changed."""
    context = job_context.get()
    fields = _NO_JOB if context is None else context.fields()
    return fields if _more is None else {**fields, **_more()}


def has_more() -> bool:
    """Tell whether lines have more of a job than ``JOB_KEYS``."""
    return _more is not None or bool(_java_names)


_NO_JOB: dict[str, object] = {}
#: Returns further fields for a line, and how these may be called.
_more: Callable[[], dict[str, str]] | None = None
_more_names: tuple[str, ...] = ()


def set_line_fields(names: tuple[str, ...], fields: Callable[[], dict[str, str]] | None) -> None:
    """Have every line carry further fields, such as the ids of its trace.

    Args:
        names: All that there may be.
        fields: Called for each line, where it is logged; it may not wait. ``None`` ends that.
    """
    global _more, _more_names
    _more, _more_names = fields, names


def line_keys() -> tuple[str, ...]:
    """Return the names of all fields that a line inside a handler may have of the job and of integrations."""
    return (*JOB_KEYS, *_java_names, *_more_names)


def add_job_context(
    logger: Any,  # noqa: ARG001 (structlog's signature)
    method_name: str,
    event_dict: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """Merge the job in flight into the event: a structlog processor for an application's own chain.

    Keys that the line already has win.
    """
    if _most_kept:
        keep_line(method_name, " ".join(str(value) for key, value in event_dict.items() if key != "exc_info"))
    for key, value in job_fields().items():
        event_dict.setdefault(key, value)
    return event_dict
