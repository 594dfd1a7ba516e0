"""A gateway for single rooms of the worker, without a socket: it answers at once what a test wants, and remembers.

It stands where :class:`camunda_client.c8.worker._gateway.Gateway` does. What it is not told otherwise it takes: 204
for everything that is said of jobs, no jobs for polls, a cluster with a leader.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from camunda_client.c8._http import Answer
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import _outcome
from camunda_client.c8.worker._handlers import JobWorker
from camunda_client.c8.worker._lease import HeldJob, Lease
from camunda_client.c8.worker._settings import WorkerSettings, resolve
from camunda_client.config import ApiConfig, C8Config
from camunda_client.error import ConnectionFailed

#: One answer: as it is, what is raised instead, or a function that is called first, and may wait.
Said = Answer | Exception | Callable[[], Answer]
TAKEN = Answer(status=204)
CONFIG = C8Config(api=ApiConfig(baseUrl="http://127.0.0.1:1"))
TOPOLOGY = {
    "brokers": [{"version": "8.6.0", "partitions": [{"partitionId": 1, "role": "leader"}]}],
    "partitionsCount": 1,
    "gatewayVersion": "8.6.0",
}


def problem(status: int, title: str, detail: str = "") -> Answer:
    """Return one of Camunda's problem documents."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Answer(status=status, content_type="application/problem+json", body=json.dumps(document).encode())


def completed(result: object) -> _outcome.Outcome:
    """Return what a handler's result comes to, for a job of a plain task."""
    return _outcome.completed(result, ActivatedJob.model_validate({"jobKey": "1", "type": "pay"}))


NOT_FOUND = problem(404, "NOT_FOUND", "no such job")


def jobs_of(*jobs: dict[str, Any]) -> Answer:
    """Return the answer to a poll that brings these jobs."""
    return Answer(status=200, content_type="application/json", body=json.dumps({"jobs": jobs}).encode())


def lost(*, applied: bool, reason: str = "reset") -> ConnectionFailed:
    """Return what is raised where there was no answer, to a request that may have been applied or surely was not."""
    return ConnectionFailed(reason, maybe_applied=applied, reason=reason)


@dataclass
class Request:
    """One request: ``activate``, ``completion``, ``failure``, ``error``, ``extend`` or ``topology``."""

    what: str
    key: str
    body: dict[str, Any]
    #: Seconds that the worker would wait for its answer, where it says so.
    timeout_s: float | None = None


@dataclass
class FakeGateway:
    """What a test says, in order, for each kind of request; then the usual answer."""

    most_extensions: int = 32
    requests: list[Request] = field(default_factory=list)
    is_closed: bool = False
    _said: dict[str, deque[Said]] = field(default_factory=dict)
    _always: dict[str, Said] = field(default_factory=dict)

    def say(self, what: str, *answers: Said) -> None:
        """Give these answers to the next requests of a kind."""
        self._said.setdefault(what, deque()).extend(answers)

    def always(self, what: str, answer: Said) -> None:
        """Give this one whenever nothing else was said."""
        self._always[what] = answer

    def asked(self, *kinds: str) -> list[Request]:
        """Return the requests of these kinds so far."""
        return [request for request in self.requests if request.what in kinds]

    # -- as the worker sees it --------------------------------------------------------------------------------------
    def activate(self, body: bytes, request_timeout_s: float) -> Answer:
        return self._answer(Request("activate", "", json.loads(body), request_timeout_s), jobs_of())

    def settle(self, job_key: str, command: str, body: bytes, may_send: Callable[[], bool] | None = None) -> Answer:
        if may_send is not None and not may_send():
            raise lost(applied=False, reason="too_late")
        return self._answer(Request(command, job_key, json.loads(body)), TAKEN)

    def extend(self, job_key: str, body: bytes, timeout_s: float) -> Answer:
        return self._answer(Request("extend", job_key, json.loads(body), timeout_s), TAKEN)

    def topology(self) -> Answer:
        body = json.dumps(TOPOLOGY).encode()
        return self._answer(Request("topology", "", {}), Answer(200, "application/json", body=body))

    def route(self) -> None:
        return None

    def close(self) -> None:
        self.is_closed = True

    def _answer(self, request: Request, usual: Answer) -> Answer:
        self.requests.append(request)
        queue = self._said.get(request.what)
        said = queue.popleft() if queue else self._always.get(request.what, usual)
        if isinstance(said, Exception):
            raise said
        return said if isinstance(said, Answer) else said()


def settings_of(handler: Callable[..., Any] = lambda job: None, **options: Any) -> WorkerSettings:
    """Return the settings of a worker of type ``t``; ``options`` as :class:`JobWorker` or its request take them."""
    from camunda_client.c8.worker._handlers import JobWorkerRequest

    of_request = ("timeout", "request_timeout", "fetch_variables", "tenant_ids", "max_jobs_to_activate")
    asked = {name: options.pop(name) for name in of_request if name in options}
    return resolve(JobWorker("t", handler, request=JobWorkerRequest("t", **asked), **options), CONFIG)


def job(key: int = 1, *, retries: int = 3, **more: Any) -> ActivatedJob:
    """Return an activated job of type ``t``."""
    return ActivatedJob.model_validate({"jobKey": str(key), "type": "t", "retries": retries, **more})


def held(
    key: int = 1, *, now_s: float, lease_s: float = 10.0, settings: WorkerSettings | None = None, **more: Any
) -> HeldJob:
    """Return a job of type ``t`` in hand, that came at ``now_s`` with a lease from then on."""
    settings = settings or settings_of(timeout=int(lease_s * 1000))
    return HeldJob(job(key, **more), settings, now_s, Lease(lease_s, now_s + lease_s))
