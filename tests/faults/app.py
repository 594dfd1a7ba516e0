"""An application for the tests of processes: its handler does what its job's variables say, and prints each run."""

import ctypes
import os
import signal
import sys
import threading
import time

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker

JOB_TYPE = os.environ["JOB_TYPE"]
LEASE_MS = int(os.environ.get("LEASE_MS", "10000"))
REQUEST_TIMEOUT_MS = int(os.environ.get("REQUEST_TIMEOUT_MS", "3000"))
leaked: list[object] = []


@camunda_worker(job_type=JOB_TYPE, timeout=LEASE_MS, request_timeout=REQUEST_TIMEOUT_MS, max_jobs_active=1000)
def work(job: ActivatedJob) -> dict[str, object]:
    what, seconds = str(job.variables.get("do", "sleep")), float(job.variables.get("seconds", 0))
    os.write(1, b"RUN %d\n" % int(job.job_key))
    DEEDS[what](seconds)
    return {"by": os.getpid()}


def burn(seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        pass


def hold(seconds: float) -> None:
    """Wait in C without letting go of the interpreter's lock: no other thread runs."""
    ctypes.PyDLL(None).usleep(int(seconds * 1e6))


def crash(_seconds: float) -> None:
    import ctypes

    ctypes.string_at(0)


def leave_a_thread(_seconds: float) -> None:
    def loop() -> None:
        while True:
            time.sleep(0.1)

    threading.Thread(target=loop, daemon=False).start()


def fail_with_a_big_local(_seconds: float) -> None:
    big = bytearray(os.urandom(200_000))
    from camunda_client.error import ServiceException

    raise ServiceException(f"failed with {len(big)} bytes at hand", retries=0)


def fail_later(seconds: float) -> None:
    time.sleep(seconds)
    raise KeyError("no such sku")


def open_sockets(seconds: float) -> None:
    import socket

    pairs = [socket.socketpair() for _ in range(10)]
    time.sleep(seconds)
    for pair in pairs:
        for one in pair:
            one.close()


DEEDS = {
    "sleep": time.sleep,
    "burn": burn,
    "hold": hold,
    "exit": lambda _seconds: os._exit(0),
    "crash": crash,
    "thread": leave_a_thread,
    "leak": fail_with_a_big_local,
    "sockets": open_sockets,
    "fail_later": fail_later,
}

if os.environ.get("OWN_SIGTERM"):
    signal.signal(signal.SIGTERM, lambda *_: print("OWN SIGTERM", flush=True))

if __name__ == "__main__":
    # The README's way: the script itself starts the workers and simply ends, or waits.
    from camunda_client import config
    from camunda_client.c8 import worker

    config.initialize_config()
    worker.register_workers()
    worker.start_camunda_workers()
    if "wait" in sys.argv:
        while True:
            time.sleep(2)
    time.sleep(1)
