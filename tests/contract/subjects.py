"""What a scenario is played on: the embedded engine by calls, or any Camunda over REST; and what became of it there.

Both have the same methods, so that a scenario (``scenarios.py``) does not know which one it is played on.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from camunda_client.embedded import Engine, InstanceHistory
from tests.contract.dialects import Translation

MODELS = Path(__file__).resolve().parent.parent / "models"
#: Seconds to wait for a job.
PATIENCE_S = 15.0


class UnplayableError(Exception):
    """The scenario needs what REST does not give, or what could be another person's."""


@dataclass
class Outcome:
    """What happened: the parts that recordings hold, each counted, because a scenario may start several instances."""

    elements: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # (element id, kind, state)
    variables: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # (scope id, name, last value as JSON)
    incidents: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # (element id, type, message)


def shown(value: Any) -> str:
    """Return a value in one spelling."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def outcome_of(histories: list[InstanceHistory]) -> Outcome:
    """Return what became of the embedded engine's instances."""
    found = Outcome()
    for history in histories:
        found.elements.update((r.element_id, r.kind, r.state) for r in history.elements)
        last = {(r.scope_key, r.name): (r.scope_id, r.name, shown(r.value)) for r in history.written}
        found.variables.update(last.values())
        found.incidents.update((i.element_id, i.error_type, i.message) for i in history.incidents)
    return found


def worked(job: Any) -> dict[str, Any]:
    """Return what a worker is given with a job, as far as it is compared."""
    return {name: job[name] for name in ("elementId", "retries", "customHeaders", "variables")}


class Embedded:
    """Plays on the embedded engine, by calls."""

    def __init__(self) -> None:
        self.engine = Engine(dialect="8.6.0")
        self.worked: list[dict[str, Any]] = []

    def deploy(self, *names: str) -> None:
        self.engine.deploy(*[MODELS / name for name in names])

    def start(self, process_id: str, **variables: Any) -> int:
        return self.engine.create_instance(process_id, variables).process_instance_key

    def _job(self, job_type: str) -> Any:
        jobs = self.engine.activate(job_type)
        assert jobs, f"no job of type {job_type}:\n" + "\n".join(i.describe() for i in self.engine.instances)
        job = jobs[0]
        given = {"elementId": job.element_id, "retries": job.retries, "variables": job.variables}
        self.worked.append({**given, "customHeaders": job.headers})
        return job

    def complete(self, job_type: str, **variables: Any) -> None:
        self.engine.complete(self._job(job_type).key, variables)

    def fail(self, job_type: str, retries: int, message: str) -> int:
        key: int = self._job(job_type).key
        self.engine.fail(key, retries=retries, message=message)
        return key

    def throw(self, job_type: str, code: str, **variables: Any) -> None:
        self.engine.throw_error(self._job(job_type).key, code, message="thrown", variables=variables)

    def retries(self, job_key: int, retries: int) -> None:
        self.engine.update_job(job_key, retries=retries)

    def publish(self, name: str, key: str, **variables: Any) -> None:
        self.engine.publish(name, key, variables, ttl=timedelta(minutes=1))

    def broadcast(self, name: str, **variables: Any) -> None:
        self.engine.broadcast(name, variables)

    def set_variables(self, instance_key: int, **variables: Any) -> None:
        self.engine.set_variables(instance_key, variables)

    def resolve(self) -> None:
        self.engine.resolve_incident(self.engine.incidents[-1].key)

    def complete_user_task(self, **variables: Any) -> None:
        self.engine.complete_user_task(self.engine.user_tasks()[-1].key, variables)

    def cancel(self, instance_key: int) -> None:
        self.engine.cancel(instance_key)

    def pass_time(self, seconds: float) -> None:
        self.engine.advance(timedelta(seconds=seconds))

    def outcome(self) -> Outcome:
        return outcome_of(self.engine.instances)


class Rest:
    """Plays on a Camunda over REST.

    Args:
        base_url: Where it listens, without ``/v2``.
        translation: The dialect it speaks.
        authorize: Returns the headers of an authenticated request.
        engine: The embedded engine behind the address, if it is one of ours. It says what REST does not: the keys
            of incidents and user tasks, and how all ended; and its time can be moved on.
    """

    def __init__(
        self,
        base_url: str,
        translation: Translation,
        *,
        authorize: Callable[[], dict[str, str]] = dict,
        engine: Engine | None = None,
    ) -> None:
        self.base_url = base_url
        self.translation = translation
        self.authorize = authorize
        self.engine = engine
        self.instances: list[int] = []
        self.worked: list[dict[str, Any]] = []

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Return status and answer of a request, both as Camunda 8.6.0 would have put them."""
        return self._sent(method, path, json.dumps(self.translation.request(body or {})).encode(), "application/json")

    def deployed(self, files: list[tuple[str, bytes]]) -> tuple[int, Any]:
        """Return status and answer of a deployment."""
        boundary = "----models"
        raw = b""
        for filename, content in files:
            disposition = f'form-data; name="resources"; filename="{filename}"'
            raw += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
        raw += f"--{boundary}--\r\n".encode()
        return self._sent("POST", "/v2/deployments", raw, f"multipart/form-data; boundary={boundary}")

    def _sent(self, method: str, path: str, data: bytes, content_type: str) -> tuple[int, Any]:
        headers = {**self.authorize(), "Content-Type": content_type}
        request = urllib.request.Request(self.base_url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                status, text = response.status, response.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        return status, self.translation.answer(json.loads(text)) if text else None

    def _done(self, method: str, path: str, body: Any = None) -> Any:
        status, answer = self.call(method, path, body)
        assert status in (200, 204), f"{method} {path}: {status} {answer}"
        return answer

    def deploy(self, *names: str) -> None:
        # A file name of its own makes a new version, whose start events listen even if the content is known.
        status, answer = self.deployed([(f"{time.time_ns()}-{name}", (MODELS / name).read_bytes()) for name in names])
        assert status == 200, answer

    def start(self, process_id: str, **variables: Any) -> int:
        body = {"processDefinitionId": process_id, "variables": variables}
        key: int = self._done("POST", "/v2/process-instances", body)["processInstanceKey"]
        self.instances.append(key)
        return key

    def _job(self, job_type: str) -> int:
        if self.engine is None and job_type.startswith("io.camunda.zeebe:"):
            raise UnplayableError(f"a job of type {job_type} could be another person's")
        body = {"type": job_type, "timeout": 600_000, "maxJobsToActivate": 1, "requestTimeout": int(PATIENCE_S * 1000)}
        jobs = self._done("POST", "/v2/jobs/activation", body)["jobs"]
        assert jobs, f"no job of type {job_type}"
        self.worked.append(worked(jobs[0]))
        key: int = jobs[0]["key"]
        return key

    def complete(self, job_type: str, **variables: Any) -> None:
        self._done("POST", f"/v2/jobs/{self._job(job_type)}/completion", {"variables": variables})

    def fail(self, job_type: str, retries: int, message: str) -> int:
        key = self._job(job_type)
        self._done("POST", f"/v2/jobs/{key}/failure", {"retries": retries, "errorMessage": message})
        return key

    def throw(self, job_type: str, code: str, **variables: Any) -> None:
        body = {"errorCode": code, "errorMessage": "thrown", "variables": variables}
        self._done("POST", f"/v2/jobs/{self._job(job_type)}/error", body)

    def retries(self, job_key: int, retries: int) -> None:
        self._done("PATCH", f"/v2/jobs/{job_key}", {"changeset": {"retries": retries}})

    def publish(self, name: str, key: str, **variables: Any) -> None:
        body = {"name": name, "correlationKey": key, "variables": variables, "timeToLive": 60_000}
        self._done("POST", "/v2/messages/publication", body)

    def broadcast(self, name: str, **variables: Any) -> None:
        self._done("POST", "/v2/signals/broadcast", {"signalName": name, "variables": variables})

    def set_variables(self, instance_key: int, **variables: Any) -> None:
        self._done("PUT", f"/v2/element-instances/{instance_key}/variables", {"variables": variables})

    def resolve(self) -> None:
        key = self._engine("the key of an incident").incidents[-1].key
        self._done("POST", f"/v2/incidents/{key}/resolution")

    def complete_user_task(self, **variables: Any) -> None:
        key = self._engine("the key of a user task").user_tasks()[-1].key
        self._done("POST", f"/v2/user-tasks/{key}/completion", {"variables": variables})

    def _engine(self, what: str) -> Engine:
        if self.engine is None:
            raise UnplayableError(f"REST without a search does not return {what}")
        return self.engine

    def cancel(self, instance_key: int) -> None:
        self._done("POST", f"/v2/process-instances/{instance_key}/cancellation")

    def pass_time(self, seconds: float) -> None:
        # Elsewhere time passes by itself, and what waits for it is polled for.
        if self.engine is not None:
            self.engine.advance(timedelta(seconds=seconds))

    def outcome(self) -> Outcome:
        return outcome_of(self._engine("how instances ended").instances)

    def clean(self) -> None:
        """Cancel what still runs, so that it does not meet the next scenario."""
        for key in self.instances:
            status, answer = self.call("POST", f"/v2/process-instances/{key}/cancellation")
            assert status in (200, 204, 404), answer  # 404: it had ended by itself
