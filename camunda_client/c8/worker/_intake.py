"""From an activation's answer to jobs; one job that can't be read does not spoil the others.

NaN and Infinity are no JSON, but Python's own parser lets them through; handlers never see them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from camunda_client.c8._http import is_key, parsed
from camunda_client.c8.models import ActivatedJob

if TYPE_CHECKING:
    from camunda_client.c8._http import Answer


class UnreadableJob(ValueError):
    """One job of an answer is not as it should be."""

    def __init__(self, problem: str, raw: object) -> None:
        super().__init__(problem)
        content = raw if isinstance(raw, dict) else {}
        key = content.get("jobKey", content.get("key"))
        retries = content.get("retries")
        #: The job's key, if at least that can be read.
        self.job_key = str(key) if isinstance(key, (int, str)) and is_key(str(key)) else None
        self.retries = retries if isinstance(retries, int) else 1


def raw_jobs(answer: Answer) -> list[Any]:
    """Return the jobs of an activation's answer, unread.

    Raises:
        ValueError: It is no such answer at all: no JSON, cut, or without a list of jobs. The text cites nothing of it.
    """
    try:
        document = parsed(answer)
    except ValueError:
        # Perhaps it is one number in one job. The slow parser marks it, so that the other jobs can be worked.
        try:
            document = _marked(answer)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
    jobs = document.get("jobs") if isinstance(document, dict) else None
    if not isinstance(jobs, list):
        raise ValueError("the answer has no list of jobs; is the base URL that of Camunda's REST API?")
    return jobs


def read_job(raw: object) -> ActivatedJob:
    """Return the job.

    Raises:
        UnreadableJob: Says what is wrong with it.
    """
    try:
        job = ActivatedJob.model_validate(raw)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, line['loc']))}: {line['msg']}" for line in error.errors(include_input=False)]
        raise UnreadableJob("; ".join(problems[:5]), raw) from None
    if not is_key(job.job_key):
        # It goes into URLs.
        raise UnreadableJob(f"its key {job.job_key[:40]!r} is not a number", raw)
    return job


class _NoNumber:
    """Where a number should be in JSON and something else is; no model takes it, and no handler gets it."""


def _marked(answer: Answer) -> Any:
    document = json.loads(answer.body, parse_constant=lambda _name: _NoNumber())
    jobs = document.get("jobs") if isinstance(document, dict) else None
    if isinstance(jobs, list):
        document["jobs"] = [_without_key(job) if _has_no_number(job) else job for job in jobs]
    return document


def _has_no_number(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_no_number, value.values()))
    if isinstance(value, list):
        return any(map(_has_no_number, value))
    return isinstance(value, _NoNumber)


def _without_key(job: Any) -> Any:
    """Return a job such that reading it fails with a plain reason, its key and retries still known."""
    return {**job, "variables": "hold NaN or Infinity"} if isinstance(job, dict) else job
