"""Searches: pages fetched as they are needed, and filters checked before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from pydantic import Field

from camunda_client.c8 import _target
from camunda_client.c8.api._arguments import body, made
from camunda_client.c8.api._call import read, run, run_for
from camunda_client.c8.api._short import call_of
from camunda_client.c8.api._versions import Needs
from camunda_client.c8.models.base import RequestModel, ResponseModel, Since
from camunda_client.error import InvalidRequestError

#: Items of one request; Camunda's own default.
PAGE_SIZE = 100
#: Names in Python's style; one with a minus sign before it sorts downwards.
Sort = str | Sequence[str]
Found = TypeVar("Found", bound=ResponseModel)


class _Query(RequestModel):
    page: dict[str, Any] | None = None
    filter: dict[str, Any] | None = None
    sort: list[dict[str, str]] | None = None


class _Page(ResponseModel):
    items: list[dict[str, Any]] = Field(default_factory=list)
    page: dict[str, Any] = Field(default_factory=dict)


def search(
    path: str,
    found: type[Found],
    known: type,
    wanted: Mapping[str, Any],
    *,
    sort: Sort = (),
    page_size: int = PAGE_SIZE,
    since: str = "8.8",
    by_offset: bool = False,
) -> Iterator[Found]:
    """Return an iterator over all that a search finds, page by page.

    Args:
        path: The endpoint, below ``/v2``.
        found: What it finds.
        known: The keywords that it can be narrowed by, as a TypedDict.
        wanted: Those that the caller gave. None counts as not given.
        sort: What comes first.
        page_size: Items of one request.
        since: The first version of Camunda that has the endpoint.
        by_offset: Whether it takes the number of what it has found so far, and no cursor.

    Raises:
        InvalidRequestError: A keyword is unknown, or the cluster is known to be too old; before the iteration.
    """
    filters, needs = narrowed(path, known, wanted, since)
    if isinstance(page_size, bool) or not isinstance(page_size, int) or page_size < 1:
        raise InvalidRequestError(f"page_size must be at least 1, not {page_size!r}")
    order = [_ordered(one) for one in ([sort] if isinstance(sort, str) else sort)]
    query = made(_Query, page={"limit": page_size}, filter=filters or None, sort=order or None)
    # Looked up now: the pages are asked for when the client's method has long returned.
    return _pages(path, found, query, needs, _target.current(), by_offset=by_offset)


def search_forwards(
    path: str, found: type[Found], wanted: Mapping[str, Any], *, since: str, by_offset: bool = False
) -> Iterator[Found]:
    """Return an iterator over what an endpoint finds that is asked for no order and no page's size.

    Args:
        path: The endpoint, below ``/v2``.
        found: What it finds.
        wanted: Its filter, by keywords. None counts as not given.
        since: The first version of Camunda that has the endpoint.
        by_offset: As of `search`.
    """
    filters = {wire(name): _chosen(value) for name, value in wanted.items() if value is not None}
    query = made(_Query, filter=filters or None)
    return _pages(path, found, query, ((f"POST /v2{path}", since),), _target.current(), by_offset=by_offset)


def listed_by(path: str, found: type[Found], known: type, wanted: Mapping[str, Any]) -> list[Found]:
    """Return what an endpoint without pages lists for a filter; see `search` for the arguments.

    Raises:
        InvalidRequestError: A keyword is unknown, or the cluster is known to be too old.
    """
    filters, needs = narrowed(path, known, wanted, "8.8")
    call = replace(call_of("POST", path, body(made(_Query, filter=filters or None))), since=needs)
    return [read(found, call, item) for item in run_for(_Page, call).items]


def narrowed(path: str, known: type, wanted: Mapping[str, Any], since: str) -> tuple[dict[str, Any], Needs]:
    """Return a filter as it is sent, and what it needs of Camunda."""
    needs = [(f"POST /v2{path}", since)]
    filters: dict[str, Any] = {}
    hints = get_type_hints(known, include_extras=True)
    for name, value in wanted.items():
        if name not in hints:
            raise InvalidRequestError(f"{path} can't be narrowed by {name!r}{_nearest(name, hints)}")
        if value is not None:
            filters[wire(name)] = value if _takes_lists(hints[name]) else _chosen(value)
            needs += [(name, mark.version) for mark in _marks(hints[name])]
    return filters, tuple(needs)


def listed(path: str, found: type[Found], since: str = "8.8") -> list[Found]:
    """Return what an endpoint without pages lists, as ``items`` or as a plain list."""
    call = call_of("GET", path, since=since)
    content = run(call)
    page = read(_Page, call, {"items": content} if isinstance(content, list) else content)
    return [read(found, call, item) for item in page.items]


def wire(name: str) -> str:
    """Return a keyword's name on the wire."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def _pages(
    path: str,
    found: type[Found],
    query: _Query,
    needs: Needs,
    target: _target.Target | None,
    *,
    by_offset: bool,
) -> Iterator[Found]:
    seen: set[str] = set()
    count = 0
    while True:
        call = replace(call_of("POST", path, body(query)), since=needs)
        with _target.asking(target):
            page = run_for(_Page, call)
        yield from (read(found, call, item) for item in page.items)
        count += len(page.items)
        if by_offset:
            if not page.items or page.page.get("totalItems") == count:
                return
            query = query.model_copy(update={"page": {**(query.page or {}), "from": count}})
            continue
        cursor = page.page.get("endCursor")
        # An empty page ends it, and so does a cursor that comes again: it would go round for ever.
        if not page.items or not isinstance(cursor, str) or not cursor or cursor in seen:
            return
        seen.add(cursor)
        query = query.model_copy(update={"page": {**(query.page or {}), "after": cursor}})


def _takes_lists(hint: Any) -> bool:
    return any(get_origin(part) is list for part in (hint, *get_args(hint)))


def _chosen(value: Any) -> Any:
    """Return several values as the condition that one of them fits."""
    return {"$in": list(value)} if isinstance(value, (list, tuple, set, frozenset)) else value


def _marks(hint: Any) -> list[Since]:
    return [mark for mark in get_args(hint) if isinstance(mark, Since)] if get_origin(hint) is Annotated else []


def _ordered(field: str) -> dict[str, str]:
    return {"field": wire(field.removeprefix("-")), "order": "DESC" if field.startswith("-") else "ASC"}


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    nearest = get_close_matches(name, list(known), n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""
