"""An option that the cluster is too old for is refused before it is sent, if the cluster's version is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from camunda_client.c8 import api
from camunda_client.c8.models import (
    ActivatedJob,
    ActivateInstructions,
    CreateProcessInstanceRequest,
    ModifyProcessInstanceRequest,
    MoveInstructions,
    RuntimeInstruction,
    SourceElement,
    TerminateInstructions,
)
from camunda_client.error import InvalidRequestError, ServiceException
from tests.parts.answering import AnsweringServer
from tests.parts.configured import configured

KEY = "2251799813685260"
MODIFICATION = f"/v2/process-instances/{KEY}/modification"
BY_ID = ModifyProcessInstanceRequest(terminateInstructions=[TerminateInstructions(elementId="a")])
NAMED = CreateProcessInstanceRequest(processDefinitionId="order", businessId="B-1")
ENDING = CreateProcessInstanceRequest(
    processDefinitionId="order", runtimeInstructions=[RuntimeInstruction(afterElementId="a")]
)
LEASED = ActivatedJob(jobKey=KEY, type="pay", jobLeaseToken="t-1")


@pytest.fixture
def engine() -> Iterator[AnsweringServer]:
    """An engine that gives the answers prepared, in their order."""
    with AnsweringServer() as server, configured(server.base_url):
        yield server


def named(engine: AnsweringServer, version: str) -> None:
    """Let the cluster say its version, and have it asked."""
    engine.post("/v2/topology", method="GET", json={"gatewayVersion": version})
    api.get_cluster_topology()


TOO_NEW: list[tuple[str, str, Callable[[], object]]] = [
    ("8.8.4", "businessId needs 8.9", lambda: api.create_process_instance(NAMED)),
    ("8.6.0", "runtimeInstructions needs 8.8", lambda: api.create_process_instance(ENDING)),
    ("8.8.0", "elementId needs 8.9", lambda: api.modify_process_instance(KEY, BY_ID)),
    ("8.8.0", "tenantFilter needs 8.9", lambda: api.activate_jobs("pay", tenants="assigned")),
    ("8.8.0", "deleteHistory needs 8.9", lambda: api.delete_resource(KEY, delete_history=True)),
    ("8.9.9", "priority needs 8.10", lambda: api.update_job(KEY, priority=5)),
    ("8.9.9-SNAPSHOT", "businessId needs 8.10", lambda: api.complete_job(KEY, business_id="B")),
    ("8.7.1", "result needs 8.8", lambda: api.complete_job(KEY, result={"type": "userTask"})),
]


@pytest.mark.parametrize(("version", "reason", "call"), TOO_NEW)
def test_an_option_is_refused_by_an_older_cluster_that_is_known(
    engine: AnsweringServer, version: str, reason: str, call: Callable[[], object]
) -> None:
    named(engine, version)

    with pytest.raises(InvalidRequestError, match=f"{reason}, and this cluster is Camunda {version}"):
        call()

    assert set(engine.paths) == {"/v2/topology"}


def test_a_cluster_that_was_updated_meanwhile_is_asked_again(engine: AnsweringServer) -> None:
    named(engine, "8.8.4")
    engine.post("/v2/topology", method="GET", json={"gatewayVersion": "8.10.2"})
    engine.post("/v2/process-instances", json={"processInstanceKey": KEY})

    assert api.create_process_instance(NAMED).process_instance_key == KEY


def test_a_cluster_of_unknown_version_is_asked_and_its_refusal_has_a_hint(engine: AnsweringServer) -> None:
    engine.post("/v2/process-instances", status=400, json={"title": "Bad Request"})

    with pytest.raises(ServiceException, match=r"HTTP 400 .*; businessId needs 8.9"):
        api.create_process_instance(NAMED)


def test_a_refusal_by_a_cluster_that_is_new_enough_has_no_hint(engine: AnsweringServer) -> None:
    named(engine, "8.9.1")
    engine.post("/v2/process-instances", status=400, json={"title": "Bad Request"})

    with pytest.raises(ServiceException, match="HTTP 400") as refused:
        api.create_process_instance(NAMED)

    assert "needs 8.9" not in str(refused.value)


def test_without_such_an_option_no_version_matters(engine: AnsweringServer) -> None:
    named(engine, "8.6.0")
    engine.post(f"/v2/jobs/{KEY}/completion", status=204)

    api.complete_job(KEY, {"a": 1})

    assert engine.paths == ["/v2/topology", f"/v2/jobs/{KEY}/completion"]


def test_an_ancestor_is_sent_as_text(engine: AnsweringServer) -> None:
    """Issue 16: it was a number, which engines from 8.8 on refuse."""
    engine.post(MODIFICATION, status=204)
    inside = ActivateInstructions.model_validate({"elementId": "b", "ancestorElementInstanceKey": 5})

    api.modify_process_instance(KEY, ModifyProcessInstanceRequest(activateInstructions=[inside]))

    assert json.loads(engine.requests[0].body)["activateInstructions"][0]["ancestorElementInstanceKey"] == "5"


def test_elements_are_moved(engine: AnsweringServer) -> None:
    engine.post(MODIFICATION, status=204)
    move = MoveInstructions(
        sourceElementInstruction=SourceElement(sourceType="byId", sourceElementId="a"), targetElementId="b"
    )

    api.modify_process_instance(KEY, ModifyProcessInstanceRequest(moveInstructions=[move]))

    assert json.loads(engine.requests[0].body)["moveInstructions"] == [
        {"sourceElementInstruction": {"sourceType": "byId", "sourceElementId": "a"}, "targetElementId": "b"}
    ]


def test_jobs_of_all_assigned_tenants_are_asked_for_without_a_list(engine: AnsweringServer) -> None:
    engine.post("/v2/jobs/activation", json={"jobs": []})

    api.activate_jobs("pay", tenants="assigned")

    sent = json.loads(engine.requests[0].body)
    assert sent["tenantFilter"] == "ASSIGNED"
    assert "tenantIds" not in sent


def test_tenants_are_assigned_or_provided(engine: AnsweringServer) -> None:
    with pytest.raises(InvalidRequestError, match="'assigned' or 'provided', not 'all'"):
        api.activate_jobs("pay", tenants="all")  # type: ignore[arg-type]

    assert engine.requests == []


def test_reports_of_a_job_with_a_lease_carry_its_token(engine: AnsweringServer) -> None:
    for end in ("completion", "failure"):
        engine.post(f"/v2/jobs/{KEY}/{end}", status=204)

    api.complete_job(LEASED)
    api.fail_job(LEASED, retries=1)

    assert [json.loads(request.body)["jobLeaseToken"] for request in engine.requests] == ["t-1", "t-1"]


def test_a_deletion_with_history_names_what_does_it(engine: AnsweringServer) -> None:
    batch = {"batchOperationKey": "7", "batchOperationType": "DELETE_PROCESS_INSTANCE"}
    engine.post(f"/v2/resources/{KEY}/deletion", json={"resourceKey": KEY, "batchOperation": batch})

    assert api.delete_resource(KEY, delete_history=True).batch_operation == batch
