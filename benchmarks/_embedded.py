"""A program: the embedded engine behind its gateway, in a process of its own, for benchmarks to talk to.

Prints its address. Then each line on its standard input is a process id, answered with how many of that process's
instances have completed. It ends when its standard input does, which is when its parent does.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

from gevent import os as gevent_os  # noqa: E402

from camunda_client.embedded import Engine, Gateway  # noqa: E402


def main() -> None:
    """Serve until standard input ends."""
    engine = Engine()
    with Gateway(engine, dialect=sys.argv[1]) as gateway:
        print(gateway.base_url, flush=True)
        pending = b""
        while chunk := gevent_os.tp_read(0, 4096):
            *names, pending = (pending + chunk).split(b"\n")
            for name in names:
                print(_completed(engine, name.decode()), flush=True)


def _completed(engine: Engine, process_id: str) -> int:
    return sum(one.process_id == process_id and one.state == "COMPLETED" for one in engine.instances)


if __name__ == "__main__":
    main()
