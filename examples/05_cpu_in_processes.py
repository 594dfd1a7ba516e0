"""What you learn: handlers that compute, or wait in C, run in child processes, on every core.

Run, with CAMUNDA_REST_ADDRESS set to your cluster:

    camunda-client deploy examples/bpmn/primes.bpmn
    camunda-client start primes --variables '{"number": 1000000007}' --count 20
    camunda-client start primes --variables '{"number": 1000000008}' --count 20
    camunda-client worker examples/05_cpu_in_processes.py

What you will see: "offload.started" once for each core, then forty times "job.completed". Each job's variable "pid" is
the process that computed. Without run_in="process", one handler after another would compute in the worker's own
process, and each would hold up all other jobs meanwhile ("hub.blocked" in the log, if it takes more than a second).
CAMUNDA_WORKER_OFFLOAD_PROCESSES sets how many processes there are, CAMUNDA_WORKER_OFFLOAD_THREADS how many jobs each
works at once: one is right for code that computes, more for drivers that wait in C.
"""

import logging
import os

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker

log = logging.getLogger(__name__)


# handler_timeout ends the handler wherever it stands: a child process that does not obey is ended, and replaced.
@camunda_worker(job_type="check-number", run_in="process", handler_timeout=60_000)
def check_number(job: ActivatedJob) -> dict[str, object]:
    number = int(job.variables["number"])
    factor = next((factor for factor in range(2, int(number**0.5) + 1) if number % factor == 0), None)
    # Lines of child processes have the job's fields as well.
    log.info("%s is %s", number, "prime" if factor is None else f"divisible by {factor}")
    return {"prime": factor is None, "pid": os.getpid()}
