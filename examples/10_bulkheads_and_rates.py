"""What you learn: spare the systems behind your handlers. Jobs that they can't bear yet stay with Camunda.

Run, with CAMUNDA_REST_ADDRESS set to your cluster:

    camunda-client deploy examples/bpmn/stock.bpmn
    camunda-client start stock --count 40
    camunda-client worker examples/10_bulkheads_and_rates.py --processes 2

What you will see: "sessions" in the results of reserve-stock and write-invoice, never above 4, although two types and
two processes share the database. Ten notify-carrier jobs a second. In the first seconds the carrier refuses calls:
after three "job.failed" comes "circuit.opened", later "circuit.closed", and every job is completed although each has
one retry only: none was lost.
"""

import os
import tempfile
import time
from pathlib import Path

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import Resource, camunda_worker

# A database that takes four sessions. A file for each stands for it here; the parent of the processes names the folder.
SESSIONS = Path(tempfile.gettempdir()) / f"example-sessions-{os.getppid()}"
SESSIONS.mkdir(exist_ok=True)
CARRIER_OPENS = time.monotonic() + 3

carrier = Resource("carrier", rate="10/s", opens_after=3, opens_on=ConnectionError, opens_for=1000)


def in_a_session(job: ActivatedJob) -> dict[str, int]:
    session = SESSIONS / job.job_key
    session.touch()
    try:
        time.sleep(0.1)
        return {"sessions": len(list(SESSIONS.iterdir()))}
    finally:
        session.unlink()


@camunda_worker(job_type="reserve-stock", resource="database", limit=4)
def reserve_stock(job: ActivatedJob) -> dict[str, int]:
    return in_a_session(job)


@camunda_worker(job_type="write-invoice", resource="database")  # the same four
def write_invoice(job: ActivatedJob) -> dict[str, int]:
    return in_a_session(job)


@camunda_worker(job_type="notify-carrier", resource=carrier)
def notify_carrier(job: ActivatedJob) -> None:
    if time.monotonic() < CARRIER_OPENS:
        raise ConnectionRefusedError("the carrier is closed")
