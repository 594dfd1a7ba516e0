"""What you learn: how what was done already is undone when a later step fails (a saga, by BPMN's compensation).

Run, with CAMUNDA_REST_ADDRESS set to a cluster of 8.5 or later (or to camunda-client engine):

    camunda-client deploy examples/bpmn/trip.bpmn
    camunda-client start trip --variables '{"budget": 300}'
    camunda-client worker examples/16_compensation.py

What you will see: "job.completed" for both bookings, "job.error_thrown" with DECLINED, then "job.completed" for both
cancellations, "hotel H-1 is cancelled" and "flight F-1 is cancelled". With a budget of 900 the trip is paid.
"""

import logging

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker
from camunda_client.error import CamundaBusinessException

log = logging.getLogger(__name__)


@camunda_worker(job_type="book-hotel")
def book_hotel(job: ActivatedJob) -> dict[str, str]:
    return {"hotel": "H-1"}


@camunda_worker(job_type="book-flight")
def book_flight(job: ActivatedJob) -> dict[str, str]:
    return {"flight": "F-1"}


@camunda_worker(job_type="pay")
def pay(job: ActivatedJob) -> None:
    if job.variables["budget"] < 500:
        # An event sub-process catches this error, and ends with a compensation of all that has completed.
        raise CamundaBusinessException("DECLINED", "the trip costs 500")


# Compensation handlers are tasks like any other. Both begin at once, so they must not depend on each other, and a
# handler that fails is retried: it has to be safe to cancel a booking twice.
@camunda_worker(job_type="cancel-hotel")
def cancel_hotel(job: ActivatedJob) -> None:
    log.info("hotel %s is cancelled", job.variables["hotel"])


@camunda_worker(job_type="cancel-flight")
def cancel_flight(job: ActivatedJob) -> None:
    log.info("flight %s is cancelled", job.variables["flight"])
