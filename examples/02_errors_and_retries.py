"""What you learn: which exception does what to the job.

Run, with CAMUNDA_REST_ADDRESS set to your cluster:

    camunda-client deploy examples/bpmn/charge.bpmn
    camunda-client start charge --variables '{"amount": 30}'
    camunda-client start charge --variables '{"amount": 5000}'
    camunda-client start charge
    camunda-client worker examples/02_errors_and_retries.py

What you will see:
    30       "job.failed" once with retries_left=2, then "job.completed"
    5000     "job.error_thrown" with CARD_DECLINED; the process goes the way of that error, to tell_customer()
    nothing  "job.failed" three times with growing back_off_ms, the last with retries_left=0: now there is an incident
             (KeyError: 'amount'), for a person to mend the variable and resolve it
"""

import logging

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker
from camunda_client.error import CamundaBusinessException, ServiceException

log = logging.getLogger(__name__)

LIMIT = 1000


@camunda_worker(job_type="charge-card", retry_back_off=500)
def charge_card(job: ActivatedJob) -> dict[str, bool]:
    # Any exception fails the job: one retry fewer, and a pause that doubles from retry_back_off (milliseconds).
    amount = job.variables["amount"]
    if amount > LIMIT:
        # The business says no: trying again would change nothing. The process has a path for it.
        raise CamundaBusinessException("CARD_DECLINED", f"{amount} is over the limit", {"limit": LIMIT})
    if job.retries == 3:
        # A technical failure that knows better than the settings when to try again.
        raise ServiceException("the bank asks to come back in 200 ms", retries=2, retry_back_off=200)
    return {"charged": True}


@camunda_worker(job_type="tell-customer")
def tell_customer(job: ActivatedJob) -> None:
    # The limit came with the error; the boundary event's output mapping brought it here.
    log.info("more than %s can't be charged", job.variables["limit"])
