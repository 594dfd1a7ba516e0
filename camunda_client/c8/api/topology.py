"""The cluster, as its gateway sees it."""

from __future__ import annotations

from camunda_client.c8.api._call import Call, run_for
from camunda_client.c8.models import ClusterTopology
from camunda_client.error import ErrorCode

__all__ = ["get_cluster_topology"]


def get_cluster_topology() -> ClusterTopology:
    """Return brokers, partitions and versions. Without a leader (``has_leader``) the cluster works nothing.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: GET /v2/topology.
    """
    return run_for(ClusterTopology, Call("GET", "/topology", ErrorCode.C8_GET_CLUSTER_TOPOLOGY_FAILED, body=None))
