"""What you learn: several processes work one application, and a page shows what they do right now.

Run, with CAMUNDA_REST_ADDRESS set to your cluster, after pip install 'c8-client[metrics]':

    camunda-client deploy examples/bpmn/stock.bpmn
    camunda-client start stock --count 200
    camunda-client worker examples/14_live_page.py --processes 2 --status-port 9464

What you will see: on http://127.0.0.1:9464/ three job types with their rates, the jobs in hand with the line where each
handler stands, a warning for each delivery that fails, and two processes. End one of them by kill -9: the page says so,
another takes its place, and its jobs are done once their leases are over. http://127.0.0.1:9464/types has it as JSON.
"""

import os
import random
import time

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker
from camunda_client.error import ServiceException

# A short lease, which is extended while the handler runs: what a dead process had in hand is soon offered again.
LEASE_MS = 10_000

refused: set[str] = set()


@camunda_worker(job_type="reserve-stock", timeout=LEASE_MS)
def reserve_stock(job: ActivatedJob) -> dict[str, int]:
    time.sleep(random.uniform(0.1, 1))
    return {"reserved_by": os.getpid()}


@camunda_worker(job_type="write-invoice", timeout=LEASE_MS, max_jobs_active=5)
def write_invoice(job: ActivatedJob) -> dict[str, int]:
    time.sleep(0.2)
    return {"written_by": os.getpid()}


@camunda_worker(job_type="notify-carrier", timeout=LEASE_MS, max_jobs_active=20)
def notify_carrier(job: ActivatedJob) -> None:
    time.sleep(random.uniform(0.1, 3))
    if int(job.job_key) % 20 == 0 and job.job_key not in refused:
        refused.add(job.job_key)
        raise ServiceException(message="the carrier is busy", retries=1, retry_back_off=1000)
