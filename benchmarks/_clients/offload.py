"""Runs handlers in child processes, without a gateway: only what the worker and its children do for a job."""

import contextlib
import json
import resource
import sys
import time

import gevent.pool

from camunda_client import config
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import JobWorker, camunda_worker, worker_settings
from camunda_client.c8.worker._offload._pool import Offload
from camunda_client.c8.worker._outcome import MadeElsewhere

asked = json.loads(sys.argv[1])
cpu_s: float = asked["cpu_s"]


@camunda_worker(job_type="computes", run_in="process")
def computes(job: ActivatedJob) -> dict[str, int]:
    end_s = time.thread_time() + cpu_s
    number = 0
    while time.thread_time() < end_s:
        number += 1
    return {"number": number}


def job(number: int) -> ActivatedJob:
    variables = {"number": number, "text": "x" * 1000}
    return ActivatedJob.model_validate({"jobKey": str(number + 1), "type": "computes", "variables": variables})


def in_worker() -> dict[str, float]:
    started_s = time.monotonic()
    for number in range(asked["jobs"]):
        computes(job(number))
    return {"wall_s": time.monotonic() - started_s, "worker_cpu_s": 0.0, "children_cpu_s": 0.0}


def in_children() -> dict[str, float]:
    registered = JobWorker("computes", computes.__wrapped__)  # type: ignore[attr-defined]
    settings = worker_settings(registered)
    limits = config.WorkerConfig(offloadProcesses=asked["processes"], offloadThreads=asked["threads"])
    offload = Offload([(registered, settings)], limits, None, lambda _key: True)
    offload.start(60.0)
    handler = offload.taken(settings).handler

    def work(number: int) -> None:
        with contextlib.suppress(MadeElsewhere):  # what it came to; anything else that it raises is a fault
            handler(job(number))

    pool = gevent.pool.Pool(2 * asked["processes"] * asked["threads"])
    pool.map(work, range(20))
    started_s, cpu_before_s = time.monotonic(), time.process_time()
    pool.map(work, range(asked["jobs"]))
    wall_s, worker_cpu_s = time.monotonic() - started_s, time.process_time() - cpu_before_s
    offload.stop()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"wall_s": wall_s, "worker_cpu_s": worker_cpu_s, "children_cpu_s": children.ru_utime + children.ru_stime}


if __name__ == "__main__":
    print(json.dumps(in_children() if asked["processes"] else in_worker()))
