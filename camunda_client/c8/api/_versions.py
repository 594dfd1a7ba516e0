"""Which version of Camunda a cluster is, as far as its topology has been seen, and what needs a newer one.

A cluster whose version is not known is asked as it is: engines from 8.8 on refuse what they don't know (400).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from camunda_client.c8._per_config import PerConfig
from camunda_client.c8.models import ClusterTopology
from camunda_client.c8.models.base import RequestModel, Since
from camunda_client.config import C8Config
from camunda_client.error import InvalidRequestError, ServiceException

#: Pairs of what an older engine refuses, and the version that it needs, such as ("businessId", "8.9").
Needs = tuple[tuple[str, str], ...]
_VERSION = re.compile(r"(\d+)\.(\d+)")
#: The gateway's version that was seen; another configuration may lead to another cluster.
_seen: PerConfig[C8Config, str] = PerConfig()


def remember(config: C8Config, topology: ClusterTopology) -> None:
    """Keep the version that a topology names."""
    if _VERSION.match(topology.gateway_version):
        _seen.put(config, topology.gateway_version)


def ensure(needs: Needs, config: C8Config, ask: Callable[[], Any]) -> None:
    """Refuse what a newer Camunda is needed for, if the cluster's version is known.

    Args:
        needs: What is to be sent.
        config: To whom.
        ask: Returns the topology. It is only called before a refusal: the cluster may have been updated since.

    Raises:
        InvalidRequestError: The cluster is older.
    """
    if not _lacking(needs, config):
        return
    try:
        remember(config, ClusterTopology.model_validate(ask()))
    except (ServiceException, ValueError):
        return  # the call itself will tell
    for what, version in _lacking(needs, config):
        raise InvalidRequestError(f"{what} needs {version}, and this cluster is Camunda {_seen.get(config)}")


def hint(needs: Needs, status: int, config: C8Config) -> str:
    """Return what may be the reason for a refusal, unless the cluster is known to be new enough."""
    new_enough = _seen.get(config) is not None and not _lacking(needs, config)
    if status not in (400, 404, 405) or not needs or new_enough:
        return ""
    return "; " + ", ".join(f"{what} needs {version}" for what, version in needs)


def needed(content: Any) -> Iterator[tuple[str, str]]:
    """Yield what a request has that needs a newer engine than 8.6."""
    if isinstance(content, list):
        for item in content:
            yield from needed(item)
    if isinstance(content, RequestModel):
        for name, field in type(content).model_fields.items():
            value = getattr(content, name)
            if value is not None:
                versions = (mark.version for mark in field.metadata if isinstance(mark, Since))
                yield from ((field.alias or name, version) for version in versions)
                yield from needed(value)


def _lacking(needs: Needs, config: C8Config) -> Needs:
    known = _seen.get(config)
    return () if known is None else tuple(one for one in needs if _number(known) < _number(one[1]))


def _number(version: str) -> tuple[int, ...]:
    # Both kinds match: what is known was looked at, and what is needed is ours.
    return tuple(int(number) for groups in _VERSION.findall(version)[:1] for number in groups)
