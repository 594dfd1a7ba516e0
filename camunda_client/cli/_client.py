"""The commands that make one or a few calls: deploy, start, topology."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from camunda_client import config
from camunda_client.c8 import api
from camunda_client.c8.models import CreateProcessInstanceRequest
from camunda_client.cli._target import TargetError

if TYPE_CHECKING:
    import argparse


def deploy(options: argparse.Namespace) -> int:
    """Deploy the files together, and print what came of each."""
    missing = [name for name in options.files if not Path(name).is_file()]
    if missing:
        raise TargetError(f"there is no file {', '.join(missing)}")
    config.initialize_config()
    deployed = api.deploy_resources(*options.files, tenant_id=options.tenant)
    print(deployed.model_dump_json(indent=2))
    return 0


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
    leads = any(part.role.lower() == "leader" for broker in found.brokers for part in broker.partitions)
    if options.json:
        print(found.model_dump_json(indent=2))
        return 0 if leads else 1
    print(f"gateway {found.gateway_version}, {found.cluster_size} broker(s), {found.partitions_count} partition(s)")
    for broker in found.brokers:
        print(f"  broker {broker.node_id} {broker.host}:{broker.port} version {broker.version}")
        for part in broker.partitions:
            print(f"    partition {part.partition_id}: {part.role}, {part.health}")
    if not leads:
        print("no partition has a leader: the cluster takes no commands")
    return 0 if leads else 1
