"""Camunda's own Python SDK, its handlers in threads, because they block."""

from __future__ import annotations

import asyncio
import inspect
import os

from _work import Work, options

asked = options()
work = Work(asked)
os.environ["CAMUNDA_REST_ADDRESS"] = asked["rest"]
os.environ["CAMUNDA_AUTH_STRATEGY"] = "NONE"

from camunda_orchestration_sdk import CamundaAsyncClient, WorkerConfig  # noqa: E402 (reads the environment)


async def main() -> None:
    async with CamundaAsyncClient() as client:
        # Up to 1.1 the strategy is the configuration's, from 9 on the worker's.
        way = {"execution_strategy": "thread"}
        in_config = "execution_strategy" in inspect.signature(WorkerConfig).parameters
        config = WorkerConfig(
            job_type=asked["job_type"],
            job_timeout_milliseconds=120_000,
            max_concurrent_jobs=asked["in_flight"],
            **(way if in_config else {}),
        )

        def handler(job: object) -> dict:
            work()
            return {"done": True}

        client.create_job_worker(config=config, callback=handler, **({} if in_config else way))
        await client.run_workers()


asyncio.run(main())
