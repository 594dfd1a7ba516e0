"""The application of c8-client's README, asking more often than its five seconds; runs until it is killed."""

import os
import time

import camunda_client.config as config
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker, register_workers, start_camunda_workers, stop_camunda_workers


@camunda_worker(job_type="work", max_jobs_to_activate=50)
def a_camunda_job_worker(job: ActivatedJob) -> dict:
    return {"twice": job.variables["number"] * 2}


def configure():
    config.initialize_config(
        config=config.C8Config(
            auth=config.AuthConfig(
                selfManaged=config.SelfManagedAuthConfig(
                    clientId="tour", clientSecret="secret", oidcTokenUrl=os.getenv("CAMUNDA_TOKEN_URL")
                )
            ),
            api=config.ApiConfig(
                baseUrl=os.getenv("CAMUNDA_REST_ADDRESS"),
                job=config.JobConfig(worker="c8-example-worker", timeout=60000, pollingInterval=100),
            ),
        )
    )


configure()
try:
    register_workers()
    start_camunda_workers()
    while True:
        time.sleep(2)
finally:
    stop_camunda_workers()
