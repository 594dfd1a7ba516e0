"""pyzeebe over gRPC. Its plain functions run in asyncio's default pool, which is widened to the jobs in flight."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from _work import Work, options
from pyzeebe import ZeebeWorker, create_insecure_channel

asked = options()
work = Work(asked)


async def main() -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(asked["in_flight"]))
    # Left at 5 s, it naps that long whenever all slots are taken, and does 24 jobs a second.
    worker = ZeebeWorker(create_insecure_channel(asked["grpc"]), poll_retry_delay=0.01)

    def handler() -> dict:
        work()
        return {"done": True}

    worker.task(
        task_type=asked["job_type"],
        timeout_ms=120_000,
        max_jobs_to_activate=min(asked["in_flight"], 120),
        max_running_jobs=asked["in_flight"],
    )(handler)
    await worker.work()


asyncio.run(main())
