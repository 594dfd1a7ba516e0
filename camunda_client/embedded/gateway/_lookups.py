"""What searches and gets have in common: rows, narrowed, ordered, in pages, and shown in the dialect."""

from __future__ import annotations

from collections.abc import Callable

from camunda_client.embedded.gateway._exchange import Exchange
from camunda_client.embedded.gateway._past import PREVIEW, Past, Row
from camunda_client.embedded.gateway._problems import Answer, Refused, invalid, ok, problem
from camunda_client.embedded.gateway._search import NoSuchSearchError, matching, ordered, page_of
from camunda_client.embedded.gateway._strict import described, shown
from camunda_client.embedded.run import Runtime

Rows = Callable[[Exchange], list[Row]]


def pasts(exchange: Exchange) -> list[Past]:
    """Return all instances as they were at the moment that searches see."""
    with exchange.engine.looking() as runtime:
        until_ms = runtime.clock.now_ms() - exchange.delay_ms
        histories, definition = runtime.histories.by_key.values(), runtime.deployments.by_key
        return [Past(history, definition(history.process_definition_key), until_ms) for history in histories]


def of_instances(what: Callable[[Past], list[Row]]) -> Rows:
    """Return what makes rows of each instance."""
    return lambda exchange: [row for past in pasts(exchange) for row in what(past)]


def instances(exchange: Exchange) -> list[Row]:
    """Return the process instances."""
    found = [past.instance() for past in pasts(exchange)]
    return [row for row in found if row is not None]


def deployed(what: Callable[[Runtime], list[Row]]) -> Rows:
    """Return what makes rows of what is deployed."""

    def rows(exchange: Exchange) -> list[Row]:
        with exchange.engine.looking() as runtime:
            return what(runtime)

    return rows


def in_dialect(exchange: Exchange, schema: str, row: Row) -> Row:
    """Return a row in the dialect: the members that it describes, keys as text."""
    keyed = {
        name: str(value) if name.endswith("Key") and isinstance(value, int) else value for name, value in row.items()
    }
    return shown(exchange.dialect.name, schema, keyed)


def search(exchange: Exchange, *, rows: Rows, schema: str, filters: str, key: str) -> Answer:
    """Answer a search."""
    given = exchange.search_body(filters)
    known = described(exchange.dialect.name, schema)
    try:
        found = ordered(matching(rows(exchange), given.get("filter") or {}), given.get("sort") or [], known)
        page, said = page_of(found, given.get("page") or {}, key, nullable=exchange.dialect.nullable)
    except NoSuchSearchError as error:
        raise invalid(str(error), exchange.path) from error
    items = [in_dialect(exchange, schema, _previewed(exchange, row)) for row in page]
    return ok({"items": items, "page": said})


def _previewed(exchange: Exchange, row: Row) -> Row:
    """Cut the value of a variable, unless the whole of it was asked for."""
    whole = "truncateValues=false" in exchange.environ.get("QUERY_STRING", "")
    if "isTruncated" not in row or whole or len(row["value"]) <= PREVIEW:
        return row
    return row | {"value": row["value"][:PREVIEW], "isTruncated": True}


def get(exchange: Exchange, *, rows: Rows, schema: str, key: str, what: str) -> Answer:
    """Answer with one row."""
    return ok(in_dialect(exchange, schema, row_of(exchange, rows, key, what)))


def row_of(exchange: Exchange, rows: Rows, key: str, what: str) -> Row:
    """Return the row with the key in the path.

    Raises:
        Refused: 404: there is none.
    """
    return the_one(exchange, rows(exchange), key, exchange.key(key), what)


def the_one(exchange: Exchange, rows: list[Row], key: str, wanted: int | str, what: str) -> Row:
    """Return the row with a key.

    Raises:
        Refused: 404: there is none.
    """
    row = next((row for row in rows if row[key] == wanted), None)
    if row is None:
        raise Refused(problem(404, "NOT_FOUND", f"{what} with key '{wanted}' not found", exchange.path))
    return row
