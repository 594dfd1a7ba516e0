"""This package's worker, telling when each handler started; its jobs carry when they were created."""

from __future__ import annotations

from camunda_client.c8.worker import add_job_worker, start_camunda_workers  # isort: skip (patches)

import json
import sys
import time

from _count import options

from camunda_client.c8.models import ActivatedJob
from camunda_client.config import initialize_config


def main() -> None:
    """Print ``[number, start]`` for each job; ends with its parent."""
    asked = options()
    initialize_config({"api": {"baseUrl": asked["rest"]}})

    def handler(job: ActivatedJob) -> None:
        started_s = time.monotonic()
        sys.stdout.write(json.dumps([job.variables["number"], started_s]) + "\n")
        sys.stdout.flush()

    add_job_worker(asked["job_type"], handler, timeout=60_000)
    start_camunda_workers()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
