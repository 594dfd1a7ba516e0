"""An application whose handler runs in child processes, and does what its job's variables say."""

import ctypes
import logging
import os
import sys
import threading
import time
from typing import Any

from camunda_client import patching
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import after_job, around_job, camunda_worker, on_failure
from camunda_client.error import CamundaBusinessException, ServiceException

JOB_TYPE = os.environ["JOB_TYPE"]
if "TRACED" in os.environ:
    # As coverage, debuggers and profilers do.
    threading.settrace(lambda _frame, _event, _argument: None)
log = logging.getLogger("legacy")


@around_job
def around(job: ActivatedJob) -> Any:
    log.info("opened")
    yield


@on_failure
def failed(job: ActivatedJob, error: BaseException, retries_left: int) -> None:
    log.info("hook heard %s retries=%d pid=%d", type(error).__name__, retries_left, os.getpid())


@after_job
def after(job: ActivatedJob, outcome: Any) -> None:
    log.info("hook after %s", outcome.kind)


@camunda_worker(
    job_type=JOB_TYPE,
    run_in="process",
    timeout=int(os.environ.get("LEASE_MS", "10000")),
    handler_timeout=int(os.environ.get("LIMIT_MS", "60000")),
    request_timeout=500,
    retry_back_off=0,
)
def work(job: ActivatedJob) -> Any:
    os.write(1, b"RUN %d BY %d\n" % (int(job.job_key), os.getpid()))
    log.info("at work")
    return DEEDS[job.variables.get("do", "say")](job)


@camunda_worker(job_type=f"{JOB_TYPE}-beside", timeout=1000, request_timeout=500)
def beside(job: ActivatedJob) -> dict[str, Any]:
    time.sleep(0.01)
    return {"pid": os.getpid()}


@camunda_worker(
    job_type=f"{JOB_TYPE}-hangs", run_in="process", handler_timeout=500, request_timeout=500, retry_back_off=60_000
)
def hangs(job: ActivatedJob) -> None:
    hold(job)


@camunda_worker(job_type=f"{JOB_TYPE}-lost", run_in="process", timeout=1000, request_timeout=500, stop_when_lost=True)
def lost(job: ActivatedJob) -> None:
    os.write(1, f"HELD {job.is_held()}\n".encode())
    try:
        loop(job)
    finally:
        os.write(1, f"HELD {job.is_held()}\n".encode())


def say(job: ActivatedJob) -> dict[str, Any]:
    return {
        "pid": os.getpid(),
        "thread": type(threading.current_thread()).__module__,
        "patched": patching.patched_modules(),
        "held": job.is_held(),
        "raises_in_threads": type(ctypes.pythonapi.PyThreadState_SetAsyncExc).__module__,
        "job": {"key": job.job_key, "headers": job.custom_headers, "retries": job.retries},
        "given": job.variables,
    }


def throw(job: ActivatedJob) -> None:
    raise CamundaBusinessException("NO_STOCK", "none left", {"left": 0})


def give_up(job: ActivatedJob) -> None:
    raise ServiceException("the stock is closed", retries=0, variables={"why": "closed"})


def fail(job: ActivatedJob) -> None:
    try:
        raise KeyError("sku")
    except KeyError as error:
        raise RuntimeError("could not read the order") from error


def unfit(job: ActivatedJob) -> Any:
    return {"lines": [{"price": object()}]}


def leave(job: ActivatedJob) -> None:
    sys.exit(4)


def die(job: ActivatedJob) -> None:
    os._exit(7)


def crash(job: ActivatedJob) -> None:
    ctypes.string_at(0)


def crash_once(job: ActivatedJob) -> dict[str, Any]:
    if job.retries == 3:
        crash(job)
    return {"retries": job.retries}


def loop(job: ActivatedJob) -> None:
    while True:
        pass


def wait_in_c(job: ActivatedJob) -> None:
    """Wait in C, which lets other threads run."""
    ctypes.CDLL(None).usleep(int(float(job.variables.get("seconds", 120)) * 1e6))


def hold(job: ActivatedJob) -> None:
    """Wait in C without letting go of the interpreter's lock."""
    ctypes.PyDLL(None).usleep(int(float(job.variables.get("seconds", 120)) * 1e6))


def wait_for_file(job: ActivatedJob) -> dict[str, Any]:
    while not os.path.exists(job.variables["file"]):
        time.sleep(0.02)
    return {"retries": job.retries, "pid": os.getpid()}


DEEDS = {
    one.__name__: one
    for one in (say, throw, give_up, fail, unfit, leave, die, crash, crash_once, loop, wait_in_c, hold, wait_for_file)
}
