"""Handlers' ``requests.get(...)``, some at once in a patched process; as many as each line of its input asks for."""

from __future__ import annotations

from camunda_client import patching

patching.patch()

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from itertools import count  # noqa: E402

import requests  # noqa: E402 - as in a worker: after the patch
from _count import options  # noqa: E402
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
    numbers = count()

    def handler(_: int) -> None:
        path = f"/{next(numbers)}"
        answer = get(asked["url"] + path, verify=asked["verify"], timeout=60).json()
        if answer != {"path": path}:
            raise SystemExit(f"asked for {path}, got {answer}")

    handlers = Pool(asked["in_flight"])
    for line in sys.stdin:
        calls = int(line)
        began_s = time.process_time()
        for _ in handlers.imap_unordered(handler, range(calls), maxsize=asked["in_flight"]):
            pass
        cpu_s = time.process_time() - began_s
        print(json.dumps({"cpu_us": cpu_s / calls * 1e6}), flush=True)


if __name__ == "__main__":
    main()
