"""OpenTelemetry: each job begins in the application's context, and what a handler attaches ends with its job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from camunda_client.c8.worker import around_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from camunda_client.c8.models import ActivatedJob

__all__ = ["install"]


def install() -> None:
    """Attach the context that is current at the start of the workers to each job, and detach it after it."""
    from opentelemetry.context import attach, detach, get_current

    base = get_current()

    @around_job
    def context_of_one_job(_job: ActivatedJob) -> Iterator[None]:
        token = attach(base)
        try:
            yield
        finally:
            detach(token)
