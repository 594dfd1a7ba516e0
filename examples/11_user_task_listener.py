"""What you learn: how a listener of a user task corrects the task, and how it denies what somebody wants to do with it.

Run, with CAMUNDA_REST_ADDRESS set to a cluster of 8.8 or later (or to camunda-client engine):

    camunda-client deploy examples/bpmn/approval.bpmn
    camunda-client start approval --variables '{"amount": 5000}'
    python examples/11_user_task_listener.py

What you will see: "the clerk may not: ... above 1000 only the boss may approve", then "the boss may". Then it ends.
"""

import logging

import camunda_client.config as config
from camunda_client.c8 import api
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import (
    Corrections,
    Denied,
    camunda_worker,
    register_workers,
    start_camunda_workers,
    stop_camunda_workers,
)
from camunda_client.error import ServiceException

log = logging.getLogger(__name__)


@camunda_worker(job_type="approval-begins")  # the event creating
def prepare(job: ActivatedJob) -> Corrections:
    # What is left out stays as the model has it; None would clear it.
    return Corrections(priority=90, candidate_groups=["management"] if job.variables["amount"] > 1000 else ["clerks"])


@camunda_worker(job_type="approval-ends")  # the event completing; Camunda waits for the answer
def check(job: ActivatedJob) -> Denied | None:
    if job.variables["amount"] > 1000 and job.user_task and job.user_task.assignee != "boss":
        return Denied("above 1000 only the boss may approve")
    return None  # agreed


def approve() -> None:
    task = api.wait_until(lambda: next(api.search_user_tasks(element_id="approve", state="CREATED"), None))
    api.assign_user_task(task.user_task_key, "clerk")
    try:
        api.complete_user_task(task.user_task_key, {"approved": True})
    except ServiceException as error:
        log.warning("the clerk may not: %s", error.detail)
    api.assign_user_task(task.user_task_key, "boss")
    api.complete_user_task(task.user_task_key, {"approved": True})
    log.warning("the boss may")


if __name__ == "__main__":
    config.initialize_config()
    register_workers()
    start_camunda_workers()
    approve()
    stop_camunda_workers()
