"""What a worker process tells the process that watches over it, and what that one tells the world.

A worker writes a line of JSON a second into a pipe; the parent answers for all over HTTP. The
parent never blocks, so ``/health`` tells the truth also about a worker whose hub is blocked: its lines stay away.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from camunda_client import metrics
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds between two lines.
EVERY_S = 1.0
#: Seconds without a line after which a worker counts as not alive.
SILENCE_S = 5.0
#: Seconds that a client of the status port may take in all, and may say nothing.
PATIENCE_S = 5.0
#: Clients of the status port at once. Each has a descriptor and a thread, which the parent needs for its workers.
CLIENTS = 32
#: Seconds that the slowest client gets to leave, once it was cut off for another.
_ROOM_S = 0.5


def tell_parent(fd: int, on_gone: Callable[[], object]) -> None:
    """In a worker: write this process's status into the pipe every second, for ever, in the calling greenlet.

    ``on_gone`` is called when the reader is gone: the parent was killed, and its workers should end in good order.
    """
    import gevent
    import gevent.os

    from camunda_client import config
    from camunda_client.c8.worker import health

    drain_s = config.get_config().worker.drain_timeout / 1000
    gevent.os.make_nonblocking(fd)
    while True:
        line = json.dumps({"health": asdict(health()), "metrics": metrics.dump(), "drain_s": drain_s}) + "\n"
        data = line.encode()
        try:
            while data:
                data = data[gevent.os.nb_write(fd, data) :]
        except OSError:
            on_gone()
            return
        gevent.sleep(EVERY_S)


def say_ending(fd: int, exit_timeout_s: float) -> None:
    """In a worker: tell the parent that it has drained, and how long its exit hooks may take."""
    with contextlib.suppress(OSError):  # the parent is gone, or the pipe is full
        os.write(fd, json.dumps({"exit_s": exit_timeout_s}).encode() + b"\n")


class _ProcessStatus:
    """One place for a worker process, as its parent sees it."""

    def __init__(self, since_s: float, pid: int | None = None) -> None:
        #: The process there, until it ends.
        self.pid = pid
        self.since_s = since_s
        #: The last status of the process, and when it came.
        self.status: dict[str, Any] = {}
        self.said_s = 0.0
        #: Where there is no process: why, and when the next one is due.
        self.end: dict[str, Any] = {}
        self.due_s = 0.0

    def shown(self, now: float, *, stopping: bool) -> dict[str, Any]:
        """Return its state, and what is known beyond that."""
        if self.end:
            if stopping:
                return {"state": "ended", "alive": False, **self.end}
            return {"state": "waiting", "alive": False, "starts_in_s": round(max(self.due_s - now, 0), 1), **self.end}
        if not self.status:
            # It has not polled yet: it does not count as ready, and a roll-out should not go on.
            state = "stopping" if stopping else "starting"
            return {"state": state, "alive": False, "pid": self.pid, "starting_s": round(now - self.since_s, 1)}
        health, silent_s = self.status["health"], now - self.said_s
        state = "stopping" if stopping or not health["running"] else "running"
        if silent_s >= SILENCE_S:
            state = "silent"
        status = {"state": state, "pid": self.pid, "silent_s": round(silent_s, 1), **health}
        return {**status, "alive": state == "running" and health["alive"]}


class StatusBoard:
    """What is known of every worker process. The parent writes it, the status port's threads read it."""

    def __init__(self, processes: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Know of so many places, numbered from 1, that their processes are about to start."""
        self._lock = threading.Lock()
        self._clock = clock
        self._places = {number: _ProcessStatus(clock()) for number in range(1, processes + 1)}
        self._stopping = False
        #: One sum of all that have ended: a worker that dies again and again must not fill its parent.
        self._ended = metrics.Metrics()

    def started(self, number: int, pid: int) -> None:
        """Keep that a place has a new process."""
        with self._lock:
            self._places[number] = _ProcessStatus(self._clock(), pid)

    def put(self, number: int, status: dict[str, Any]) -> None:
        """Keep a worker's newest status."""
        with self._lock:
            place = self._places[number]
            place.status, place.said_s = status, self._clock()

    def ended(self, number: int, wait_s: float, **end: Any) -> None:
        """Keep why a place has no process, and when it is to get one.

        What its process counted is kept, too: counters don't go back when a process is replaced.
        """
        with self._lock:
            place = self._places[number]
            if place.status:
                counted = place.status["metrics"]
                counted["counters"]["camunda_jobs_in_flight"] = []
                self._ended.merge(counted)
            place.status, place.end, place.due_s = {}, end, self._clock() + wait_s

    def stop(self) -> None:
        """Record that shutdown has begun: from now on no process counts as alive and none is replaced."""
        with self._lock:
            self._stopping = True

    def health(self) -> dict[str, Any]:
        """Return whether all processes are alive, and the state of each."""
        now = self._clock()
        with self._lock:
            statuses = [
                {"process": number, **place.shown(now, stopping=self._stopping)}
                for number, place in self._places.items()
            ]
        return {"alive": all(one["alive"] for one in statuses), "processes": statuses}

    def liveness(self) -> dict[str, Any]:
        """Return whether the hub of every process runs, whatever else is wrong.

        A restart would not help one that starts, drains or waits to be replaced.
        """
        now = self._clock()
        with self._lock:
            silent = [
                number
                for number, place in self._places.items()
                if place.shown(now, stopping=self._stopping)["state"] == "silent"
            ]
        return {"alive": not silent, "silent": silent}

    def exposition(self) -> bytes:
        """Return the sums over all processes, as Prometheus reads them."""
        from prometheus_client import CollectorRegistry, generate_latest

        with self._lock:
            total = metrics.Metrics()
            own = metrics.current.dump(), self._ended.dump()
            for dumped in (*own, *(place.status.get("metrics") for place in self._places.values())):
                if dumped is not None:
                    total.merge(dumped)
            registry = CollectorRegistry()
            total.register_with_prometheus(registry)
            return generate_latest(registry)


def serve(board: StatusBoard, host: str, port: int) -> ThreadingHTTPServer:
    """Answer ``/metrics``, ``/livez``, and ``/readyz`` alias ``/health`` (200 or 503) on a thread of its own.

    Raises:
        ConfigurationError: The port is taken, or the extra for metrics is missing.
    """
    try:
        import prometheus_client  # noqa: F401 - asked for here, so that it isn't missed at the first scrape
    except ImportError as error:
        raise ConfigurationError("--status-port needs the extra: pip install 'c8-client[metrics]'") from error

    states = {"/health": board.health, "/readyz": board.health, "/livez": board.liveness}

    class Answers(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._send(200, "text/plain; version=0.0.4", board.exposition())
            elif path in states:
                state = states[path]()
                self._send(200 if state["alive"] else 503, "application/json", json.dumps(state).encode())
            else:
                known = ", ".join(["/metrics", *states])
                self._send(404, "text/plain", f"there are {known}\n".encode())

        def do_HEAD(self) -> None:
            self.do_GET()

        def _send(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing: a probe a second is no news."""

    try:
        server = _Server((host, port), Answers)
    except OSError as error:
        raise ConfigurationError(f"--status-port {port} on {host} can't be used: {error}; choose another") from error
    threading.Thread(target=server.serve_forever, name="status", daemon=True).start()
    return server


class _Server(ThreadingHTTPServer):
    """A server that cuts off its slowest clients rather than run out of descriptors, or keep a probe waiting."""

    request_queue_size = 128

    def __init__(self, address: tuple[str, int], answers: type[BaseHTTPRequestHandler]) -> None:
        self._free = threading.BoundedSemaphore(CLIENTS)
        #: Since when each client is here, the oldest first.
        self._since: dict[socket.socket, float] = {}
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # localhost may be both; probes and scrapers know it as 127.0.0.1.
        self.address_family = min((family for family, *_ in found), key=lambda family: family != socket.AF_INET)
        super().__init__(address, answers)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up is no news, and the base class prints a traceback."""

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._free.acquire(blocking=False):
            # Probes and scrapers are through in milliseconds: the client that has been here longest is neither.
            self._cut(next(iter(list(self._since)), None))
            if not self._free.acquire(timeout=_ROOM_S):
                self.shutdown_request(request)
                return
        self._since[request] = time.monotonic()
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._gone(request)  # no thread could be started
            raise

    def service_actions(self) -> None:
        """Cut off clients that drip: the handler's own time-out counts anew with each byte."""
        late = time.monotonic() - PATIENCE_S
        for request in [request for request, since in list(self._since.items()) if since < late]:
            self._cut(request)

    @staticmethod
    def _cut(request: socket.socket | None) -> None:
        if request is not None:
            with contextlib.suppress(OSError):  # it has gone by itself
                request.shutdown(socket.SHUT_RDWR)

    def _gone(self, request: socket.socket) -> None:
        self._since.pop(request, None)
        self._free.release()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._gone(request)
