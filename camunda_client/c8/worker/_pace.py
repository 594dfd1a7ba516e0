"""The arithmetic of polling: for how many jobs to ask, for how long a poll is parked, how soon the next one goes out.

And until when what it brings is surely ours. Nothing here waits, sends or looks at a clock: every moment is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from camunda_client._backoff import Backoff
from camunda_client.c8.worker._lease import DRIFT, SURE

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8.worker._settings import WorkerSettings

#: Jobs per poll at most. One job per poll doubles the engine's work; 500 cost more per job than 100 (measured).
BATCH = 120
#: Seconds for which a busy worker lets a poll be parked: a stop in the middle of work has to wait for it.
BUSY_REQUEST_TIMEOUT_S = 1.0
#: Jobs by which a poll asks for more after each answer, once back-pressure has halved what it asks for.
_WINDOW_STEP = 8
#: Seconds. Handlers below this are over before a poll of a busy engine would be (20 to 50 ms).
QUICK_S = 0.01
#: Seconds beyond its request time-out after which a poll no longer holds up the next one.
PATIENCE_S = 3.0
#: Polls that were cut while parked, within so many seconds, after which that is said.
CUTS_TO_TELL, CUTS_WITHIN_S = 3, 600.0
#: Parts of a lease: for how much of it a poll is parked while the engine's clock is not known well enough to tell when
#: a lease began, and what well enough is.
UNKNOWN_PARKED, KNOWN_WITHIN = 1 / 2, 1 / 4
#: Seconds that a poll is parked at least, however short the lease.
LEAST_PARKED_S = 0.1
#: Seconds by which a poll may come back later than asked for (8.6.0: up to half a second).
LATE_S = 1.0
#: Part of a lease that an answer may take and still counts as one that came at once.
_QUICK_PART = 0.02
#: Seconds. An empty answer that came sooner than this was no long poll.
_EARLY_S = 0.25
#: Seconds. Where the gateway does not park polls, they may at most be this far apart and their type counts as alive.
_MISSED_POLLS, _LEAST_POLL_S = 3, 1.0
#: Seconds. A deadline is cut to milliseconds.
_ROUNDING_S = 0.001
#: Bits of a key below the number of its partition.
_PARTITION_SHIFT = 51


class Pace:
    """What one type's answers teach about its polls."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._empties = 0
        #: Failed polls in a row.
        self.failures = 0
        #: Seconds that handlers took lately.
        self._handlers_s = 0.0
        self._window = BATCH
        #: What that may grow to; less once an answer was too large to be taken.
        self._most = BATCH
        #: When polls were cut while parked, lately, on the clock of leases; ``None`` once that has been said.
        self._cuts_s: list[float] | None = []
        self._backoff = Backoff(first_s=0.05, ceiling_s=max(settings.polling_interval_s, 0.05))

    # -- how many -----------------------------------------------------------------------------------------------------
    def room(self, active: int, shared: int) -> int:
        """Return how many jobs to ask for, with so many in hand and so many slots of the pool for this type."""
        # Below 0 for a moment when a late poll has brought more than there was room for.
        free = max(self._settings.cap - active, 0)
        return min(free, shared, self._settings.batch or BATCH, self._window)

    def may_wait(self, room: int) -> bool:
        """Tell whether so little room may wait for more, provided that the engine has enough to do with our reports.

        Then polls for one job after another, as slots become free, only take its time (5 to 10 % of it, measured), and
        one for many jobs a moment later does not. But where handlers take longer than a poll does, it would run out
        of reports before the next ones come: with 50 ms, 100 in flight came to 370 jobs a second instead of 470.
        """
        return self._handlers_s < QUICK_S and room < min(self._settings.cap, BATCH) * 2 // 3

    def handler_took(self, seconds: float) -> None:
        """Count a handler that has ended."""
        self._handlers_s += (seconds - self._handlers_s) / 16

    # -- how long -----------------------------------------------------------------------------------------------------
    def request_timeout_s(self, now_s: float, offsets: Offsets) -> float:
        """Return how long the gateway may park a poll: longer, the longer there was no work; below 0 for not at all.

        While the engine's clock is not known, only so long that a job which comes at its end has known time left.
        """
        asked_s, lease_s = self._settings.request_timeout_s, self._settings.lease_s
        if asked_s <= 0:
            return -0.001
        parked_s: float = min(BUSY_REQUEST_TIMEOUT_S * 2 ** min(self._empties, 10), asked_s)
        if parked_s > lease_s * UNKNOWN_PARKED and not offsets.are_known(now_s, lease_s * KNOWN_WITHIN):
            return min(parked_s, max(lease_s * UNKNOWN_PARKED, LEAST_PARKED_S))
        return parked_s

    def is_quick(self, took_s: float) -> bool:
        """Tell whether an answer came at once, so that when its poll was sent says enough of when leases began."""
        return took_s < self._settings.lease_s * _QUICK_PART

    # -- how soon -----------------------------------------------------------------------------------------------------
    def answered(self) -> None:
        """Count a poll that went well."""
        self.failures = 0
        self._window = min(self._window + _WINDOW_STEP, self._most)

    def busy(self) -> None:
        """Count a poll that brought jobs."""
        self._empties = 0

    def empty(self, took_s: float, *, is_idle: bool) -> float:
        """Count a poll that brought none; return the seconds to wait before the next."""
        self._empties = self._empties + 1 if is_idle else 0
        if self._settings.request_timeout_s <= 0:
            return self._settings.polling_interval_s
        if took_s < min(_EARLY_S, self._settings.lease_s * UNKNOWN_PARKED / 2):
            # The gateway didn't park the poll; without a pause this would be a busy loop.
            return self._backoff.wait_s(min(self._empties + 1, 8))
        return 0.0

    def failed(self, reason: str, room: int, asked_for_s: float | None) -> float:
        """Count a poll for ``room`` jobs that failed; return the seconds to wait before the next."""
        self.failures += 1
        self._empties = 0
        if reason == "overload":
            self._window = max(self._window // 2, 1)
        elif reason == "too_large":
            # Asked again for as many, the same jobs would be locked and refused again, lease after lease.
            self._window = self._most = max(room // 2, 1)
        return self._backoff.wait_s(self.failures, asked_for_s)

    def are_cut(self, now_s: float, took_s: float, request_timeout_s: float) -> bool:
        """Count a poll whose connection was reset; tell, once, that something closes connections which are quiet."""
        if self._cuts_s is None or not _EARLY_S < took_s < request_timeout_s + LATE_S:
            return False
        self._cuts_s = [cut_s for cut_s in self._cuts_s if now_s - cut_s < CUTS_WITHIN_S] + [now_s]
        if len(self._cuts_s) < CUTS_TO_TELL:
            return False
        self._cuts_s = None
        return True

    def is_overdue(self, answered_s_ago: float | None) -> bool:
        """Tell whether too much time has passed since the last answer."""
        # Where the gateway doesn't park polls, it is we who wait between them.
        asked_s = self._settings.request_timeout_s
        poll_s = asked_s if asked_s > 0 else self._settings.polling_interval_s
        return answered_s_ago is None or answered_s_ago >= _MISSED_POLLS * max(poll_s, _LEAST_POLL_S)


class _Bounds(NamedTuple):
    """The difference of a broker's clock to ours, as bounded when it was last looked at."""

    least_s: float
    most_s: float
    at_s: float

    def at(self, now_s: float) -> _Bounds:
        """Return what is left of it by now."""
        drift_s = abs(now_s - self.at_s) * DRIFT
        return _Bounds(self.least_s - drift_s, self.most_s + drift_s, now_s)


class Offsets:
    """What Camunda's clocks say on ours, so that the deadline of a job tells when its lease ends.

    A poll may have been parked for seconds, or its answer been late: that a lease began at some time between the
    sending of the request and its answer is often not enough. But every activated job has a ``deadline``, on the clock
    of the leader of its partition; less the time asked for, it is the moment of the grant, which lies between the
    sending and the answer on our clock. So each exchange bounds the difference of the two clocks, quick ones closely,
    and all together say when later leases end.

    The answer's ``Date`` is no such source: it has whole seconds, and is the gateway's clock, not the partition
    leader's.
    """

    def __init__(self, partitions: Callable[[], int] = lambda: 1) -> None:
        """Know nothing of the clocks of a cluster of so many ``partitions``, as far as that is known."""
        self._partitions = partitions
        self._bounds: dict[int, _Bounds] = {}

    def ends_s(self, job_key: str, deadline_ms: float, length_s: float, *, sent_s: float, received_s: float) -> float:
        """Return the moment of our clock before which a lease surely does not end, and learn from it.

        Args:
            job_key: The job's key, which names its partition.
            deadline_ms: Its ``deadline``; 0 or less if it has none.
            length_s: The lease that was asked for.
            sent_s: When the request was sent.
            received_s: When its answer was read.
        """
        if deadline_ms <= 0:
            return sent_s + length_s * SURE
        partition, granted_s = int(job_key) >> _PARTITION_SHIFT, deadline_ms / 1000 - length_s
        drift_s = (received_s - sent_s) * DRIFT
        seen = _Bounds(granted_s - received_s - drift_s, granted_s + _ROUNDING_S - sent_s + drift_s, received_s)
        known = self._bounds.get(partition)
        if known is not None:
            known = known.at(received_s)
            least_s, most_s = max(known.least_s, seen.least_s), min(known.most_s, seen.most_s)
            # Otherwise a clock was set, or the partition has another leader: what was known is worth nothing.
            if least_s <= most_s + _ROUNDING_S:
                seen = _Bounds(least_s, max(least_s, most_s), received_s)
        self._bounds[partition] = seen
        granted_s -= seen.most_s
        return min(max(granted_s, sent_s), received_s) + length_s * SURE

    def are_known(self, now_s: float, within_s: float) -> bool:
        """Tell whether a lease would be known within so many seconds, however long its poll was parked."""
        if len(self._bounds) < self._partitions():
            return False
        return all(
            bounds.most_s - bounds.least_s < within_s for bounds in (found.at(now_s) for found in self._bounds.values())
        )
