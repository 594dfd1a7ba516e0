"""No client, but the least that any over REST can do in Python: bare gevent sockets, dicts, no log, no care."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402
import ssl  # noqa: E402
from collections.abc import Callable  # noqa: E402
from http.client import HTTPConnection, HTTPSConnection  # noqa: E402
from urllib.parse import SplitResult, urlsplit  # noqa: E402

import gevent  # noqa: E402
import gevent.socket  # noqa: E402
from _work import Work, authorization, options  # noqa: E402
from gevent.lock import Semaphore  # noqa: E402
from gevent.queue import SimpleQueue  # noqa: E402

#: As many as this package uses for reports.
_CONNECTIONS = 32
_JSON = {"Content-Type": "application/json", "Accept": "application/json", **authorization()}
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

    _spawn(asked["in_flight"], handle)
    _spawn(min(_CONNECTIONS, asked["in_flight"]), lambda: _complete(place, done, free))
    batch = min(asked["in_flight"] * 2 // 3 or 1, 80)
    body = {"type": asked["job_type"], "worker": "floor", "timeout": 120_000, "maxJobsToActivate": batch}
    connection = (HTTPSConnection if place.scheme == "https" else HTTPConnection)(place.netloc, timeout=60)
    while True:
        for _ in range(batch):
            free.acquire()
        connection.request("POST", f"{place.path}/v2/jobs/activation", json.dumps(body), _JSON)
        found = json.loads(connection.getresponse().read())["jobs"]
        for job in found:
            jobs.put(str(job.get("jobKey") or job["key"]))
        for _ in range(batch - len(found)):
            free.release()


def _complete(place: SplitResult, done: SimpleQueue[str], free: Semaphore) -> None:
    """Tell the engine of one job after another, on a connection of one's own."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": place.netloc, **_JSON}.items())
    head, prefix = f"{lines}Content-Length: ".encode(), place.path.encode()
    sock = _connected(place)
    while True:
        path = b"%b/v2/jobs/%b/completion" % (prefix, done.get().encode())
        sock.sendall(b"POST %b HTTP/1.1\r\n%b%d\r\n\r\n%b" % (path, head, len(_BODY), _BODY))
        answer = sock.recv(65536)
        if not answer.startswith(b"HTTP/1.1 204"):
            raise RuntimeError(f"a completion was answered with {answer[:300]!r}")
        if b"connection: close" in answer.lower():  # Camunda ends each one after 100 requests
            sock.close()
            sock = _connected(place)
        free.release()


def _connected(place: SplitResult) -> gevent.socket.socket:
    encrypted = place.scheme == "https"
    sock = gevent.socket.create_connection((place.hostname, place.port or (443 if encrypted else 80)))
    sock.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
    return ssl.create_default_context().wrap_socket(sock, server_hostname=place.hostname) if encrypted else sock


def _spawn(number: int, run: Callable[[], None]) -> None:
    for _ in range(number):
        gevent.spawn(run)


main()
