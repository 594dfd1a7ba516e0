"""An embedded Camunda in a process of its own, with a side door by which tests ask for its verdict.

``python -m gevent.monkey --module tests.parts.engine_process --port 20001 --door 20002``; :mod:`tests.parts.camunda`
starts it. The door answers ``POST /QUESTION`` with a JSON object of arguments, by a JSON document.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import gevent
from gevent import pywsgi

from camunda_client.embedded import Engine, Gateway, Incident, InstanceHistory, JobRecord

#: Seconds between two looks for those who wait.
LOOK_INTERVAL_S = 0.02


class JobLog:
    """What happened to jobs, by type. Histories only grow, so each look reads on where the last one ended."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._read: dict[int, int] = {}
        self._by_type: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)

    def find(self, state: str, job_type: str | None, instances: Iterable[int] | None) -> list[dict[str, Any]]:
        """Return the records that are asked for, oldest first."""
        for history in self._engine.instances:
            read, self._read[history.process_instance_key] = (
                self._read.get(history.process_instance_key, 0),
                len(history.jobs),
            )
            for record in history.jobs[read:]:
                self._by_type[record.job_type].append(_of_job(record, history))
        types = [job_type] if job_type is not None else list(self._by_type)
        keys = None if instances is None else set(instances)
        found = [
            record
            for one in types
            for record in self._by_type.get(one, ())
            if record["state"] == state and (keys is None or record["processInstanceKey"] in keys)
        ]
        return sorted(found, key=lambda record: record["timestamp"])


def _of_job(record: JobRecord, history: InstanceHistory) -> dict[str, Any]:
    return {
        "state": record.state, "key": record.job_key, "type": record.job_type, "elementId": record.element_id,
        "processInstanceKey": history.process_instance_key, "bpmnProcessId": history.process_id,
        "retries": record.retries, "worker": record.worker, "timestamp": record.at_ms,
        "errorMessage": record.message, "errorCode": record.error_code, "retryBackoff": record.back_off_ms,
        "variables": record.variables,
    }  # fmt: skip


def _of_incident(incident: Incident, history: InstanceHistory) -> dict[str, Any]:
    return {
        "key": incident.key, "errorType": incident.error_type, "errorMessage": incident.message,
        "elementId": incident.element_id, "jobKey": incident.job_key, "bpmnProcessId": history.process_id,
        "processInstanceKey": history.process_instance_key, "open": incident.open,
    }  # fmt: skip


class Door:
    """The questions; each is a method that gets the arguments by name."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._engine = gateway.engine
        self._jobs = JobLog(self._engine)

    def jobs(
        self,
        state: str,
        job_type: str | None = None,
        instances: list[int] | None = None,
        count: int = 0,
        wait_s: float = 0.0,
    ) -> list[dict[str, Any]]:
        """Return what became of jobs, as soon as there is so much of it."""
        return self._enough(lambda: self._jobs.find(state, job_type, instances), count, wait_s)

    def incidents(
        self,
        process_id: str | None = None,
        instances: list[int] | None = None,
        count: int = 0,
        wait_s: float = 0.0,
    ) -> list[dict[str, Any]]:
        """Return the incidents there were, open or resolved."""

        def find() -> list[dict[str, Any]]:
            return [
                _of_incident(incident, history)
                for history in self._engine.instances
                if process_id in (None, history.process_id)
                and (instances is None or history.process_instance_key in instances)
                for incident in history.incidents
            ]

        return self._enough(find, count, wait_s)

    def instance(self, key: int, state: str | None = None, wait_s: float = 0.0) -> dict[str, Any]:
        """Return an instance's state, variables, path and what it waits for, as soon as it has a state."""
        history = self._engine.instance(key)
        if state is not None:
            self._enough(lambda: [None] if history.state == state else [], 1, wait_s)
        return {
            "state": history.state,
            "variables": history.variables,
            "path": history.path,
            "waits": [f"{wait.kind} {wait.name}" for wait in self._engine.waits(key)],
        }

    def trouble(self, name: str, times: int | None = None, delays: bool = False) -> None:
        """Answer as an engine in trouble does, for ever or so many times for each kind of request."""
        self._gateway.faults.state(name, times=times, delays=delays)

    def no_trouble(self) -> None:
        """Answer as a healthy engine again."""
        self._gateway.faults.clear()

    def advance(self, seconds: float) -> None:
        """Move the engine's clock."""
        self._engine.advance(timedelta(seconds=seconds))

    def errors(self) -> list[str]:
        """Return the exceptions that no request should cause."""
        return [repr(error) for error in self._gateway.errors]

    def _enough(self, find: Callable[[], list[Any]], count: int, wait_s: float) -> list[Any]:
        deadline_s = time.monotonic() + wait_s
        while len(found := find()) < count and time.monotonic() < deadline_s:
            gevent.sleep(LOOK_INTERVAL_S)
        return found

    def application(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        """Answer one question."""
        question = environ["PATH_INFO"].removeprefix("/")
        arguments = json.loads(environ["wsgi.input"].read() or b"{}")
        try:
            answer, status = getattr(self, question)(**arguments), "200 OK"
        except Exception as error:
            answer, status = repr(error), "500 Failed"
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--door", type=int, required=True)
    parser.add_argument("--data")
    parser.add_argument("--dialect", default="8.6.0")
    options = parser.parse_args()
    engine = Engine() if options.data is None else Engine(data=options.data)  # type: ignore[call-arg]
    gateway = Gateway(engine, port=options.port, dialect=options.dialect)
    door = pywsgi.WSGIServer(("127.0.0.1", options.door), Door(gateway).application, log=None)
    door.start()
    with gateway:
        print("ready", flush=True)
        gateway.wait()


if __name__ == "__main__":
    main()
