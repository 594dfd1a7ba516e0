"""The cluster, as its gateway sees it."""

from __future__ import annotations

from camunda_client.c8 import _target
from camunda_client.c8.api import _versions
from camunda_client.c8.api._call import TOPOLOGY, run_for
from camunda_client.c8.models import ClusterTopology

__all__ = ["get_cluster_topology"]


def get_cluster_topology() -> ClusterTopology:
    """Return brokers, partitions and versions. Without a leader (``has_leader``) the cluster works nothing.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: GET /v2/topology.
    """
    topology = run_for(ClusterTopology, TOPOLOGY)
    _versions.remember(_target.config(), topology)
    return topology
