"""A slow HTTP server for the demo, in a process of its own: answers every GET with a price after a while.

Run as ``python -m camunda_client.cli._slow_server SECONDS``; prints its port and serves until its stdin is closed.
"""

from __future__ import annotations

import sys

import gevent
from gevent import monkey

monkey.patch_all()

from gevent.pywsgi import WSGIServer  # noqa: E402 - after patching


def main() -> None:
    """Serve until the process that started this one is gone."""
    delay_s = float(sys.argv[1])

    def answer(_environ: object, start_response: object) -> list[bytes]:
        gevent.sleep(delay_s)
        start_response("200 OK", [("Content-Type", "application/json")])  # type: ignore[operator]
        return [b'{"price": 42}']

    server = WSGIServer(("127.0.0.1", 0), answer, log=None, backlog=1024)
    server.start()
    print(server.server_port, flush=True)
    gevent.get_hub().threadpool.apply(sys.stdin.buffer.read)


if __name__ == "__main__":
    main()
