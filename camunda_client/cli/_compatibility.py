"""What a cluster's version lacks of what this package can ask for, and addresses on their way out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from camunda_client.c8.models import ClusterTopology

#: What workers and callers would miss, by the first version that has it; docs/compatibility.md says more of each.
_CAME_WITH = {
    (8, 8): "searches and gets, functions for user tasks, documents, results of task listeners and ad-hoc "
    "sub-processes, tags",
    (8, 9): "tenants='assigned', business ids, cluster variables, statistics of jobs, moveInstructions",
    (8, 10): "leases with a token, priorities of jobs",
}
#: Camunda's release page of 8.10.0 says to wait for this one.
_FIRST_GOOD_8_10 = (8, 10, 2)
_OLD_DOMAIN = ".zeebe.camunda.io"


def notes_on_version(topology: ClusterTopology) -> Iterator[str]:
    """Yield what the cluster's version means for the use of this package."""
    version = topology.gateway_version
    number = _number(version)
    if number is None:
        yield f"the gateway names its version {version!r}, which says nothing about what it can do"
        return
    yield from _of_brokers(topology)
    lacking = [f"{what} ({_dotted(since)})" for since, what in _CAME_WITH.items() if number < since]
    if lacking:
        yield f"Camunda {_dotted(number[:2])} lacks " + "; ".join(lacking)
    if (8, 10) <= number < _FIRST_GOOD_8_10:
        yield f"Camunda {version} should not be used: its release page says to wait for {_dotted(_FIRST_GOOD_8_10)}"


def notes_on_address(base_url: str) -> Iterator[str]:
    """Yield what is to be known of the cluster's address."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host.endswith(_OLD_DOMAIN):
        better = f"https://{host.removesuffix(_OLD_DOMAIN)}.api.camunda.io{parts.path}"
        yield f"{host} is deprecated since Camunda 8.9 and goes away with 8.10; set CAMUNDA_REST_ADDRESS={better}"


def _of_brokers(topology: ClusterTopology) -> Iterator[str]:
    others = sorted({broker.version for broker in topology.brokers} - {topology.gateway_version, ""})
    if others:
        yield (
            f"the gateway is Camunda {topology.gateway_version}, and brokers are {', '.join(others)}: "
            "an update that has not ended, or that left them behind"
        )


def _number(version: str) -> tuple[int, ...] | None:
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version)
    return None if found is None else tuple(int(part or 0) for part in found.groups())


def _dotted(number: tuple[int, ...]) -> str:
    return ".".join(map(str, number))
