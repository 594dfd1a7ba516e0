"""What you learn: a worker written for Camunda 7 runs as it is; nothing below knows of Camunda 8.

Run, with CAMUNDA_REST_ADDRESS set to your cluster, and camunda-external-task-client-python3 not needed any more:

    camunda-client deploy examples/bpmn/migrated.bpmn
    camunda-client start migrated --variables '{"customer": "Ada", "amount": 500}'
    camunda-client start migrated --variables '{"customer": "Ben"}'
    camunda-client worker --camunda7 examples/08_camunda7_code.py

The model is one that Camunda's converter has made: the topic is the job type now. docs/camunda7.md is the whole way.

What you will see:
    Ada  "job.completed"; the process has the variables approved and checked_by
    Ben  "job.failed" three times with retries_left 2, 1, 0, then an incident with the message of check_credit()
"""

import logging

from camunda.external_task.external_task import ExternalTask, TaskResult
from camunda.external_task.external_task_worker import ExternalTaskWorker

default_config = {
    "maxTasks": 1,
    "lockDuration": 10000,
    "asyncResponseTimeout": 5000,
    "retries": 3,
    "retryTimeout": 5000,
    "sleepSeconds": 30,
}


def check_credit(task: ExternalTask) -> TaskResult:
    amount = task.get_variable("amount")
    if amount is None:
        return task.failure(
            error_message="no amount",
            error_details=f"of {task.get_variable('customer')}",
            max_retries=3,
            retry_timeout=100,
        )
    logging.info("checking %s for %s", amount, task.get_variable("customer"))
    return task.complete({"approved": amount < 1000, "checked_by": task.get_topic_name()})


if __name__ == "__main__":
    ExternalTaskWorker(worker_id="credit", config=default_config).subscribe("check-credit", check_credit)
