"""Which function answers which request."""

from __future__ import annotations

import re

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule

from camunda_client.embedded.gateway import (
    _routes_ad_hoc,
    _routes_cluster,
    _routes_conditionals,
    _routes_counts,
    _routes_decided,
    _routes_documents,
    _routes_instances,
    _routes_jobs,
    _routes_processes,
    _routes_resources,
    _routes_search,
    _routes_statistics,
    _routes_variables,
)
from camunda_client.embedded.gateway._dialects import Dialect
from camunda_client.embedded.gateway._exchange import Handler, Route
from camunda_client.embedded.gateway._problems import Answer, problem, spring

ROUTES: list[Route] = [
    *_routes_cluster.ROUTES, *_routes_processes.ROUTES, *_routes_jobs.ROUTES, *_routes_resources.ROUTES,
]  # fmt: skip
#: What came with 8.8, and with 8.9.
NEWER: list[Route] = [
    *_routes_search.ROUTES, *_routes_instances.ROUTES, *_routes_decided.ROUTES, *_routes_documents.ROUTES,
    *_routes_ad_hoc.ROUTES,
]  # fmt: skip
NULLABLE: list[Route] = [
    *_routes_statistics.ROUTES, *_routes_variables.ROUTES, *_routes_counts.ROUTES, *_routes_search.SINCE_8_9,
    *_routes_instances.SINCE_8_9, *_routes_resources.SINCE_8_9, *_routes_conditionals.ROUTES,
]  # fmt: skip
_SLASHES = re.compile(r"/{2,}")
#: What Camunda has from 8.8 on, by the first part of a path: what we lack of it is named.
_CAMUNDAS = re.compile(
    r"/v2/(ad-hoc|agent|audit|authentication|authorizations|backups|batch|clock|cluster|conditionals|correlated|decision|"
    r"deployments|documents|element|exporting|expression|forms|global|groups|incidents|jobs|license|mapping|message|mode|"
    r"process|resources|restore|roles|secrets|setup|signals|status|system|tenants|topology|user|variables)|/cluster/v2/"
)

#: Commands for many at once, whose paths look like that of one: ``cancellation`` is not a key.
_BATCHES = re.compile(r"/v2/(jobs/batch-update|(process|decision)-instances/[a-z-]+)")


class Router:
    """Finds the handler, or answers 404 and 405 as Spring does."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        routes = [*(NEWER if dialect.newer else ()), *(NULLABLE if dialect.nullable else ()), *ROUTES]
        self._map, self._later = _map_of(routes), _map_of(NULLABLE)
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
            if self._dialect.newer and _BATCHES.fullmatch(wanted):
                return self._lacking(method, wanted, shown)
            allowed = sorted(set(error.valid_methods or []) - {"HEAD", "OPTIONS"})
            if method == "OPTIONS":
                allowed = [*allowed, "HEAD"] if "GET" in allowed else allowed
                return Answer(200, headers=[("Allow", ",".join([*allowed, "OPTIONS"]))])
            return spring(405, shown, [("Allow", ", ".join(allowed))])
        except NotFound:
            return self._lacking(method, wanted, shown)
        return handler, dict(arguments)

    def _lacking(self, method: str, path: str, shown: str) -> Answer:
        if not self._dialect.newer or not _CAMUNDAS.match(path) or path.endswith("/"):
            return spring(404, shown)
        detail = f"the embedded engine has no {method} {path}"
        if self._later.bind("").test(path, method):
            detail = f"Camunda {self._dialect.name} has no {method} {path}: it came with 8.9"
        return problem(404, "NOT_FOUND", detail, shown)


def _map_of(routes: list[Route]) -> Map:
    rules = [Rule(path, methods=[method], endpoint=handler) for method, path, handler in routes]
    return Map(rules, strict_slashes=True, merge_slashes=False, redirect_defaults=False)
