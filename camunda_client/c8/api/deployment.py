"""Deployments: deploy files, and delete what was deployed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from camunda_client.c8 import _http
from camunda_client.c8._http import Verdict
from camunda_client.c8.api._arguments import body, key, made
from camunda_client.c8.api._call import Call, run_for
from camunda_client.c8.models import DeleteResourceRequest, DeleteResourceResponse, DeployResourcesResponse
from camunda_client.error import ErrorCode, InvalidRequestError

__all__ = ["Resource", "delete_resource", "deploy_resources"]

#: A path, or a name and its content.
Resource = str | os.PathLike[str] | tuple[str, bytes]


def deploy_resources(*resources: Resource, tenant_id: str | None = None) -> DeployResourcesResponse:
    """Deploy BPMN, DMN and form files together: all of them or none.

    A file that the engine has already, by name and content, gets no new version; so this may be repeated.

    Args:
        resources: Paths, or pairs of a file name and its content. The name's ending tells the engine what it is.
        tenant_id: Whom it is for.

    Raises:
        InvalidRequestError: A file can't be read, a content is text instead of bytes, or there is no file at all.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/deployments.
    """
    if not resources:
        raise InvalidRequestError("deploy_resources() needs at least one file")
    files = [_loaded(resource) for resource in resources]
    # Unguessable, so that no file can contain it.
    boundary = f"c8-{secrets.token_hex(16)}"
    call = Call(
        "POST",
        "/deployments",
        ErrorCode.C8_FAILED_TO_DEPLOY_RESOURCES,
        (", ".join(name for name, _ in files),),
        b"".join(_parts(files, tenant_id, boundary)),
        content_type=f"multipart/form-data; boundary={boundary}",
    )
    return run_for(DeployResourcesResponse, call)


def delete_resource(
    resource_key: str | int, operation_reference: int | None = None, *, delete_history: bool | None = None
) -> DeleteResourceResponse:
    """Delete a deployed process, decision or form. Instances that run it must have ended.

    Args:
        resource_key: Which one.
        operation_reference: Kept with the engine's records of this.
        delete_history: True: also delete what its ended instances have left behind; Camunda 8.9 and later. The answer
            then names the batch operation that does it.

    Raises:
        InvalidRequestError: The key can't be right, or the cluster is known to be too old for an option.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/resources/{resourceKey}/deletion.
    """
    resource = key(resource_key, "resource_key")
    content = made(DeleteResourceRequest, operationReference=operation_reference, deleteHistory=delete_history)
    return run_for(
        DeleteResourceResponse,
        Call(
            "POST",
            f"/resources/{resource}/deletion",
            ErrorCode.C8_FAILED_TO_DELETE_RESOURCE,
            (resource,),
            body(content),
            settled_by=(Verdict.GONE,),
        ),
    )


def _loaded(resource: Resource) -> tuple[str, bytes]:
    if isinstance(resource, tuple):
        name, content = resource
        if not isinstance(content, (bytes, bytearray, memoryview)):
            # Its own declaration says which encoding a file has, so we don't guess.
            raise InvalidRequestError(f"content of {name!r} is {_http.shown(content)}, not bytes; give text.encode()")
    else:
        try:
            name, content = Path(resource).name, Path(resource).read_bytes()
        except OSError as error:
            raise InvalidRequestError(f"{os.fspath(resource)} can't be read: {error.strerror}") from error
    if not name or any(character < " " or character == "\x7f" for character in name):
        raise InvalidRequestError(f"{name!r} is not a file name; give one that ends in .bpmn, .dmn or .form")
    return name, content


def _parts(files: list[tuple[str, bytes]], tenant_id: str | None, boundary: str) -> Iterator[bytes]:
    start = f"--{boundary}\r\nContent-Disposition: form-data; name="
    for name, content in files:
        # As browsers write names (WHATWG): UTF-8, and a quote percent-encoded.
        quoted = name.replace('"', "%22")
        head = f'{start}"resources"; filename="{quoted}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        yield head.encode() + content + b"\r\n"
    if tenant_id is not None:
        yield f'{start}"tenantId"\r\n\r\n{tenant_id}\r\n'.encode()
    yield f"--{boundary}--\r\n".encode()
