"""Camunda's REST gateway over an :class:`Engine`: gevent's WSGI server, werkzeug's routing.

In a process patched by gevent the server runs in the process's own hub. In any other it runs in a native
thread with a hub of its own, so that plain blocking tests can talk to it. Only loopback unless asked.
"""

from __future__ import annotations

import atexit
import base64
import logging
import re
import socket as _socket
import struct
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any

import gevent
from gevent import monkey, pywsgi
from gevent.event import Event
from gevent.hub import get_hub
from gevent.pool import Pool

from camunda_client.embedded._engine import Engine
from camunda_client.embedded._rejections import Rejection
from camunda_client.embedded.gateway._dialects import dialect as find_dialect
from camunda_client.embedded.gateway._engine_states import ENGINE_STATES
from camunda_client.embedded.gateway._exchange import Exchange
from camunda_client.embedded.gateway._faults import Fault, Faults
from camunda_client.embedded.gateway._oidc import IssuerError, Oidc, Refusal
from camunda_client.embedded.gateway._polls import HeldPoll, Ticker
from camunda_client.embedded.gateway._problems import Answer, Refused, not_acceptable, of_rejection, problem
from camunda_client.embedded.gateway._requests import acceptable
from camunda_client.embedded.gateway._router import Router

if TYPE_CHECKING:
    from camunda_client.embedded.gateway._tokens import Tokens

log = logging.getLogger(__name__)

#: The real gateway's own limits on a connection.
REQUESTS_PER_CONNECTION = 100
IDLE_S = 60.0
#: Held polls of a thousand workers connect at once; the system's usual 128 would refuse some.
BACKLOG = 4096
Auth = str | tuple[str, str] | Callable[[str], bool] | None
#: What these answer is XML, or a document's content.
_OTHER_THAN_JSON = re.compile(r"/v2/(documents/[^/]+|((process|decision)-definitions|decision-requirements)/[^/]+/xml)")


class Gateway:
    """A gateway on a port of its own. Use it as a context manager.

    Args:
        engine: What it serves; a new engine when left out.
        port: 0 for a free one.
        host: Loopback unless asked otherwise: there is no protection but ``auth``.
        dialect: One of ``DIALECTS``; ``8.6.0`` is what was recorded, ``8.6`` what its patches made of it. The
            engine's own when left out.
        auth: A token (Bearer), a pair of name and password (Basic), or a function of the Authorization header.
        eventually_consistent: Milliseconds that searches and gets are behind, as a real Camunda's are.
        oidc: Instead of ``auth``, an issuer whose access tokens are checked. Needs ``c8-client[oidc]``.

    Raises:
        ValueError: There is no such dialect, or both ``auth`` and ``oidc`` are given.
        ModuleNotFoundError: ``oidc`` is given, and PyJWT is not installed.
    """

    def __init__(
        self,
        engine: Engine | None = None,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        dialect: str | None = None,
        auth: Auth = None,
        oidc: Oidc | None = None,
        eventually_consistent: int = 0,
    ) -> None:
        if auth is not None and oidc is not None:
            raise ValueError("give the gateway either auth or oidc; it checks one of them")
        # What a release's models may hold depends on the release, too.
        self.engine = engine or (Engine(dialect=dialect) if dialect else Engine())
        self.dialect = find_dialect(dialect or self.engine.dialect)
        self.faults = Faults(backpressure_status=self.dialect.backpressure_status)
        self.host = host
        self.port = port
        #: Exceptions no request should ever cause; each was also logged and answered with 500.
        self.errors: list[BaseException] = []
        self._tokens = None if oidc is None else _tokens(oidc)
        self._check = _checker(auth) if self._tokens is None else self._tokens.check
        self._router = Router(self.dialect)
        self._delay_ms = eventually_consistent
        self._server: Any = None
        self._ticker: Ticker | None = None
        self._late: set[HeldPoll] = set()
        self._thread: Any = None
        self._hub: Any = None
        self._stop: Any = None
        self._stopped: Any = None

    @property
    def base_url(self) -> str:
        """Where it listens, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def __repr__(self) -> str:
        return f"<Gateway {self.base_url} {self.dialect.name}>"

    # -- life -------------------------------------------------------------------------------------------------------
    def start(self) -> Gateway:
        """Listen; returns when connections are accepted.

        Raises:
            OSError: The port is taken.
            IssuerError: The issuer of ``oidc`` does not give its keys.
            RuntimeError: It runs already.
        """
        if self._server is not None:
            raise RuntimeError(f"{self!r} runs already")
        if monkey.is_module_patched("threading"):
            self._open()
        else:
            self._start_thread()
        return self

    def _start_thread(self) -> None:
        import threading

        ready = threading.Event()
        failed: list[BaseException] = []

        def run() -> None:
            try:
                self._hub, self._stop = get_hub(), Event()
                self._open()
            except BaseException as error:  # noqa: BLE001 - handed to the caller of start()
                failed.append(error)
            finally:
                ready.set()
            if not failed:
                self._stop.wait()
                self._close()
            get_hub().destroy(destroy_loop=True)  # else its descriptors stay open for the process's life

        self._thread = threading.Thread(target=run, name="embedded-camunda", daemon=True)
        self._thread.start()
        ready.wait()
        if failed:
            self._thread.join()
            self._thread = None
            raise failed[0]
        # An event loop that still runs in a thread when the interpreter is taken down crashes it.
        atexit.register(self.stop)

    def _open(self) -> None:
        if self._tokens is not None:
            self._tokens.fetch_keys()
        family = _socket.AF_INET6 if ":" in self.host else _socket.AF_INET
        listener = gevent.socket.socket(family, _socket.SOCK_STREAM)
        listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self.host, self.port))
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            raise OSError(
                error.errno, f"the embedded gateway can't listen on {self.host} port {self.port}: {error.strerror}"
            ) from error
        self.port = listener.getsockname()[1]
        self._server = _Server(
            listener, self._application, handler_class=_Handler, spawn=Pool(), log=None, error_log=None
        )
        self._server.start()
        self._stopped = Event()
        self._ticker = Ticker(self.engine, self._failed)
        self._ticker.start()

    def stop(self) -> None:
        """Stop listening and cut what is open; safe to call twice."""
        if self._thread is not None:
            self._hub.loop.run_callback_threadsafe(self._stop.set)
            self._thread.join(10)
            self._thread = None
            atexit.unregister(self.stop)
        elif self._server is not None:
            self._close()

    def wait(self) -> None:
        """Serve until another thread, greenlet or a signal's handler calls :meth:`stop`."""
        if self._thread is not None:
            self._thread.join()
        elif self._stopped is not None:
            self._stopped.wait()

    def _close(self) -> None:
        if self._ticker is not None:
            self._ticker.stop()
        self._server.stop(timeout=0)
        self._server.cut()
        self._server = None
        for poll in list(self._late):
            poll.end()
        if self._stopped is not None:
            self._stopped.set()

    def __enter__(self) -> Gateway:
        return self.start() if self._server is None else self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- one request ------------------------------------------------------------------------------------------------
    def _application(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], _path(environ)
        fault = self.faults.strike(method, path)
        if fault is not None:
            answer = self._faulty(fault, environ, method, path)
            if answer is None:
                return _cut(environ, start_response, reset=fault.reset)
            if fault.truncate is not None:
                return _truncated(environ, start_response, answer, fault.truncate)
        else:
            answer = self._answer(environ, method, path)
        return _respond(environ, start_response, answer, head_only=method == "HEAD")

    def _faulty(self, fault: Fault, environ: dict[str, Any], method: str, path: str) -> Answer | None:
        if fault.latency_s:
            gevent.sleep(fault.latency_s)
        if fault.drop == "before":
            return None
        if fault.status is not None:
            environ["wsgi.input"].read()
            return fault.answer(path)
        answer = self._answer(environ, method, path)
        return None if fault.drop == "after" else answer

    def _answer(self, environ: dict[str, Any], method: str, path: str) -> Answer:
        instance = environ["embedded.raw_path"]
        try:
            refusal = self._check(environ.get("HTTP_AUTHORIZATION"))
            if refusal is not None:
                return _unauthorized(refusal, instance)
            found = self._router.find(method, path, instance)
            if isinstance(found, Answer):
                return found
            if not _OTHER_THAN_JSON.fullmatch(path) and not acceptable(environ):
                return not_acceptable(environ, instance)
            handler, arguments = found
            return handler(
                Exchange(self.engine, self.dialect, environ, instance, arguments, self.port, self._late, self._delay_ms)
            )
        except Refused as refused:
            return refused.answer
        except Rejection as rejection:
            return of_rejection(rejection, instance)
        except IssuerError as error:
            return problem(503, "Service Unavailable", f"The token can't be checked: {error}", instance)
        except Exception as error:  # noqa: BLE001 - the server must answer, and the error must be seen
            self._failed(error)
            return problem(
                500, type(error).__name__, f"Unexpected error occurred during the request processing: {error}", instance
            )

    def _failed(self, error: BaseException) -> None:
        self.errors.append(error)
        log.error("embedded gateway: %s", error, exc_info=error)


def _path(environ: dict[str, Any]) -> str:
    return str(environ["PATH_INFO"]).encode("latin-1").decode("utf-8", "replace")


def _respond(
    environ: dict[str, Any], start_response: Callable[..., Any], answer: Answer, *, head_only: bool = False
) -> list[bytes]:
    # What the handler did not read would be taken for the next request.
    environ["wsgi.input"].read()
    headers = [*answer.headers]
    if answer.content_type is not None:
        headers.append(("Content-Type", answer.content_type))
    if answer.status != 204:
        headers.append(("Content-Length", str(len(answer.body))))
    if answer.status in (400, 500, 503) or environ["embedded.served"] >= REQUESTS_PER_CONNECTION:
        headers = [(name, value) for name, value in headers if name.lower() != "connection"]
        headers.append(("Connection", "close"))
    start_response(f"{answer.status} {_phrase(answer.status)}", headers)
    return [] if head_only or not answer.body else [answer.body]


def _phrase(status: int) -> str:
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _cut(environ: dict[str, Any], start_response: Callable[..., Any], *, reset: bool) -> list[bytes]:
    environ["embedded.handler"].cut(reset=reset)
    start_response("500 Cut", [("Connection", "close")])  # for the server; nothing of it is sent
    return []


def _truncated(environ: dict[str, Any], start_response: Callable[..., Any], answer: Answer, keep: int) -> list[bytes]:
    environ["wsgi.input"].read()
    head = f"HTTP/1.1 {answer.status} {_phrase(answer.status)}\r\nContent-Length: {len(answer.body)}\r\n"
    if answer.content_type is not None:
        head += f"Content-Type: {answer.content_type}\r\n"
    environ["embedded.handler"].socket.sendall(head.encode() + b"\r\n" + answer.body[:keep])
    return _cut(environ, start_response, reset=False)


# -- authentication -------------------------------------------------------------------------------------------------
def _tokens(oidc: Oidc) -> Tokens:
    from camunda_client.embedded.gateway._tokens import Tokens  # PyJWT is an extra of its own

    return Tokens(oidc)


def _checker(auth: Auth) -> Callable[[str | None], Refusal | None]:
    """Return a function of the Authorization header: None if it is right, else the refusal."""
    if auth is None:
        return lambda _header: None
    right: Callable[[str], bool]
    if isinstance(auth, str):
        right = f"Bearer {auth}".__eq__
    elif isinstance(auth, tuple):
        right = ("Basic " + base64.b64encode(":".join(auth).encode()).decode()).__eq__
    else:
        right = auth

    def check(header: str | None) -> Refusal | None:
        if not header:
            return Refusal("unauthorized_none")
        return None if right(header) else Refusal("unauthorized_malformed")

    return check


def _unauthorized(refusal: Refusal, path: str) -> Answer:
    recorded = ENGINE_STATES[refusal.state]
    body = {**recorded["body"], "detail": refusal.detail or recorded["body"]["detail"]}
    return Fault("*", status=401, body=body, headers=recorded["headers"]).answer(path)


# -- the server -----------------------------------------------------------------------------------------------------
class _Handler(pywsgi.WSGIHandler):
    """Counts the requests of a connection, hands its socket to the faults, ends idle connections."""

    served = 0
    muted = False

    def cut(self, *, reset: bool) -> None:
        """Send nothing more; the connection ends with this request, in order or with a TCP reset."""
        self.muted = True
        if reset:
            self.socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _sendall(self, data: Any) -> None:
        if not self.muted:
            super()._sendall(data)  # type: ignore[misc]  # the stubs lack it

    def handle(self) -> None:
        """Serve a connection; its file is closed here and not by chance after the loop has been destroyed."""
        file = self.rfile
        try:
            super().handle()
        finally:
            file.close()

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        self.served += 1
        environ["embedded.served"] = self.served
        environ["embedded.handler"] = self
        environ["embedded.raw_path"] = str(self.path).partition("?")[0]
        return environ

    def read_requestline(self) -> Any:
        try:
            with gevent.Timeout(IDLE_S):
                return super().read_requestline()
        except gevent.Timeout:
            return None

    def log_request(self) -> None:
        """Keep no access log."""


class _Server(pywsgi.WSGIServer):
    """Knows its open connections, so that a stop cuts them."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._open: set[Any] = set()
        super().__init__(*arguments, **options)

    def handle(self, connection: Any, address: Any) -> None:
        connection.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self._open.add(connection)
        try:
            super().handle(connection, address)
        finally:
            self._open.discard(connection)

    def cut(self) -> None:
        """Close every connection."""
        for connection in list(self._open):
            connection.close()
        self._open.clear()
