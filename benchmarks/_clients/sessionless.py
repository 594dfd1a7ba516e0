"""A handler's ``requests.get(...)``, one after another in a patched process; its answers are checked."""

from __future__ import annotations

from camunda_client import patching

patching.patch()

import requests  # noqa: E402 - as in a worker: after the patch
from _count import Count, options, tell  # noqa: E402


def main() -> None:
    """Call ``url`` in the given ``mode``: off, shared, pooled, or with a session of one's own."""
    asked = options()
    get = requests.get
    if asked["mode"] == "session":
        session = requests.Session()
        get = session.get
    elif asked["mode"] != "off":
        patching.speed_up_requests(pool_connections=asked["mode"] == "pooled")
    count = Count(asked["warm"], asked["calls"])
    number = 0
    while count.result is None:
        number += 1
        path = f"/{number}"
        answer = get(asked["url"] + path, verify=asked["verify"], timeout=60).json()
        if answer != {"path": path}:
            raise SystemExit(f"asked for {path}, got {answer}")
        count.one()
    tell(count.result)


if __name__ == "__main__":
    main()
