"""Limits and rates of resources over many hosts, kept in a Redis: what each process has in hand, and what has started.

A place is reserved here after it was reserved among the processes of this host. Each process writes rows of its own, as
they are and not as they change, so a write that is lost or late is made good by the next one. A process that has not
written for :data:`ALIVE_S` counts as gone.
"""

from __future__ import annotations

import os
import socket
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from uuid import uuid4

from gevent.event import Event
from gevent.lock import RLock

from camunda_client.error import ConfigurationError
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from camunda_client.c8.worker._resources import Resource

log = get_logger(__name__)

#: Seconds for which a process counts that writes nothing, and between two writes where nothing changes.
ALIVE_S, WRITE_EVERY_S = 30.0, 8.0
#: Seconds within which changes are written together.
_TOGETHER_S = 0.01
#: Seconds between two tries while Redis is away, and for one answer.
_TRY_EVERY_S, _ANSWER_S = 1.0, 2.0
#: Seconds between two looks for places that another host has given back.
LOOK_S = 0.1
#: The part in braces has a cluster keep them all in one place.
_PREFIX = "{camunda-caps}:"
#: Both scripts begin so: the dead are forgotten, and this process's row is what it says. ARGV: who, how long it lives.
_ROW = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local me, alive_ms = ARGV[1], tonumber(ARGV[2])
local at = 3
local function taken()
    at = at + 1
    return tonumber(ARGV[at])
end
local function sum(key)
    local total = 0
    for _, value in ipairs(redis.call('HVALS', key)) do total = total + tonumber(value) end
    return total
end
local function row(base, used, asked)
    for _, dead in ipairs(redis.call('ZRANGEBYSCORE', base .. ':alive', '-inf', now)) do
        redis.call('ZREM', base .. ':alive', dead)
        for _, part in ipairs({':used', ':asked', ':waits'}) do redis.call('HDEL', base .. part, dead) end
    end
    redis.call('HSET', base .. ':used', me, used)
    redis.call('HSET', base .. ':asked', me, asked)
    redis.call('ZADD', base .. ':alive', now + alive_ms, me)
end
"""
#: ARGV[3]: how many are wanted. For each key: limit (-1: none), used, asked, how many rates; for each rate: count, ms.
#: Returns how many are granted and how many are left then, the number of the key that grants least, and after how many
#: ms to ask again (-1: not known).
_RESERVE = (
    _ROW
    + """
local wanted, least, tightest, again = tonumber(ARGV[3]), 2147483647, 0, -1
for number, base in ipairs(KEYS) do
    local limit, used, asked, rates = taken(), taken(), taken(), taken()
    row(base, used, asked)
    local left, wait = least, -1
    if limit >= 0 then
        local free = limit - sum(base .. ':used')
        local waiting = {}
        for other, since in pairs(redis.call('HGETALL', base .. ':waits')) do waiting[other] = since end
        local others, poorer = {}, 0
        for i = 1, #waiting, 2 do
            if waiting[i] ~= me and tonumber(waiting[i + 1]) > now - 1000 then others[#others + 1] = waiting[i] end
        end
        local part = math.max(math.floor(limit / (#others + 1)), 1)
        for _, other in ipairs(others) do
            if tonumber(redis.call('HGET', base .. ':used', other) or 0) < part then poorer = poorer + 1 end
        end
        -- Up to its part a process takes what is free. Beyond, it leaves a place to each that waits for one of its own:
        -- where its jobs end together, it would take all of them again before others look.
        left = math.min(left, math.max(math.min(free, part - used), free - poorer))
    end
    local pending = sum(base .. ':asked')
    for rate = 1, rates do
        local count, period = taken(), taken()
        local key, part, oldest, started = base .. ':rate:' .. rate, math.floor(now * 100 / period), nil, 0
        local starts = redis.call('HGETALL', key)
        for i = 1, #starts, 2 do
            local then_part = tonumber(starts[i])
            if then_part >= part - 100 then
                started = started + tonumber(starts[i + 1])
                if oldest == nil or then_part < oldest then oldest = then_part end
            else
                redis.call('HDEL', key, starts[i])
            end
        end
        if count - started - pending < left then
            left = count - started - pending
            -- What is pending may be gone at any time.
            wait = started >= count and oldest and math.max((oldest + 101) * period / 100 - now, 1) or -1
        end
    end
    if left < least then least, tightest, again = left, number, wait end
end
local granted = math.min(wanted, least)
for number, base in ipairs(KEYS) do
    if granted > 0 then
        redis.call('HINCRBY', base .. ':used', me, granted)
        redis.call('HINCRBY', base .. ':asked', me, granted)
        redis.call('HDEL', base .. ':waits', me)
    elseif number == tightest then
        redis.call('HSET', base .. ':waits', me, now)
    end
end
return {math.max(granted, 0), math.max(least - granted, 0), tightest, math.ceil(again)}
"""
)
#: For each key: used, asked, jobs that started since the last time, how many rates; for each rate: ms.
_WRITE = (
    _ROW
    + """
at = 2
for _, base in ipairs(KEYS) do
    local used, asked, jobs, rates = taken(), taken(), taken(), taken()
    for rate = 1, rates do
        local period = taken()
        if jobs > 0 then
            redis.call('HINCRBY', base .. ':rate:' .. rate, math.floor(now * 100 / period), jobs)
            redis.call('PEXPIRE', base .. ':rate:' .. rate, math.ceil(period * 1.02))
        end
    end
    row(base, used, asked)
end
"""
)


class Granted(NamedTuple):
    """What came of a reservation: how many places, and how many were left; if none, why, and when to ask again.

    ``by`` is the resource that grants least; ``None`` while the store is away.
    """

    jobs: int
    left: int
    why: str
    again_s: float
    by: Kept | None


class Kept(Protocol):
    """One resource, as this process uses it."""

    resource: Resource

    def used(self) -> int:
        """Return the jobs in hand and asked for."""

    def pending(self) -> int:
        """Return those that may yet begin: asked for, or come and not begun."""


class FarCaps:
    """What the processes of many hosts use up together."""

    def __init__(self, client: Any) -> None:
        """Keep it in a Redis. ``client`` is a ``redis.Redis``."""
        self._reserve, self._write = client.register_script(_RESERVE), client.register_script(_WRITE)
        #: Of any process that ever was.
        self._me = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        # One request at a time: rows are written as they are, and must arrive in the order in which they were read.
        self._lock = RLock()
        self._changed, self._ended = Event(), False
        self._shares: dict[str, Kept] = {}
        #: Starts that Redis has not been asked to count; until then they count as pending.
        self._started: Counter[str] = Counter()
        #: Redis did not answer the last time.
        self.is_away = False

    @classmethod
    def at(cls, url: str) -> FarCaps:
        """Return one that keeps it in the Redis of a URL.

        Raises:
            ConfigurationError: redis-py is missing, or the URL can't be read.
        """
        try:
            import redis
        except ImportError:
            raise ConfigurationError("worker.capsUrl needs redis-py: pip install redis") from None
        try:
            client = redis.Redis.from_url(url, socket_timeout=_ANSWER_S, socket_connect_timeout=_ANSWER_S)
        except ValueError:
            raise ConfigurationError(
                "worker.capsUrl can't be read; it must be the URL of a Redis, such as redis://:password@host:6379/0"
            ) from None
        return cls(client)

    def keep(self, share: Kept) -> None:
        """Keep a resource from now on."""
        self._shares[share.resource.name] = share

    def reserve(self, shares: Sequence[Kept], wanted: int, give_back: Callable[[int], None]) -> Granted:
        """Reserve places that this host has reserved already; ``give_back`` is called with how many are refused."""
        with self._lock:
            arguments: list[object] = [self._me, int(ALIVE_S * 1000), wanted]
            for share in shares:
                limit, rates = share.resource.limit, share.resource.rates
                used, pending = share.used() - wanted, share.pending() - wanted + self._started[share.resource.name]
                arguments += [-1 if limit is None else limit, used, pending, len(rates)]
                arguments += [number for rate in rates for number in (rate.count, int(rate.period_s * 1000))]
            answer = None if self.is_away else self._ask(self._reserve, shares, arguments)
            granted, left, tightest, again_ms = answer or (0, 0, 0, int(_TRY_EVERY_S * 1000))
            if granted < wanted:
                give_back(wanted - granted)
        by = shares[tightest - 1] if tightest else None
        why = f"other hosts' use of {by.resource.name}" if by else "a store that is away"
        return Granted(granted, left, why, again_ms / 1000 if again_ms >= 0 else LOOK_S, by)

    def started(self, share: Kept, jobs: int) -> None:
        """Count starts; written soon."""
        self._started[share.resource.name] += jobs
        self._changed.set()

    def changed(self) -> None:
        """Have the rows written soon."""
        self._changed.set()

    # -- writing ------------------------------------------------------------------------------------------------------
    def run(self) -> None:
        """Write what changes until :meth:`close`; in a greenlet of its own."""
        while not self._ended:
            if self.is_away:
                time.sleep(_TRY_EVERY_S)  # whatever has changed: each try may take as long as an answer does
            else:
                self._changed.wait(WRITE_EVERY_S)
            self._changed.clear()
            with self._lock:
                self._publish()
            time.sleep(_TOGETHER_S)

    def close(self) -> None:
        """Write the last rows: nothing is in hand any more."""
        self._ended = True
        with self._lock:
            self._publish()
        self._changed.set()

    def _publish(self) -> None:
        shares = list(self._shares.values())
        started, self._started = self._started, Counter()
        arguments: list[object] = [self._me, int(ALIVE_S * 1000)]
        for share in shares:
            rates = share.resource.rates
            arguments += [share.used(), share.pending(), started[share.resource.name], len(rates)]
            arguments += [int(rate.period_s * 1000) for rate in rates]
        if self._ask(self._write, shares, arguments) is None and self.is_away:
            self._started += started

    def _ask(self, script: Any, shares: Sequence[Kept], arguments: list[object]) -> Any:
        """Return what a script returns; ``None`` if Redis does not answer."""
        try:
            answer = script(keys=[_PREFIX + share.resource.name for share in shares], args=arguments)
        except Exception as error:  # noqa: BLE001 - of redis-py, of sockets, of the server
            if not self.is_away:
                log.warning("caps.store_away", error=f"{type(error).__name__}: {error}"[:300])
            self.is_away = True
            return None
        if self.is_away:
            log.info("caps.store_back")
        self.is_away = False
        return answer
