"""Sentry: each job has a scope of its own, and its last failure is an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from camunda_client.c8.worker import around_job, on_failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from camunda_client.c8.models import ActivatedJob

__all__ = ["install"]


def install(capture: Literal["last", "all", "none"] = "last") -> None:
    """Isolate tags, user and breadcrumbs of each job, and send failures.

    Args:
        capture: Which failures become events: the ``last`` one, that is the incident; ``all``; or ``none``.
    """
    import sentry_sdk

    @around_job
    def scope_of_one_job(job: ActivatedJob) -> Iterator[None]:
        with sentry_sdk.isolation_scope() as scope:
            scope.set_tag("job_type", job.job_type)
            scope.set_context(
                "camunda",
                {
                    "job_key": job.job_key,
                    "process_instance_key": job.process_instance_key,
                    "process_definition_id": job.process_definition_id,
                    "element_id": job.element_id,
                },
            )
            yield

    @on_failure
    def send(_job: ActivatedJob, exception: BaseException, retries_left: int) -> None:
        if capture == "all" or (capture == "last" and not retries_left):
            sentry_sdk.capture_exception(exception)
