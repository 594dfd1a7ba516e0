"""No client, but the least that any over REST can do in Python: bare gevent sockets, dicts, no log, no care."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
from collections.abc import Callable  # noqa: E402
from http.client import HTTPConnection  # noqa: E402
from urllib.parse import urlsplit  # noqa: E402

import gevent  # noqa: E402
import gevent.socket  # noqa: E402
from _work import Work, options  # noqa: E402
from gevent.lock import Semaphore  # noqa: E402
from gevent.queue import SimpleQueue  # noqa: E402

#: As many as this package uses for reports.
_CONNECTIONS = 32
_HEAD = b"Host: engine\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: "
_BODY = b'{"variables":{"done":true}}'


def main() -> None:
    """Work jobs in ``in_flight`` greenlets; a few others tell the engine, one polls."""
    asked = options()
    work, place = Work(asked), urlsplit(asked["rest"])
    jobs: SimpleQueue[str] = SimpleQueue()
    done: SimpleQueue[str] = SimpleQueue()
    free = Semaphore(asked["in_flight"])

    def handle() -> None:
        while True:
            key = jobs.get()
            work()
            done.put(key)

    def complete() -> None:
        sock = gevent.socket.create_connection((place.hostname, place.port))
        sock.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
        while True:
            path = b"/v2/jobs/%b/completion" % done.get().encode()
            sock.sendall(b"POST %b HTTP/1.1\r\n%b%d\r\n\r\n%b" % (path, _HEAD, len(_BODY), _BODY))
            if not sock.recv(65536).startswith(b"HTTP/1.1 204"):
                raise RuntimeError("a completion was refused")
            free.release()

    _spawn(asked["in_flight"], handle)
    _spawn(min(_CONNECTIONS, asked["in_flight"]), complete)
    batch = min(asked["in_flight"] * 2 // 3 or 1, 80)
    body = {"type": asked["job_type"], "worker": "floor", "timeout": 120_000, "maxJobsToActivate": batch}
    connection = HTTPConnection(place.netloc, timeout=60)
    while True:
        for _ in range(batch):
            free.acquire()
        connection.request("POST", "/v2/jobs/activation", json.dumps(body), {"Content-Type": "application/json"})
        found = json.loads(connection.getresponse().read())["jobs"]
        for job in found:
            jobs.put(str(job.get("jobKey") or job["key"]))
        for _ in range(batch - len(found)):
            free.release()


def _spawn(number: int, run: Callable[[], None]) -> None:
    for _ in range(number):
        gevent.spawn(run)


main()
