"""Which function answers which request."""

from __future__ import annotations

import re

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from camunda_client.embedded.gateway import (
    _routes_ad_hoc,
    _routes_cluster,
    _routes_conditionals,
    _routes_documents,
    _routes_jobs,
    _routes_processes,
    _routes_search,
)
from camunda_client.embedded.gateway._exchange import Handler, Route
from camunda_client.embedded.gateway._problems import Answer, problem, spring

ROUTES: list[Route] = [*_routes_cluster.ROUTES, *_routes_processes.ROUTES, *_routes_jobs.ROUTES]
_SLASHES = re.compile(r"/{2,}")
#: What Camunda has from 8.8 on, by the first part of a path: what we lack of it is named.
_CAMUNDAS = re.compile(
    r"/v2/(ad-hoc|agent|audit|authentication|authorizations|batch|clock|cluster|conditionals|correlated|decision|"
    r"deployments|documents|element|expression|global|groups|incidents|jobs|license|mapping|message|process|resources|"
    r"roles|setup|signals|system|tenants|topology|user|variables)"
)


class Router:
    """Finds the handler, or answers 404 and 405 as Spring does."""

    def __init__(self, *, newer: bool = False) -> None:
        self._newer = newer
        routes = (
            [
                *_routes_search.ROUTES,
                *_routes_documents.ROUTES,
                *_routes_ad_hoc.ROUTES,
                *_routes_conditionals.ROUTES,
                *ROUTES,
            ]
            if newer
            else ROUTES
        )
        rules = [Rule(path, methods=[method], endpoint=handler) for method, path, handler in routes]
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
            return _lacking(method, wanted, shown) if self._newer else spring(404, shown)
        return handler, dict(arguments)


def _lacking(method: str, path: str, shown: str) -> Answer:
    if not _CAMUNDAS.match(path) or path.endswith("/"):
        return spring(404, shown)
    return problem(404, "NOT_FOUND", f"the embedded engine has no {method} {path}", shown)
