"""One request on its way to the function that answers it, and what all of those ask of it: keys, tenants, sizes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from camunda_client.embedded._engine import Engine
from camunda_client.embedded._keys import PARTITION, partition_of
from camunda_client.embedded._tenants import DEFAULT_TENANT, refusal
from camunda_client.embedded.gateway._dialects import Dialect
from camunda_client.embedded.gateway._polls import HeldPoll
from camunda_client.embedded.gateway._problems import Answer, Refused, bad_request, invalid, problem
from camunda_client.embedded.gateway._requests import INT64, Body, read_body
from camunda_client.embedded.gateway._strict import misfits

#: Bytes; the broker takes no larger message.
MAX_MESSAGE = 4 * 1024 * 1024
#: Bytes; a command with more variables makes a record batch that is too large (measured: 1.8 MB pass, 2.1 do not).
MAX_BATCH = 2_000_000
_LONG = re.compile(r"[+-]?\d+")


@dataclass(slots=True)
class Exchange:
    """A request, and what its handler needs to answer it."""

    engine: Engine
    dialect: Dialect
    environ: dict[str, Any]
    path: str
    arguments: dict[str, str]
    port: int
    late: set[HeldPoll]
    #: How far back searches look, on purpose.
    delay_ms: int = 0
    raw: bytes = b""

    def body(self, schema: str, *, optional: bool = False) -> Body:
        """Return the JSON body, of a schema in ``described.json``.

        Raises:
            Refused: 400 from 8.8 on, if it has unknown members or other types.
        """
        self.read()
        body = read_body(self.environ, self.path, self.raw, optional=optional)
        self.check_described(schema, body.document)
        return body

    def search_body(self, filters: str) -> dict[str, Any]:
        """Return what a search asks for: ``filter``, ``sort`` and ``page``.

        Raises:
            Refused: 400, if it has unknown members or other types.
        """
        document = read_body(self.environ, self.path, self.read(), optional=True).document
        known = {"filter": (filters, dict), "sort": ("SearchQuerySortRequest", list),
                 "page": ("SearchQueryPageRequest", dict)}  # fmt: skip
        for name, value in document.items():
            if name not in known or not isinstance(value, (known[name][1], type(None))):
                raise bad_request(f"Request property [{name}] cannot be parsed", self.path)
            parts: list[Any] = value if isinstance(value, list) else [value or {}]
            for one in parts:
                if not isinstance(one, dict):
                    raise bad_request(f"Request property [{name}] cannot be parsed", self.path)
                self.check_described(known[name][0], one, within=f"{name}.")
        return document

    def check_described(self, schema: str, document: dict[str, Any], *, within: str = "") -> None:
        """Refuse members that the dialect does not describe; 8.6 and 8.7 pass over them.

        Raises:
            Refused: 400.
        """
        if self.dialect.newer:
            for name in misfits(self.dialect.name, schema, document):
                raise bad_request(f"Request property [{within}{name}] cannot be parsed", self.path)

    def read(self) -> bytes:
        """Return the raw body."""
        if not self.raw:
            self.raw = self.environ["wsgi.input"].read()
        return self.raw

    def key(self, name: str) -> int:
        """Return the key in the path.

        Raises:
            Refused: 400 if it is not a number, 503 if no partition owns it.
        """
        text = self.arguments[name]
        if not _LONG.fullmatch(text) or not -INT64 - 1 <= int(text) <= INT64:
            raise bad_request(f"Failed to convert '{name}' with value: '{text}'", self.path)
        key = int(text)
        if partition_of(key) != PARTITION:
            raise Refused(
                problem(
                    503,
                    "io.camunda.zeebe.broker.client.api.PartitionNotFoundException",
                    "Expected to handle REST API request, but request could not be delivered",
                    self.path,
                )
            )
        return key

    def check_size(self, command: str) -> None:
        """Refuse what is too large for the broker.

        Raises:
            Refused: 500, for ever: the client must not repeat it.
        """
        size = len(self.read())
        if size > MAX_MESSAGE:
            detail = (
                "Received an unexpected error from the broker, code: MALFORMED_REQUEST, "
                "message: Request size is above configured maxMessageSize."
            )
            raise Refused(problem(500, "MALFORMED_REQUEST", detail, self.path))
        if size > MAX_BATCH:
            code = "EXCEEDED_BATCH_RECORD_SIZE"
            raise Refused(problem(500, code, f"Command '{command}' rejected with code '{code}': ", self.path))

    def tenant(self, given: str | None, request: str) -> str:
        """Return the tenant a request is for.

        Raises:
            Refused: 400: there are no tenants, or not this one.
        """
        tenants = self.engine.tenants
        if tenants is not None and not given:
            detail = f"Expected to handle request {request} with no tenant identifier, but multi-tenancy is enabled"
            raise invalid(detail, self.path)
        tenant_id = given or DEFAULT_TENANT
        reason = refusal(tenants, tenant_id, request)
        if reason is not None:
            raise invalid(reason, self.path)
        return tenant_id

    def check_operation_reference(self, body: Body) -> None:
        """Refuse an operation reference that is not positive.

        Raises:
            Refused: 400.
        """
        reference = body.integer("operationReference")
        if reference is not None and reference < 1:
            raise invalid(f"The value for operationReference is '{reference}' but must be > 0.", self.path)


Handler = Callable[[Exchange], Answer]
#: A method, a path and what answers it.
Route = tuple[str, str, Handler]
