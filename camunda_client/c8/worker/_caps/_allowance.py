"""For how many jobs a type may ask, by the caps of the resources that it uses: the one owner of who waits for which.

What is in hand is custody's to know, and is asked for, never counted a second time. A reservation is made before each
poll and given back after it, so that a job which comes always has its place: none waits for one with a lease running.
"""

from __future__ import annotations

import time
from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from camunda_client import metrics
from camunda_client._caps import Calendar
from camunda_client._process import cap_table
from camunda_client.c8.worker._caps._circuit import Circuit, Faults
from camunda_client.c8.worker._caps._far_caps import FarCaps
from camunda_client.c8.worker._caps._keys import Keys
from camunda_client.c8.worker._caps._starts import Starts
from camunda_client.c8.worker._pace import LEAST_PARKED_S
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gevent.event import Event

    from camunda_client._process.cap_table import CapTable
    from camunda_client.c8.worker._caps._far_caps import Kept
    from camunda_client.c8.worker._lease import HeldJob
    from camunda_client.c8.worker._resources import Resource
    from camunda_client.c8.worker._settings import WorkerSettings

#: Seconds for which a poll may be parked whose places others could use, and of a pause after one that came back empty.
CONTENDED_PARKED_S = 1.0
CONTENDED_PAUSE_S = 0.5
#: What a poll is parked for that must not be parked at all.
_NOT_PARKED_S = -0.001
#: Seconds between two looks for places that another process has given back.
LOOK_S = 0.02
#: Seconds between two looks at a calendar: the wall clock may be set meanwhile.
_CALENDAR_LOOK_S = 30.0


class Free(NamedTuple):
    """For how many jobs a resource has room, what holds back the others, and when that may change, if that is known."""

    jobs: int
    why: str = ""
    again_s: float | None = None


class Share:
    """One resource, as this process uses it."""

    def __init__(
        self, resource: Resource, table: CapTable, clock: Callable[[], float], wall: Callable[[], float]
    ) -> None:
        self.resource, self.table, self._clock, self._wall = resource, table, clock, wall
        self.block = table.open(resource.name)
        self.rates, self.calendar = resource.rates, Calendar(resource.pauses) if resource.pause else None
        self.circuit = Circuit(resource, table, self.block, clock) if resource.opens_after else None
        self.users: list[Allowance] = []
        #: Those that were refused a place, the one that has waited longest first.
        self._waiting: dict[Allowance, None] = {}
        #: Other hosts use it, too.
        self.is_far = False

    @property
    def is_contended(self) -> bool:
        """Whether what one poll has asked for is missing elsewhere."""
        return len(self.users) > 1 or self.table.processes > 1 or self.is_far

    def used(self) -> int:
        """Return the jobs of this process in hand and asked for."""
        return sum(user.active() + user.asked for user in self.users)

    def pending(self) -> int:
        """Return the jobs of this process that may yet begin: asked for, or come and not begun."""
        return sum(user.asked + user.starts.coming for user in self.users)

    def put(self, *, more: int = 0) -> None:
        """Show the other processes what this one has in hand; ``more`` are about to be asked for."""
        self.table.put(self.block, self.used() + more, self.pending() + more)

    def free(self, user: Allowance, now_s: float) -> Free:
        """Return what one of its types may ask for; under the table's lock."""
        found = (self._by_calendar(now_s), self._by_circuit(now_s), self._by_limit(now_s), self._by_rate(now_s))
        tightest = min(found, key=_jobs)
        ahead = self._ahead_of(user)
        return tightest if ahead == 0 else Free(tightest.jobs - ahead, tightest.why or "limit", tightest.again_s)

    def _by_calendar(self, now_s: float) -> Free:
        if self.calendar is None:
            return _BOUNDLESS
        now = self._wall()
        paused, until = self.calendar.look(now)
        return Free(0, "pause", now_s + min(until - now, _CALENDAR_LOOK_S)) if paused else _BOUNDLESS

    def _by_circuit(self, now_s: float) -> Free:
        if self.circuit is None:
            return _BOUNDLESS
        until_s = self.circuit.open_until_s
        if until_s > now_s:
            return Free(0, "circuit", until_s)
        # Half open: one job is tried.
        return Free(1 - self.table.used(self.block), "circuit") if until_s else _BOUNDLESS

    def _by_limit(self, now_s: float) -> Free:
        limit = self.resource.limit
        if limit is None:
            return _BOUNDLESS
        return Free(self.table.room(self.block, limit, self.used(), now_s), "limit")

    def _by_rate(self, now_s: float) -> Free:
        if not self.rates:
            return _BOUNDLESS
        left, again_s = self.table.left(self.block, self.rates, now_s)
        return Free(left, "rate", again_s)

    # -- who waits ----------------------------------------------------------------------------------------------------
    def _ahead_of(self, user: Allowance) -> int:
        """Return for how many others a place must be left: each that was refused one before."""
        if not self._waiting:
            return 0
        for number, other in enumerate(self._waiting):
            if other is user:
                return number
        return len(self._waiting)

    def comes_before(self, user: Allowance) -> bool:
        """Tell whether another has waited longer."""
        return next(iter(self._waiting), user) is not user

    def wait(self, user: Allowance) -> None:
        """Have a type wait for a place, behind those that do already."""
        self._waiting.setdefault(user)
        self.table.refused(self.block, self._clock())

    def leave(self, user: Allowance) -> None:
        """Have it wait no longer."""
        if user in self._waiting:
            del self._waiting[user]
            if not self._waiting:
                self.table.refused(self.block, 0)
            self.notify()

    def notify(self) -> None:
        """Have those that wait look again."""
        for user in self._waiting:
            user.changed.set()


_BOUNDLESS = Free(2**31)
_jobs = attrgetter("jobs")


class Allowance:
    """What one job type may ask for."""

    def __init__(
        self,
        job_type: str,
        shares: list[Share],
        keys: Keys | None,
        clock: Callable[[], float],
        far: FarCaps | None,
        starts: Starts,
    ) -> None:
        self._far, self._far_shares = far, [share for share in shares if share.is_far]
        self._job_type, self._shares, self._keys, self._clock = job_type, shares, keys, clock
        self._calendars = [share.calendar for share in shares if share.calendar is not None]
        #: Jobs that polls have asked for and not been answered about.
        self.asked = 0
        #: Counts the starts of this type's handlers.
        self.starts = starts
        #: What is in hand of this type, and what to set when asking again may bring more; see :meth:`serve`.
        self.active: Callable[[], int] = lambda: 0
        self.changed: Event
        #: What held back the last poll, with the resource's name, or ``None``; and until when, if that is known.
        self.capped_by: str | None = None
        self._again_s: float | None = None
        #: Room that the last reservation has left to others.
        self._left = 0
        for share in shares:
            share.users.append(self)

    def serve(self, active: Callable[[], int], changed: Event) -> None:
        """Begin: ``active`` tells what is in hand, ``changed`` is set when there may be room again."""
        self.active, self.changed = active, changed

    @property
    def is_contended(self) -> bool:
        """Whether other types or processes use the same resources."""
        return any(share.is_contended for share in self._shares)

    @property
    def wait_s(self) -> float | None:
        """Seconds after which to ask again if nothing happens before; ``None`` for as long as nothing does."""
        if self.capped_by is None:
            return None
        look_s = LOOK_S if any(share.table.processes > 1 for share in self._shares) else None
        if self._again_s is None:
            return look_s
        left_s = max(self._again_s - self._clock(), 0.001)
        return left_s if look_s is None else min(left_s, max(look_s, left_s / 2))

    def take(self, want: int, *, is_idle: bool) -> int:
        """Reserve places for a poll; return how many, ``want`` at most. Each is given back by :meth:`settle`.

        ``is_idle`` says that the last poll brought nothing: then one place is enough to see whether that has changed.
        """
        was_capped = self.capped_by is not None
        self.capped_by = self._again_s = None
        if want <= 0:
            self.leave()
            return 0
        if not self._shares:
            self.asked += want
            return want
        if is_idle and self.is_contended:
            want = 1
        with self._shares[0].table.lock():
            free = [share.free(self, self._clock()) for share in self._shares]
            granted = min(want, *(one.jobs for one in free))
            if granted > 0:
                self._left = min(one.jobs for one in free) - granted
                for share in self._shares:
                    share.put(more=granted)
        if granted > 0:
            self.asked += granted
            granted = self._take_far(granted)
        else:
            self._refused(free)
        if granted > 0:
            self.leave()
            return granted
        metrics.cap_waits[self._job_type] += not was_capped
        return 0

    def _take_far(self, granted: int) -> int:
        """Return how many of the places that this host has granted other hosts leave to it."""
        if self._far is None or not self._far_shares:
            return granted
        ahead = next((share for share in self._far_shares if share.comes_before(self)), None)
        if ahead is not None:
            # Types of a process ask in turn: one whose jobs end would always be there first.
            self._give_back(granted)
            self._wait_for(ahead)
            self.capped_by = f"other hosts' use of {ahead.resource.name}"
            return 0
        found = self._far.reserve(self._far_shares, granted, self._give_back)
        self._left = min(self._left, found.left)
        if found.jobs <= 0:
            self._wait_for(found.by)
            self.capped_by, self._again_s = found.why, self._clock() + found.again_s
        return found.jobs

    def _wait_for(self, tightest: Kept | None) -> None:
        """Wait for a place of one resource, and of no other."""
        for share in self._shares:
            if share is tightest:
                share.wait(self)
            else:
                share.leave(self)

    def _give_back(self, jobs: int) -> None:
        self.asked -= jobs
        for share in self._shares:
            share.put()

    def _refused(self, free: list[Free]) -> None:
        """Wait where there is no room, and nowhere else: a place that is kept for this type would be missing there."""
        for share, one in zip(self._shares, free, strict=True):
            if one.jobs > 0:
                share.leave(self)
                continue
            share.wait(self)
            self.capped_by = f"{one.why} of {share.resource.name}"
            if one.again_s is not None:
                self._again_s = max(self._again_s or 0.0, one.again_s)

    def leave(self) -> None:
        """Wait for no place."""
        for share in self._shares:
            share.leave(self)

    def parked_s(self, parked_s: float, now: float | None = None) -> float:
        """Return for how long the poll may be parked for which places were just reserved; below 0 for not at all."""
        if self.is_contended:
            parked_s = min(parked_s, CONTENDED_PARKED_S) if self._left > 0 else _NOT_PARKED_S
        for calendar in self._calendars:
            # Otherwise it could bring a job after the pause has begun.
            moment = time.time() if now is None else now
            parked_s = min(parked_s, calendar.look(moment)[1] - moment)
        return parked_s if parked_s >= LEAST_PARKED_S else _NOT_PARKED_S

    def pause_s(self, seconds: float) -> float:
        """Return how long to wait after a poll that came back empty at once, where others have taken the last place."""
        return min(seconds, CONTENDED_PAUSE_S) if self.is_contended else seconds

    def settle(self, jobs: int) -> None:
        """Give back what was reserved for a poll that has been answered; what it brought is in hand now."""
        self.asked -= jobs
        self._changed()

    def released(self, held: HeldJob) -> None:
        """Give back the place of a job that is no longer in hand."""
        self.starts.gone(held.key)
        if self._keys is not None:
            self._keys.released(held)
        if held.successor is None:  # which takes its place at once
            self._changed()

    def _changed(self) -> None:
        for share in self._shares:
            share.put()
            share.notify()
        if self._far is not None and self._far_shares:
            self._far.changed()

    @property
    def is_cut_off(self) -> bool:
        """Whether nothing can be asked for because the store of many hosts is away."""
        return self._far is not None and self._far.is_away and bool(self._far_shares)

    def defers(self, held: HeldJob) -> tuple[int, str] | None:
        """Return for how many milliseconds to hand back a job that has just come, and why; ``None`` if it may start."""
        now_s = self._clock()
        for share in self._shares:
            # It was asked for before the circuit opened.
            if share.circuit is not None and (left_s := share.circuit.open_until_s - now_s) > 0:
                return int(left_s * 1000) + 1, f"handed back unworked: the circuit of {share.resource.name} is open"
        deferred = None if self._keys is None else self._keys.defers(held)
        if deferred is None:
            self.starts.came(held.key)
        return deferred


class Caps:
    """All resources that the job types of this process use."""

    def __init__(
        self,
        resources: Mapping[str, Resource],
        table: CapTable | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        far: FarCaps | None = None,
    ) -> None:
        """Keep the caps of resources, by name, in ``table``, and limits and rates in ``far``, if they hold over hosts.

        The table is by default the one that the parent of this process has given, or one of this process's own.
        """
        self._resources, self._table, self._clock, self._wall = resources, table, clock, wall
        self._far = far
        self._shares: dict[str, Share] = {}
        #: By job type.
        self._starts: dict[str, Starts] = {}

    def allowance(self, settings: WorkerSettings) -> Allowance | None:
        """Return what a type may ask for; ``None`` where nothing caps it but its own settings.

        Raises:
            ConfigurationError: There are too many resources.
        """
        if not settings.resources and settings.per is None:
            return None
        shares = [self._share(resource) for resource in settings.resources]
        keys = Keys.of(settings, self._the_table())
        return Allowance(settings.job_type, shares, keys, self._clock, self._far, self._starts_of(settings))

    def _starts_of(self, settings: WorkerSettings) -> Starts:
        starts = self._starts.get(settings.job_type)
        if starts is None:
            rated = [share for resource in settings.resources if (share := self._share(resource)).rates]
            self._starts[settings.job_type] = starts = Starts(rated, self._far, self._clock)
        return starts

    def _share(self, resource: Resource) -> Share:
        share = self._shares.get(resource.name)
        if share is None:
            try:
                share = Share(self._resources[resource.name], self._the_table(), self._clock, self._wall)
            except ValueError as error:
                raise ConfigurationError(f"resource {resource.name!r} can't be kept: {error}") from None
            self._shares[resource.name] = share
            share.is_far = self._far is not None and (share.resource.limit is not None or bool(share.rates))
            if self._far is not None and share.is_far:
                self._far.keep(share)
        return share

    def _the_table(self) -> CapTable:
        if self._table is None:
            self._table = cap_table.current or cap_table.CapTable()
        return self._table

    def fitted(self, settings: WorkerSettings) -> WorkerSettings:
        """Return a type's settings, with what its resources have to hear: of failures a circuit, of starts a rate."""
        shares = [self._share(resource) for resource in settings.resources]
        circuits = [share.circuit for share in shares if share.circuit is not None]
        return replace(
            settings,
            faults=Faults(settings.job_type, circuits) if circuits else None,
            starts=self._starts_of(settings) if any(share.rates for share in shares) else None,
        )
