"""What you learn: how to write a handler. It is a plain function with a decorator; there is no main loop to write.

Run, with CAMUNDA_REST_ADDRESS set to your cluster (such as http://localhost:8080):

    camunda-client deploy examples/bpmn/hello.bpmn
    camunda-client start hello --variables '{"name": "Ada"}'
    camunda-client worker examples/01_hello_worker.py

What you will see: "workers.started", the line of greet() with the job's fields behind it, and "job.completed".
Ctrl+C ends it: it finishes what it has in hand, says "shutdown.drained", and the exit code is 0.
"""

import logging
import time

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker

log = logging.getLogger(__name__)


@camunda_worker(job_type="greet")
def greet(job: ActivatedJob) -> dict[str, str]:
    # Blocking is fine here: while this job sleeps, up to 99 others of its type run.
    time.sleep(0.2)
    name = job.variables.get("name", "World")
    log.info("saying hello to %s", name)
    # What is returned becomes variables of the process instance.
    return {"greeting": f"Hello, {name}!"}
