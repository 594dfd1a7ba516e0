"""Cluster variables: values that all processes can read; Camunda 8.9 and later."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from typing_extensions import Unpack

from camunda_client.c8 import _http
from camunda_client.c8._http import Verdict
from camunda_client.c8.api._arguments import body
from camunda_client.c8.api._call import run_for
from camunda_client.c8.api._search import PAGE_SIZE, Sort, search
from camunda_client.c8.api._short import call_of, got, send
from camunda_client.c8.models.generated import ClusterVariable, ClusterVariableFilter, FoundClusterVariable
from camunda_client.error import InvalidRequestError

__all__ = [
    "create_cluster_variable",
    "delete_cluster_variable",
    "get_cluster_variable",
    "search_cluster_variables",
    "update_cluster_variable",
]

_SINCE = "8.9"


def search_cluster_variables(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[ClusterVariableFilter]
) -> Iterator[FoundClusterVariable]:
    """Yield cluster variables that fit; long values are cut, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `ClusterVariableFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/cluster-variables/search.
    """
    return search(
        "/cluster-variables/search",
        FoundClusterVariable,
        ClusterVariableFilter,
        filters,
        sort=sort,
        page_size=page_size,
        since="8.9",
    )


def get_cluster_variable(name: str, *, tenant_id: str | None = None) -> ClusterVariable:
    """Return a cluster variable with its whole value.

    Args:
        name: Its name.
        tenant_id: Whose; None: the one for all tenants.

    Raises:
        ServiceException: There is none of that name (status 404), or the engine could not be asked.

    Source: GET /v2/cluster-variables/global/{name}, or /v2/cluster-variables/tenants/{tenantId}/{name}.
    """
    return got(_place(tenant_id, name), ClusterVariable, since=_SINCE)


def create_cluster_variable(name: str, value: Any, *, tenant_id: str | None = None) -> ClusterVariable:
    """Create a cluster variable.

    Args:
        name: Its name.
        value: What JSON can hold.
        tenant_id: Whose; None: for all tenants.

    Raises:
        ServiceException: There is one of that name (status 409), or the engine could not be asked.

    Source: POST /v2/cluster-variables/global, or /v2/cluster-variables/tenants/{tenantId}.
    """
    content = body({"name": name, "value": value})
    return run_for(ClusterVariable, call_of("POST", _place(tenant_id), content, safe=False, since=_SINCE))


def update_cluster_variable(name: str, value: Any, *, tenant_id: str | None = None) -> ClusterVariable:
    """Give a cluster variable another value.

    Raises:
        ServiceException: There is none of that name (status 404), or the engine could not be asked.

    Source: PUT /v2/cluster-variables/global/{name}, or /v2/cluster-variables/tenants/{tenantId}/{name}.
    """
    return run_for(ClusterVariable, call_of("PUT", _place(tenant_id, name), body({"value": value}), since=_SINCE))


def delete_cluster_variable(name: str, *, tenant_id: str | None = None) -> None:
    """Delete a cluster variable.

    Raises:
        ServiceException: There is none of that name (status 404), or the engine could not be asked.

    Source: DELETE /v2/cluster-variables/global/{name}, or /v2/cluster-variables/tenants/{tenantId}/{name}.
    """
    send("DELETE", _place(tenant_id, name), settled_by=(Verdict.GONE,), since=_SINCE)


def _place(tenant_id: str | None, name: str | None = None) -> str:
    parts = ["global"] if tenant_id is None else ["tenants", tenant_id]
    parts += [] if name is None else [name]
    for part in parts:
        if part in ("", ".", ".."):
            raise InvalidRequestError(f"a name must not be {_http.printable(repr(part), 80)}")
    return "/cluster-variables/" + "/".join(quote(part, safe="") for part in parts)
