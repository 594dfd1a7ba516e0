"""A few calls to an engine's REST API with nothing but the standard library.

Tests of parts and of processes use these, so that a fault of the client cannot hide in its own test.
"""

from __future__ import annotations

import http.client
import json
import urllib.parse
import uuid
from pathlib import Path
from typing import Any

RESOURCES = Path(__file__).parent.parent / "contract" / "resources"


def call(
    base_url: str, method: str, path: str, body: Any = None, *, token: str | None = None, timeout_s: float = 40.0
) -> tuple[int, Any]:
    """Return status and parsed answer (None when empty) of one request on a connection of its own."""
    headers = {"Accept": "application/json"}
    data = None
    if isinstance(body, bytes):
        data = body
        headers["Content-Type"] = f"multipart/form-data; boundary={_BOUNDARY}"
    elif body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(base_url).netloc, timeout=timeout_s)
    try:
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    return answer.status, json.loads(text) if text else None


_BOUNDARY = "c8-client-tests"


def deploy(base_url: str, name: str, *, run: str, token: str | None = None) -> Any:
    """Deploy a file of the contract's resources, its ``${run}`` replaced, and return the engine's answer."""
    return deploy_text(base_url, name, (RESOURCES / name).read_text().replace("${run}", run), token=token)


def deploy_text(base_url: str, name: str, content: str, *, token: str | None = None) -> Any:
    """Deploy a file's content under a name, and return the engine's answer."""
    part = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="resources"; filename="{name}"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n{content}\r\n--{_BOUNDARY}--\r\n"
    )
    status, answer = call(base_url, "POST", "/v2/deployments", part.encode(), token=token)
    assert status == 200, answer
    return answer


def start(base_url: str, process_id: str, variables: dict[str, Any] | None = None, *, token: str | None = None) -> int:
    """Start an instance and return its key."""
    body = {"processDefinitionId": process_id, "variables": variables or {}}
    status, answer = call(base_url, "POST", "/v2/process-instances", body, token=token)
    assert status == 200, answer
    return int(answer["processInstanceKey"])


def activate(
    base_url: str,
    job_type: str,
    *,
    count: int = 1,
    lease_s: float = 60.0,
    wait_s: float = 10.0,
    token: str | None = None,
) -> list[dict[str, Any]]:
    """Poll once for jobs of a type, waiting for the first."""
    body = {
        "type": job_type, "maxJobsToActivate": count, "timeout": int(lease_s * 1000),
        "requestTimeout": int(wait_s * 1000), "worker": "test",
    }  # fmt: skip
    status, answer = call(base_url, "POST", "/v2/jobs/activation", body, token=token)
    assert status == 200, answer
    return list(answer["jobs"])


def unique() -> str:
    """Return a word that no other test on a shared engine uses."""
    return f"t{uuid.uuid4().hex[:10]}"
