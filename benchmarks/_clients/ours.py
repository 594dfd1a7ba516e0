"""This package's worker as a user runs it: pydantic model, lease kept, one JSON log line per job."""

from __future__ import annotations

from camunda_client.c8.worker import add_job_worker, start_camunda_workers  # isort: skip (patches)

import time

from _count import Count, options, tell
from gevent.event import Event

from camunda_client.c8.models import ActivatedJob
from camunda_client.config import initialize_config


def main() -> None:
    """Work jobs until enough are counted. ``transport`` may be ``requests``."""
    asked = options()
    count = Count(asked["warm"], asked["jobs"])
    sleep_s = asked["sleep_s"]
    done = Event()
    initialize_config(
        {
            "api": {"baseUrl": f"http://127.0.0.1:{asked['port']}"},
            "worker": {"pool": asked["in_flight"], "transport": asked.get("transport", "auto")},
        }
    )

    def charge_card(job: ActivatedJob) -> None:
        if sleep_s:
            time.sleep(sleep_s)
        count.one()
        if count.result is not None:
            done.set()

    add_job_worker(
        "charge-card",
        charge_card,
        timeout=60_000,
        max_jobs_to_activate=asked["batch"],
        max_jobs_active=asked["in_flight"],
    )
    profiled = asked.get("profile")
    if profiled:
        import cProfile

        profile = cProfile.Profile()
        profile.enable()
    count.begin()
    start_camunda_workers()
    done.wait()
    assert count.result is not None
    if profiled:
        profile.disable()
        profile.dump_stats(profiled)
    tell(count.result)


if __name__ == "__main__":
    main()
