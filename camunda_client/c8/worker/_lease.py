"""A job in our hands, and the arithmetic of our hold on it. Every moment is given; nothing here waits.

A lease is known, never believed. ``ends_s`` is a moment of *our* clock before which Camunda surely does not take the
job away: counted from the sending of the request that granted it, or from Camunda's own deadline (:mod:`._pace`).
Every method is given the present moment, so that a frozen process or a suspended machine is simply a later one.

What was possibly over once is lost for good: a later extension that succeeds may have hit another worker's lease.
"""

from __future__ import annotations

import time
from collections import deque
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from pydantic_core import to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context

    import gevent

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._outcome import Outcome
    from camunda_client.c8.worker._settings import WorkerSettings


#: The clock of leases, in seconds of which only differences mean anything: it never steps, and goes on while the
#: machine is suspended. ``CLOCK_MONOTONIC`` stands still meanwhile on Linux, and a laptop that wakes would believe in
#: leases that ended long ago. This one costs 0.16 µs more; handlers and time-outs stay with ``time.monotonic()``.
now_s: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
)


#: Seconds by which two clocks may part in a second while both are kept by NTP (500 ppm is the most it slews).
DRIFT = 500e-6
#: Part of a lease that is left by our clock if Camunda's is as fast as that.
SURE = 1 - DRIFT
#: The first extension is sent when this part of a lease is over: two more tries fit before its end.
EXTEND_AFTER = 1 / 3
#: The same while it is not known how long an extension takes: even one that takes 0.9 of a lease is in time then.
EXTEND_AFTER_UNKNOWN = 1 / 20
#: Seconds for an extension at most. A frozen broker is answered for after 15 s; another try is better than that.
LONGEST_TRY_S = 10.0
#: A handler starts only with this part of its lease left, and no more than these seconds: time for several extensions.
START_PART, START_S = 1 / 3, 5.0
#: The same for a failure and a hand-back, which have to be applied in time only.
SEND_PART, SEND_S = 1 / 3, 1.0
#: Extensions whose durations are remembered, and the one of them, in order, that counts as usual: one in four may be
#: slower, so that a few stragglers do not look like a slow gateway, and five slow ones in a row do.
_REMEMBERED, _USUAL = 16, 0.75
#: Seconds for which they are, and below which one is quick: such a value holds until there is another.
_LATELY_S, _QUICK_S = 60.0, 0.1


class Loss(Enum):
    """Why a lease was lost."""

    #: Camunda says so: finished or cancelled (404), or no longer activated (400 on 8.6.0, or 409).
    REFUSED = "refused"
    #: Extensions were sent in time, and none was answered in time.
    UNANSWERED = "unanswered"
    #: There was no connection for an extension.
    CAPACITY = "capacity"
    #: This process did not run: blocked by a handler, frozen, or on a suspended machine.
    PAUSED = "paused"
    #: It is not to be extended: ``auto_extend=False``, or ``max_lease`` is over.
    NOT_EXTENDED = "not_extended"
    #: The activation was answered so late that the lease may have ended before.
    ANSWERED_LATE = "answered_late"


#: Losses for which the job's own handler or settings are to blame; the others are the network's or the cluster's, or,
#: where this process stood still, more likely the machine's or another job's.
OWN_LOSSES = (Loss.NOT_EXTENDED,)


class Lease:
    """Our hold on one job."""

    __slots__ = ("asked_s", "ends_s", "has_failed", "length_s", "loss")

    def __init__(self, length_s: float, ends_s: float) -> None:
        """Hold a job for ``length_s`` from each grant on, now surely until ``ends_s``."""
        self.length_s = length_s
        self.ends_s = ends_s
        #: When the last extension was sent; -inf before the first.
        self.asked_s = float("-inf")
        #: Whether that one will surely not be granted any more.
        self.has_failed = False
        self.loss: Loss | None = None

    def left_s(self, now_s: float) -> float:
        """Return the seconds that surely remain; not above 0 when the job is, or may be, another's."""
        return self.ends_s - now_s if self.loss is None else min(self.ends_s - now_s, 0.0)

    def holds(self, now_s: float, for_s: float = 0.0) -> bool:
        """Tell whether the job is surely ours, and stays so for longer than ``for_s``."""
        return self.loss is None and self.ends_s - now_s > for_s

    def lose(self, loss: Loss) -> None:
        """Give the job up, for the first reason that is found."""
        if self.loss is None:
            self.loss = loss

    @property
    def is_unanswered(self) -> bool:
        """Whether the last extension has not been granted (yet)."""
        return self.asked_s + self.length_s > self.ends_s

    def asked(self, now_s: float) -> None:
        """Take note that an extension is sent now."""
        self.asked_s = now_s
        self.has_failed = False

    def failed(self, asked_s: float) -> None:
        """Take note that the extension of that moment got no answer, or none of Camunda's."""
        if asked_s == self.asked_s:
            self.has_failed = True

    def granted(self, asked_s: float, now_s: float) -> bool:
        """Count the lease from the sending of an extension that was granted; return whether that was in time.

        An answer that is read after the known end proves nothing: Camunda may have applied it to the job's next holder.
        """
        if not self.holds(now_s):
            return False
        self.ends_s = max(self.ends_s, asked_s + self.length_s)
        return True

    def granted_anew(self, ends_s: float) -> None:
        """Begin again: Camunda handed the same job to us once more."""
        self.ends_s = ends_s
        self.asked_s = float("-inf")
        self.loss = None

    def is_ample(self, now_s: float) -> bool:
        """Tell whether more is left than is asked for at any start."""
        return self.loss is None and self.ends_s - now_s > self.length_s * START_PART

    def due_s(self, usual_s: float | None) -> float:
        """Return when the next extension is to be sent.

        It follows from the known end, never from when an answer came. An extension that is not answered is followed by
        another after half of what was left then, which does not wait for the first.

        Args:
            usual_s: How long an extension takes lately; ``None`` if that is not known.
        """
        pause_s = self.pause_s(usual_s)
        if not self.is_unanswered:
            return self.ends_s - self.length_s + pause_s
        half_s = (self.ends_s - self.asked_s) / 2
        return self.asked_s + max(half_s if self.has_failed else min(pause_s, half_s), self.length_s / 50, 0.02)

    def pause_s(self, usual_s: float | None) -> float:
        """Return the seconds between two extensions: for slow ones, so few that the answer to one always holds."""
        return pause_s(self.length_s, usual_s)

    def try_s(self, now_s: float) -> float:
        """Return how long to wait for the answer to an extension sent now: as long as it could still be of use.

        That is what is left, or would be if the one before it is granted yet.
        """
        useful_until_s = max(self.ends_s, self.asked_s + self.length_s)
        return max(min(useful_until_s - now_s, LONGEST_TRY_S), 0.02)

    def may_start(self, now_s: float, usual_s: float | None) -> bool:
        """Tell whether enough is left to start the handler."""
        return self.is_ample(now_s) or self.holds(now_s, self._enough_s(START_PART, START_S, usual_s))

    def may_send(self, now_s: float, usual_s: float | None) -> bool:
        """Tell whether enough is left for a failure or a hand-back to arrive in time."""
        return self.holds(now_s, self._enough_s(SEND_PART, SEND_S, usual_s))

    def arrives(self, now_s: float, usual_s: float | None) -> bool:
        """Tell whether a failure that is sent now arrives in time if it takes as long as extensions do lately.

        After that moment it would take the job from its next holder. Completions and BPMN errors may come late: Camunda
        refuses them if the job is another's by then, or takes the work that was done.
        """
        return self.holds(now_s, min(usual_s or 0.0, self.length_s * SEND_PART))

    def _enough_s(self, part: float, seconds: float, usual_s: float | None) -> float:
        enough_s = max(seconds, 2 * (usual_s or 0.0))
        return min(enough_s, self.length_s * part)


def pause_s(length_s: float, usual_s: float | None) -> float:
    """Return the seconds between two extensions of a lease of ``length_s``, when one usually takes ``usual_s``."""
    if usual_s is None:
        return length_s * EXTEND_AFTER_UNKNOWN
    return max(min(length_s * EXTEND_AFTER, (length_s - usual_s) / 2), length_s * EXTEND_AFTER_UNKNOWN)


class Durations:
    """How long extensions take lately: quick to rise, and a few stragglers are not the rule."""

    def __init__(self) -> None:
        #: When each ended, and the seconds it took.
        self._last: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)
        #: Seconds; ``None`` where there was none lately.
        self.usual_s: float | None = None

    def note(self, took_s: float, now_s: float) -> None:
        """Count one that was answered, or given up after that time."""
        self._last.append((now_s, took_s))
        self.forget_old(now_s)
        ordered = sorted(took_s for _, took_s in self._last)
        self.usual_s = ordered[int((len(ordered) - 1) * _USUAL)]

    def forget_old(self, now_s: float) -> bool:
        """Forget what is too old to say anything of now; return whether nothing is known any more.

        Jobs that are shorter than a lease need no extension, so that nothing new would ever correct slow ones.
        """
        while self._last and self._last[0][0] < now_s - _LATELY_S:
            self._last.popleft()
        if self._last or self.usual_s is None or self.usual_s < _QUICK_S:
            return False
        self.usual_s = None
        return True


#: Seconds after which the least that was left is forgotten: between one and two of these.
_SLACK_WINDOW_S = 60.0


class LeastSlack:
    """The least that was left of leases when an extension was through, lately, by job type."""

    def __init__(self) -> None:
        #: By job type: when the window began, the least in it, and the least in the one before it.
        self._least: dict[str, tuple[float, float, float]] = {}

    def note(self, job_type: str, left_s: float, now_s: float) -> None:
        """Count an extension that left so many seconds, 0 for a lease that was lost."""
        began_s, least_s, before_s = self._current(job_type, now_s)
        self._least[job_type] = began_s, min(least_s, max(left_s, 0.0)), before_s

    def of(self, job_type: str, now_s: float) -> float | None:
        """Return the least of the last minute or two in seconds; ``None`` if there was no extension."""
        _, *least_s = self._current(job_type, now_s)
        return min(least_s) if min(least_s) < _NEVER else None

    def _current(self, job_type: str, now_s: float) -> tuple[float, float, float]:
        began_s, least_s, before_s = self._least.get(job_type, (now_s, _NEVER, _NEVER))
        age_s = now_s - began_s
        if age_s < _SLACK_WINDOW_S:
            return began_s, least_s, before_s
        return now_s, _NEVER, least_s if age_s < 2 * _SLACK_WINDOW_S else _NEVER


_NEVER = float("inf")


class Stage(Enum):
    """How far a held job is."""

    WAITING = "waiting"
    RUNNING = "running"
    REPORTING = "reporting"
    SETTLED = "settled"


class HeldJob:
    """One activated job: whose it is, until when we hold it, and how far we are."""

    __slots__ = (
        "command",
        "context",
        "dropped",
        "due_slot",
        "ended_s",
        "greenlet",
        "job",
        "key",
        "lease",
        "outcome",
        "overdue",
        "received_s",
        "retries",
        "settings",
        "stage",
        "started_s",
        "stopped",
        "successor",
        "token",
        "waited_s",
    )  # fmt: skip

    def __init__(self, job: ActivatedJob, settings: WorkerSettings, received_s: float, lease: Lease) -> None:
        self.job = job
        # The job is the handler's, which may change it.
        self.key = job.job_key
        self.retries = job.retries
        #: Names our lease where Camunda gives leases a token (8.10).
        self.token = job.job_lease_token
        self.settings = settings
        #: What is known of our hold on it.
        self.lease = lease
        #: When it came, on the clock of leases.
        self.received_s = received_s
        #: When the handler started and ended, on the monotonic clock; 0 before.
        self.started_s = self.ended_s = 0.0
        #: Seconds from its coming to its start, if that was worth counting.
        self.waited_s = 0.0
        self.stage = Stage.WAITING
        #: Its handler should have ended long ago: its lease is not extended any more.
        self.overdue = False
        #: Its handler was ended, because the job was lost: nothing is reported of it.
        self.dropped = False
        #: Its handler was stopped, because the worker stops: what it raises since then is no failure of the job.
        self.stopped = False
        #: What is being reported, or was: ``completion``, ``failure`` or ``error``.
        self.command: str | None = None
        #: The same job, offered to us again before we had Camunda's answer to our failure.
        self.successor: HeldJob | None = None
        #: Where its handler runs, while it does.
        self.greenlet: gevent.Greenlet[..., None] | None = None
        #: What its handler ran in, and came to; set for the report.
        self.context: Context | None = None
        self.outcome: Outcome | None = None
        #: Where the extender keeps it; ``None`` while it does not.
        self.due_slot: int | None = None

    # -- how far it is: other rooms say what they do, and write nothing here ------------------------------------------
    def has_waited(self, seconds: float) -> None:
        """Take note that its start took so long."""
        self.waited_s = seconds

    def may_run(self) -> None:
        """Have a slot."""
        self.stage = Stage.RUNNING

    def begun(self, greenlet: gevent.Greenlet[..., None], monotonic_s: float) -> None:
        """Take note that its handler begins."""
        self.greenlet, self.stage = greenlet, Stage.RUNNING
        self.started_s = self.ended_s = monotonic_s

    def runs_in(self, context: Context) -> Context:
        """Take note of the context that its handler runs in, and return it."""
        self.context = context
        return context

    def ended(self, monotonic_s: float) -> None:
        """Take note of when its handler ended."""
        self.ended_s = monotonic_s

    def drops(self) -> None:
        """Take note that its handler is about to be ended because the job is lost."""
        self.dropped = True

    def stops(self) -> None:
        """Take note that its handler is about to be ended because the worker stops."""
        self.stopped = True

    def overruns(self) -> None:
        """Take note that its lease is to be extended no more, however long its handler goes on."""
        self.overdue = True

    def followed_by(self, again: HeldJob) -> None:
        """Take note of another activation of the same job, whose turn comes after this one's."""
        self.successor = again

    def queues(self) -> None:
        """Take note that its handler has yet to begin, in a child process that has no room for it now."""
        self.started_s = 0.0

    def is_queued(self) -> bool:
        """Whether its handler has yet to begin in a child process."""
        return self.is_in_handler() and not self.started_s

    def came_to(self, outcome: Outcome | None) -> None:
        """Take note that its handler is through; without an outcome if it was stopped."""
        self.greenlet, self.outcome = None, outcome
        if outcome is not None or not self.stopped:
            self.stage = Stage.REPORTING

    def reports(self) -> None:
        """Take note that its outcome is about to be reported."""
        self.stage = Stage.REPORTING

    def sends(self, command: str) -> None:
        """Take note of what is being sent: ``completion``, ``failure`` or ``error``."""
        self.command = command

    def reported(self) -> None:
        """Let go of what was kept for the report."""
        self.context = self.outcome = None

    def settled(self) -> None:
        """Take note that nothing more is to be reported."""
        self.stage = Stage.SETTLED

    def is_in_handler(self) -> bool:
        """Whether its handler runs now."""
        return self.stage is Stage.RUNNING and self.greenlet is not None

    def strike(self, error: BaseException) -> None:
        """In the hub: raise in its handler, unless that has ended meanwhile."""
        if self.is_in_handler():
            self.greenlet.throw(error)  # type: ignore[union-attr]

    def granted_anew(self, again: HeldJob) -> None:
        """Take over the lease of another activation of the same job."""
        self.lease.granted_anew(again.lease.ends_s)
        self.token = again.token

    def is_settled(self) -> bool:
        """Whether nothing more is to be reported of the job."""
        return self.stage is Stage.SETTLED

    def extension(self) -> bytes:
        """Return the body of ``PATCH /v2/jobs/{jobKey}`` that extends its lease."""
        return self.signed(b'{"changeset":{"timeout":%d}}' % self.settings.lease_ms)

    def signed(self, body: bytes) -> bytes:
        """Return a body, a JSON object that is not empty, with the lease's token if there is one."""
        return body if self.token is None else b'%b,"jobLeaseToken":%b}' % (body[:-1], to_json(self.token))

    def may_be_extended(self, now: float) -> bool:
        """Whether its settings let its lease be extended at this moment of the leases' clock."""
        settings = self.settings
        if not settings.auto_extend or self.overdue:
            return False
        return settings.max_lease_s is None or now - self.received_s < settings.max_lease_s

    def is_ours(self) -> bool:
        """Whether the job is surely still ours."""
        return self.lease.holds(now_s())
