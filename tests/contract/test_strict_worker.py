"""The worker against a server made from the schemas of 8.8, 8.9 and 8.10, in four kinds of answers."""

from __future__ import annotations

import json
import time
from typing import Any

import gevent
import pytest

from camunda_client.c8.models import ActivatedJob, AdHocResult, Corrections, JobResult
from camunda_client.error import CamundaBusinessException
from tests.contract.strict_server import KINDS, SCHEMAS, Operation, StrictServer, misfits
from tests.parts.answering import AnsweringServer
from tests.parts.plain_http import Reply, Request
from tests.parts.work import working

#: What jobs are for, and the event of those that are listeners'.
JOB_KINDS = {
    "BPMN_ELEMENT": "UNSPECIFIED",
    "EXECUTION_LISTENER": "START",
    "TASK_LISTENER": "COMPLETING",
    "AD_HOC_SUB_PROCESS": "UNSPECIFIED",
}
#: What a handler does with a job, and the schema of what the worker then sends.
REPORTS = {
    "complete": ("completion", "JobCompletionRequest"),
    "fail": ("failure", "JobFailRequest"),
    "throw": ("error", "JobErrorRequest"),
}
#: What handlers return for the jobs that decide something.
RESULTS: dict[str, JobResult] = {
    "TASK_LISTENER": Corrections(
        assignee="ann", due_date="2026-12-24T18:00:00Z", follow_up_date=None, candidate_users=["bob"],
        candidate_groups=None, priority=80,
    ),
    "AD_HOC_SUB_PROCESS": AdHocResult(activate={"search": {"q": "x"}, "report": None}, variables={"turn": 2}),
}  # fmt: skip
#: A lease so short that it is extended while the handler still runs.
LEASE_MS = 1000


class Jobs:
    """Hands out a job of every kind for every report, once, and remembers what was said of them."""

    def __init__(self, strict: StrictServer) -> None:
        self.strict = strict
        self.open = [self._job(kind, does) for kind in JOB_KINDS for does in REPORTS]
        self.all = {job["jobKey"]: REPORTS[job["variables"]["does"]][0] for job in self.open}
        # Camunda takes no BPMN errors from the listeners of user tasks, so the worker fails such a job.
        [listens] = [job for job in self.open if job["kind"] == "TASK_LISTENER" and job["variables"]["does"] == "throw"]
        self.all[listens["jobKey"]] = "failure"
        self.reported: dict[str, str] = {}
        self.extended = 0

    def _job(self, kind: str, does: str) -> dict[str, Any]:
        key = str(2251799813685249 + len(JOB_KINDS) * list(REPORTS).index(does) + list(JOB_KINDS).index(kind))
        facts = {
            "jobKey": key, "type": "work", "kind": kind, "listenerEventType": JOB_KINDS[kind], "retries": 3,
            "deadline": int(time.time() * 1000) + LEASE_MS, "variables": {"does": does, "order": "a"},
        }  # fmt: skip
        return self.strict.example("ActivatedJobResult") | facts

    def answer(self, request: Request) -> Reply:
        """Answer whatever the worker asks."""
        return self._activate(request) if request.path == "/v2/jobs/activation" else self._report(request)

    def _activate(self, request: Request) -> Reply:
        self.strict.check(Operation("POST", "/jobs/activation", "JobActivationRequest"), request)
        jobs, self.open = self.open, []
        if not jobs:
            # As the engine does, which waits for a job to come up.
            gevent.sleep(0.1)
        return Reply(200, json.dumps({"jobs": jobs}).encode())

    def _report(self, request: Request) -> Reply:
        _, _, key, *what = request.path.strip("/").split("/")
        if not what:
            self.strict.check(Operation("PATCH", "/jobs", "JobUpdateRequest"), request)
            changeset = json.loads(request.body)["changeset"]
            self.strict.complaints += misfits(self.strict.schemas["JobChangeset"], changeset)
            self.extended += 1
            return Reply(204)
        schema = next(schema for path, schema in REPORTS.values() if path == what[0])
        self.strict.check(Operation("POST", "/jobs", schema), request)
        self.reported[key] = what[0]
        return Reply(204)


def handler(job: ActivatedJob) -> dict[str, Any] | JobResult | None:
    does = job.variables["does"]
    if does == "fail":
        raise ValueError("broken")
    if does == "throw":
        raise CamundaBusinessException("DECLINED", "no money", {"why": "poor"})
    if job.kind == "BPMN_ELEMENT":
        gevent.sleep(LEASE_MS / 1000)
        return {"charged": True}
    return RESULTS.get(str(job.kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("package", SCHEMAS)
def test_the_worker_reads_every_kind_of_job_and_says_only_what_is_described(package: str, kind: str) -> None:
    strict = StrictServer(package, kind)
    jobs = Jobs(strict)
    with AnsweringServer() as server:
        server.prepare("*", "*", jobs.answer)

        with working(server.base_url, {"work": handler}, timeout=LEASE_MS), gevent.Timeout(60):
            while len(jobs.reported) < len(jobs.all):
                gevent.sleep(0.02)

    assert strict.complaints == []
    assert jobs.reported == jobs.all
    assert jobs.extended
