"""Leases with a token, as 8.10 has them, over REST: who may complete a job, and who is given it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import gevent
import pytest

from camunda_client.embedded import Clock, Engine, Gateway
from tests.parts import rest
from tests.parts.work import Tally, until, working
from tests.unit.embedded.data import state

MODEL = state.process("p", state.start(), state.job(1, "work"), state.end(2))
LEASE_S = 60


class Camunda:
    """A gateway of 8.10 over an engine whose time stands still, and the few calls that these tests need."""

    def __init__(self, engine: Engine, gateway: Gateway) -> None:
        self.engine = engine
        self.gateway = gateway

    def start(self) -> None:
        self.engine.create_instance("p")

    def poll(self, **members: Any) -> list[dict[str, Any]]:
        body = {"type": "work", "timeout": LEASE_S * 1000, "maxJobsToActivate": 10, "requestTimeout": -1, **members}
        status, answer = self.call("POST", "/v2/jobs/activation", body)
        assert status == 200, answer
        return list(answer["jobs"])

    def leased(self) -> dict[str, Any]:
        (job,) = self.poll(withLease=True)
        return job

    def let_the_lease_end(self) -> None:
        self.engine.advance(timedelta(seconds=LEASE_S, milliseconds=1))

    def call(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        return rest.call(self.gateway.base_url, method, path, body)

    def report(self, kind: str, job: dict[str, Any], **members: Any) -> tuple[int, Any]:
        body = {**REPORTS[kind], **members}
        method, path = ("PATCH", "") if kind == "update" else ("POST", f"/{kind}")
        return self.call(method, f"/v2/jobs/{job['jobKey']}{path}", body)


#: What each report needs to be right but for the token.
REPORTS: dict[str, dict[str, Any]] = {
    "completion": {"variables": {"done": True}},
    "failure": {"retries": 2, "errorMessage": "no"},
    "error": {"errorCode": "oops"},
    "update": {"changeset": {"timeout": 5000}},
}
FENCED = ("completion", "failure", "error")


@pytest.fixture
def camunda() -> Iterator[Camunda]:
    engine = Engine(clock=Clock(start=datetime(2030, 1, 1)))
    engine.deploy(MODEL)
    with Gateway(engine, dialect="8.10") as gateway:
        yield Camunda(engine, gateway)
    assert gateway.errors == []


def test_every_lease_has_a_token_of_its_own(camunda: Camunda) -> None:
    camunda.start()
    camunda.start()

    jobs = camunda.poll(withLease=True)
    camunda.let_the_lease_end()
    again = camunda.poll(withLease=True)

    assert [job["jobKey"] for job in again] == [job["jobKey"] for job in jobs]
    tokens = {job["jobLeaseToken"] for job in [*jobs, *again]}
    assert len(tokens) == 4
    assert all(isinstance(token, str) and token for token in tokens)


@pytest.mark.parametrize("members", [{}, {"withLease": False}, {"withLease": None}])
def test_without_asking_there_is_no_token_and_none_is_needed(camunda: Camunda, members: dict[str, Any]) -> None:
    camunda.start()
    (job,) = camunda.poll(**members)

    assert job["jobLeaseToken"] is None
    assert camunda.report("completion", job)[0] == 204


@pytest.mark.parametrize("kind", REPORTS)
def test_the_token_of_the_lease_is_good(camunda: Camunda, kind: str) -> None:
    camunda.start()
    job = camunda.leased()

    assert camunda.report(kind, job, jobLeaseToken=job["jobLeaseToken"]) == (204, None)


@pytest.mark.parametrize("kind", FENCED)
@pytest.mark.parametrize("members", [{}, {"jobLeaseToken": None}])
def test_a_report_without_the_token_is_refused(camunda: Camunda, kind: str, members: dict[str, Any]) -> None:
    camunda.start()
    job = camunda.leased()

    status, problem = camunda.report(kind, job, **members)

    assert (status, problem["title"]) == (409, "INVALID_STATE")
    assert "no lease token was given" in problem["detail"]
    # Nothing has changed: the holder can still report.
    assert camunda.report("completion", job, jobLeaseToken=job["jobLeaseToken"])[0] == 204


@pytest.mark.parametrize("kind", REPORTS)
@pytest.mark.parametrize("token", ["", "made-up"])
def test_a_report_with_a_token_that_never_was_is_refused(camunda: Camunda, kind: str, token: str) -> None:
    camunda.start()
    job = camunda.leased()

    status, problem = camunda.report(kind, job, jobLeaseToken=token)

    assert (status, problem["title"]) == (409, "INVALID_STATE")
    assert "not that of its latest lease" in problem["detail"]
    assert camunda.report("completion", job, jobLeaseToken=job["jobLeaseToken"])[0] == 204


@pytest.mark.parametrize("kind", REPORTS)
def test_a_worker_whose_job_was_given_to_another_is_fenced_off(camunda: Camunda, kind: str) -> None:
    camunda.start()
    late = camunda.leased()
    camunda.let_the_lease_end()
    holder = camunda.leased()

    status, problem = camunda.report(kind, late, jobLeaseToken=late["jobLeaseToken"])

    assert (holder["jobKey"], status, problem["title"]) == (late["jobKey"], 409, "INVALID_STATE")
    assert camunda.report("completion", holder, jobLeaseToken=holder["jobLeaseToken"])[0] == 204


def test_a_failed_job_that_was_given_out_again_has_another_token(camunda: Camunda) -> None:
    camunda.start()
    first = camunda.leased()
    assert camunda.report("failure", first, jobLeaseToken=first["jobLeaseToken"])[0] == 204
    second = camunda.leased()

    assert camunda.report("completion", first, jobLeaseToken=first["jobLeaseToken"])[0] == 409
    assert camunda.report("completion", second, jobLeaseToken=second["jobLeaseToken"])[0] == 204


def test_a_late_report_is_taken_as_long_as_no_other_has_the_job(camunda: Camunda) -> None:
    camunda.start()
    job = camunda.leased()
    camunda.let_the_lease_end()

    assert camunda.report("completion", job, jobLeaseToken=job["jobLeaseToken"])[0] == 204


def test_an_operator_changes_a_leased_job_without_its_token(camunda: Camunda) -> None:
    camunda.start()
    job = camunda.leased()

    assert camunda.report("update", job, changeset={"retries": 7})[0] == 204
    assert camunda.engine.jobs("work")[0].retries == 7


def test_a_job_once_leased_is_never_again_given_to_a_worker_without_leases(camunda: Camunda) -> None:
    camunda.start()
    camunda.leased()
    camunda.let_the_lease_end()

    assert camunda.poll() == []
    assert len(camunda.poll(withLease=True)) == 1


def test_a_job_that_had_a_lease_without_token_may_get_one_with(camunda: Camunda) -> None:
    camunda.start()
    (plain,) = camunda.poll()
    camunda.let_the_lease_end()
    job = camunda.leased()

    assert camunda.report("completion", plain)[0] == 409
    assert camunda.report("completion", job, jobLeaseToken=job["jobLeaseToken"])[0] == 204


def test_polls_that_wait_share_jobs_by_the_same_rule(camunda: Camunda) -> None:
    camunda.start()
    camunda.leased()
    plain = gevent.spawn(camunda.poll, requestTimeout=20_000)
    leasing = gevent.spawn(camunda.poll, requestTimeout=20_000, withLease=True)
    _until_polls_wait(camunda, 2)

    camunda.let_the_lease_end()
    (again,) = leasing.get(timeout=20)
    camunda.start()
    (fresh,) = plain.get(timeout=20)

    assert again["jobLeaseToken"]
    assert fresh["jobLeaseToken"] is None
    assert fresh["jobKey"] != again["jobKey"]


def _until_polls_wait(camunda: Camunda, count: int) -> None:
    until(lambda: len(camunda.engine._runtime.jobs._polls.get("work", ())) == count, f"{count} polls wait")


def test_jobs_of_a_higher_priority_come_first(camunda: Camunda) -> None:
    for _ in range(3):
        camunda.start()
    jobs = camunda.poll()
    for job, priority in zip(jobs, (0, 7, -1), strict=True):
        assert camunda.report("update", job, changeset={"priority": priority})[0] == 204
        camunda.report("failure", job)

    # Also where it changes while the job waits.
    assert camunda.report("update", jobs[0], changeset={"priority": 9})[0] == 204
    order = [(camunda.poll(maxJobsToActivate=1)[0]["jobKey"]) for _ in jobs]

    assert order == [jobs[0]["jobKey"], jobs[1]["jobKey"], jobs[2]["jobKey"]]
    assert camunda.poll() == []


def test_jobs_and_topology_have_the_members_of_8_10(camunda: Camunda) -> None:
    camunda.start()
    job = camunda.leased()
    topology = camunda.call("GET", "/v2/topology", None)[1]

    assert job["rootProcessInstanceKey"] == job["processInstanceKey"]
    assert (job["priority"], job["physicalTenantId"], job["tags"]) == (0, "default", [])
    assert (job["businessId"], job["userTask"]) == (None, None)
    assert topology["gatewayVersion"].startswith("8.10.")
    assert topology["clusterId"] is None
    (broker,) = topology["brokers"]
    assert (broker["brokerId"], broker["version"]) == ("0", topology["gatewayVersion"])
    assert broker["partitions"][0]["state"] == "active"


def test_a_child_job_names_the_root_instance(camunda: Camunda) -> None:
    calls = (
        '<bpmn:callActivity id="n1"><bpmn:extensionElements><zeebe:calledElement processId="p"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )
    camunda.engine.deploy(state.process("parent", state.start(), calls, state.end(2)))
    root = camunda.engine.create_instance("parent")

    job = camunda.leased()

    assert job["rootProcessInstanceKey"] == str(root.process_instance_key)
    assert job["processInstanceKey"] != job["rootProcessInstanceKey"]


# -- what else came with 8.9 and 8.10 -----------------------------------------------------------------------------
def test_tags_and_business_id_come_back_with_the_jobs(camunda: Camunda) -> None:
    body = {"processDefinitionId": "p", "tags": ["high-touch", "team:red"], "businessId": "order-1"}

    status, created = camunda.call("POST", "/v2/process-instances", body)
    job = camunda.leased()

    assert status == 200
    assert (created["tags"], created["businessId"]) == (body["tags"], "order-1")
    assert (job["tags"], job["businessId"]) == (body["tags"], "order-1")


def test_without_them_they_are_empty(camunda: Camunda) -> None:
    created = camunda.call("POST", "/v2/process-instances", {"processDefinitionId": "p"})[1]

    assert (created["tags"], created["businessId"]) == ([], None)


@pytest.mark.parametrize("members", [{"tags": ["1st"]}, {"tags": ["a" * 101]}, {"businessId": ""}])
def test_tags_and_business_ids_that_can_not_be_are_refused(camunda: Camunda, members: dict[str, Any]) -> None:
    status, problem = camunda.call("POST", "/v2/process-instances", {"processDefinitionId": "p", **members})

    assert (status, problem["title"]) == (400, "INVALID_ARGUMENT")


def test_a_completion_gives_the_instance_its_business_id_once(camunda: Camunda) -> None:
    two = state.process("two", state.start(), state.job(1, "work"), state.job(2, "work"), state.job(3, "work"))
    camunda.engine.deploy(two)
    camunda.engine.create_instance("two")
    (first,) = camunda.poll()
    assert camunda.report("completion", first, businessId="order-1")[0] == 204
    (second,) = camunda.poll()
    assert second["businessId"] == "order-1"

    status, problem = camunda.report("completion", second, businessId="order-2")

    assert (status, problem["title"]) == (409, "INVALID_STATE")
    assert "has the business id 'order-1'" in problem["detail"]
    assert camunda.report("completion", second, businessId="order-1")[0] == 204


def test_a_called_instance_gets_no_business_id(camunda: Camunda) -> None:
    calls = (
        '<bpmn:callActivity id="n1"><bpmn:extensionElements><zeebe:calledElement processId="p"/>'
        "</bpmn:extensionElements></bpmn:callActivity>"
    )
    camunda.engine.deploy(state.process("parent", state.start(), calls, state.end(2)))
    camunda.engine.create_instance("parent")
    (job,) = camunda.poll()

    status, problem = camunda.report("completion", job, businessId="order-1")

    assert (status, problem["title"]) == (400, "INVALID_ARGUMENT")
    assert camunda.report("completion", job)[0] == 204


def test_a_token_s_tenants_may_stand_for_those_of_the_poll() -> None:
    engine = Engine(tenants=["blue"])
    engine.deploy(MODEL, tenant_id="blue")
    engine.create_instance("p", tenant_id="blue")
    with Gateway(engine, dialect="8.10") as gateway:
        camunda = Camunda(engine, gateway)
        provided = camunda.poll(tenantFilter="PROVIDED")
        assigned = camunda.poll(tenantFilter="ASSIGNED", tenantIds=["green"])
        nonsense = camunda.call("POST", "/v2/jobs/activation", {"tenantFilter": "NONSENSE"})

    assert (provided, len(assigned)) == ([], 1)
    assert nonsense[0] == 400


def test_deployments_decisions_and_deletions_have_the_members_of_8_9(camunda: Camunda) -> None:
    dish = (Path(__file__).parent.parent / "models" / "dish_of_season.dmn").read_text()
    deployment = rest.deploy_text(camunda.gateway.base_url, "dish.dmn", dish)
    decision_id = deployment["deployments"][0]["decisionDefinition"]["decisionDefinitionId"]
    requirements = deployment["deployments"][-1]["decisionRequirements"]["decisionRequirementsKey"]

    decided = camunda.call("POST", "/v2/decision-definitions/evaluation", {
        "decisionDefinitionId": decision_id, "variables": {"season": "Winter"},
    })[1]  # fmt: skip
    deleted = camunda.call("POST", f"/v2/resources/{requirements}/deletion", {})

    kinds = ["processDefinition", "decisionDefinition", "decisionRequirements", "form", "resource"]
    assert all(list(entry) == kinds for entry in deployment["deployments"])
    assert (decided["failedDecisionDefinitionId"], decided["failureMessage"]) == (None, None)
    (evaluated,) = decided["evaluatedDecisions"]
    assert evaluated["decisionDefinitionType"] == "DECISION_TABLE"
    assert evaluated["decisionEvaluationInstanceKey"].endswith("-1")
    for rule in evaluated["matchedRules"]:
        for output in rule["evaluatedOutputs"]:
            assert (output["ruleId"], output["ruleIndex"]) == (rule["ruleId"], rule["ruleIndex"])
    assert deleted == (200, {"resourceKey": requirements, "batchOperation": None})


def test_the_worker_of_this_library_reads_jobs_and_topology_of_8_10(camunda: Camunda) -> None:
    for number in range(30):
        camunda.engine.create_instance("p", {"number": number})
    tally = Tally()

    with working(camunda.gateway.base_url, {"work": tally}):
        until(lambda: tally.finished == 30 and not camunda.engine.jobs("work"), "30 jobs done")

    assert set(tally.runs.values()) == {1}
    assert all(instance.state == "COMPLETED" for instance in camunda.engine.instances)


# -- older dialects -------------------------------------------------------------------------------------------------
OLDER: list[tuple[str, str, dict[str, Any], str]] = [
    ("POST", "/v2/jobs/activation", {"type": "work", "timeout": 1, "maxJobsToActivate": 1, "requestTimeout": -1,
                                     "withLease": True}, "withLease"),
    ("POST", "/v2/jobs/{key}/completion", {"businessId": "x"}, "businessId"),
    ("POST", "/v2/jobs/{key}/completion", {"jobLeaseToken": "x"}, "jobLeaseToken"),
    ("POST", "/v2/jobs/{key}/failure", {"retries": 1, "jobLeaseToken": "x"}, "jobLeaseToken"),
    ("POST", "/v2/jobs/{key}/error", {"errorCode": "x", "jobLeaseToken": "x"}, "jobLeaseToken"),
    ("PATCH", "/v2/jobs/{key}", {"changeset": {"retries": 1}, "jobLeaseToken": "x"}, "jobLeaseToken"),
    ("PATCH", "/v2/jobs/{key}", {"changeset": {"retries": 1, "priority": 1}}, "changeset.priority"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "name"), OLDER)
def test_8_8_refuses_members_that_it_does_not_know(method: str, path: str, body: dict[str, Any], name: str) -> None:
    engine = Engine()
    engine.deploy(MODEL)
    engine.create_instance("p")
    (job,) = engine.jobs("work")
    with Gateway(engine, dialect="8.8") as gateway:
        status, problem = rest.call(gateway.base_url, method, path.format(key=job.key), body)

    assert (status, problem["title"]) == (400, "Bad Request")
    assert problem["detail"] == f"Request property [{name}] cannot be parsed"
    assert (job.state, job.retries) == ("ACTIVATABLE", 3)


def test_to_8_6_they_are_nothing() -> None:
    engine = Engine()
    engine.deploy(MODEL)
    engine.create_instance("p")
    with Gateway(engine, dialect="8.6") as gateway:
        (job,) = rest.call(gateway.base_url, *OLDER[0][:3])[1]["jobs"]
        assert "jobLeaseToken" not in job
        path = f"/v2/jobs/{job['jobKey']}/completion"
        assert rest.call(gateway.base_url, "POST", path, {"jobLeaseToken": "x"})[0] == 204


# -- an engine that comes back --------------------------------------------------------------------------------------
@pytest.mark.parametrize("snapshot_every", [1_000_000, 1])
def test_leases_are_the_same_after_a_restart_on_the_engine_s_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot_every: int
) -> None:
    """Else all that is in hand would be refused when it is reported, or be given to workers without leases."""
    monkeypatch.setattr("camunda_client.embedded.data._storage.SNAPSHOT_EVERY", snapshot_every)
    engine = Engine(clock=Clock(start=datetime(2030, 1, 1)), data=tmp_path / "data")
    engine.deploy(MODEL)
    with Gateway(engine, dialect="8.10") as gateway:
        before = Camunda(engine, gateway)
        held = gevent.spawn(before.poll, requestTimeout=20_000, withLease=True)
        _until_polls_wait(before, 1)
        before.call("POST", "/v2/process-instances", {"processDefinitionId": "p", "tags": ["a"], "businessId": "b"})
        (first,) = held.get(timeout=20)
        before.let_the_lease_end()
        second = before.leased()
        assert before.report("update", second, changeset={"priority": 3, "timeout": LEASE_S * 1000})[0] == 204
        known = state.of(engine)
    engine.close()

    engine = Engine(clock=Clock(start=datetime(2030, 1, 1)), data=tmp_path / "data")
    assert state.of(engine) == known
    with Gateway(engine, dialect="8.10") as gateway:
        after = Camunda(engine, gateway)
        assert after.report("completion", first, jobLeaseToken=first["jobLeaseToken"])[0] == 409
        after.let_the_lease_end()
        third = after.leased()
        assert third["jobLeaseToken"] not in (first["jobLeaseToken"], second["jobLeaseToken"])
        assert (third["priority"], third["tags"], third["businessId"]) == (3, ["a"], "b")
        assert after.report("completion", third, jobLeaseToken=third["jobLeaseToken"])[0] == 204
    engine.close()
