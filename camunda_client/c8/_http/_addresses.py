"""Where a server is: the addresses of its name, the one that answered last first.

Look-ups run on native threads of their own, several at once, and callers wait for them up to their deadline: what was
found last stays in use while a new look-up is slow or fails. gevent would resolve on ten threads that all share, where
slow look-ups of handlers hold up even a numeric address (measured: 3.9 s), and ``getaddrinfo`` knows no deadline.
"""

from __future__ import annotations

import ipaddress
import os
import select
import socket
import time
from collections.abc import Callable, Iterable

from camunda_client import patching

#: Seconds for which addresses are used before the name is looked up again (beside those who use them).
ADDRESS_LIFE_S = 30.0
#: Seconds after which a look-up without an answer gets another beside it: its packets may be lost.
IMPATIENCE_S = 1.0
#: Look-ups of one name at once; each has a thread, until the system gives it up.
MOST_LOOKUPS = 4
#: Seconds that a new look-up is waited for where all known addresses have failed.
DOUBT_S = 0.5

#: Family, and what ``connect`` takes.
Address = tuple[int, tuple[object, ...]]
#: Waits until one of the descriptors can be read, so many seconds at most.
Wait = Callable[[Iterable[int], float], object]


def wait_readable(descriptors: Iterable[int], seconds: float) -> object:
    """Wait by the ``poll`` of the moment, which is gevent's where gevent has patched."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return poll.poll(max(seconds, 0) * 1000)


class _Lookup:
    """One look-up on a native thread, which takes no lock and logs nothing: beside greenlets it could wedge."""

    def __init__(self, host: str, port: int) -> None:
        self.began_s = time.monotonic()
        self.found: list[Address] | None = None
        self.error: Exception | None = None
        #: Can be read, being at its end, once the look-up has ended.
        self.ended_fd, writer = os.pipe()
        resolve = patching.original("socket", "getaddrinfo")
        try:
            patching.original("_thread", "start_new_thread")(self._run, (resolve, host, port, writer))
        except BaseException:
            os.close(writer)
            raise

    def _run(self, resolve: Callable[..., Iterable[tuple[object, ...]]], host: str, port: int, writer: int) -> None:
        try:
            entries = resolve(host, port, 0, socket.SOCK_STREAM)
            self.found = [(entry[0], entry[4]) for entry in entries]  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must get it
            self.error = error
        finally:
            patching.original("os", "close")(writer)

    @property
    def has_ended(self) -> bool:
        return self.found is not None or self.error is not None

    def __del__(self) -> None:
        os.close(self.ended_fd)


class Addresses:
    """A host's addresses."""

    def __init__(self, host: str, port: int, wait: Wait = wait_readable) -> None:
        """Know nothing yet, unless the host is an address itself."""
        self._host, self._port, self._wait = host, port, wait
        self._known: list[Address] = []
        self._best: object = None
        self._found_s = 0.0
        self._doubted = False
        self._lookups: list[_Lookup] = []
        self._pid = os.getpid()
        self._has_warned = False
        self._fixed = False
        try:
            version = ipaddress.ip_address(host).version
        except ValueError:
            return
        self._fixed = True
        self._known = [(socket.AF_INET6 if version == 6 else socket.AF_INET, (host, port))]

    def get(self, deadline: float) -> list[Address]:
        """Return families and addresses, the one to try first in front.

        Waits, until ``deadline`` (monotonic), only where none are known yet; half a second where all known have failed.

        Raises:
            OSError: The name is unknown, or no server answers for it in time.
            UnicodeError: No name can be like this.
        """
        if self._fixed:
            return self._known
        now = time.monotonic()
        if self._known and not self._doubted and now - self._found_s < ADDRESS_LIFE_S:
            return self._known
        self._look(now)
        if not self._known:
            self._wait_for_one(deadline)
            if not self._known:
                raise socket.gaierror(socket.EAI_AGAIN, "the name look-up did not end in time")
        elif self._doubted:
            self._wait_for_one(min(deadline, now + DOUBT_S))
        return self._known

    def known(self) -> list[Address]:
        """Return what is known now, without a look-up; other threads may ask."""
        return list(self._known)

    def prefer(self, address: object) -> None:
        """Have this address tried first from now on: another may be that of a machine that is gone."""
        if self._known and self._known[0][1] != address:
            self._best = address
            self._known = self._best_first(self._known)

    def doubt(self) -> None:
        """Look the name up again at the next connection: none of the known addresses answered."""
        self._doubted = True

    def _best_first(self, addresses: list[Address]) -> list[Address]:
        return sorted(addresses, key=lambda entry: entry[1] != self._best)

    def _look(self, now: float) -> None:
        """Take in what look-ups have found, and have one under way unless that has answered the question."""
        if self._pid != os.getpid():
            self._pid, self._lookups = os.getpid(), []  # a fork takes no threads along
        self._take_in(now)
        if self._known and not self._doubted and now - self._found_s < ADDRESS_LIFE_S:
            return
        slow = all(now - lookup.began_s >= IMPATIENCE_S for lookup in self._lookups)
        if slow and len(self._lookups) < MOST_LOOKUPS:
            if self._lookups and self._known:
                self._warn(f"no answer for {now - self._lookups[0].began_s:.1f} s")
            try:
                self._lookups.append(_Lookup(self._host, self._port))
            except (OSError, RuntimeError):  # no more descriptors, or threads
                if not self._known and not self._lookups:
                    raise

    def _take_in(self, now: float) -> None:
        ended = [lookup for lookup in self._lookups if lookup.has_ended]
        if not ended:
            return
        self._lookups = [lookup for lookup in self._lookups if lookup not in ended]
        found = next((lookup.found for lookup in reversed(ended) if lookup.found), None)
        if found is not None:
            self._known, self._found_s, self._doubted = self._best_first(found), now, False
            if self._has_warned:
                self._has_warned = False
                _log("info", "lookup.recovered", host=self._host)
            return
        error = ended[-1].error
        if not self._known:
            raise error if error is not None else socket.gaierror(socket.EAI_NONAME, "the name has no address")
        # The next look-up is due after the usual time, not at each connection.
        self._found_s, self._doubted = now, False
        self._warn(str(error))

    def _wait_for_one(self, deadline: float) -> None:
        """Wait until a look-up has found something, or for long enough; others begin meanwhile where one is slow."""
        found_s = self._found_s
        while self._found_s == found_s and (left_s := deadline - time.monotonic()) > 0:
            waiting = self._lookups  # kept: it owns the descriptors
            self._wait([lookup.ended_fd for lookup in waiting], min(left_s, IMPATIENCE_S))
            self._look(time.monotonic())

    def _warn(self, problem: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            _log("warning", "lookup.failed", host=self._host, problem=problem, used="the addresses found last")


def _log(level: str, event: str, **fields: object) -> None:
    # Not imported at the top: it must not be loaded before users have had a chance to patch.
    from camunda_client.log import get_logger

    getattr(get_logger("camunda_client.c8._http"), level)(event, **fields)
