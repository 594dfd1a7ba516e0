"""OpenTelemetry: a span for each job, as its conventions for messaging have it, in the application's context.

The span's parent is the trace that the job's variables or headers name (``traceparent``). What the handler attaches
ends with its job, and what it asks others for by an instrumented library becomes the span's child.
"""

from __future__ import annotations

import traceback
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from camunda_client import __version__, log, metrics
from camunda_client.c8.worker import after_job, also_fetch, around_job, on_failure
from camunda_client.error import CamundaBusinessException

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opentelemetry.context import Context
    from opentelemetry.trace import Span

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker import JobOutcome

__all__ = ["install"]

#: Frames and characters of a stack trace, the innermost and the last.
_FRAMES: Final = 20
_LONGEST: Final = 8_000


class _JobSpan:
    """The span of a job in flight."""

    __slots__ = ("is_decided", "span")

    def __init__(self, span: Span) -> None:
        self.span = span
        #: What its failure comes to is known; without that, the handler of an exception was stopped.
        self.is_decided = False


#: Also after the end of the span, for the line that says what became of the job.
_current: ContextVar[_JobSpan | None] = ContextVar("camunda_span", default=None)


def install() -> None:
    """Trace each job, and give each log line the ids of its trace and span."""
    from opentelemetry import propagate, trace
    from opentelemetry.context import attach, detach, get_current

    base = get_current()
    tracer = trace.get_tracer("camunda_client", __version__)

    @around_job
    def span_of_one_job(job: ActivatedJob) -> Iterator[None]:
        parent = _parent(job, base)
        kind = trace.SpanKind.CONSUMER
        span = tracer.start_span(f"process {job.job_type}", parent, kind, _attributes(job))
        current = _JobSpan(span)
        _current.set(current)
        token = attach(trace.set_span_in_context(span, parent))
        try:
            yield
        except BaseException as error:
            _fail(current, error)
            raise
        finally:
            detach(token)

    @on_failure
    def retries_left(_job: ActivatedJob, error: BaseException, retries_left: int) -> None:
        current = _current.get()
        if current is not None:
            current.is_decided = True
            current.span.set_attribute("camunda.job.retries_left", retries_left)
            _say(current.span, "failed", error)

    @after_job
    def end(job: ActivatedJob, outcome: JobOutcome) -> None:
        current = _current.get()
        if current is not None:
            _end(current.span, job, outcome)

    also_fetch(*sorted(propagate.get_global_textmap().fields))
    log.set_line_fields(("trace_id", "span_id"), _ids)


def _parent(job: ActivatedJob, base: Context) -> Context:
    """Return the context of the trace that the job's variables name, else its headers, or ``base``."""
    from opentelemetry import propagate

    carrier = {
        name: value
        for name in propagate.get_global_textmap().fields
        if isinstance(value := job.variables.get(name) or job.custom_headers.get(name), str)
    }
    return propagate.extract(carrier, base) if carrier else base


def _attributes(job: ActivatedJob) -> dict[str, Any]:
    """Return what is known of a job at its start.

    Source: OpenTelemetry's semantic conventions 1.27, "Messaging Spans": an operation ``process`` of a consumer.
    """
    return {
        "messaging.system": "camunda",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": job.job_type,
        "messaging.message.id": job.job_key,
        "messaging.message.conversation_id": str(job.process_instance_key),
        "messaging.client.id": job.worker,
        "camunda.job.retries": job.retries,
        "camunda.process_definition.id": str(job.process_definition_id),
        "camunda.process_instance.key": str(job.process_instance_key),
        "camunda.element.id": str(job.element_id),
        "camunda.tenant.id": str(job.tenant_id),
    }


def _fail(current: _JobSpan, error: BaseException) -> None:
    """Deal with an exception that is no failure of the job."""
    if current.is_decided:
        return
    if isinstance(error, CamundaBusinessException):
        # Not an error: the process decides what comes of it.
        current.span.set_attribute("camunda.error.code", error.error_code)
    else:
        # The handler was stopped, and its job goes to another.
        _say(current.span, "interrupted", error)
        current.span.end()


def _say(span: Span, outcome: str, error: BaseException) -> None:
    """Record an exception: without secrets, which the usual way of recording it would copy."""
    from opentelemetry.trace import Status, StatusCode

    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    stack = "".join(traceback.format_exception(kind, error, error.__traceback__, limit=-_FRAMES))
    message = log.redact(_text(error))
    facts = {
        "exception.type": name,
        "exception.message": message[:_LONGEST],
        "exception.stacktrace": log.redact(stack)[-_LONGEST:],
    }
    span.add_event("exception", facts)
    span.set_attribute("error.type", name)
    span.set_attribute("camunda.job.outcome", outcome)
    span.set_status(Status(StatusCode.ERROR, f"{kind.__name__}: {message}"[:_LONGEST]))


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - a broken __str__ must not cost the span
        return "(its text can't be had)"


def _end(span: Span, job: ActivatedJob, outcome: JobOutcome) -> None:
    span.set_attribute("camunda.job.outcome", outcome.kind)
    span.end()
    context = span.get_span_context()
    if context.trace_flags.sampled:
        ids = {"trace_id": format(context.trace_id, "032x"), "span_id": format(context.span_id, "016x")}
        metrics.handler_duration_s.exemplify(job.job_type, outcome.duration_s, ids)


def _ids() -> dict[str, str]:
    """Return the ids of the span in which a line is logged; those of its job's span outside of it."""
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        current = _current.get()
        if current is None or not (context := current.span.get_span_context()).is_valid:
            return {}
    return {"trace_id": format(context.trace_id, "032x"), "span_id": format(context.span_id, "016x")}
