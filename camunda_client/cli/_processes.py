"""``camunda-client worker --processes N``: one worker process for each core, and one parent that watches over them.

The parent is plain Python, unpatched and idle. Each worker is a new interpreter, started before anything is patched;
one that dies is replaced, with growing waits. Signals go to the parent, which passes them on: all drain at once.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from camunda_client import log as logging
from camunda_client._backoff import Backoff
from camunda_client._process import cap_table, job_table
from camunda_client._process.last_resort import GRACE_S, LONGEST_END_S
from camunda_client._process.stop_requests import StopAction, StopRequests
from camunda_client.cli import _handlers
from camunda_client.cli._status import SILENCE_S, Admin, StatusBoard, serve
from camunda_client.cli._summary import Summary
from camunda_client.cli._suspects import DEATHS, Suspects

if TYPE_CHECKING:
    import argparse
    from types import FrameType

log = logging.get_logger(__name__)

#: Seconds between two looks at the workers.
_LOOK_EVERY_S = 0.2
#: Seconds after which a worker that dies counts as one that worked: its replacement waits no longer than the first.
_LONG_LIFE_S = 60.0
#: Seconds for handlers to finish, where neither the command line nor a worker has said.
_DRAIN_S = 30.0
#: Deaths in a row with jobs in hand after which the next process of a place waits longer each time all the same.
_MOST_BLAMED = 2 * DEATHS
#: Signals that ask for the end.
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Worker:
    """One place for a worker process, and the process that has it now."""

    def __init__(self, number: int, command: list[str], board: StatusBoard, caps: SharedCaps | None = None) -> None:
        self.number = number
        self._caps = caps
        self._command = command
        self._board = board
        self.deaths = 0
        #: It did not end when it should.
        self.killed = False
        self.ready = False
        #: A process in this place has worked, this one or one before it.
        self.ever_ready = False
        self.start_at_s = 0.0
        self.process: subprocess.Popen[bytes] | None = None
        self._table_fd = job_table.new_file()
        #: What its process has in hand, or had when it died.
        self.table = job_table.JobTable(self._table_fd)
        #: Deaths in a row that may be a job's fault.
        self._blamed = 0
        #: Our end of what it tells and is asked through.
        self.channel: socket.socket | None = None
        #: What it has said of its drain.
        self.drain_s: float | None = None
        self._born_s = 0.0
        self._said_s = 0.0
        #: When its exit hooks have to be through, once it has drained.
        self.end_s: float | None = None
        self._unread = b""

    def start(self) -> bool:
        """Start the process; return False, and try again later, if the system has no room for it."""
        self._born_s = time.monotonic()
        try:
            self._start()
        except OSError as error:
            self._wait()
            self._board.ended(self.number, self.wait_s, deaths=self.deaths, error=str(error))
            log.warning("process.start_failed", process=self.number, error=str(error), wait_s=self.wait_s)
            return False
        return True

    def _start(self) -> None:
        channel, theirs = socket.socketpair()
        channel.setblocking(False)
        # A signal to the whole group must not end one that is not even Python yet. As its first act it ignores the
        # question, and unblocks the signal.
        self.table.clear()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
        try:
            # In a session of its own: Ctrl+C in a terminal reaches the parent alone, which passes it on once.
            self.process = subprocess.Popen(  # noqa: S603 - ourselves
                [
                    *self._command,
                    *("--status-fd", str(theirs.fileno()), "--jobs-fd", str(self._table_fd)),
                    *(("--caps", *self._caps.arguments(self.number - 1)) if self._caps is not None else ()),
                ],
                pass_fds=[theirs.fileno(), self._table_fd, *([self._caps.fd] if self._caps is not None else [])],
                start_new_session=True,
            )
        except BaseException:
            channel.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            theirs.close()
        self.channel, self.ready, self.end_s, self._unread = channel, False, None, b""
        self._board.started(self.number, self.process.pid, channel.sendall, self.table.blocked)
        log.info("process.started", process=self.number, pid=self.process.pid)

    def fileno(self) -> int:
        """Return the channel's descriptor, -1 without a process: selectors take a worker for what they wait for."""
        return -1 if self.channel is None else self.channel.fileno()

    def read(self) -> bool:
        """Take what the process has written; return False at its end."""
        assert self.channel is not None  # noqa: S101 - for the type checker
        try:
            data = self.channel.recv(1 << 20)
        except BlockingIOError:
            return True
        except ConnectionError:  # it died with a question unread
            data = b""
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self.ready = self.ever_ready = True
            self._said_s = time.monotonic()
            status = json.loads(line)
            if "exit_s" in status:
                self.end_s = self._said_s + status["exit_s"]
                continue
            if "answer" in status:
                self._board.answered(self.number, status)
                continue
            self.drain_s = status.get("drain_s")
            self._board.put(self.number, status)
        return bool(data)

    def died(self, code: int) -> None:
        """Take note of its end, and of when to start it again."""
        assert self.channel is not None  # noqa: S101 - for the type checker
        self.channel.close()
        self.process = self.channel = None
        if self._caps is not None:
            self._caps.table.clear(self.number - 1)
        self._wait(had_jobs=bool(self.table.jobs()))
        self._board.ended(self.number, self.wait_s, deaths=self.deaths, exit_code=code)

    def _wait(self, *, had_jobs: bool = False) -> None:
        lived_long = time.monotonic() - self._born_s > _LONG_LIFE_S
        self._blamed = 0 if lived_long or not had_jobs else self._blamed + 1
        # A job that its process dies of is found out; the others need not wait for that.
        is_a_jobs = 0 < self._blamed <= _MOST_BLAMED
        self.deaths = 1 if lived_long or is_a_jobs else self.deaths + 1
        self.start_at_s = time.monotonic() + Backoff(first_s=0.5, ceiling_s=30.0).wait_s(self.deaths)

    @property
    def is_silent(self) -> bool:
        """Whether its hub has not run for so long that it counts as blocked."""
        return time.monotonic() - self._said_s > SILENCE_S

    @property
    def wait_s(self) -> float:
        """Seconds until it is to be started again."""
        return round(max(self.start_at_s - time.monotonic(), 0), 3)


class SharedCaps:
    """What all worker processes use up together of the caps of their resources."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self.fd = cap_table.new_file(processes)
        self.table = cap_table.CapTable(self.fd, processes)

    def arguments(self, place: int) -> list[str]:
        """Return what a process is to be given at its start, to keep its part."""
        return [str(self.fd), str(self._processes), str(place)]


class WorkerProcesses:
    """All workers of one command."""

    def __init__(self, command: list[str], processes: int, drain_timeout_s: float | None = None) -> None:
        """Run so many of ``command``, whose configuration counts where ``drain_timeout_s`` is not given."""
        self._drain_timeout_s = drain_timeout_s
        self.summary: Summary | None = None
        self.board = StatusBoard(processes)
        caps = SharedCaps(processes) if processes > 1 else None
        self._workers = [Worker(number, command, self.board, caps) for number in range(1, processes + 1)]
        #: Signals that came, and when.
        self._signals: list[tuple[int, float]] = []
        self._stop_requests = StopRequests()
        self._selector = selectors.DefaultSelector()
        self._codes: list[int] = []
        self._suspects = Suspects()
        self._stopping = False
        self._stopping_since_s = 0.0

    def run(self) -> int:
        """Run until a signal stops it; return the worst of the workers' exit codes."""
        signal.signal(signal.SIGUSR1, self._on_signal)
        for number in _ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                signal.signal(number, self._on_signal)
        while True:
            self._start_due()
            for key, _ in self._selector.select(_LOOK_EVERY_S):
                if not key.data.read():
                    self._selector.unregister(key.fileobj)
            # Before the deaths: a signal to a whole control group ends the workers as well.
            self._heed_signals()
            self._reap()
            self._reap_orphans()
            self._forget_executed()
            self._kill_overdue()
            if self.summary is not None:
                self.summary.look()
            if self._stopping and not any(worker.process for worker in self._workers):
                _ignore_echoes()
                return max(self._codes, default=0)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append((number, time.monotonic()))

    def _heed_signals(self) -> None:
        while self._signals:
            number, at_s = self._signals.pop(0)
            if number == signal.SIGUSR1:
                self._send(signal.SIGUSR1)
                continue
            action = self._stop_requests.received(number, at_s)
            if action is StopAction.AT_ONCE:
                self._send(signal.SIGKILL)  # the one signal that a draining worker does not take for an echo
                _ignore_echoes()
                sys.exit(128 + number)
            if action is StopAction.DRAIN and not self._stopping:
                self._stop(reason=signal.Signals(number).name)

    def _stop(self, reason: str) -> None:
        self._stopping, self._stopping_since_s = True, time.monotonic()
        self.board.stop()
        log.info("processes.stopping", reason=reason)
        self._send(signal.SIGTERM)

    def _send(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.process is not None and worker.process.poll() is None:
                worker.process.send_signal(number)

    def _kill_overdue(self) -> None:
        """Kill what outlives the drain's deadline, or its own last resort: C code may hold what that needs."""
        if not self._stopping:
            return
        for worker in self._workers:
            drain_s = self._drain_timeout_s if self._drain_timeout_s is not None else worker.drain_s or _DRAIN_S
            over_s = time.monotonic() - self._stopping_since_s - drain_s
            # A little later than it would end itself, which says where it was.
            late = over_s > GRACE_S + 2 and (worker.is_silent or over_s > LONGEST_END_S + GRACE_S + 2)
            if worker.end_s is not None:
                late = time.monotonic() > worker.end_s + GRACE_S + 2
            if worker.process is not None and not worker.killed and late:
                log.error("process.killed", process=worker.number, pid=worker.process.pid, beyond_s=round(over_s, 1))
                worker.killed = True
                worker.process.kill()

    def _start_due(self) -> None:
        for worker in self._workers:
            due = worker.process is None and not self._stopping and time.monotonic() >= worker.start_at_s
            if due and worker.start():
                self._selector.register(worker, selectors.EVENT_READ, worker)

    def _reap(self) -> None:
        for worker in self._workers:
            if worker.process is None or worker.process.poll() is None:
                continue
            code = worker.process.returncode
            if worker in self._selector.get_map():
                worker.read()
                self._selector.unregister(worker)
            was_ready = worker.ready
            if not self._stopping:
                self._suspect(worker, code)
            worker.died(code)
            self._judge(worker, code, was_ready=was_ready)

    def _suspect(self, worker: Worker, code: int) -> None:
        """Have a job failed that processes die of, by whichever is offered it next."""
        condemned = self._suspects.died(worker.table.jobs(), worker.table.last(), code)
        for key in condemned:
            verdict = self._suspects.condemned[key]
            log.error("job.condemned", job_key=str(key), deaths=verdict.deaths, cause=verdict.cause)
        if condemned:
            self._condemn()

    def _condemn(self) -> None:
        for worker in self._workers:
            worker.table.condemn(self._suspects.condemned.items())

    def _forget_executed(self) -> None:
        executed = {
            key for worker in self._workers for key in self._suspects.condemned.keys() - worker.table.still_condemned()
        }
        for key in executed:
            self._suspects.executed(key)
        if executed:
            self._condemn()

    def _reap_orphans(self) -> None:
        """As process 1, let processes go that handlers left behind: their end would be kept for ever."""
        if os.getpid() != 1:
            return
        own = {worker.process.pid for worker in self._workers if worker.process is not None}
        with suppress(ChildProcessError):
            while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                if ended.si_pid in own:
                    return  # its turn comes first, at the next look
                os.waitpid(ended.si_pid, os.WNOHANG)

    def _judge(self, worker: Worker, code: int, *, was_ready: bool) -> None:
        if self._stopping:
            # Signalled before it had its own way of ending: nothing was in hand.
            untouched = code == -signal.SIGTERM and not was_ready
            self._codes.append(0 if untouched else code if code >= 0 else 128 - code)
        elif code >= 0 and not any(worker.ever_ready for worker in self._workers):
            # None has ever worked, and it ended in its own way and said why: starting it again would only say it again.
            self._codes.append(code)
            self._stop(reason=f"process {worker.number} could not start")
        else:
            log.error("process.died", process=worker.number, exit_code=code, deaths=worker.deaths, wait_s=worker.wait_s)


def _ignore_echoes() -> None:
    """Let no late signal replace the exit code: Python gives up its handlers before its very end."""
    for number in (*_ENDING, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)


def interpreter() -> list[str]:
    """Return how to start ``camunda-client`` so that it imports what this process does, from the same places.

    ``-m`` puts the working directory before the standard library; ``-P``, which leaves it out, came with 3.11.
    """
    source = f"import sys; sys.path[:] = {sys.path!r}; from camunda_client.cli import main; sys.exit(main())"
    return [sys.executable, *subprocess._args_from_interpreter_flags(), "-c", source]  # type: ignore[attr-defined]


def run(options: argparse.Namespace) -> int:
    """Run the command with more than one process, or with a status port."""
    logging.configure_if_unconfigured()
    command = [*interpreter(), "worker", *_handlers.said(options)]
    if options.drain_timeout is not None:
        command += ["--drain-timeout", str(options.drain_timeout)]
    if options.exit_timeout is not None:
        command += ["--exit-timeout", str(options.exit_timeout)]
    if options.fast_requests is not None:
        command.append("--fast-requests=pooled" if options.fast_requests == "pooled" else "--fast-requests")
    for driver in options.patch:
        command += ["--patch", driver]
    workers = WorkerProcesses(command, options.processes, options.drain_timeout)
    if options.status_port is not None:
        admin = Admin(options.admin_token_file, options.admin_remote) if options.admin_token_file else None
        where = options.status_host, options.status_port
        serve(workers.board, *where, admin=admin, variables=options.show_variables)
    if options.summary is not None:
        workers.summary = Summary(options.summary, workers.board.totals)
    return workers.run()
