"""The status port: probes, metrics, the jobs in hand as JSON, and the live page, on threads of their own."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from camunda_client import log as logging
from camunda_client.cli._status._admin import MOST_BYTES, RefusedError, change_of
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from camunda_client.cli._status._admin import Admin
    from camunda_client.cli._status._board import StatusBoard

log = logging.get_logger(__name__)

#: Seconds that a client of the status port may take in all, and may say nothing.
PATIENCE_S: Final = 5.0
#: Clients of the status port at once. Each has a descriptor and a thread, which the parent needs for its workers.
CLIENTS: Final = 32
#: Of these, pages that may be open at once: each holds its connection for as long as it is looked at.
_PAGES: Final = 8
#: Seconds that the slowest client gets to leave, once it was cut off for another.
_ROOM_S: Final = 0.5
#: Seconds between two looks of a live page.
_LOOK_EVERY_S: Final = 1.0
#: Jobs that a live page shows, and that ``/jobs`` tells.
_SHOWN, _TOLD = 100, 10_000
#: The page's files, and what they are.
_FILES: Final = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
#: Nothing from elsewhere, nothing inline, and in no other page's frame.
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "[::1]")


def serve(
    board: StatusBoard,
    host: str,
    port: int,
    *,
    metrics: bool = True,
    admin: Admin | None = None,
    variables: bool = False,
) -> ThreadingHTTPServer:
    """Answer ``/``, ``/metrics``, ``/livez``, ``/readyz`` alias ``/health``, ``/types`` and ``/jobs`` on a thread.

    Without ``metrics`` there is no ``/metrics``, and the extra is not needed. Without ``admin`` nothing can be changed.
    With ``variables`` a job is shown with its variables.

    Raises:
        ConfigurationError: The port is taken, the extra for metrics is missing, or the admin's token can't be used.
    """
    if admin is not None:
        admin.check()
    if metrics:
        try:
            import prometheus_client  # noqa: F401 - asked for here, so that it isn't missed at the first scrape
        except ImportError as error:
            raise ConfigurationError("--status-port needs the extra: pip install 'c8-client[metrics]'") from error
    try:
        server = _Server((host, port), _Answers)
    except OSError as error:
        raise ConfigurationError(f"--status-port {port} on {host} can't be used: {error}; choose another") from error
    server.board, server.has_metrics, server.admin, server.shows_variables = board, metrics, admin, variables
    # Where only this machine can ask, a page of another site must not, by a name of its own for this address.
    server.names = _LOOPBACK_NAMES if _is_loopback(str(server.server_address[0])) else ()
    board.notable.start()
    threading.Thread(target=server.serve_forever, name="status", daemon=True).start()
    return server


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


class _Answers(BaseHTTPRequestHandler):
    timeout = PATIENCE_S
    server: _Server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        board = self.server.board
        states: dict[str, Callable[[], dict[str, Any]]] = {
            "/health": board.health,
            "/readyz": board.health,
            "/livez": board.liveness,
        }
        if path == "/metrics" and self.server.has_metrics:
            self._send(200, *board.exposition(self.headers.get("Accept", "")))
        elif path in states:
            state = states[path]()
            self._json(200 if state["alive"] else 503, state)
        elif not self._may_look():
            self._json(403, {"error": f"this address is not called {self.headers.get('Host')}: ask for localhost"})
        elif path in _FILES:
            name, content_type = _FILES[path]
            self._send(200, content_type, resources.files(__package__).joinpath("page", name).read_bytes())
        else:
            self._tell(path)

    def _tell(self, path: str) -> None:
        board = self.server.board
        if path == "/types":
            self._json(200, {"types": board.types()})
        elif path == "/jobs":
            self._json(200, {key: value for key, value in board.jobs(_TOLD).items() if key != "events"})
        elif found := re.fullmatch(r"/jobs/(\d{1,20})", path):
            job = board.job(found[1], variables=self.server.shows_variables)
            self._json(200 if job else 404, job or {"error": f"no process has job {found[1]} in hand"})
        elif path == "/events" and self.command == "GET":
            self._stream()
        elif path == "/schema.json":
            from camunda_client.cli._status._schema import schema  # it needs pydantic, which the parent does not

            self._json(200, schema())
        else:
            known = ["/", "/metrics", "/livez", "/readyz", "/health", "/types", "/jobs", "/jobs/KEY", "/events"]
            known.append("/schema.json")
            self._send(404, "text/plain", f"there are {', '.join(known)}\n".encode())

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        # What came with the request may not have been read.
        self.close_connection = True
        try:
            self._json(*self._change())
        except RefusedError as refusal:
            self._json(refusal.status, {"error": str(refusal)})

    def _change(self) -> tuple[int, dict[str, Any]]:
        """Change the workers as the request asks; return the status and the answer."""
        if self.path != "/types" or not self._may_look():
            raise RefusedError(404, "what can be changed is /types, by POST")
        if self.server.admin is None:
            raise RefusedError(403, "start the workers with --admin-token-file FILE to change them here")
        client = str(self.client_address[0])
        self.server.admin.allow(client, self.headers.get("Authorization"))
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            raise RefusedError(413, f"send Content-Length, at most {MOST_BYTES}")
        change = change_of(self.headers.get("Content-Type"), self.rfile.read(int(length)))
        answer = self.server.board.change(change)
        log.info("types.changed", **change, client=client, changed=answer["changed"], unheard=answer["unheard"])
        return 400 if "error" in answer else 503 if answer["unheard"] else 200, answer

    def _may_look(self) -> bool:
        name = re.sub(r":\d+$", "", self.headers.get("Host", "localhost")).lower()
        return not self.server.names or name in self.server.names

    def _stream(self) -> None:
        """Send server-sent events for as long as the page is open."""
        with self.server.page_place(self.request) as there_is_room:
            if not there_is_room:
                self._json(503, {"error": f"{_PAGES} pages are open, which is all there may be: close one"})
                return
            self.send_response(200)
            self._headers("text/event-stream")
            self.end_headers()
            self._event("history", {"points": self.server.board.points()})
            while True:
                began_s = time.monotonic()
                self._event("now", self.server.look())
                time.sleep(max(began_s + _LOOK_EVERY_S - time.monotonic(), _LOOK_EVERY_S / 4))

    def _event(self, name: str, data: dict[str, Any]) -> None:
        self.wfile.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())

    def _json(self, status: int, value: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(value).encode())

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self._headers(content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _headers(self, content_type: str) -> None:
        self.send_header("Content-Type", content_type)
        for name, value in _HEADERS.items():
            self.send_header(name, value)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Log nothing: there is a probe a second."""


class _Server(ThreadingHTTPServer):
    """A server that cuts off its slowest clients rather than run out of descriptors, or keep a probe waiting."""

    request_queue_size = 128
    board: StatusBoard
    has_metrics: bool
    admin: Admin | None
    shows_variables: bool
    #: By which it may be called; by any if this is empty.
    names: tuple[str, ...] = ()

    def __init__(self, address: tuple[str, int], answers: type[BaseHTTPRequestHandler]) -> None:
        self._free = threading.BoundedSemaphore(CLIENTS)
        #: Since when each client is here, the oldest first.
        self._since: dict[socket.socket, float] = {}
        self._pages = threading.BoundedSemaphore(_PAGES)
        self._looking = threading.Lock()
        #: What pages were shown last, and when: several share one look.
        self._looked: tuple[float, dict[str, Any]] = (0.0, {})
        found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        # localhost may be both; probes and scrapers know it as 127.0.0.1.
        self.address_family = min((family for family, *_ in found), key=lambda family: family != socket.AF_INET)
        super().__init__(address, answers)

    @contextlib.contextmanager
    def page_place(self, request: socket.socket) -> Iterator[bool]:
        """Let a connection stay for as long as its page is open, if there is room; yield whether there is."""
        if not self._pages.acquire(blocking=False):
            yield False
            return
        try:
            self._since.pop(request, None)
            yield True
        finally:
            self._pages.release()

    def look(self) -> dict[str, Any]:
        """Return what a live page shows, made anew when it is older than a second."""
        with self._looking:
            if time.monotonic() - self._looked[0] > _LOOK_EVERY_S * 0.8:
                board = self.board
                # First what takes time: meanwhile it shows that a hub is blocked.
                jobs = board.jobs(_SHOWN, _LOOK_EVERY_S / 2)
                shown = {"at": time.time(), **board.health(), "types": board.types(), "points": board.points(5)}
                self._looked = (time.monotonic(), {**shown, **jobs})
            return self._looked[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: clients may hang up, and the base class prints a traceback."""

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
