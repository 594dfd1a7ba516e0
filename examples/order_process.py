"""What you learn: how to write handlers that are easy to test. They are in a module; test_order_process.py imports it.

Run the test, which needs no Camunda (pip install '.[embedded]' pytest):

    pytest examples/test_order_process.py

Run the handlers, with CAMUNDA_REST_ADDRESS set to your cluster (`camunda-client engine` starts a small one):

    camunda-client deploy examples/bpmn/order.bpmn
    camunda-client start order --variables '{"customer": "Ada", "amount": 40}'
    camunda-client worker examples/order_process.py

What you will see: one test passed, which moved time by a day; and from the worker "charging 40". Its second job comes
a day later.
"""

import logging

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker
from camunda_client.error import CamundaBusinessException

log = logging.getLogger(__name__)

LIMIT = 1000


@camunda_worker(job_type="charge-order")
def charge(job: ActivatedJob) -> dict[str, int]:
    amount = job.variables["amount"]
    if amount > LIMIT:
        # The process has a way for it: the boundary event "too-much".
        raise CamundaBusinessException("TOO_MUCH", f"{amount} is more than {LIMIT}")
    log.info("charging %s", amount)
    return {"charged": amount}


@camunda_worker(job_type="ask-for-review")
def ask_for_review(job: ActivatedJob) -> dict[str, str]:
    log.info("asking %s for a review", job.variables["customer"])
    return {"asked": job.variables["customer"]}
