"""Answers over plain HTTP and TLS on loopback, each request with its own path; a process of its own."""

from __future__ import annotations

import json
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme


class Handler(BaseHTTPRequestHandler):
    """Keeps connections open, as servers do."""

    protocol_version = "HTTP/1.1"
    # Each answer in one piece: two would wait for an acknowledgement on a kept connection, 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    """Print the URLs, serve until standard input ends; the authorities' certificates go to the file named."""
    certificates = {"https, RSA": trustme.KeyType.RSA, "https, ECDSA": trustme.KeyType.ECDSA}
    contexts: dict[str, ssl.SSLContext | None] = {"http": None}
    with Path(sys.argv[1]).open("wb") as authorities:
        for name, kind in certificates.items():
            authority = trustme.CA(key_type=kind)
            authorities.write(authority.cert_pem.bytes())
            contexts[name] = context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("localhost", key_type=kind).configure_cert(context)
    urls = {}
    for name, tls in contexts.items():
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        urls[name] = f"{name.partition(',')[0]}://localhost:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps(urls), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
