"""What we ask of Camunda, how the jobs that it gives are read, and what its answers mean.

Requests go over our own wire, or over ``requests`` where that can do what the wire can't: a proxy, or
``worker.transport`` set to ``requests``. One job that can't be read does not spoil the others of its answer. Only
Camunda's own word ends a job: whatever stands between answers with any status and any body.
"""

from __future__ import annotations

import json
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from camunda_client.c8 import _http, auth
from camunda_client.c8._http import Verdict as Meaning
from camunda_client.c8._http import is_key, is_problem, parsed, printable, problem, verdict
from camunda_client.c8._wire import Lane, Wire, tls_contexts, too_late
from camunda_client.c8.models import ActivatedJob

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8._http import Answer
    from camunda_client.c8._wire import Route
    from camunda_client.config import C8Config


#: Seconds for a job command. A frozen broker is answered for by its gateway after 15 s (504); waiting for that would
#: hold one of few connections, and a command may be sent again.
COMMAND_TIMEOUT_S = 10.0
#: Seconds beyond a poll's own time-out: a stuck broker's answer comes 15 s late (measured on 8.6.0).
POLL_GRACE_S = 20.0
#: Connections for lease extensions at most, and the part of the process's descriptors that they may take.
_MOST_LEASE_CONNECTIONS, _LEASE_DESCRIPTORS = 256, 1 / 4


class _Lane(Protocol):
    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        timeout_s: float,
        credentials: str | None,
        may_send: Callable[[], bool] | None = None,
    ) -> Answer: ...

    def close(self) -> None: ...


class Gateway:
    """One gateway, as a worker sees it. Every method returns the answer, whatever its status.

    All of them raise :class:`ServiceException` when there is none: ``ConnectionFailed`` where the gateway gave no
    usable answer, and what :mod:`camunda_client.c8.auth` raises where no credentials could be had.
    """

    def __init__(self, config: C8Config) -> None:
        """Prepare for the configured gateway; nothing is sent yet."""
        self._config = config
        _http.warn_once(config.api)
        base = urlsplit(config.api.base_url)
        self._polls: _Lane
        self._reports: _Lane
        self._leases: _Lane
        #: Extensions that may be under way at once. They have connections of their own, so that they never queue behind
        #: reports; as many as are needed, since a lost answer must hold up no other.
        self.most_extensions = _most_extensions()
        if config.api.proxy or config.worker.transport == "requests":
            self._polls = self._reports = self._leases = _RequestsLane(config)
        else:
            wire = Wire(
                base,
                tls_contexts(config.api.tls) if base.scheme == "https" else None,
                connect_timeout_s=config.api.connect_timeout / 1000,
                body_cap=config.api.max_response_bytes,
            )
            self._polls = wire.lane()
            self._reports = wire.lane()
            self._leases = wire.lane()

    def activate(self, body: bytes, request_timeout_s: float) -> Answer:
        """``POST /v2/jobs/activation``."""
        return self._send(self._polls, "POST", "/v2/jobs/activation", body, request_timeout_s + POLL_GRACE_S)

    def settle(self, job_key: str, command: str, body: bytes, may_send: Callable[[], bool] | None = None) -> Answer:
        """``POST /v2/jobs/{jobKey}/{completion | failure | error}``, unless ``may_send`` says no by then."""
        return self._send(self._reports, "POST", f"/v2/jobs/{job_key}/{command}", body, COMMAND_TIMEOUT_S, may_send)

    def extend(self, job_key: str, body: bytes, timeout_s: float = COMMAND_TIMEOUT_S) -> Answer:
        """``PATCH /v2/jobs/{jobKey}``: a new lease from now on."""
        return self._send(self._leases, "PATCH", f"/v2/jobs/{job_key}", body, timeout_s)

    def route(self) -> Route | None:
        """Return how another thread can reach the gateway; ``None`` where only ``requests`` can."""
        return self._leases.route() if isinstance(self._leases, Lane) else None

    def topology(self) -> Answer:
        """``GET /v2/topology``."""
        return self._send(self._leases, "GET", "/v2/topology", b"", COMMAND_TIMEOUT_S)

    def close(self) -> None:
        """Close the idle connections."""
        for lane in (self._polls, self._reports, self._leases):
            lane.close()

    def _send(
        self,
        lane: _Lane,
        method: str,
        path: str,
        body: bytes,
        timeout_s: float,
        may_send: Callable[[], bool] | None = None,
    ) -> Answer:
        credentials = auth.authorization(self._config)
        answer = lane.send(method, path, body, timeout_s, credentials, may_send)
        if answer.status != 401 or credentials is None:
            return answer
        # Revoked before its time. Once more, if there is anything better to offer than what was refused.
        fresh = auth.authorization_after_401(self._config, credentials)
        return answer if fresh is None else lane.send(method, path, body, timeout_s, fresh, may_send)


def _most_extensions() -> int:
    try:
        import resource
    except ImportError:  # not on Windows
        return _MOST_LEASE_CONNECTIONS
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if descriptors == resource.RLIM_INFINITY:
        return _MOST_LEASE_CONNECTIONS
    return max(min(int(descriptors * _LEASE_DESCRIPTORS), _MOST_LEASE_CONNECTIONS), 8)


class _RequestsLane:
    """The same through ``requests``: any proxy it knows, at ten to twenty times the CPU."""

    def __init__(self, config: C8Config) -> None:
        self._config = config

    def send(
        self,
        method: str,
        path: str,
        body: bytes,
        timeout_s: float,
        credentials: str | None,
        may_send: Callable[[], bool] | None = None,
    ) -> Answer:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if credentials:
            headers["Authorization"] = credentials
        url, settings = self._config.api.base_url + path, self._config.api
        if may_send is not None and not may_send():
            raise too_late(settings.base_url)
        return _http.exchange(method, url, body=body, headers=headers, timeout_s=timeout_s, settings=settings)

    def close(self) -> None:
        """Leave the session alone: API functions share it."""


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
        token = content.get("jobLeaseToken")
        #: Names our lease on it: Camunda 8.10 takes no failure without.
        self.token = token if isinstance(token, str) else None


def read_jobs(answer: Answer) -> list[ActivatedJob | UnreadableJob]:
    """Return the jobs of an activation's answer; for each that can't be read, what is wrong with it.

    Raises:
        ValueError: It is no such answer at all: no JSON, cut, or without a list of jobs. The text cites nothing of it.
    """
    raw_jobs = _raw_jobs(answer)
    try:
        jobs = _JOBS.validate_python(raw_jobs)
    except ValidationError:
        # One by one, it shows which of them is wrong.
        return [_read_job(raw) for raw in raw_jobs]
    return [job if is_key(job.job_key) else _no_key(job.job_key, {}) for job in jobs]


_JOBS = TypeAdapter(list[ActivatedJob])


def _raw_jobs(answer: Answer) -> list[Any]:
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


def _read_job(raw: object) -> ActivatedJob | UnreadableJob:
    try:
        job = ActivatedJob.model_validate(raw)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, line['loc']))}: {line['msg']}" for line in error.errors(include_input=False)]
        return UnreadableJob("; ".join(problems[:5]), raw)
    return job if is_key(job.job_key) else _no_key(job.job_key, raw)


def _no_key(key: str, raw: object) -> UnreadableJob:
    # It goes into URLs.
    return UnreadableJob(f"its key {key[:40]!r} is not a number", raw)


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


#: Kinds of foreign answers that are logged until Camunda answers again.
_MOST_TOLD = 8


class JobVerdict(Enum):
    """What to do after an answer."""

    # Enum's own is Python code, and each report looks verdicts up.
    __hash__ = object.__hash__

    DONE = "done"
    #: 404 after an attempt whose fate is unknown: that attempt did it.
    ASSUMED = "assumed"
    #: 404 at once: finished, cancelled, or never there. Nothing more can be sent.
    GONE = "gone"
    #: The job is in a state that takes no outcome (409), or was refused for good.
    REJECTED = "rejected"
    #: Camunda can't take what we sent; sending it again changes nothing.
    PAYLOAD = "payload"
    #: Not applied, for load. Ask less, later.
    OVERLOADED = "overloaded"
    #: No definite answer; the command may have been applied.
    UNKNOWN = "unknown"
    #: Our credentials were refused (401, 403).
    FORBIDDEN = "forbidden"
    #: It may have been applied, and to send it again could take the job from its next holder.
    UNSURE = "unsure"


#: What Camunda's own problem documents come to. The rest depends on the status, or on what was tried before.
_BY_MEANING = {
    Meaning.BACK_PRESSURE: JobVerdict.OVERLOADED,
    Meaning.CONFLICT: JobVerdict.REJECTED,
    Meaning.NOT_DELIVERED: JobVerdict.UNKNOWN,
    Meaning.TOO_LARGE: JobVerdict.PAYLOAD,
    Meaning.UNAUTHORIZED: JobVerdict.FORBIDDEN,
    Meaning.UNCLEAR: JobVerdict.UNKNOWN,
}
_BY_STATUS = {
    400: JobVerdict.PAYLOAD,
    403: JobVerdict.FORBIDDEN,
    422: JobVerdict.PAYLOAD,
}
#: What answers come to, wherever they are from: a gate's own refusal is as good as Camunda's, for nothing got past it.
_ANYBODYS = {401: JobVerdict.FORBIDDEN, 403: JobVerdict.FORBIDDEN, 429: JobVerdict.OVERLOADED}
#: Bytes below which a gate's "too large" (413) is not believed: it may say that of everything.
LARGE_BYTES = 64 * 1024


def judge(answer: Answer, *, tried_before: bool, size: int = 0) -> JobVerdict:
    """Return what is to be done after the answer to a job command.

    Only Camunda's word ends a job: its 204, which has no body, and its problem documents. Whatever stands between
    answers with any status and any body; that is no answer (``UNKNOWN``).

    Args:
        answer: What came back.
        tried_before: Whether an earlier attempt may have been applied (its answer was lost, or said nothing definite).
        size: Bytes that were sent.
    """
    if answer.status == 204 and not answer.body:
        return JobVerdict.DONE
    if answer.status < 400:
        return JobVerdict.UNKNOWN
    if not is_camundas(answer):
        if answer.status == 413 and size >= LARGE_BYTES:
            return JobVerdict.PAYLOAD
        return _ANYBODYS.get(answer.status, JobVerdict.UNKNOWN)
    meaning = verdict(answer)
    if meaning is Meaning.GONE:
        return JobVerdict.ASSUMED if tried_before else JobVerdict.GONE
    # What is left, 405, 406 and 415, is a wrong address: Camunda's web server says these in another form.
    return _BY_MEANING.get(meaning) or _BY_STATUS.get(answer.status, JobVerdict.UNKNOWN)


def is_camundas(answer: Answer) -> bool:
    """Tell whether the answer is one of Camunda's problem documents.

    Spring Boot's own errors, a gateway's among them, have the same form, and a 404 of theirs means a missing route:
    Camunda's names its code (``NOT_FOUND``) and what it did not find.
    """
    if not is_problem(answer):
        return False
    try:
        document = parsed(answer)
    except ValueError:
        return False
    if not isinstance(document, dict) or document.get("status", answer.status) != answer.status:
        return False
    title = document.get("title")
    return isinstance(title, str) and (answer.status != 404 or title == "NOT_FOUND")


def is_not_applied(answer: Answer) -> bool:
    """Tell whether a command that was answered so has surely not been carried out."""
    if judge(answer, tried_before=False) in (JobVerdict.OVERLOADED, JobVerdict.FORBIDDEN, JobVerdict.PAYLOAD):
        return True
    return is_camundas(answer) and verdict(answer) is Meaning.NOT_DELIVERED


def is_overload(answer: Answer) -> bool:
    """Tell whether Camunda refused for load: 429 (8.6), 500 on activation (8.6.0), 503 (8.8)."""
    return verdict(answer) is Meaning.BACK_PRESSURE


def fields(answer: Answer) -> dict[str, object]:
    """Return an answer's facts for a log line."""
    title, detail = problem(answer)
    return {"status": answer.status, "title": title, "detail": detail}


class ForeignAnswers:
    """Says once that something else answers in Camunda's place, until Camunda itself does again."""

    def __init__(self, say: Callable[..., None]) -> None:
        """Call ``say`` with the answer's facts as keyword arguments."""
        self._say = say
        self._told: set[tuple[int, str, str]] = set()

    def meet(self, answer: Answer) -> None:
        """Take note of an answer to a command that is no word of Camunda's; of Camunda's, do nothing.

        A proxy's 5xx is no news: that is how it says that Camunda is away for a moment, which passes.
        """
        if answer.status >= 500 or is_camundas(answer):
            return
        kind = printable(answer.content_type, 80)
        seen = (answer.status, kind, printable(answer.server, 80))
        if seen in self._told or len(self._told) >= _MOST_TOLD:
            return
        self._told.add(seen)
        self._say(**fields(answer), content_type=kind, server=seen[2])

    def end(self) -> None:
        """Camunda answers: the next foreign answer is news again."""
        if self._told:
            self._told.clear()
