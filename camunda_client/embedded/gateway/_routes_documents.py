"""Requests about documents, from 8.8 on. As with Camunda's store in memory, they are gone with the process."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from werkzeug.wrappers import Request

from camunda_client.embedded.gateway._exchange import Exchange, Route
from camunda_client.embedded.gateway._problems import Answer, Refused, bad_request, no_content, ok, problem
from camunda_client.embedded.gateway._requests import check_content_type

STORE = "in-memory"


@dataclass(slots=True)
class Document:
    """A file's content and what is known of it."""

    content: bytes
    content_type: str
    content_hash: str
    metadata: dict[str, Any] = field(default_factory=dict)


def create(exchange: Exchange) -> Answer:
    """Keep an uploaded file."""
    _check_store(exchange)
    check_content_type(exchange.environ, exchange.path, wanted="multipart/form-data")
    request = Request(exchange.environ)
    file = request.files.get("file")
    if file is None:
        raise bad_request("Required part 'file' is not present.", exchange.path)
    document_id = _query(exchange).get("documentId") or secrets.token_hex(16)
    if document_id in exchange.engine.documents:
        raise Refused(problem(409, "Conflict", f"Document with id '{document_id}' already exists", exchange.path))
    content = file.read()
    known = _metadata(exchange, request)
    content_type = known.get("contentType") or file.content_type or "application/octet-stream"
    metadata = {
        "fileName": file.filename or document_id, **known, "contentType": content_type, "size": len(content),
    }  # fmt: skip
    metadata.setdefault("customProperties", {})
    if exchange.dialect.nullable:
        metadata = {"expiresAt": None, "processDefinitionId": None, "processInstanceKey": None, **metadata}
    document = Document(content, content_type, hashlib.sha256(content).hexdigest(), metadata)
    exchange.engine.documents[document_id] = document
    reference = {
        "camunda.document.type": "camunda", "storeId": STORE, "documentId": document_id,
        "contentHash": document.content_hash, "metadata": metadata,
    }  # fmt: skip
    return ok(reference, 201)


def _metadata(exchange: Exchange, request: Request) -> dict[str, Any]:
    part = request.files.get("metadata")
    text = part.read() if part is not None else (request.form.get("metadata") or "{}").encode()
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise bad_request("Request property [metadata] cannot be parsed", exchange.path)
    exchange.check_described("DocumentMetadata", found)
    return {name: value for name, value in found.items() if value is not None}


def get(exchange: Exchange) -> Answer:
    """Return a document's content."""
    document = _found(exchange)
    return Answer(200, document.content, document.content_type)


def delete(exchange: Exchange) -> Answer:
    """Forget a document."""
    _found(exchange)
    del exchange.engine.documents[exchange.arguments["documentId"]]
    return no_content()


def _found(exchange: Exchange) -> Document:
    _check_store(exchange)
    document_id = exchange.arguments["documentId"]
    document = exchange.engine.documents.get(document_id)
    if document is None:
        raise Refused(problem(404, "NOT_FOUND", f"Document with id '{document_id}' not found", exchange.path))
    wanted = _query(exchange).get("contentHash", document.content_hash)
    if wanted != document.content_hash:
        raise bad_request(f"Document hash for document {document_id} does not match", exchange.path)
    found: Document = document
    return found


def _check_store(exchange: Exchange) -> None:
    store = _query(exchange).get("storeId", STORE)
    if store != STORE:
        raise bad_request(f"Document store with id '{store}' does not exist", exchange.path)


def _query(exchange: Exchange) -> dict[str, str]:
    asked = parse_qs(exchange.environ.get("QUERY_STRING") or "")
    return {name: values[-1] for name, values in asked.items()}


ROUTES: list[Route] = [
    ("POST", "/v2/documents", create),
    ("GET", "/v2/documents/<documentId>", get),
    ("DELETE", "/v2/documents/<documentId>", delete),
]
