"""How many jobs were created, completed and failed in a period, by type, worker or error; Camunda 8.9 and later."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from camunda_client.c8.api._search import search_forwards
from camunda_client.c8.api._short import moment
from camunda_client.c8.models import TextCondition
from camunda_client.c8.models.generated import JobErrorStatistics, JobTimeSlice, JobTypeStatistics, JobWorkerStatistics
from camunda_client.error import InvalidRequestError

__all__ = [
    "get_job_statistics_by_error",
    "get_job_statistics_by_type",
    "get_job_statistics_by_worker",
    "get_job_time_series",
]

_SINCE = "8.9"


def get_job_statistics_by_type(
    from_time: datetime, to_time: datetime, *, job_type: TextCondition | None = None
) -> Iterator[JobTypeStatistics]:
    """Yield the counts of each job type, and how many workers took its jobs, page by page as they are asked for.

    Args:
        from_time: The period's begin, with a zone.
        to_time: Its end, with a zone.
        job_type: Only types that fit.

    Raises:
        InvalidRequestError: A time has no zone.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/jobs/statistics/by-types.
    """
    wanted = {**_period(from_time, to_time), "job_type": job_type}
    return search_forwards("/jobs/statistics/by-types", JobTypeStatistics, wanted, since=_SINCE)


def get_job_statistics_by_worker(
    from_time: datetime, to_time: datetime, job_type: str
) -> Iterator[JobWorkerStatistics]:
    """Yield the counts of each worker of a job type, page by page as they are asked for.

    Args:
        from_time: The period's begin, with a zone.
        to_time: Its end, with a zone.
        job_type: Whose workers.

    Raises:
        InvalidRequestError: A time has no zone.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/jobs/statistics/by-workers.
    """
    wanted = {**_period(from_time, to_time), "job_type": job_type}
    return search_forwards("/jobs/statistics/by-workers", JobWorkerStatistics, wanted, since=_SINCE)


def get_job_statistics_by_error(
    from_time: datetime,
    to_time: datetime,
    job_type: str,
    *,
    error_code: TextCondition | None = None,
    error_message: TextCondition | None = None,
) -> Iterator[JobErrorStatistics]:
    """Yield the errors of jobs of a type, and how many workers met each, page by page as they are asked for.

    Args:
        from_time: The period's begin, with a zone.
        to_time: Its end, with a zone.
        job_type: Whose jobs.
        error_code: Only codes that fit.
        error_message: Only messages that fit.

    Raises:
        InvalidRequestError: A time has no zone.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/jobs/statistics/errors.
    """
    wanted = {**_period(from_time, to_time), "job_type": job_type}
    wanted |= {"error_code": error_code, "error_message": error_message}
    return search_forwards("/jobs/statistics/errors", JobErrorStatistics, wanted, since=_SINCE)


def get_job_time_series(
    from_time: datetime, to_time: datetime, job_type: str, *, resolution: timedelta | None = None
) -> Iterator[JobTimeSlice]:
    """Yield the counts of a job type for one part of the period after the other.

    Args:
        from_time: The period's begin, with a zone.
        to_time: Its end, with a zone.
        job_type: Whose jobs.
        resolution: How long each part is, at least a second. Left out: as Camunda chooses.

    Raises:
        InvalidRequestError: A time has no zone, or the resolution is less than a second.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/jobs/statistics/time-series.
    """
    if resolution is not None and resolution < timedelta(seconds=1):
        raise InvalidRequestError(f"resolution must be at least a second, not {resolution}")
    part = None if resolution is None else f"PT{int(resolution.total_seconds())}S"
    wanted = {**_period(from_time, to_time), "job_type": job_type, "resolution": part}
    return search_forwards("/jobs/statistics/time-series", JobTimeSlice, wanted, since=_SINCE)


def _period(from_time: datetime, to_time: datetime) -> dict[str, TextCondition | None]:
    return {"from": moment(from_time, "from_time"), "to": moment(to_time, "to_time")}
