"""Cluster variables are read by expressions, hidden by variables of their name, and kept with the engine's data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import Engine, Rejection

MODEL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://cluster"
             xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
  <process id="p" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="work"/>
    <serviceTask id="work"><extensionElements>
      <zeebe:taskDefinition type="=camunda.vars.env.job_type"/>
      <zeebe:ioMapping>
        <zeebe:input source="=camunda.vars.cluster.rate.eur" target="cluster"/>
        <zeebe:input source="=camunda.vars.tenant.rate" target="tenant"/>
        <zeebe:input source="=camunda.vars.env.rate" target="env"/>
      </zeebe:ioMapping>
    </extensionElements></serviceTask>
  </process>
</definitions>"""


def job_of(engine: Engine, variables: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    engine.create_instance("p", variables or {}, **options)
    tenants = [options["tenant_id"]] if options else None
    (job,) = engine.activate("charge", **({"tenant_ids": tenants} if tenants else {}))
    return job.variables


def test_expressions_read_them_and_jobs_do_not_get_them() -> None:
    engine = Engine()
    engine.deploy(("p.bpmn", MODEL))
    engine.create_cluster_variable("job_type", "charge")
    engine.create_cluster_variable("rate", {"eur": 2})

    assert job_of(engine) == {"cluster": 2, "tenant": None, "env": {"eur": 2}}
    engine.update_cluster_variable("rate", 3)
    assert job_of(engine) == {"cluster": None, "tenant": None, "env": 3}


def test_a_tenant_s_own_hides_one_for_all() -> None:
    engine = Engine(tenants=["blue"])
    engine.deploy(("p.bpmn", MODEL), tenant_id="blue")
    engine.create_cluster_variable("job_type", "charge")
    engine.create_cluster_variable("rate", {"eur": 2})
    engine.create_cluster_variable("rate", 9, tenant_id="blue")

    assert job_of(engine, tenant_id="blue") == {"cluster": 2, "tenant": 9, "env": 9}


def test_a_variable_of_the_instance_hides_them_all() -> None:
    engine = Engine()
    engine.deploy(("p.bpmn", MODEL))
    engine.create_cluster_variable("job_type", "other")
    own = {"camunda": {"vars": {"env": {"job_type": "charge"}}}}

    assert job_of(engine, own) == {**own, "cluster": None, "tenant": None, "env": None}


@pytest.mark.parametrize("commands", [0, 20_001])
def test_they_are_there_again_after_a_restart(tmp_path: Path, commands: int) -> None:
    first = Engine(data=tmp_path)
    first.create_cluster_variable("kept", {"a": [1]}, metadata={"of": "test"})
    first.create_cluster_variable("gone", 1)
    first.delete_cluster_variable("gone")
    for _ in range(commands):  # beyond the first snapshot
        first.next_key()
    first.close()
    again = Engine(data=tmp_path)

    assert again.cluster_variables() == {"kept": {"a": [1]}}
    with pytest.raises(Rejection, match="Expected to create cluster variable 'kept', but it exists already"):
        again.create_cluster_variable("kept", 2)
    again.close()
