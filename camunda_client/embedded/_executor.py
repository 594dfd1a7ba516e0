"""Carrying out commands one at a time; where data is kept, each is in the log before anything has changed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from camunda_client import __version__
from camunda_client.embedded._locks import native_lock
from camunda_client.embedded._randomness import RANDOMNESS, Randomness
from camunda_client.embedded.data import Journal, Record, Recovery, Storage
from camunda_client.embedded.run import Commands, Job, Poll, Runtime

T = TypeVar("T")


class Executor:
    """Does one command after the other, whatever thread gives it.

    Args:
        runtime: What the commands change.
        storage: The data to go on from; everything is in memory only when left out.
        until: Stand still after this command of the data's log.

    Raises:
        DataError: The data can't be used.
    """

    def __init__(self, runtime: Runtime, storage: Storage | None, until: int | None) -> None:
        self.runtime = runtime
        self.commands = Commands(runtime)
        self.lock = native_lock()
        self._randomness = Randomness()
        self._randomness_before: Any = None
        self._storage = storage
        self._journal: Journal | None = None
        self._clock_state = runtime.clock.state
        self._poll_numbers = itertools.count(1)
        self._replayed_polls: dict[int, Poll] = {}
        self._closed = False
        self._noted_only: dict[str, Callable[..., Any]] = {
            "start": self._replay_start, "clock": runtime.clock.restore, "tick": runtime.run_due,
            "poll": self._replay_poll, "gone": self._replay_gone, "activate": self._replay_activation,
        }  # fmt: skip
        if storage is not None:
            storage.bring_back(self, until)

    @property
    def recovery(self) -> Recovery | None:
        """What was found in the data; None where none is kept."""
        return None if self._storage is None else self._storage.recovery

    # -- commands ---------------------------------------------------------------------------------------------------
    def run(self, command: Callable[..., T], *arguments: Any, **unlogged: Any) -> T:
        """Carry out one of :attr:`commands`.

        Args:
            command: Which.
            arguments: What JSON can hold.
            unlogged: What only counts as long as this process lives.

        Raises:
            DataError: It can't be written into the log, and nothing has changed.
        """
        with self.lock:
            self._begin()
            try:
                noted = self._note(command.__name__, arguments)
                result = self.runtime.carry_out(command, noted, **unlogged)
            finally:
                self._end()
            if self._storage is not None:
                self._storage.compact_if_due(self.runtime)
            self._call_back()
        return result

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Do what is due, then let the caller look; nothing is logged where nothing was due."""
        with self.lock:
            self._begin()
            try:
                if self.runtime.is_due() and not self._closed:
                    self._note("tick", ())
                    self.runtime.run_due()
                yield
            finally:
                self._end()
            self._call_back()

    def clock_moved(self) -> None:
        """Take the clock as it is, and let those that sleep until something is due look again."""
        self._clock_state = self.runtime.clock.state
        callback = self.runtime.schedule.on_earlier
        if callback is not None:
            callback(0)

    def _begin(self, record: Record | None = None) -> None:
        """Let a command see one moment, and random values that a replay finds again."""
        self.runtime.clock.hold(None if record is None else record.at_ms)
        self._randomness_before = RANDOMNESS.set(self._randomness)

    def _end(self) -> None:
        RANDOMNESS.reset(self._randomness_before)
        self.runtime.clock.release()

    def _note(self, name: str, arguments: Sequence[Any]) -> Sequence[Any]:
        """Write a command into the log; return its arguments as a replay will see them."""
        journal, clock = self._journal, self.runtime.clock
        if journal is None:
            return arguments
        now_ms, key = clock.now_ms(), self.runtime.keys.upcoming
        if clock.state != self._clock_state:  # moved without us
            self._clock_state = clock.state
            journal.write(now_ms, key, "clock", [self._clock_state])
        noted = journal.write(now_ms, key, name, arguments)
        self._randomness.begin(journal.last)
        return noted

    def _call_back(self) -> None:
        """Call those who wait for a job or an end: after the command, since they may give commands themselves.

        Still under the lock: a poll that gives up in another thread must see the jobs that it was given.
        """
        after = self.runtime.agenda.after
        while after:
            after.popleft()()

    # -- polls: those that change nothing are not logged ------------------------------------------------------------
    def activate(self, poll: Poll) -> list[Job]:
        """Lease the jobs a poll may have; only while :meth:`looking`."""
        if not self.runtime.jobs.any_for(poll):
            return []
        self._note("activate", poll.plain())
        return self.runtime.jobs.activate(poll)

    def activate_or_wait(self, poll: Poll) -> list[Job]:
        """Lease jobs for a poll; when there are none, keep it until some come or it is given up."""
        with self.looking():
            jobs = self.activate(poll)
            if not jobs:
                self.runtime.jobs.wait(poll)
                if self._journal is not None:
                    poll.number = next(self._poll_numbers)
                    self._journal.later("poll", poll.number, [poll.number, *poll.plain()])
            return jobs

    def give_up(self, poll: Poll) -> None:
        """Stop waiting."""
        with self.lock:
            if self.runtime.jobs.give_up(poll) and self._journal is not None:
                self._journal.later("gone", poll.number, [poll.number])

    # -- data that is kept ------------------------------------------------------------------------------------------
    def close(self) -> None:
        """Let another engine have the data; this one can still be looked at. Nothing to do for one without data."""
        with self.lock:
            if self._storage is not None:
                self._closed = True
                self._storage.close()

    def seed(self, seed: str) -> None:
        """Take the random values of a log."""
        self._randomness.seed = seed

    def replay(self, record: Record) -> tuple[Any, int]:
        """Do again what a log says; return what came of it, or the exception that did, and the moment it led to."""
        self._begin(record)
        self._randomness.begin(record.number)
        try:
            outcome = self._outcome(record)
            return outcome, self.runtime.clock.now_ms()
        finally:
            self.runtime.agenda.after.clear()  # who waited then is gone
            self._end()

    def _outcome(self, record: Record) -> Any:
        try:
            if record.name in self._noted_only:
                return self._noted_only[record.name](*record.arguments)
            return self.runtime.carry_out(getattr(self.commands, record.name), record.arguments)
        except Exception as error:  # noqa: BLE001 - it was refused or failed then, too
            return error

    def _replay_poll(self, number: int, *plain: Any) -> None:
        self._replayed_polls[number] = poll = Poll.of(plain)
        self.runtime.jobs.wait(poll)

    def _replay_gone(self, number: int) -> None:
        self.runtime.jobs.give_up(self._replayed_polls.pop(number))

    def _replay_activation(self, *plain: Any) -> list[Job]:
        return self.runtime.jobs.activate(Poll.of(plain))

    def _replay_start(self, clock: list[int | None], settings: list[Any], _version: str) -> None:
        """An engine began with the log as it was: polls had ended with the one before."""
        self.runtime.jobs.forget_polls()
        self._replayed_polls.clear()
        self.runtime.clock.restore(clock)
        self.runtime.settings = settings
        self.runtime.run_due()

    def go_on(self, settings: list[Any], clock_state: list[int | None], journal: Journal) -> None:
        """Go on after a replay: time has passed, so what fell due meanwhile happens now."""
        runtime, clock = self.runtime, self.runtime.clock
        with self.lock:
            runtime.jobs.forget_polls()
            runtime.settings = settings
            clock.restore([*clock.state[:2], clock_state[2]])
            self._journal, self._clock_state = journal, clock.state
            self._begin()
            try:
                self._note("start", [self._clock_state, settings, __version__])
                runtime.run_due()
            finally:
                self._end()
