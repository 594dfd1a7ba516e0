"""The adversary: what it may do, as rules for hypothesis. What must stay true is checked in :mod:`tests.model.world`.

Every rule may also bring work and let time go by. Hypothesis switches rules off, other ones in each example; without
work and time there would be nothing to spoil.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.model.simulated import simulated_clocks
from tests.model.world import FATES, Options, Plan, World

if TYPE_CHECKING:
    from collections.abc import Callable

#: All that takes time is drawn in parts of a lease.
_OPTIONS = st.builds(
    Options,
    lease_s=st.sampled_from((10.0, 2.0, 60.0)),
    tokens=st.booleans(),
    cap=st.sampled_from((30, 30, 30, 3)),
    pool=st.sampled_from((30, 30, 30, 2)),
    reports=st.sampled_from((32, 2)),
    back_off_ms=st.sampled_from((1000, 0, 20_000)),
    drift=st.sampled_from((0.0, 3e-4, -3e-4)),
    timers_first=st.booleans(),
)
#: How many new jobs, how long their handlers take, and what they come to.
_WORKS = [
    (count, part, how)
    for count in (1, 3, 20, 20)
    for part in (0.1, 0.6, 2.5)
    for how in ("ok", "ok", "fail", "fail at once", "error")
]
_WORK = st.sampled_from([None, *_WORKS, *[None] * 2 * len(_WORKS)])
_THEN = st.sampled_from((0.0, 0.0, 0.0, 0.002, 0.05, 0.3, 0.6, 1.3))
_WORKER = st.integers(0, 1)
_LONG = st.sampled_from((0.05, 0.4, 0.9, 1.1, 1.6))
_WAY = st.sampled_from(
    [
        (worker, kind)
        for kind in ("poll", "extension", "extension", "extension", "failure", "failure", "completion", "error")
        for worker in (0, 1)
    ]
)
_PACES = ((0.001, 0.1), (0.1, 0.1), (0.001, 0.24), (0.001, 0.54), (0.39, 0.001), (0.9, 0.05), (0.05, 1.1), (0.3, 1.6))
_PLAN = st.sampled_from(
    [(0.0002, 0.0002, fate) for fate in FATES for _ in range(3)]
    + [(there, back, fate) for there, back in _PACES for fate in (*FATES, "ok", "ok", "ok")]
)
_PACE = st.sampled_from(_PACES)
#: Jobs that are open at once, at most.
_MOST_JOBS = 40


class Protocol(RuleBasedStateMachine):
    """A job's life between two workers and a Camunda, over a network that does what it may."""

    #: Steps of all examples together, and how often something happened in the simulated world in them.
    steps = events = 0

    def __init__(self) -> None:
        super().__init__()
        self._clocks = simulated_clocks()
        self._clocks.__enter__()
        self._is_sound = True
        self.world: World | None = None

    @initialize(options=_OPTIONS, work=_WORK)
    def begin(self, options: Options, work: tuple[int, float, str] | None) -> None:
        self.world = World(options)
        self._step(None, work, 0.0)

    def _step(self, act: Callable[[World], object] | None, work: tuple[int, float, str] | None, then: float) -> None:
        type(self).steps += 1
        world, lease_s = self.world, self.world.options.lease_s
        try:
            if work is not None:
                count, part, how = work
                for _ in range(min(count, _MOST_JOBS - world.open_jobs())):
                    world.create(part * lease_s, how)
                world.settle()
            if act is not None:
                act(world)
            world.advance(then * lease_s)
        except BaseException:
            self._is_sound = False
            raise

    def _plan(self, plan: tuple[float, ...], fate: str = "ok") -> Plan:
        lease_s = self.world.options.lease_s
        return Plan(plan[0] * lease_s, plan[1] * lease_s, fate)

    @rule(work=_WORK, then=_LONG)
    def wait(self, work, then):
        """Time goes by."""
        self._step(None, work, then)

    @rule(nth=st.integers(0, 40), work=_WORK, then=_THEN)
    def cancel(self, nth, work, then):
        """A process instance is cancelled."""
        jobs = list(self.world.engine.jobs.values())
        self._step(lambda world: jobs and world.engine.cancel(jobs[nth % len(jobs)]), work, then)

    # -- network ------------------------------------------------------------------------------------------------------
    @rule(way=_WAY, plan=_PLAN, work=_WORK, then=_THEN)
    def plan(self, way, plan, work, then):
        """What becomes of a next request."""
        planned = self._plan(plan, plan[2])
        self._step(lambda world: world.plans.setdefault(way, []).append(planned), work, then)

    @rule(way=_WAY, pace=_PACE, work=_WORK, then=_THEN)
    def weather(self, way, pace, work, then):
        """How long requests take from now on."""
        self._step(lambda world: world.weather.__setitem__(way, self._plan(pace)), work, then)

    @rule(work=_WORK, then=_THEN)
    def calm(self, work, then):
        """All is well from now on."""
        self._step(World.calm, work, then)

    @rule(part=_LONG, work=_WORK, then=_THEN)
    def outage(self, part, work, then):
        """Camunda dies and comes back."""
        self._step(lambda world: world.outage(part * world.options.lease_s), work, then)

    # -- processes ----------------------------------------------------------------------------------------------------
    @rule(worker=_WORKER, part=_LONG, suspended=st.booleans(), work=_WORK, then=_THEN)
    def stand_still(self, worker, part, suspended, work, then):
        """A process is frozen, or a handler blocks its hub; or its machine is suspended."""
        self._step(
            lambda world: world.stand_still(worker, part * world.options.lease_s, suspended=suspended), work, then
        )

    @rule(worker=_WORKER, work=_WORK, then=_THEN)
    def kill(self, worker, work, then):
        """A process dies; another one begins."""
        self._step(lambda world: world.kill(worker), work, then)

    @rule(worker=_WORKER, work=_WORK, then=_THEN)
    def stop(self, worker, work, then):
        """A process is asked to end; another one follows it."""
        self._step(lambda world: world.workers[worker].begin_stop(), work, then)

    def teardown(self) -> None:
        """All comes to rest."""
        try:
            if self.world is not None and self._is_sound:
                self.world.come_to_rest()
        finally:
            if self.world is not None:
                type(self).events += self.world.events
                self.world.close()
            self._clocks.__exit__(None, None, None)
