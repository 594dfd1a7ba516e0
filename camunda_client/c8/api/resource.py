"""Resources: deployed files that are neither processes, decisions nor forms."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import Unpack

from camunda_client.c8.api._arguments import key
from camunda_client.c8.api._call import run
from camunda_client.c8.api._search import PAGE_SIZE, Sort, search
from camunda_client.c8.api._short import call_of, got
from camunda_client.c8.models.generated import Resource, ResourceFilter

__all__ = ["get_resource", "get_resource_content", "search_resources"]


def search_resources(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[ResourceFilter]
) -> Iterator[Resource]:
    """Yield resources that fit, page by page as they are asked for; Camunda 8.9 and later.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `ResourceFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/resources/search.
    """
    return search("/resources/search", Resource, ResourceFilter, filters, sort=sort, page_size=page_size, since="8.9")


def get_resource(resource_key: str | int) -> Resource:
    """Return what is known of a resource.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/resources/{resourceKey}.
    """
    return got(f"/resources/{key(resource_key, 'resource_key')}", Resource)


def get_resource_content(resource_key: str | int) -> bytes:
    """Return a resource as it was deployed.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/resources/{resourceKey}/content.
    """
    resource = key(resource_key, "resource_key")
    return bytes(run(call_of("GET", f"/resources/{resource}/content", accept="*/*")))
