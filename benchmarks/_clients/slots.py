"""Scheduling alone: this package's slots with handlers that mostly sleep. Nothing is asked for, nothing reported."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import gevent  # noqa: E402
from _count import Count, options, tell  # noqa: E402
from _handlers import handler  # noqa: E402
from gevent.event import Event  # noqa: E402

from camunda_client import patching  # noqa: E402
from camunda_client.c8.worker._slots import Slots  # noqa: E402


def main() -> None:
    """Give all tasks to the slots at once; they run ``in_flight`` at a time."""
    asked = options()
    sleep_s, jobs = asked["sleep_s"], asked["jobs"]
    work = handler(asked.get("what", "waits"), patching.original("time", "sleep"))
    count = Count(0, jobs)
    done = Event()

    def sleep(_number: int) -> None:
        work(sleep_s)

    def tell_of(_number: int) -> None:
        count.one()
        if count.result is not None:
            done.set()

    slots = Slots(asked["in_flight"], sleep, tell_of)
    count.begin()
    for number in range(jobs):
        slots.run(number)
    with gevent.Timeout(asked["patience_s"]):
        done.wait()
    assert count.result is not None
    tell(count.result)


if __name__ == "__main__":
    main()
