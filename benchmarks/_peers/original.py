"""c8-client 8.7.2, as its README shows it. It knows no cluster without tokens, so the stub hands it one."""

# No future annotations here: 8.7.2 refuses a hint that is text.
import os
import time

from _work import Work, options

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker, register_workers, start_camunda_workers
from camunda_client.config import initialize_config

asked = options()
work = Work(asked)
initialize_config(
    {
        "api": {"baseUrl": asked["rest"], "job": {"timeout": 120_000, "pollingInterval": 100}},
        "auth": {
            "selfManaged": {
                "oidcTokenUrl": os.environ.get("CAMUNDA_OAUTH_URL", f"{asked['stub']}/stub/token"),
                "clientId": os.environ.get("CAMUNDA_CLIENT_ID", "x"),
                "clientSecret": os.environ.get("CAMUNDA_CLIENT_SECRET", "x"),
            }
        },
    }
)


@camunda_worker(job_type=asked["job_type"], max_jobs_to_activate=asked["in_flight"])
def handler(job: ActivatedJob) -> dict:
    work()
    return {"done": True}


register_workers()
start_camunda_workers()
while True:
    time.sleep(2)
