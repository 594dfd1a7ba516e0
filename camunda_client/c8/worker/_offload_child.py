"""A child process of a worker: finds the handlers that run in processes, and works jobs in plain threads.

It is unpatched, polls nothing and tells Camunda nothing. The worker gives it a job and a thread for it, and gets back
what the job came to, ready to be sent.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import math
import os
import queue
import runpy
import socket
import sys
import threading
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from camunda_client import config, patching
from camunda_client import log as logging
from camunda_client._process.stacks import innermost
from camunda_client.c8.models import job as job_model
from camunda_client.c8.worker import _integrations
from camunda_client.c8.worker._execution import Execution, HandlerStopped, HandlerTimedOut, JobContext, JobLost
from camunda_client.c8.worker._handlers import JobWorker
from camunda_client.c8.worker._lease import HeldJob, Lease
from camunda_client.c8.worker._manager import register_workers, registered_workers
from camunda_client.c8.worker._offload import Plan, Wanted, frames, shown_name
from camunda_client.c8.worker._outcome import Memory, Outcome
from camunda_client.c8.worker._run_handler import worker_settings
from camunda_client.c8.worker._settings import RetryRule, WorkerSettings
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from typing import BinaryIO

log = logging.get_logger(__name__)

#: What a thread can be struck with, by name; anything else ends a handler as the end of the worker does.
_STRIKES: Final[dict[str, type[BaseException]]] = {
    kind.__name__: kind for kind in (HandlerTimedOut, HandlerStopped, JobLost)
}


class _Refused(Exception):
    """This process can't work what is wanted of it."""


# -- finding the handlers -------------------------------------------------------------------------------------------
def _found(plan: Plan) -> dict[str, WorkerSettings]:
    """Import what the worker has, and return the settings of each handler that is wanted, by job type.

    Raises:
        _Refused: Says what is missing, and what to do.
    """
    sys.argv = plan.argv
    _import(plan)
    if modules := patching.patched_modules():
        raise _Refused(
            f"it came up patched by gevent ({', '.join(modules[:5])}): sitecustomize, a .pth file or an imported "
            "module does that with something other than gevent.monkey.patch_all(); let it do so only where the "
            "environment has no CAMUNDA_CLIENT_CHILD"
        )
    register_workers()
    with contextlib.suppress(RuntimeError, ConfigurationError):
        config.initialize_config()  # unless the module has: for handlers that call the API
    logging.configure_if_unconfigured()
    _integrations.install(_integrations.wanted())
    return {wanted.job_type: _settings(wanted) for wanted in plan.wanted}


def _import(plan: Plan) -> None:
    name = "the module"
    try:
        if plan.loader is not None:
            module, function, name = plan.loader
            getattr(importlib.import_module(module), function)(name)
        for name in plan.modules:
            importlib.import_module(name)
        if plan.main is not None:
            name = plan.main[1]
            _import_main(*plan.main)
    except BaseException as error:
        # SystemExit as well, which a script without a guard may raise.
        if plan.loader is None:
            traceback.print_exc()
        reason = error.__cause__ or error  # a loader has shown what it hides
        raise _Refused(f"the import of {name} failed there: {type(reason).__name__}: {reason}") from error


def _import_main(how: str, name: str) -> None:
    """Run the worker's main script as multiprocessing would: whatever ``__name__ == "__main__"`` guards is left out."""
    run = runpy.run_module if how == "module" else runpy.run_path
    found = run(name, run_name="__mp_main__")
    module = type(sys)("__mp_main__")
    module.__dict__.update(found)
    sys.modules["__main__"] = sys.modules["__mp_main__"] = module


def _settings(wanted: Wanted) -> WorkerSettings:
    """Return the settings of one handler, with the worker's retry rule, and without the limit that the worker keeps."""
    settings = worker_settings(_handler(wanted))
    return replace(settings, retry=RetryRule(*wanted.retry), handler_timeout_s=None)


def _handler(wanted: Wanted) -> JobWorker:
    """Return what the import registered for a job type, else the function of that name."""
    found = [worker for worker in registered_workers() if worker.job_type == wanted.job_type]
    for worker in found:
        if shown_name(worker.handler) == wanted.name:
            return worker
    if found:
        raise _Refused(
            f"the handler of {wanted.job_type!r} is {wanted.name} in the worker, and {shown_name(found[0].handler)} "
            "there; register the same one at import"
        )
    module, _, path = wanted.name.partition(":")
    target: Any = sys.modules.get("__mp_main__" if module == "__main__" else module)
    for part in path.split("."):
        target = getattr(target, part, None)
    if callable(target) and not wanted.has_hooks:
        return JobWorker(wanted.job_type, target)
    raise _Refused(
        f"{wanted.name} (job type {wanted.job_type!r}) is not found there: a child process imports the modules of the "
        "worker anew, and only what their import registers or defines is there; decorate it at module level, not in a "
        'function or under if __name__ == "__main__"'
    )


# -- working --------------------------------------------------------------------------------------------------------
class _Thread:
    """One thread, which works one job after another."""

    def __init__(self, number: int, child: _Child) -> None:
        self.number, self._child = number, child
        self._todo: queue.SimpleQueue[frames.Frame] = queue.SimpleQueue()
        self._lock = threading.Lock()
        #: The job in hand, and whether it was struck.
        self._held: HeldJob | None = None
        self._is_struck = False
        #: Whether that is held, as the worker says.
        self.answers: queue.SimpleQueue[bool | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=f"jobs-{number}", daemon=True)
        self._thread.start()

    def give(self, frame: frames.Frame) -> None:
        self._todo.put(frame)

    @property
    def ident(self) -> int | None:
        return self._thread.ident

    def holds(self, key: str) -> bool:
        """Return whether this is the job in hand."""
        return self._held is not None and self._held.key == key

    def _run(self) -> None:
        while True:
            frame = self._todo.get()
            # A strike may come so late that it meets the code around the handler.
            try:
                outcome = self._work(frame)
            except BaseException:
                outcome = None
                self._done()
                log.exception("job.lost_track")
            self._child.tell(self.number, outcome)
            del frame, outcome

    def _work(self, frame: frames.Frame) -> Outcome | None:
        facts = frame.facts
        settings = self._child.handlers[facts["type"]]
        held = HeldJob(frames.decoded_job(frame.body), settings, 0.0, Lease(settings.lease_s, math.inf))
        memory = Memory()
        memory.attempts.set(held.key, facts["attempt"] - 1)
        # What the last job asked for and did not wait for, because it was ended, has come by now.
        self.answers = queue.SimpleQueue()
        self._held = held
        try:
            self._child.execution(memory).work(held)
            return held.outcome
        finally:
            self._done()

    def _done(self) -> None:
        """Have no job in hand, and let nothing strike the next one that was meant for this one."""
        with self._lock:
            self._held = None
            is_struck, self._is_struck = self._is_struck, False
        if is_struck:
            _take_back(self._thread.ident or 0)

    def strike(self, name: str, message: str) -> list[str]:
        """Raise in the handler as soon as it runs Python code again; return where it stands."""
        with self._lock:
            held, ident = self._held, self._thread.ident
            if held is None or ident is None:
                return []
            stack = innermost(sys._current_frames().get(ident))
            kind = _STRIKES.get(name, HandlerStopped)
            # What such an end comes to is no failure, of which hooks would have to hear.
            if kind is JobLost:
                held.drops()
            elif kind is HandlerStopped:
                held.stops()
            self._is_struck = True
            _raise_in(ident, _saying(kind, message))
            return stack


class _TakenBack(BaseException):
    """Instead of a strike that was not felt."""


_FELT: Final[tuple[type[BaseException], ...]] = (_TakenBack, *_STRIKES.values())


def _take_back(ident: int) -> None:
    """Have no strike raised later in the calling thread.

    Another takes its place, and is waited for. After ``NULL``, CPython before 3.13 goes on looking for one at each
    call, which is slow, and 3.11 never gets beyond that where the thread is traced, as by coverage.
    """
    try:
        _raise_in(ident, _TakenBack)
        while True:
            pass
    except _FELT:
        pass


def _raise_in(ident: int, kind: type[BaseException]) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(kind))


def _saying(kind: type[BaseException], message: str) -> type[BaseException]:
    """Return a class that looks like another and has the message: a thread can be struck by a class only."""

    def init(self: BaseException) -> None:
        BaseException.__init__(self, message)

    return type(kind.__name__, (kind,), {"__init__": init, "__module__": kind.__module__})


class _Child:
    """This process."""

    def __init__(self, connection: socket.socket, plan: Plan, handlers: dict[str, WorkerSettings]) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self.handlers = handlers
        self._context = JobContext()
        self.threads = [_Thread(number, self) for number in range(plan.threads)]

    def execution(self, memory: Memory) -> Execution:
        """Return what runs one job's handler."""
        return Execution(self._context, None, memory)  # type: ignore[arg-type]  # nothing is reported here

    def send(self, frame: bytes) -> None:
        with self._lock, contextlib.suppress(OSError):  # the worker is gone; its end is read at once
            self._connection.sendall(frame)

    def tell(self, thread: int, outcome: Outcome | None) -> None:
        """Say what a job came to; nothing if it was ended."""
        if outcome is None:
            self.send(frames.packed(frames.OUTCOME, thread))
            return
        facts = {"command": outcome.command, "note": outcome.note, "raised": _story(outcome.cause)}
        outcome.let_go()
        self.send(frames.packed(frames.OUTCOME, thread, facts, outcome.body))

    def is_held(self, key: str) -> bool | None:
        """Ask the worker whether a job in hand is still ours."""
        for thread in self.threads:
            if thread.holds(key):
                self.send(frames.packed(frames.ASK, thread.number))
                return thread.answers.get()
        return None

    def run(self, stream: BinaryIO) -> None:
        """Do what the worker says, until it says no more."""
        while (frame := frames.read(stream)) is not None:
            if frame.kind == frames.END:
                return
            self._heed(frame, self.threads[frame.thread])
        os._exit(0)  # the worker is gone: what is half-way has no one to report it

    def _heed(self, frame: frames.Frame, thread: _Thread) -> None:
        if frame.kind == frames.JOB:
            thread.give(frame)
        elif frame.kind == frames.HELD:
            thread.answers.put(frame.facts)
        elif frame.kind == frames.STRIKE:
            stack = thread.strike(frame.facts["name"], frame.facts["message"])
            self.send(frames.packed(frames.STACK, thread.number, stack))


def _story(error: BaseException | None) -> str | None:
    """Return an exception's traceback, for the worker's log."""
    if error is None:
        return None
    try:
        return "".join(traceback.format_exception(error))
    except BaseException:  # noqa: BLE001 - it runs what the exception's class brings along
        return f"{type(error).__name__} (its text can't be had)"


def main(descriptor: int) -> None:
    """Be a child process; return when the worker has ended it in good order."""
    connection = socket.socket(fileno=descriptor)
    connection.setblocking(True)
    stream = connection.makefile("rb")
    setup = frames.read(stream)
    if setup is None:
        os._exit(0)
    plan = Plan.of(setup.facts)
    try:
        handlers = _found(plan)
    except (_Refused, ConfigurationError) as error:
        _end(connection, frames.packed(frames.REFUSED, facts=str(error)))
    child = _Child(connection, plan, handlers)
    job_model.ask_whether_held(child.is_held)
    child.send(frames.packed(frames.READY, facts=[thread.ident for thread in child.threads]))
    child.run(stream)
    logging.flush()


def _end(connection: socket.socket, last_words: bytes) -> NoReturn:
    with contextlib.suppress(OSError):
        connection.sendall(last_words)
    logging.flush()
    os._exit(2)
