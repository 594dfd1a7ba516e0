"""A TLS server in a process of its own, unpatched, that answers only those who do not come alone.

``/pair`` is answered once two requests are in at the same moment: a client that blocks its hub in the first never
sends the second, so no clock is needed to tell. ``/one`` is answered at once. Ends when its stdin does.
"""

import contextlib
import ssl
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme

#: Seconds until the first of a pair is told that nobody else came.
ALONE_S = 5.0

pairs = threading.Barrier(2)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"one"
        if self.path == "/pair":
            try:
                pairs.wait(ALONE_S)
                body = b"pair"
            except threading.BrokenBarrierError:
                pairs.reset()
                body = b"alone"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


def main() -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with tempfile.NamedTemporaryFile(suffix=".pem") as ca:
        authority.cert_pem.write_to_path(ca.name)
        print(f"https://localhost:{server.server_port}", ca.name, flush=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            sys.stdin.read()


if __name__ == "__main__":
    main()
