"""How many jobs were created, completed and failed in a period, in all or by type, worker or error; from 8.9 on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._lookups import in_dialect, pasts
from camunda_client.embedded.gateway._past import Row, date_text
from camunda_client.embedded.gateway._problems import Answer, bad_request, invalid, ok
from camunda_client.embedded.gateway._search import NoSuchSearchError, fits, page_of
from camunda_client.embedded.model import duration, moment
from camunda_client.embedded.run import JobRecord

_COUNTED = {"CREATED": "created", "COMPLETED": "completed", "FAILED": "failed", "ERROR_THROWN": "failed"}


def everything(exchange: Exchange) -> Answer:
    """Answer with the counts of all jobs, or of one type."""
    asked = parse_qs(exchange.environ.get("QUERY_STRING") or "")
    wanted: Row = {name: values[-1] for name, values in asked.items()}
    counts = _counts(_records(exchange, wanted, wanted.get("jobType")))
    return ok(in_dialect(exchange, "GlobalJobStatisticsQueryResult", counts | {"isIncomplete": False}))


def by_types(exchange: Exchange) -> Answer:
    """Answer with the counts of each job type, and how many workers took its jobs."""
    return _grouped(exchange, "JobTypeStatistics", "jobType", lambda record: record.job_type)


def by_workers(exchange: Exchange) -> Answer:
    """Answer with the counts of each worker of a job type."""
    return _grouped(exchange, "JobWorkerStatistics", "worker", lambda record: record.worker)


def by_errors(exchange: Exchange) -> Answer:
    """Answer with the errors of jobs of a type, and how many workers met each."""
    wanted, page = _asked(exchange, "JobErrorStatisticsFilter")
    groups: dict[tuple[str, str], list[JobRecord]] = {}
    for record in _records(exchange, wanted, wanted.get("jobType")):
        if record.state in ("FAILED", "ERROR_THROWN"):
            groups.setdefault((record.error_code, record.message), []).append(record)
    rows = [
        {"key": f"{code}/{message}", "errorCode": code, "errorMessage": message, "workers": _workers(records)}
        for (code, message), records in groups.items()
    ]
    found = [row for row in rows if _fits(exchange, row, wanted, "errorCode", "errorMessage")]
    return _paged(exchange, found, page, "JobErrorStatisticsItem")


def time_series(exchange: Exchange) -> Answer:
    """Answer with the counts of a job type for each part of a period in which there were any."""
    wanted, page = _asked(exchange, "JobTimeSeriesStatisticsFilter")
    part_ms = _resolution_ms(exchange, wanted)
    parts: dict[int, list[JobRecord]] = {}
    for record in _records(exchange, wanted, wanted.get("jobType")):
        if record.state in _COUNTED:
            parts.setdefault(record.at_ms - record.at_ms % part_ms, []).append(record)
    rows = [{"time": date_text(at_ms), **_counts(records)} for at_ms, records in sorted(parts.items())]
    return _paged(exchange, rows, page, "JobTimeSeriesStatisticsItem", key="time")


def _resolution_ms(exchange: Exchange, wanted: Row) -> int:
    given = wanted.get("resolution") or "PT1M"
    span = duration(given)
    if not isinstance(span, timedelta) or span < timedelta(seconds=1):
        raise invalid(
            f"The value for resolution is '{given}' but must be a duration of a second or more.", exchange.path
        )
    return round(span.total_seconds() * 1000)


def _grouped(exchange: Exchange, name: str, member: str, of: Callable[[JobRecord], str]) -> Answer:
    wanted, page = _asked(exchange, f"{name}Filter")
    groups: dict[str, list[JobRecord]] = {}
    exact = wanted.get("jobType") if name == "JobWorkerStatistics" else None
    for record in _records(exchange, wanted, exact):
        if of(record):
            groups.setdefault(of(record), []).append(record)
    rows = [
        {"key": key, member: key, **_counts(records), "workers": _workers(records)} for key, records in groups.items()
    ]
    found = [row for row in rows if exact is not None or _fits(exchange, row, wanted, "jobType")]
    return _paged(exchange, found, page, f"{name}Item")


def _asked(exchange: Exchange, filters: str) -> tuple[Row, Row]:
    document = exchange.search_body(filters)
    wanted: Row = document.get("filter") or {}
    needed = ["from", "to"] if filters == "JobTypeStatisticsFilter" else ["from", "to", "jobType"]
    missing = [name for name in needed if name not in wanted]
    if missing:
        raise invalid([f"No {name} provided." for name in missing], exchange.path)
    return wanted, document.get("page") or {}


def _records(exchange: Exchange, wanted: Row, job_type: Any) -> list[JobRecord]:
    begin, end = (_ms(exchange, wanted, name) for name in ("from", "to"))
    return [
        record
        for past in pasts(exchange)
        for record in past.history.jobs
        if begin <= record.at_ms <= min(end, past.until_ms) and job_type in (None, record.job_type)
    ]


def _ms(exchange: Exchange, wanted: Row, name: str) -> int:
    found: datetime | None = moment(str(wanted.get(name, "")))
    if found is None or found.tzinfo is None:
        raise bad_request(f"Failed to convert '{name}' with value: '{wanted.get(name, '')}'", exchange.path)
    return round(found.timestamp() * 1000)


def _counts(records: Iterable[JobRecord]) -> Row:
    found: Row = {name: {"count": 0, "lastUpdatedAt": None} for name in ("created", "completed", "failed")}
    for record in sorted(records, key=lambda record: record.at_ms):
        if record.state in _COUNTED:
            one = found[_COUNTED[record.state]]
            one |= {"count": one["count"] + 1, "lastUpdatedAt": date_text(record.at_ms)}
    return found


def _workers(records: Iterable[JobRecord]) -> int:
    return len({record.worker for record in records} - {""})


def _fits(exchange: Exchange, row: Row, wanted: Row, *names: str) -> bool:
    try:
        return fits(row, {name: wanted[name] for name in names if name in wanted})
    except NoSuchSearchError as error:
        raise invalid(str(error), exchange.path) from error


def _paged(exchange: Exchange, rows: list[Row], page: Row, schema: str, key: str = "key") -> Answer:
    try:
        found, said = page_of(rows, page, key, nullable=exchange.dialect.nullable)
    except NoSuchSearchError as error:
        raise invalid(str(error), exchange.path) from error
    return ok({"items": [in_dialect(exchange, schema, row) for row in found], "page": said})


ROUTES: list[Route] = [
    ("GET", "/v2/jobs/statistics/global", everything),
    ("POST", "/v2/jobs/statistics/by-types", by_types),
    ("POST", "/v2/jobs/statistics/by-workers", by_workers),
    ("POST", "/v2/jobs/statistics/errors", by_errors),
    ("POST", "/v2/jobs/statistics/time-series", time_series),
]
