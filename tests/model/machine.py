"""The adversary: what it may do, as rules for hypothesis. What must stay true is checked in :mod:`tests.model.world`."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.model.simulated import simulated_clocks
from tests.model.world import FATES, Options, Plan, World

#: Parts of a lease that something takes.
_PARTS = (0.001, 0.02, 0.1, 0.25, 0.4, 0.55, 0.9, 1.1, 1.6)
_OPTIONS = st.builds(
    Options,
    lease_s=st.sampled_from((10.0, 2.0, 60.0)),
    tokens=st.booleans(),
    cap=st.sampled_from((30, 3)),
    pool=st.sampled_from((30, 2)),
    reports=st.sampled_from((32, 2)),
    back_off_ms=st.sampled_from((1000, 0, 20_000)),
    drift=st.sampled_from((0.0, 3e-4, -3e-4)),
    timers_first=st.booleans(),
)
_WORKER = st.integers(0, 1)
_PART = st.sampled_from(_PARTS)
_KIND = st.sampled_from(("poll", "extension", "completion", "failure", "error"))
_ENDS = st.sampled_from(("ok", "ok", "fail", "fail at once", "error"))
_NTH = st.integers(0, 60)


class Protocol(RuleBasedStateMachine):
    """A job's life between two workers and a Camunda, over a network that does what it may."""

    #: Steps of all examples together, and what happened in the simulated world in these.
    rules = events = 0

    def __init__(self) -> None:
        super().__init__()
        self._clocks = simulated_clocks()
        self._clocks.__enter__()
        self._is_sound = True
        self.world: World | None = None

    def _do(self, what, *arguments, **options):  # type: ignore[no-untyped-def]
        type(self).rules += 1
        try:
            what(*arguments, **options)
        except BaseException:
            self._is_sound = False
            raise

    @initialize(options=_OPTIONS)
    def begin(self, options: Options) -> None:
        self.world = World(options)

    def _s(self, part: float) -> float:
        return part * self.world.options.lease_s

    # -- work ---------------------------------------------------------------------------------------------------------
    @rule(count=st.sampled_from((1, 2, 12)))
    def create(self, count: int) -> None:
        """New jobs, as long as there are not too many."""
        self._do(self._create, count)

    def _create(self, count: int) -> None:
        for _ in range(count):
            if self.world.open_jobs() < 40:
                self.world.engine.create()
        self.world.settle()

    @rule(part=_PART)
    def wait(self, part: float) -> None:
        """Time goes by."""
        self._do(self.world.advance, self._s(part))

    @rule(part=_PART)
    def wait_more(self, part: float) -> None:
        """As above: most of what happens takes time."""
        self._do(self.world.advance, self._s(part))

    @precondition(lambda self: self.world is not None and self.world.running())
    @rule(nth=_NTH, how=_ENDS)
    def finish(self, nth: int, how: str) -> None:
        """A handler ends."""
        running = self.world.running()
        self._do(self.world.finish, running[nth % len(running)], how)

    @rule(nth=_NTH)
    def cancel(self, nth: int) -> None:
        """A process instance is cancelled."""
        jobs = list(self.world.engine.jobs.values())
        if jobs:
            self._do(self.world.engine.cancel, jobs[nth % len(jobs)])

    # -- network ------------------------------------------------------------------------------------------------------
    @rule(worker=_WORKER, kind=_KIND, there=_PART, back=_PART, fate=st.sampled_from(FATES))
    def plan(self, worker: int, kind: str, there: float, back: float, fate: str) -> None:
        """What becomes of a next request."""
        planned = Plan(self._s(there), self._s(back), fate)
        self._do(self.world.plans.setdefault((worker, kind), []).append, planned)

    @rule(worker=_WORKER, kind=_KIND, fate=st.sampled_from(FATES))
    def plan_quick(self, worker: int, kind: str, fate: str) -> None:
        """The same, quickly."""
        self._do(self.world.plans.setdefault((worker, kind), []).append, Plan(0.002, 0.002, fate))

    @rule(worker=_WORKER, kind=_KIND, there=_PART, back=_PART)
    def weather(self, worker: int, kind: str, there: float, back: float) -> None:
        """How long requests take from now on."""
        self._do(self.world.weather.__setitem__, (worker, kind), Plan(self._s(there), self._s(back)))

    @rule()
    def calm(self) -> None:
        """All is well from now on."""
        self._do(self.world.calm)

    @rule(part=_PART)
    def outage(self, part: float) -> None:
        """Camunda dies and comes back."""
        self._do(self.world.outage, self._s(part))

    # -- processes ----------------------------------------------------------------------------------------------------
    @rule(worker=_WORKER, part=_PART, suspended=st.booleans())
    def stand_still(self, worker: int, part: float, suspended: bool) -> None:
        """A process is frozen, or a handler blocks its hub; or its machine is suspended."""
        self._do(self.world.stand_still, worker, self._s(part), suspended=suspended)

    @rule(worker=_WORKER)
    def kill(self, worker: int) -> None:
        """A process dies; another one begins."""
        self._do(self.world.kill, worker)

    @rule(worker=_WORKER)
    def stop(self, worker: int) -> None:
        """A process is asked to end; another one follows it."""
        if not self.world.workers[worker].is_stopping:
            self._do(self.world.workers[worker].begin_stop)

    def teardown(self) -> None:
        """All comes to rest."""
        try:
            if self.world is not None and self._is_sound:
                self.world.come_to_rest()
        finally:
            if self.world is not None:
                type(self).events += self.world.steps
                self.world.close()
            self._clocks.__exit__(None, None, None)
