"""Handlers' ``requests.get(...)``, some at once in a patched process; their answers are checked."""

from __future__ import annotations

from camunda_client import patching

patching.patch()

import requests  # noqa: E402 - as in a worker: after the patch
from _count import Count, options, tell  # noqa: E402
from gevent.pool import Pool  # noqa: E402
from requests.adapters import HTTPAdapter  # noqa: E402


def main() -> None:
    """Call ``url`` in the given ``mode``: off, shared, pooled, or with a session of one's own."""
    asked = options()
    get = requests.get
    if asked["mode"] == "session":
        session = requests.Session()
        session.mount(asked["url"], HTTPAdapter(pool_maxsize=asked["in_flight"]))
        get = session.get
    elif asked["mode"] != "off":
        patching.speed_up_requests(pool_connections=asked["mode"] == "pooled")
    count = Count(asked["warm"], asked["calls"])

    def handler(number: int) -> None:
        path = f"/{number}"
        answer = get(asked["url"] + path, verify=asked["verify"], timeout=60).json()
        if answer != {"path": path}:
            raise SystemExit(f"asked for {path}, got {answer}")
        count.one()

    handlers = Pool(asked["in_flight"])
    for _ in handlers.imap_unordered(handler, range(asked["warm"] + asked["calls"]), maxsize=asked["in_flight"]):
        pass
    assert count.result is not None
    tell(count.result)


if __name__ == "__main__":
    main()
