"""Camunda's own Python SDK, its handlers in threads, because they block."""

from __future__ import annotations

import asyncio
import os

from _work import Work, options

asked = options()
work = Work(asked)
os.environ["CAMUNDA_REST_ADDRESS"] = asked["rest"]
os.environ.setdefault("CAMUNDA_AUTH_STRATEGY", "NONE")

from camunda_orchestration_sdk import CamundaAsyncClient, WorkerConfig  # noqa: E402 (reads the environment)


async def main() -> None:
    async with CamundaAsyncClient() as client:
        config = WorkerConfig(
            job_type=asked["job_type"],
            job_timeout_milliseconds=120_000,
            max_concurrent_jobs=asked["in_flight"],
        )

        def handler(job: object) -> dict:
            work()
            return {"done": True}

        client.create_job_worker(config=config, callback=handler, execution_strategy="thread")
        await client.run_workers()


asyncio.run(main())
