"""Commands for many at once reach what their filter says, and never all there is by mistake."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from camunda_client.c8 import api
from camunda_client.c8.models import JobChangeset
from camunda_client.error import InvalidRequestError, ServiceException
from tests.parts.answering import AnsweringServer
from tests.parts.configured import configured

KEY = "2251799813685260"
NOON = datetime(2026, 12, 24, 12, tzinfo=timezone.utc)
CANCELLATION = "/v2/process-instances/cancellation"
BEGUN = {"batchOperationKey": KEY, "batchOperationType": "CANCEL_PROCESS_INSTANCE"}


@pytest.fixture
def engine() -> Iterator[AnsweringServer]:
    """An engine that gives the answers prepared, in their order."""
    with AnsweringServer() as server, configured(server.base_url):
        yield server


def test_a_command_for_many_is_answered_by_a_batch_operation(engine: AnsweringServer) -> None:
    engine.post(CANCELLATION, json=BEGUN)

    begun = api.cancel_process_instances(process_definition_id=["a", "b"], has_incident=True)

    assert begun.batch_operation_key == KEY
    assert json.loads(engine.requests[0].body) == {
        "filter": {"processDefinitionId": {"$in": ["a", "b"]}, "hasIncident": True}
    }


def test_a_migration_names_its_plan_and_a_modification_its_moves(engine: AnsweringServer) -> None:
    for path in ("migration", "modification"):
        engine.post(f"/v2/process-instances/{path}", json=BEGUN)

    api.migrate_process_instances(int(KEY), {"a": "b"}, process_instance_key="5")
    api.modify_process_instances({"a": "b"}, process_instance_key="5")

    mapped, narrowed = [{"sourceElementId": "a", "targetElementId": "b"}], {"processInstanceKey": "5"}
    assert [json.loads(request.body) for request in engine.requests] == [
        {"filter": narrowed, "migrationPlan": {"targetProcessDefinitionKey": KEY, "mappingInstructions": mapped}},
        {"filter": narrowed, "moveInstructions": mapped},
    ]


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: api.cancel_process_instances(), "no filter is given"),
        (lambda: api.delete_process_instances(operation_reference=5), "no filter is given"),
        (lambda: api.cancel_process_instances(state="ACTIVE", tenant_id=None), "tenant_id is None"),  # type: ignore[arg-type]
        (lambda: api.update_jobs(JobChangeset(retries=1)), "no filter is given"),
        (lambda: api.resolve_incidents(stat="ACTIVE"), "did you mean 'state'"),  # type: ignore[call-arg]
        (lambda: api.modify_process_instances({}, state="ACTIVE"), "move_instructions"),
        (lambda: api.activate_ad_hoc_activities(KEY, {}), "elements"),
    ],
)
def test_what_could_reach_more_than_meant_is_not_sent(
    engine: AnsweringServer, call: Callable[[], Any], why: str
) -> None:
    with pytest.raises(InvalidRequestError, match=why):
        call()

    assert engine.requests == []


def test_a_command_for_many_whose_outcome_is_unknown_is_not_repeated(engine: AnsweringServer) -> None:
    engine.post(CANCELLATION, status=502, json={})

    with pytest.raises(ServiceException, match="look before you repeat it"):
        api.cancel_process_instances(state="ACTIVE")

    assert len(engine.requests) == 1


def test_a_resource_comes_as_it_was_deployed(engine: AnsweringServer) -> None:
    engine.post(f"/v2/resources/{KEY}/content", method="GET", body='{"rpa": 1}', content_type="application/json")

    assert api.get_resource_content(KEY) == b'{"rpa": 1}'


def test_parts_of_a_period_are_at_least_a_second(engine: AnsweringServer) -> None:
    with pytest.raises(InvalidRequestError, match="at least a second"):
        api.get_job_time_series(NOON, NOON, "pay", resolution=timedelta(0))
    engine.post("/v2/jobs/statistics/time-series", json={"items": [], "page": {}})

    assert list(api.get_job_time_series(NOON, NOON, "pay", resolution=timedelta(hours=1))) == []
    assert json.loads(engine.requests[0].body)["filter"]["resolution"] == "PT3600S"
