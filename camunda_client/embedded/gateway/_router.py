"""Which function answers which request."""

from __future__ import annotations

import re

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from camunda_client.embedded.gateway import (
    _routes_cluster,
    _routes_documents,
    _routes_jobs,
    _routes_processes,
)
from camunda_client.embedded.gateway._exchange import Handler, Route
from camunda_client.embedded.gateway._problems import Answer, spring

ROUTES: list[Route] = [
    *_routes_cluster.ROUTES,
    *_routes_processes.ROUTES,
    *_routes_jobs.ROUTES,
    *_routes_documents.ROUTES,
]
_SLASHES = re.compile(r"/{2,}")


class Router:
    """Finds the handler, or answers 404 and 405 as Spring does."""

    def __init__(self) -> None:
        rules = [Rule(path, methods=[method], endpoint=handler) for method, path, handler in ROUTES]
        self._map = Map(rules, strict_slashes=True, merge_slashes=False, redirect_defaults=False)
        self._adapter = self._map.bind("")

    def find(self, method: str, path: str, shown: str) -> tuple[Handler, dict[str, str]] | Answer:
        """Return handler and path arguments, or the answer where there is none.

        Args:
            method: The request's.
            path: The request's, decoded.
            shown: The path as it was sent, for the answer.
        """
        wanted = _SLASHES.sub("/", path)
        try:
            handler, arguments = self._adapter.match(wanted, "GET" if method == "HEAD" else method)
        except MethodNotAllowed as error:
            allowed = sorted(set(error.valid_methods or []) - {"HEAD", "OPTIONS"})
            if method == "OPTIONS":
                allowed = [*allowed, "HEAD"] if "GET" in allowed else allowed
                return Answer(200, headers=[("Allow", ",".join([*allowed, "OPTIONS"]))])
            return spring(405, shown, [("Allow", ", ".join(allowed))])
        except NotFound:
            return spring(404, shown)
        return handler, dict(arguments)
