"""What you learn: how an application with its own main loop runs workers, as in the original c8-client.

Run (the three names for the token may be left out for a cluster that asks for none):

    export CAMUNDA_API_BASE_URL=http://localhost:8080
    export CAMUNDA_CLIENT_ID=... CAMUNDA_CLIENT_SECRET=... CAMUNDA_TOKEN_URL=https://.../token
    camunda-client deploy examples/bpmn/own_main_loop.bpmn
    camunda-client start own-main-loop --count 20
    python examples/15_own_main_loop.py

What you will see: "workers.started", twenty times "job.completed". Ctrl+C or SIGTERM ends the loop; the workers finish
what they have in hand, and the exit code is 0.
"""

import logging
import time

import camunda_client.config as config
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker, register_workers, start_camunda_workers, stop_camunda_workers

log = logging.getLogger(__name__)


@camunda_worker(job_type="a-camunda-job-type")
def a_camunda_job_worker(job: ActivatedJob) -> dict[str, str]:
    time.sleep(0.2)
    return {"output": "some output for the next task"}


def configure() -> None:
    # What isn't said here comes from the environment, then from .env in the working directory.
    config.initialize_config(
        {"api": {"job": {"worker": "c8-example-worker", "timeout": 5000}}, "worker": {"drainTimeout": 10_000}}
    )


def application_loop() -> None:
    try:
        register_workers()
        start_camunda_workers()
        while True:
            time.sleep(2)
    except KeyboardInterrupt:
        log.info("Ctrl+C: stopping")
    finally:
        stop_camunda_workers()


if __name__ == "__main__":
    configure()
    application_loop()
