"""pyzeebe over gRPC. Its plain functions run in asyncio's default pool, which is widened to the jobs in flight."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import grpc
from _work import Work, options
from pyzeebe import ZeebeWorker, create_insecure_channel, create_oauth2_client_credentials_channel

asked = options()
work = Work(asked)


def channel() -> grpc.aio.Channel:
    """Return a channel, over TLS and with a token where the environment says how to get one."""
    if "CAMUNDA_OAUTH_URL" not in os.environ:
        return create_insecure_channel(asked["grpc"])
    return create_oauth2_client_credentials_channel(
        asked["grpc"],
        client_id=os.environ["CAMUNDA_CLIENT_ID"],
        client_secret=os.environ["CAMUNDA_CLIENT_SECRET"],
        authorization_server=os.environ["CAMUNDA_OAUTH_URL"],
        scope=os.environ.get("CAMUNDA_TOKEN_SCOPE"),
        audience=os.environ.get("CAMUNDA_TOKEN_AUDIENCE"),
    )


async def main() -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(asked["in_flight"]))
    # Left at 5 s, it naps that long whenever all slots are taken, and does 24 jobs a second.
    worker = ZeebeWorker(channel(), poll_retry_delay=0.01)

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
