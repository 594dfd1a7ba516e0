"""The worker's end of the socket between it and its parent: a line of JSON a second, and an answer to each question."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from camunda_client import metrics
from camunda_client.cli._status._notable import Notable
from camunda_client.error import ServiceException

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.cli._status._board import StatusBoard

#: Seconds between two lines.
EVERY_S = 1.0


def talk_to_parent(fd: int, on_gone: Callable[[], object]) -> None:
    """In a worker: write its status every second and answer questions, for ever, in the calling greenlet and another.

    ``on_gone`` is called once when the parent is gone: it was killed, and its workers should end in good order.
    """
    import gevent
    from gevent.lock import Semaphore

    channel = socket.socket(fileno=os.dup(fd))
    channel.setblocking(True)
    writing = Semaphore()
    notable = Notable()
    notable.start()

    def write(line: dict[str, Any]) -> None:
        with writing:
            channel.sendall(json.dumps(line).encode() + b"\n")

    def answer_questions() -> None:
        with contextlib.suppress(OSError), channel.makefile("rb") as questions:
            for question in questions:
                write(_answer(json.loads(question), notable))

    gevent.spawn(answer_questions)
    while True:
        try:
            write(_status())
        except OSError:
            on_gone()
            return
        gevent.sleep(EVERY_S)


def fill(board: StatusBoard) -> None:
    """Tell a board of this process how the workers here do, for ever, in the calling greenlet."""
    import gevent

    def answer(question: bytes) -> None:
        board.answered(1, _answer(json.loads(question), Notable()))

    board.started(1, os.getpid(), lambda question: gevent.spawn(answer, question))
    while True:
        board.put(1, _status())
        gevent.sleep(EVERY_S)


def _status() -> dict[str, Any]:
    """Return the line that a worker writes every second."""
    from camunda_client import config
    from camunda_client.c8.worker import health

    drain_s = config.get_config().worker.drain_timeout / 1000
    return {"health": asdict(health()), "metrics": metrics.current.dump(), "drain_s": drain_s}


def _answer(asked: dict[str, Any], notable: Notable) -> dict[str, Any]:
    from camunda_client.c8.worker import health, jobs_in_hand

    number = {"answer": asked["question"]}
    if (changes := asked.get("changes")) is not None:
        return {**number, **_changed(changes)}
    if (job_key := asked.get("job")) is not None:
        job = next((asdict(job) for job in jobs_in_hand() if job.job_key == job_key), None)
        if job is not None and asked.get("variables"):
            job["variables"] = _variables(job_key)
        return {**number, "job": job}
    # Stacks make most of the answer, and are asked for one by one.
    shown = [{**vars(job), "stack": _place(job.stack)} for job in jobs_in_hand(asked["jobs"])]
    return {**number, "jobs": shown, "count": health().in_flight, "events": notable.newest()}


def _variables(job_key: str) -> Any:
    """Return a job's variables as its handler has them now, as far as JSON has words for them."""
    from camunda_client.c8.worker import CamundaWorkerManager

    running = CamundaWorkerManager().running
    held = [] if running is None else running.held_jobs()
    found = next((one.job.variables for one in held if one.key == job_key), {})
    return json.loads(json.dumps(found, default=repr))


def _changed(changes: list[dict[str, Any]]) -> dict[str, Any]:
    from camunda_client.c8.worker import change_workers

    try:
        return {"changed": sorted({job_type for change in changes for job_type in change_workers(**change)})}
    except ServiceException as error:
        return {"changed": [], "error": str(error)}


def _place(stack: list[str]) -> list[str]:
    """Return the innermost place outside of gevent, which is where almost every handler waits."""
    return [place for place in stack if "/gevent/" not in place][-1:] or stack[-1:]


def say_ending(fd: int, exit_timeout_s: float) -> None:
    """In a worker: say to the parent that it has drained, and how long its exit hooks may take."""
    with contextlib.suppress(OSError):  # the parent is gone, or does not read
        os.write(fd, json.dumps({"exit_s": exit_timeout_s}).encode() + b"\n")
