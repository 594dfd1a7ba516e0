"""Calls of the engine are for tenants it has, as requests to its gateway are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import Engine, Rejection

MODEL = Path(__file__).parents[2] / "models" / "plain_tasks.bpmn"
CALLS: dict[str, Callable[[Engine], Any]] = {
    "Deploy Resources": lambda engine: engine.deploy(MODEL, tenant_id="red"),
    "Create Process Instance": lambda engine: engine.create_instance("plain_tasks", tenant_id="red"),
    "Publish Message": lambda engine: engine.publish("m", tenant_id="red"),
    "Correlate Message": lambda engine: engine.correlate("m", tenant_id="red"),
    "Broadcast Signal": lambda engine: engine.broadcast("m", tenant_id="red"),
}


@pytest.mark.parametrize(
    ("tenants", "reason"),
    [
        (None, "multi-tenancy is disabled; an engine made with tenants=['red'] has it"),
        ([], "tenant is not authorized"),
        (["blue"], "tenant is not authorized"),
    ],
)
@pytest.mark.parametrize("request_name", CALLS)
def test_a_tenant_that_is_not_there_is_refused(tenants: list[str] | None, reason: str, request_name: str) -> None:
    """The engine deployed for it and ran it; only the gateway looked."""
    engine = Engine(tenants=tenants)

    with pytest.raises(Rejection) as refused:
        CALLS[request_name](engine)

    assert refused.value.code == "INVALID_ARGUMENT"
    wanted = f"Expected to handle request {request_name} with tenant identifier 'red', but {reason}"
    assert refused.value.reason == wanted


@pytest.mark.parametrize("tenant_id", ["blue", "<default>"])
def test_a_tenant_that_is_there_is_served(tenant_id: str) -> None:
    engine = Engine(tenants=iter(["blue"]))

    (definition,) = engine.deploy(MODEL, tenant_id=tenant_id).processes
    history = engine.create_instance("plain_tasks", tenant_id=tenant_id)
    engine.publish("m", tenant_id=tenant_id)
    engine.broadcast("m", tenant_id=tenant_id)

    assert (definition.tenant_id, history.tenant_id) == (tenant_id, tenant_id)


@pytest.mark.parametrize("names", ["blue", b"blue", ""])
def test_tenants_are_a_list_of_names(names: Any) -> None:
    """The text "blue" made tenants called b, l, u and e."""
    with pytest.raises(TypeError, match=r"tenants takes a list of names, got the text .*; write tenants=\["):
        Engine(tenants=names)
