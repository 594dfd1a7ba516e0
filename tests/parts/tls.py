"""A certificate authority and HTTPS servers on loopback: good, wrong host, expired, asking for client certificates.

A server answers by itself, or stands in front of a real part (``upstream``) as the TLS end that installations have.
Handshakes are made in the connection's own thread, so that one bad client does not hold up the next.
"""

from __future__ import annotations

import datetime
import http.client
import json
import ssl
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import trustme

#: Headers that belong to one connection and are not passed on.
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "host", "content-length", "te", "upgrade"})


@dataclass(frozen=True)
class ClientCertificate:
    """PEM files as ``CAMUNDA_MTLS_CERT_PATH`` and ``CAMUNDA_MTLS_KEY_PATH`` name them."""

    cert_path: Path
    key_path: Path


@dataclass
class Seen:
    """What reached a server."""

    #: (method, path, headers with lower-case names, common name of the client's certificate or None)
    requests: list[tuple[str, str, dict[str, str], str | None]] = field(default_factory=list)
    #: Handshakes that failed, in the words of OpenSSL.
    refused: list[str] = field(default_factory=list)


class TlsServer:
    """One running HTTPS server."""

    def __init__(self, context: ssl.SSLContext, host: str, upstream: str | None) -> None:
        """Start it; :meth:`TlsAuthority.server` is the way to have one."""
        self.seen = Seen()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.context, self._server.seen, self._server.upstream = context, self.seen, upstream
        self.port = int(self._server.server_address[1])
        self.url = f"https://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; open connections end with their clients."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class TlsAuthority:
    """A certificate authority that nobody knows but who is given :attr:`ca_path`."""

    def __init__(self, folder: Path) -> None:
        """Make a new one, its files in the given folder."""
        self._folder = folder
        self._ca = trustme.CA(organization_name="c8-client tests")
        self.ca_path = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(self.ca_path)

    @contextmanager
    def server(
        self,
        *,
        names: tuple[str, ...] = ("localhost", "127.0.0.1"),
        host: str = "localhost",
        expired: bool = False,
        ask_client: bool = False,
        upstream: str | None = None,
    ) -> Iterator[TlsServer]:
        """Run an HTTPS server.

        Args:
            names: What its certificate is for; anything else than ``host`` makes it the wrong certificate.
            host: The name in its URL, ``localhost`` or ``127.0.0.1``.
            expired: Its certificate ended an hour ago.
            ask_client: It wants a certificate of this authority from its clients.
            upstream: Base URL that requests are passed to. Without one, it answers
                ``{"method": ..., "path": ..., "body": ..., "client": ...}``.
        """
        now = datetime.datetime.now(datetime.timezone.utc)
        begin, end = now - datetime.timedelta(days=2), now - datetime.timedelta(hours=1)
        certificate = self._ca.issue_cert(
            *names, not_before=begin if expired else None, not_after=end if expired else None
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        if ask_client:
            self._ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        server = TlsServer(context, host, upstream)
        try:
            yield server
        finally:
            server.close()

    def client_certificate(self, common_name: str = "worker") -> ClientCertificate:
        """Return a client's certificate and key, as files."""
        issued = self._ca.issue_cert(f"{common_name}@example.org", common_name=common_name)
        files = ClientCertificate(self._folder / f"{common_name}.pem", self._folder / f"{common_name}.key")
        files.cert_path.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(files.key_path)
        return files


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    context: ssl.SSLContext
    seen: Seen
    upstream: str | None

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            secured = self.context.wrap_socket(request, server_side=True)
        except OSError as error:  # ssl.SSLError, or the client went away
            self.seen.refused.append(str(error))
            self.shutdown_request(request)
            return
        super().process_request_thread(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: clients that leave early are part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        client = _common_name(self.connection.getpeercert())
        self.server.seen.requests.append((self.command, self.path, headers, client))
        if self.server.upstream is None:
            told = {"method": self.command, "path": self.path, "body": body.decode(), "client": client}
            self._answer(200, [("Content-Type", "application/json")], json.dumps(told).encode())
        else:
            self._answer(*_pass_on(self.server.upstream, self.command, self.path, headers, body))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - http.server's names

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def _pass_on(
    upstream: str, method: str, path: str, headers: dict[str, str], body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(upstream).netloc, timeout=60)
    try:
        passed = {name: value for name, value in headers.items() if name not in HOP_BY_HOP}
        connection.request(method, path, body or None, passed)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()


def _common_name(certificate: Any) -> str | None:
    pairs = [pair for entry in (certificate or {}).get("subject", ()) for pair in entry]
    return dict(pairs).get("commonName")
