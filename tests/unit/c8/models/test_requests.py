"""Requests say exactly what the engine takes, and refuse what it would refuse."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from camunda_client.c8.models import (
    ActivateInstructions,
    C8ApiHeaders,
    ClusterTopology,
    CorrelateMessageRequest,
    CreateProcessInstanceRequest,
    EvaluateDecisionRequest,
    MigrateProcessInstanceRequest,
    ModifyProcessInstanceRequest,
    PublishMessageRequest,
)


def test_starting_an_instance_sends_what_it_always_sent() -> None:
    request = CreateProcessInstanceRequest(processDefinitionId="order", tenantId=None, variables={"a": None})

    assert request.model_dump() == {
        "processDefinitionId": "order", "variables": {"a": None},
        "awaitCompletion": False, "fetchVariables": [], "requestTimeout": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "found"), [({}, "neither"), ({"processDefinitionId": "a", "processDefinitionKey": "1"}, "both")]
)
def test_a_definition_is_named_by_id_or_by_key(chosen: dict[str, str], found: str) -> None:
    with pytest.raises(ValidationError, match=f"exactly one of .*; {found} is set"):
        CreateProcessInstanceRequest(**chosen, tenantId="t")
    renamed = {name.replace("process", "decision"): value for name, value in chosen.items()}
    with pytest.raises(ValidationError, match=f"exactly one of .*; {found} is set"):
        EvaluateDecisionRequest(**renamed)


def test_a_key_may_be_a_number() -> None:
    assert CreateProcessInstanceRequest(processDefinitionKey=5).process_definition_key == "5"


@pytest.mark.parametrize("key", ["1/../2", "-1", "", "1a", "٣"])
def test_a_key_is_digits(key: str) -> None:
    with pytest.raises(ValidationError):
        MigrateProcessInstanceRequest(
            targetProcessDefinitionKey=key, mappingInstructions=[{"sourceElementId": "a", "targetElementId": "b"}]
        )


def test_a_modification_needs_no_operation_reference() -> None:
    request = ModifyProcessInstanceRequest(activateInstructions=[ActivateInstructions(elementId="b")])

    assert request.model_dump() == {
        "activateInstructions": [{"elementId": "b", "variableInstructions": []}],
        "terminateInstructions": [],
    }
    assert ModifyProcessInstanceRequest.model_validate(request.model_dump()) == request


def test_messages_send_no_nulls() -> None:
    assert PublishMessageRequest(name="m").model_dump() == {"name": "m", "correlationKey": "", "timeToLive": 0}
    assert CorrelateMessageRequest(name="m").model_dump() == {"name": "m", "correlationKey": ""}


def test_a_gateway_without_brokers_has_no_leader() -> None:
    topology = ClusterTopology.model_validate({"clusterSize": -1, "gatewayVersion": "8.6.0"})

    assert (topology.has_leader, topology.brokers, topology.cluster_size) == (False, [], -1)


@pytest.mark.parametrize("role", ["leader", "LEADER", "Leader"])
def test_a_leader_is_one_however_the_role_is_written(role: str) -> None:
    """has_leader said no where the worker's health and the command line said yes."""
    topology = ClusterTopology.model_validate(
        {"brokers": [{"partitions": [{"role": "follower"}, {"role": role}]}, {"partitions": None}]}
    )

    assert topology.has_leader
    assert [part.is_leader for part in topology.brokers[0].partitions] == [False, True]


def test_headers_carry_a_bearer_token_and_do_not_show_it() -> None:
    headers = C8ApiHeaders(auth_token="Bearer abc")

    assert headers.model_dump() == {"Authorization": "Bearer abc", "Content-Type": "application/json"}
    assert "abc" not in repr(headers)
    with pytest.raises(ValidationError, match="must begin with 'Bearer '"):
        C8ApiHeaders(auth_token="Basic abc")


@pytest.mark.parametrize(
    ("unknown", "nearest"), [("variabels", "variables"), ("tenantID", "tenantId"), ("proces_definition_key", "process")]
)
def test_an_unknown_argument_is_refused_with_the_nearest_name(unknown: str, nearest: str) -> None:
    """Issue 16: ``variabels=`` started an instance without variables."""
    with pytest.raises(ValidationError) as refused:
        CreateProcessInstanceRequest(**{"processDefinitionId": "order", unknown: {"secret": 1}})

    assert refused.value.error_count() == 1
    assert f"has no argument '{unknown}' (did you mean '{nearest}" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_an_unknown_argument_of_a_part_of_a_request_is_refused() -> None:
    with pytest.raises(ValidationError, match="ActivateInstructions has no argument 'xyz'"):
        ModifyProcessInstanceRequest.model_validate({"activateInstructions": [{"elementId": "b", "xyz": 1}]})


def test_answers_keep_members_that_they_do_not_know() -> None:
    assert ClusterTopology.model_validate({"gatewayVersion": "8.12.0", "mood": "good"}).model_extra == {"mood": "good"}


def test_the_ancestor_of_an_activation_is_read_and_set_by_its_old_name_too() -> None:
    instruction = ActivateInstructions(element_id="a", ancestor_element_instance_key="5")
    assert instruction.ancestorElementInstanceKey == "5"

    instruction.ancestorElementInstanceKey = "6"

    assert ActivateInstructions(elementId="a", ancestorElementInstanceKey="6") == instruction
    assert instruction.model_dump() == {"elementId": "a", "variableInstructions": [], "ancestorElementInstanceKey": "6"}
