"""The two engines a scenario is played on, and what became of it there, in one shape.

The real engine has no API for this without a search database: its outcome is read from the records its
debug exporter writes to its log.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from camunda_client.embedded import Engine

MODELS = Path(__file__).resolve().parent.parent / "models"
#: Seconds to wait for a job, or for records to appear in the log.
PATIENCE_S = 15.0
_EXPORTED = "io.camunda.zeebe.broker.exporter.debug - "


@dataclass
class Outcome:
    """What happened, comparable between the engines."""

    elements: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # (element id, kind, state)
    variables: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # (scope id, name, last value as JSON)
    incidents: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # (element id, type, message)
    order: list[tuple[str, str]] = field(default_factory=list)  # (element id, state), as it happened

    def differences(self, other: Outcome) -> list[str]:
        """Return what this outcome (the real one) and another have not in common."""
        found = []
        for what in ("elements", "variables", "incidents"):
            mine, its = getattr(self, what), getattr(other, what)
            found += [f"{what}: only real: {item} x{count}" for item, count in (mine - its).items()]
            found += [f"{what}: only embedded: {item} x{count}" for item, count in (its - mine).items()]
        return found


def shown(value: Any) -> str:
    """Return a value in one spelling."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


class Embedded:
    """Plays on the embedded engine, by calls."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.worked: list[dict[str, Any]] = []

    def deploy(self, *names: str) -> None:
        self.engine.deploy(*[MODELS / name for name in names])

    def start(self, process_id: str, **variables: Any) -> int:
        return self.engine.create_instance(process_id, variables).process_instance_key

    def _job(self, job_type: str) -> Any:
        jobs = self.engine.activate(job_type)
        assert jobs, f"no job of type {job_type}:\n" + "\n".join(i.describe() for i in self.engine.instances)
        job = jobs[0]
        self.worked.append(
            {
                "variables": job.variables,
                "retries": job.retries,
                "customHeaders": job.headers,
                "elementId": job.element_id,
            }
        )
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
        found = Outcome()
        for history in self.engine.instances:
            for record in history.elements:
                found.elements[record.element_id, record.kind, record.state] += 1
                found.order.append((record.element_id, record.state))
            last = {(r.scope_key, r.name): (r.scope_id, r.name, shown(r.value)) for r in history.written}
            found.variables.update(last.values())
            found.incidents.update((i.element_id, i.error_type, i.message) for i in history.incidents)
        return found


class Real:
    """Plays on a real Camunda, over REST; ``log`` is where its debug exporter's records are."""

    def __init__(self, base_url: str, log: Callable[[], str]) -> None:
        self.base_url = base_url
        self.log = log
        #: Key of the scenario's first deployment: the engine counts keys up, so whatever has a smaller one is older.
        self.began: int | None = None
        self.instances: list[int] = []
        self.worked: list[dict[str, Any]] = []

    def _call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, raw: bytes | None = None
    ) -> Any:
        data = raw if raw is not None else json.dumps(body or {}).encode()
        request = urllib.request.Request(
            self.base_url + path, data, {"Content-Type": "application/json", **(headers or {})}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                text = response.read()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error
        return json.loads(text) if text else None

    def deploy(self, *names: str) -> None:
        # A file name of its own makes a new version, whose start events listen even if the content is known.
        self._deploy([(f"{time.time_ns()}-{name}", (MODELS / name).read_bytes()) for name in names])

    def deploy_text(self, filename: str, text: str) -> None:
        self._deploy([(filename, text.encode())])

    def _deploy(self, files: list[tuple[str, bytes]]) -> None:
        boundary = "----models"
        raw = b""
        for filename, content in files:
            disposition = f'form-data; name="resources"; filename="{filename}"'
            raw += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
        raw += f"--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        deployed = self._call("POST", "/v2/deployments", headers=headers, raw=raw)
        self.began = self.began or int(deployed["deploymentKey"])

    def evaluate(self, decision_id: str, variables: dict[str, Any]) -> Any:
        body = {"decisionDefinitionId": decision_id, "variables": variables}
        answer = self._call("POST", "/v2/decision-definitions/evaluation", body)
        failure: str = answer["failureMessage"]
        return failure.partition(", but ")[2] if failure else json.loads(answer["output"])

    def start(self, process_id: str, **variables: Any) -> int:
        body = {"processDefinitionId": process_id, "variables": variables}
        key: int = self._call("POST", "/v2/process-instances", body)["processInstanceKey"]
        self.instances.append(key)
        return key

    def _job(self, job_type: str) -> Any:
        body = {"type": job_type, "timeout": 600_000, "maxJobsToActivate": 1, "requestTimeout": int(PATIENCE_S * 1000)}
        jobs = self._call("POST", "/v2/jobs/activation", body)["jobs"]
        assert jobs, f"no job of type {job_type}"
        job = jobs[0]
        self.worked.append({name: job[name] for name in ("variables", "retries", "customHeaders", "elementId")})
        return job

    def complete(self, job_type: str, **variables: Any) -> None:
        self._call("POST", f"/v2/jobs/{self._job(job_type)['key']}/completion", {"variables": variables})

    def fail(self, job_type: str, retries: int, message: str) -> int:
        key: int = self._job(job_type)["key"]
        self._call("POST", f"/v2/jobs/{key}/failure", {"retries": retries, "errorMessage": message})
        return key

    def throw(self, job_type: str, code: str, **variables: Any) -> None:
        key = self._job(job_type)["key"]
        self._call(
            "POST", f"/v2/jobs/{key}/error", {"errorCode": code, "errorMessage": "thrown", "variables": variables}
        )

    def retries(self, job_key: int, retries: int) -> None:
        self._call("PATCH", f"/v2/jobs/{job_key}", {"changeset": {"retries": retries}})

    def publish(self, name: str, key: str, **variables: Any) -> None:
        body = {"name": name, "correlationKey": key, "variables": variables, "timeToLive": 60_000}
        self._call("POST", "/v2/messages/publication", body)

    def broadcast(self, name: str, **variables: Any) -> None:
        self._call("POST", "/v2/signals/broadcast", {"signalName": name, "variables": variables})

    def set_variables(self, instance_key: int, **variables: Any) -> None:
        self._call("PUT", f"/v2/element-instances/{instance_key}/variables", {"variables": variables})

    def resolve(self) -> None:
        self._call("POST", f"/v2/incidents/{self._created('INCIDENT')}/resolution")

    def complete_user_task(self, **variables: Any) -> None:
        self._call("POST", f"/v2/user-tasks/{self._created('USER_TASK')}/completion", {"variables": variables})

    def _created(self, value_type: str) -> int:
        """Return the key of the latest thing of a type, which 8.6 tells in its records only."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            created = [r for r in self._records() if r["valueType"] == value_type and r["intent"] == "CREATED"]
            if created:
                key: int = created[-1]["key"]
                return key
            time.sleep(0.1)  # the exporter writes when it pleases; there is no event to wait for
        raise AssertionError(f"no {value_type} was exported")

    def cancel(self, instance_key: int) -> None:
        self._call("POST", f"/v2/process-instances/{instance_key}/cancellation")

    def pass_time(self, seconds: float) -> None:
        """Time passes by itself; what waits for it is polled for."""

    def _records(self) -> Iterator[dict[str, Any]]:
        assert self.began is not None, "a scenario begins with a deployment"
        for line in self.log().splitlines():
            _, mark, text = line.partition(_EXPORTED)
            if mark and text.startswith("{") and text.endswith("}"):
                record = json.loads(text)
                if record["key"] > self.began and record["recordType"] == "EVENT":
                    yield record

    def outcome(self) -> Outcome:
        found = Outcome()
        scopes: dict[int, str] = {}
        values: dict[tuple[int, str], str] = {}
        states = {
            "ELEMENT_ACTIVATED": "ACTIVATED",
            "ELEMENT_COMPLETED": "COMPLETED",
            "ELEMENT_TERMINATED": "TERMINATED",
            "SEQUENCE_FLOW_TAKEN": "TAKEN",
        }
        for record in self._records():
            value, intent = record["value"], record["intent"]
            if record["valueType"] == "PROCESS_INSTANCE":
                scopes[record["key"]] = value["elementId"]
                if intent in states:
                    found.elements[value["elementId"], value["bpmnElementType"], states[intent]] += 1
                    found.order.append((value["elementId"], states[intent]))
            elif record["valueType"] == "VARIABLE" and intent in ("CREATED", "UPDATED"):
                values[value["scopeKey"], value["name"]] = shown(json.loads(value["value"]))
            elif record["valueType"] == "INCIDENT" and intent == "CREATED":
                # 8.6.0 names the element of an uncaught job error NO_CATCH_EVENT_FOUND; its key is right.
                element_id = scopes.get(value["elementInstanceKey"], value["elementId"])
                found.incidents[element_id, value["errorType"], value["errorMessage"]] += 1
        # One whose scope is not told yet is told again at the next look.
        found.variables.update((scopes[key], name, value) for (key, name), value in values.items() if key in scopes)
        return found

    def outcome_like(self, wanted: Outcome) -> Outcome:
        """Return the outcome once it is the wanted one, or as it is when patience ends."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            found = self.outcome()
            if not found.differences(wanted) or time.monotonic() > deadline:
                return found
            time.sleep(0.2)  # the exporter writes when it pleases; there is no event to wait for

    def clean(self) -> None:
        """Cancel what still runs, so that it does not meet the next scenario."""
        for key in self.instances:
            try:
                self.cancel(key)
            except AssertionError as error:  # it had ended by itself
                if "NOT_FOUND" not in str(error):
                    raise
