"""A greenlet that is started again when it dies, says so, and whose health can be asked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import gevent

from camunda_client import metrics
from camunda_client.c8._backoff import Backoff
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from gevent.event import Event

log = get_logger(__name__)

_BACKOFF = Backoff(first_s=0.5, ceiling_s=30.0)
#: Seconds of work after which earlier deaths are forgotten.
FORGIVEN_AFTER_S = 60.0


class Supervised:
    """Work that is to go on until ``stopping`` is set, whatever happens to it."""

    def __init__(
        self,
        name: str,
        work: Callable[[], None],
        stopping: Event,
        on_death: Callable[[int], object] | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Run ``work``, which returns when it is asked to stop.

        ``on_death`` is called with the number of deaths in a row, while the exception is being handled; without it, the
        death is logged as ``greenlet.died``. ``clock`` is the monotonic one unless given.
        """
        self.name = name
        self._work = work
        self._stopping = stopping
        self._on_death = on_death or self._say
        self._clock = clock or time.monotonic
        self._deaths = 0
        #: Whether it works, as opposed to waiting to be started again.
        self.is_well = True
        self.greenlet: gevent.Greenlet[[], None] = gevent.Greenlet(self._run)

    def start(self) -> None:
        """Begin."""
        self.greenlet.start()

    def _run(self) -> None:
        while not self._stopping.is_set():
            started_s = self._clock()
            try:
                self._work()
            except gevent.GreenletExit:
                raise  # a stop does not wait any longer
            # A gevent.Timeout that a handler left behind is no Exception, and SystemExit would end the program.
            except BaseException:  # noqa: BLE001
                self._died(self._clock() - started_s)

    def _died(self, worked_s: float) -> None:
        self._deaths = 1 if worked_s > FORGIVEN_AFTER_S else self._deaths + 1
        self.is_well = False
        metrics.greenlets_died[self.name] += 1
        self._on_death(self._deaths)
        self._stopping.wait(_BACKOFF.wait_s(self._deaths))
        self.is_well = True

    def _say(self, deaths: int) -> None:
        log.exception("greenlet.died", greenlet=self.name, deaths=deaths)
