"""The commands that make one or a few calls: deploy, start, topology."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from camunda_client import config
from camunda_client.c8 import api
from camunda_client.c8.models import CreateProcessInstanceRequest
from camunda_client.cli import _tables
from camunda_client.cli._target import TargetError

if TYPE_CHECKING:
    import argparse

    from camunda_client.c8.models import Broker, DeploymentEntry


def deploy(options: argparse.Namespace) -> int:
    """Deploy the files together, and print what came of each."""
    missing = [name for name in options.files if not Path(name).is_file()]
    if missing:
        raise TargetError(f"there is no file {', '.join(missing)}")
    config.initialize_config()
    deployed = api.deploy_resources(*options.files, tenant_id=options.tenant)
    if options.json:
        print(deployed.model_dump_json(indent=2))
        return 0
    for entry in deployed.deployments:
        print(_line(entry))
    return 0


def _line(entry: DeploymentEntry) -> str:
    """Return one deployed thing, as a line for people."""
    if process := entry.process_definition:
        version = process.process_definition_version
        return f"process {process.process_definition_id}, version {version}, key {process.process_definition_key}"
    if decision := entry.decision_definition:
        version = decision.version
        return f"decision {decision.decision_definition_id}, version {version}, key {decision.decision_definition_key}"
    if graph := entry.decision_requirements:
        version = graph.version
        return (
            f"decision graph {graph.decision_requirements_id}, version {version}, key {graph.decision_requirements_key}"
        )
    if form := entry.form:
        return f"form {form.form_id}, version {form.version}, key {form.form_key}"
    return entry.model_dump_json()


def start(options: argparse.Namespace) -> int:
    """Start instances, and print their keys, one a line."""
    config.initialize_config()
    request = CreateProcessInstanceRequest(
        processDefinitionId=options.process_id,
        processDefinitionVersion=options.version,
        variables=options.variables,
        tenantId=options.tenant,
    )
    for _ in range(options.count):
        print(api.create_process_instance(request).process_instance_key)
    return 0


def topology(options: argparse.Namespace) -> int:
    """Print brokers and partitions; exit code 1 when no partition has a leader."""
    config.initialize_config()
    found = api.get_cluster_topology()
    if options.json:
        print(found.model_dump_json(indent=2))
        return 0 if found.has_leader else 1
    print(f"gateway {found.gateway_version}, {found.cluster_size} broker(s), {found.partitions_count} partition(s)")
    rows = [
        (str(broker.node_id), f"{broker.host}:{broker.port}", str(broker.version), *partition)
        for broker in found.brokers
        for partition in _partitions(broker)
    ]
    _tables.show(("broker", "address", "version", "partition", "role", "health"), rows, wide=1)
    if not found.has_leader:
        print("no partition has a leader: the cluster takes no commands")
    return 0 if found.has_leader else 1


def _partitions(broker: Broker) -> list[tuple[str, str, str]]:
    """Return a broker's partitions, each with its role and health."""
    found = [(str(part.partition_id), str(part.role), str(part.health)) for part in broker.partitions]
    return found or [("none", "", "")]
