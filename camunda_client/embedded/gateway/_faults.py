"""Faults on purpose: slow, wrong, cut or missing answers, by request pattern.

A fault is looked for at every request; the first that matches and still has times left is used. The
answers of a real engine in trouble are there by name (:data:`STATES`).
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from camunda_client.embedded.gateway._engine_states import ENGINE_STATES
from camunda_client.embedded.gateway._problems import Answer, as_bytes

#: Names for :meth:`Faults.state`.
STATES = tuple(ENGINE_STATES)
#: Recorded on one command, but the engine answers every command so.
_ANY_COMMAND = ("POST /v2/process-instances", "POST /v2/jobs/{key}/completion")
_NOT_COMMANDS = ("/v2/jobs/activation",)


@dataclass(slots=True, eq=False)
class Fault:
    """One fault. ``hits`` counts how often it struck; leave it (``with``) or ``remove()`` it to end it."""

    pattern: str
    times: int | None = None
    latency_s: float = 0.0
    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drop: str | None = None
    reset: bool = False
    truncate: int | None = None
    commands_only: bool = False
    hits: int = 0
    _owner: Faults | None = None

    def matches(self, method: str, path: str) -> bool:
        """Whether this fault strikes a request."""
        if self.times is not None and self.hits >= self.times:
            return False
        if self.commands_only:
            return method in ("POST", "PATCH", "PUT", "DELETE") and path not in _NOT_COMMANDS
        wanted_method, _, wanted_path = self.pattern.rpartition(" ")
        return wanted_method in ("", "*", method) and fnmatch.fnmatchcase(path, wanted_path)

    def answer(self, path: str) -> Answer:
        """Return the answer this fault gives instead of the engine's."""
        status, body, content_type = self.status or 200, self.body, None
        headers = {name.lower(): value for name, value in self.headers.items()}
        if isinstance(body, (dict, list)):
            body = as_bytes(_filled(body, path))
            content_type = "application/problem+json" if status >= 400 else "application/json"
        elif isinstance(body, str):
            body = body.encode()
            content_type = "text/plain"
        content_type = headers.pop("content-type", content_type)
        return Answer(status, body or b"", content_type, [(name.title(), value) for name, value in headers.items()])

    def remove(self) -> None:
        """Strike no more."""
        if self._owner is not None:
            self._owner._remove(self)

    def __enter__(self) -> Fault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


class Faults:
    """The faults of a gateway. Patterns are ``METHOD /path`` with ``*``, or a path alone for any method."""

    def __init__(self, *, backpressure_status: int | None = None) -> None:
        self._backpressure_status = backpressure_status
        self._faults: list[Fault] = []

    def latency(self, pattern: str, seconds: float, *, times: int | None = None) -> Fault:
        """Answer late; the engine gets the request after the wait."""
        return self._add(Fault(pattern, times, latency_s=seconds))

    def answer(
        self, pattern: str, status: int, body: Any = None, *, headers: Mapping[str, str] | None = None,
        latency_s: float = 0.0, times: int | None = None,
    ) -> Fault:  # fmt: skip
        """Answer in the engine's place: the engine does not see the request."""
        return self._add(Fault(pattern, times, latency_s, status, body, headers or {}))

    def drop(self, pattern: str, when: str = "before", *, reset: bool = False, times: int | None = None) -> Fault:
        """Cut the connection without an answer.

        Args:
            pattern: Which requests.
            when: ``before`` the engine has seen the request, or ``after`` it applied it.
            reset: Cut with a TCP reset instead of an orderly end.
            times: How often; for ever when left out.

        Raises:
            ValueError: ``when`` is neither.
        """
        if when not in ("before", "after"):
            raise ValueError(f"when is 'before' or 'after', not {when!r}")
        return self._add(Fault(pattern, times, drop=when, reset=reset))

    def truncate(self, pattern: str, keep: int, *, times: int | None = None) -> Fault:
        """Send the head and so many bytes of the real answer's body, then cut the connection."""
        return self._add(Fault(pattern, times, truncate=keep))

    def state(self, name: str, *, times: int | None = None, delays: bool = False) -> list[Fault]:
        """Answer as a real engine in a state does, for all the requests recorded of that state.

        Args:
            name: One of :data:`STATES`; ``broker_unreachable`` brings ``broker_unreachable_topology`` with it.
            times: How often each.
            delays: Take as long as the real engine took, too.

        Raises:
            ValueError: There is no such state.
        """
        names = [n for n in STATES if n == name or n.startswith(f"{name}_")]
        if not names:
            raise ValueError(f"unknown engine state {name!r}; there are {', '.join(STATES)}")
        faults = [self._of_state(n, times, delays) for n in sorted(names, key=len, reverse=True)]
        # Those of any command come last: the first that matches strikes.
        return [self._add(fault) for fault in sorted(faults, key=lambda fault: fault.commands_only)]

    def _of_state(self, name: str, times: int | None, delays: bool) -> Fault:
        recorded = ENGINE_STATES[name]
        request = str(recorded["request"]).partition(" {")[0]
        status, body = recorded["status"], dict(recorded["body"])
        if self._backpressure_status is not None and name.startswith("backpressure"):
            # Clients of these versions look for exactly this title.
            status, body["title"] = self._backpressure_status, "RESOURCE_EXHAUSTED"
        if "status" in body:
            body["status"] = status
        every_command = request in _ANY_COMMAND and name not in (
            "no_such_partition",
            "await_timeout",
            "too_large_batch",
            "too_large_message",
        )
        pattern = "*" if name.startswith("unauthorized") else request.replace("{key}", "*")
        return Fault(
            pattern,
            times,
            recorded["seconds"] if delays else 0.0,
            status,
            body,
            recorded["headers"],
            commands_only=every_command,
        )

    def clear(self) -> None:
        """End all faults."""
        self._faults.clear()

    def strike(self, method: str, path: str) -> Fault | None:
        """Return the fault a request meets, and count it."""
        for fault in self._faults:
            if fault.matches(method, path):
                fault.hits += 1
                return fault
        return None

    def _add(self, fault: Fault) -> Fault:
        fault._owner = self
        self._faults.append(fault)
        return fault

    def _remove(self, fault: Fault) -> None:
        if fault in self._faults:
            self._faults.remove(fault)


def _filled(body: Any, path: str) -> Any:
    if isinstance(body, dict):
        return {key: path if key == "instance" else _filled(value, path) for key, value in body.items()}
    return body
