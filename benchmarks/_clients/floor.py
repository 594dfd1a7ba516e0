"""The least that a gevent process can do per job: bare sockets, dicts, no model, no log, nothing that can go wrong."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()


import gevent  # noqa: E402
import gevent.socket  # noqa: E402
from _count import Count, options, tell  # noqa: E402
from gevent.lock import Semaphore  # noqa: E402
from gevent.queue import SimpleQueue  # noqa: E402
from pydantic_core import from_json  # noqa: E402

_HEAD = b"Host: stub\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: "


def _connected(port: int) -> gevent.socket.socket:
    sock = gevent.socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
    return sock


def _activate(sock: gevent.socket.socket, number: int) -> list[dict[str, object]]:
    body = b'{"type":"charge-card","worker":"floor","timeout":60000,"maxJobsToActivate":%d}' % number
    sock.sendall(b"POST /v2/jobs/activation HTTP/1.1\r\n" + _HEAD + b"%d\r\n\r\n" % len(body) + body)
    data = sock.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    size = int(head.rpartition(b"Content-Length: ")[2])
    while len(body) < size:
        body += sock.recv(65536)
    return from_json(body)["jobs"]


def main() -> None:
    """Work jobs with ``in_flight`` greenlets, each with a connection of its own, and one that polls."""
    asked = options()
    port, in_flight = asked["port"], asked["in_flight"]
    batch, sleep_s = min(asked["batch"] or 120, in_flight), asked["sleep_s"]
    count = Count(asked["warm"], asked["jobs"])
    queue: SimpleQueue[dict[str, object]] = SimpleQueue()
    free = Semaphore(in_flight)

    def work() -> None:
        sock = _connected(port)
        while True:
            job = queue.get()
            if sleep_s:
                gevent.sleep(sleep_s)
            body = b'{"variables":{}}'
            sock.sendall(
                b"POST /v2/jobs/%b/completion HTTP/1.1\r\n%b%d\r\n\r\n%b"
                % (job["jobKey"].encode(), _HEAD, len(body), body)  # type: ignore[attr-defined]
            )
            if not sock.recv(65536).startswith(b"HTTP/1.1 204"):
                raise RuntimeError("the completion was refused")
            count.one()
            free.release()

    for _ in range(in_flight):
        gevent.spawn(work)
    polling = _connected(port)
    count.begin()
    while count.result is None:
        for _ in range(batch):
            free.acquire()
        for job in _activate(polling, batch):
            queue.put(job)
    tell(count.result)


if __name__ == "__main__":
    main()
