"""Django: each job begins and ends without database connections of another, as a request does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from camunda_client.c8.worker import around_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from camunda_client.c8.models import ActivatedJob

__all__ = ["install"]


def install() -> None:
    """Close what is unusable or too old before each job, and all connections of the job's greenlet after it.

    A connection lives in a ``threading.local``, which ends with the job: kept open, it would be closed by the garbage
    collector at some later time, and count against the database's limit until then.
    """
    from django.db import close_old_connections, connections, reset_queries

    @around_job
    def connections_of_one_job(_job: ActivatedJob) -> Iterator[None]:
        reset_queries()
        close_old_connections()
        try:
            yield
        finally:
            connections.close_all()
