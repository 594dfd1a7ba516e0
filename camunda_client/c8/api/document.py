"""Documents: files that variables refer to, kept by Camunda."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from camunda_client.c8 import _http
from camunda_client.c8._http import Verdict
from camunda_client.c8.api._arguments import body, made
from camunda_client.c8.api._call import run, run_for
from camunda_client.c8.api._short import call_of, moment, send
from camunda_client.c8.models import DocumentLinkRequest
from camunda_client.c8.models.generated import DocumentLink, DocumentReference
from camunda_client.error import InvalidRequestError

__all__ = ["Document", "create_document_link", "delete_document", "download_document", "upload_document"]

#: As variables carry it: the reference, or the JSON object that it is in a job's variables.
Document = DocumentReference | Mapping[str, Any]


def upload_document(
    file: str | os.PathLike[str] | bytes,
    *,
    file_name: str | None = None,
    content_type: str = "application/octet-stream",
    expires_at: datetime | None = None,
    properties: Mapping[str, Any] | None = None,
    document_id: str | None = None,
    store_id: str | None = None,
) -> DocumentReference:
    """Give Camunda a file, and return its reference; put that into variables.

    It is sent again only if it surely was not kept, or with a ``document_id``.

    Args:
        file: A path, or the content.
        file_name: For those who download it. Default: the path's own.
        content_type: Its media type.
        expires_at: When it may be deleted, with a zone.
        properties: What else should be known of it.
        document_id: Default: Camunda makes one.
        store_id: Default: as Camunda is configured.

    Raises:
        InvalidRequestError: The file can't be read, or a content has no name.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/documents.
    """
    name, content = _loaded(file, file_name)
    metadata = {
        "fileName": name,
        "contentType": content_type,
        "expiresAt": None if expires_at is None else moment(expires_at, "expires_at"),
        "customProperties": None if properties is None else dict(properties),
    }
    known = body({member: value for member, value in metadata.items() if value is not None})
    # Unguessable, so that no file can contain it.
    boundary = f"c8-{secrets.token_hex(16)}"
    call = call_of(
        "POST",
        "/documents",
        b"".join(_parts(name, content, content_type, known, boundary)),
        query={"storeId": store_id, "documentId": document_id},
        safe=False,
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    return run_for(DocumentReference, call)


def download_document(document: Document) -> bytes:
    """Return a document's content.

    Args:
        document: Its reference, such as ``job.variables["invoice"]``.

    Raises:
        InvalidRequestError: It is not a reference.
        ServiceException: There is no such document (status 404), or the engine could not be asked.

    Source: GET /v2/documents/{documentId}.
    """
    found = _reference(document)
    query = {"storeId": found.store_id or None, "contentHash": found.content_hash}
    return bytes(run(call_of("GET", _path(found), query=query, accept="*/*")))


def create_document_link(document: Document, *, time_to_live: int | None = None) -> DocumentLink:
    """Return an address under which a document can be read without a token for a while; not all stores can do that.

    Args:
        document: Its reference.
        time_to_live: Milliseconds. Default: Camunda's own, an hour.

    Raises:
        InvalidRequestError: It is not a reference.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/documents/{documentId}/links.
    """
    found = _reference(document)
    query = {"storeId": found.store_id or None, "contentHash": found.content_hash}
    content = body(made(DocumentLinkRequest, timeToLive=time_to_live))
    return run_for(DocumentLink, call_of("POST", f"{_path(found)}/links", content, query=query))


def delete_document(document: Document) -> None:
    """Delete a document; references to it lead nowhere from then on.

    Raises:
        InvalidRequestError: It is not a reference.
        ServiceException: The engine refused or could not be asked.

    Source: DELETE /v2/documents/{documentId}.
    """
    found = _reference(document)
    send("DELETE", _path(found), query={"storeId": found.store_id or None}, settled_by=(Verdict.GONE,))


def _reference(document: Document) -> DocumentReference:
    found = document if isinstance(document, DocumentReference) else made(DocumentReference.model_validate, document)
    if not found.document_id or found.document_id in (".", ".."):
        raise InvalidRequestError("document must be a reference with a documentId, as variables carry it")
    return found


def _path(document: DocumentReference) -> str:
    return f"/documents/{quote(document.document_id, safe='')}"


def _loaded(file: str | os.PathLike[str] | bytes, file_name: str | None) -> tuple[str, bytes]:
    if isinstance(file, (bytes, bytearray, memoryview)):
        name, content = file_name, bytes(file)
    else:
        try:
            name, content = file_name or Path(file).name, Path(file).read_bytes()
        except OSError as error:
            raise InvalidRequestError(f"{os.fspath(file)} can't be read: {error.strerror}") from error
    if not name or any(character < " " or character == "\x7f" for character in name):
        raise InvalidRequestError(f"file_name must be a name, not {_http.printable(repr(name), 80)}")
    return name, content


def _parts(name: str, content: bytes, content_type: str, known: bytes, boundary: str) -> Iterator[bytes]:
    if not content_type.isascii() or not content_type.isprintable():
        raise InvalidRequestError(f"content_type must be a media type, not {_http.printable(repr(content_type), 80)}")
    start = f"--{boundary}\r\nContent-Disposition: form-data; name="
    # As browsers write names (WHATWG): UTF-8, and a quote percent-encoded.
    quoted = name.replace('"', "%22")
    yield f'{start}"file"; filename="{quoted}"\r\nContent-Type: {content_type}\r\n\r\n'.encode() + content + b"\r\n"
    yield f'{start}"metadata"\r\nContent-Type: application/json\r\n\r\n'.encode() + known + b"\r\n"
    yield f"--{boundary}--\r\n".encode()
