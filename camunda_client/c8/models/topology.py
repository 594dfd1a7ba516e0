"""The cluster: its brokers, their partitions, and who leads them.

A gateway without a broker leaves out ``brokers`` and says -1 for the sizes; polls are then still answered 200.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from camunda_client.c8.models.base import NullAs, Number, ResponseModel, Text

__all__ = ["Broker", "ClusterTopology", "Partition"]


class Partition(ResponseModel):
    """One share of the work, as one broker sees it."""

    partition_id: Number = Field(default=0, alias="partitionId")
    role: Text = ""
    health: Text = ""
    #: Camunda 8.10 and later.
    state: str | None = None

    @property
    def is_leader(self) -> bool:
        """Whether this broker leads the partition; versions differ in how they write the role."""
        return self.role.lower() == "leader"


class Broker(ResponseModel):
    """One node of the cluster."""

    node_id: Number = Field(default=0, alias="nodeId")
    host: Text = ""
    port: Number = 0
    partitions: Annotated[list[Partition], NullAs(list)] = Field(default_factory=list)
    version: Text = ""
    #: Camunda 8.10 and later.
    broker_id: str | None = Field(default=None, alias="brokerId")


class ClusterTopology(ResponseModel):
    """What the gateway knows of the cluster."""

    brokers: Annotated[list[Broker], NullAs(list)] = Field(default_factory=list)
    cluster_size: Number = Field(default=0, alias="clusterSize")
    partitions_count: Number = Field(default=0, alias="partitionsCount")
    replication_factor: Number = Field(default=0, alias="replicationFactor")
    gateway_version: Text = Field(default="", alias="gatewayVersion")
    last_completed_change_id: str | None = Field(default=None, alias="lastCompletedChangeId")
    cluster_id: str | None = Field(default=None, alias="clusterId")

    @property
    def has_leader(self) -> bool:
        """Whether any partition is led, so that commands can work."""
        return any(partition.is_leader for broker in self.brokers for partition in broker.partitions)

    @property
    def partition_ids(self) -> set[int]:
        """The partitions some broker holds; a key's partition is its upper bits, ``int(key) >> 51``."""
        return {partition.partition_id for broker in self.brokers for partition in broker.partitions}
