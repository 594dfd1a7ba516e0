"""Two workers, the network between, and what must stay true: the real rooms of the worker on a simulated everything.

A worker's requests go to the simulated engine as the adversary has planned: late, lost before or after they were
applied, twice, answered by somebody else. What is checked is checked against the engine's own truth.
"""

from __future__ import annotations

import heapq
import itertools
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import gevent
from gevent.event import Event
from gevent.hub import Waiter

from camunda_client import metrics
from camunda_client.c8._http import Answer
from camunda_client.c8.worker._custody import Custody
from camunda_client.c8.worker._execution import JobContext
from camunda_client.c8.worker._handlers import JobWorker
from camunda_client.c8.worker._lease import Stage
from camunda_client.c8.worker._pace import Offsets
from camunda_client.c8.worker._poller import Poller
from camunda_client.c8.worker._settings import RetryRule, WorkerSettings, resolve
from camunda_client.config import ApiConfig, C8Config
from camunda_client.error import CamundaBusinessException, ConnectionFailed, ServiceException
from tests.model import engine as camunda
from tests.model.engine import JOB_TYPE, Engine, Job
from tests.model.simulated import Clock, Process

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8.models import ActivatedJob

#: Seconds after which the reporter gives up what never got an answer; see its PATIENCE_S.
_PATIENCE_S = 890.0
_COMMAND_TIMEOUT_S = 10.0
#: Seconds: no extension is waited for longer than 10.
_LONGEST_ANSWER_S = 9.0
_POLL_GRACE_S = 20.0
_CONFIG = C8Config(api=ApiConfig(baseUrl="http://127.0.0.1:1"))

#: Answers that are not Camunda's.
_HTML = "text/html"
PAGES = {
    "page 502": Answer(status=502, content_type=_HTML, body=b"<html>Bad Gateway</html>"),
    "page 405": Answer(status=405, content_type=_HTML, body=b"<html>Not Allowed</html>"),
    "page 404": Answer(status=404, content_type="application/json", body=b'{"status":404,"error":"Not Found"}'),
    "page 200": Answer(status=200, content_type="text/plain", body=b"ok"),
}
_BUSY = camunda.problem(503, "RESOURCE_EXHAUSTED", "RESOURCE_EXHAUSTED: reached the limit")
#: What may become of a request, beside that it is answered.
FATES = (
    "ok", "refused", "reset before", "reset after", "lost before", "lost after", "busy", "twice",
    *[f"{page} before" for page in PAGES], *[f"{page} after" for page in PAGES],
)  # fmt: skip


class Plan(NamedTuple):
    """What becomes of a request: seconds of its way there and back, and its fate."""

    there_s: float
    back_s: float
    fate: str = "ok"


FINE = Plan(0.002, 0.002)


class Options(NamedTuple):
    """What is the same for a whole run."""

    lease_s: float = 10.0
    tokens: bool = False
    #: Handlers of one type at once, and of all types: with fewer, jobs wait for a slot.
    cap: int = 30
    pool: int = 30
    #: Connections for reports.
    reports: int = 32
    #: Milliseconds.
    back_off_ms: int = 1000
    #: Seconds that Camunda's clock gains in each.
    drift: float = 0.0
    #: Whether a process that stood still sees its timers before what has come meanwhile.
    timers_first: bool = False


class Violation(AssertionError):
    """Something happened that never may."""


@dataclass(eq=False)
class Run:
    """One run of a handler."""

    worker: Worker
    key: str
    lease: int
    started_s: float
    #: What it will do; ``None`` as long as that is not decided.
    how: str | None = None
    ended_s: float | None = None
    go_on: Event | None = None


class Exchange(NamedTuple):
    """An extension as it went."""

    asked_s: float
    plan: Plan


class _Call:
    """One request, as its sender waits for it."""

    def __init__(self, worker: Worker, kind: str, key: str, body: bytes, timeout_s: float) -> None:
        self.worker, self.kind, self.key = worker, kind, key
        self.body: dict[str, Any] = json.loads(body)
        self.token: str | None = self.body.get("jobLeaseToken")
        self.sent_s = worker.world.clock.now_s
        self.is_over = False
        #: The lease that it was sent under, as Camunda counts them.
        self.lease = 0
        self._waiter: Waiter[Any] = Waiter()
        self._timer = worker.process.loop.timer(timeout_s)
        self._timer.start(self.give_up)

    def wait(self) -> Answer:
        try:
            answer: Answer = self._waiter.get()
            return answer
        finally:
            self.is_over = True
            self._timer.stop()

    # In the hub:
    def give_up(self) -> None:
        self.fail("timeout", maybe_applied=True)

    def fail(self, reason: str, *, maybe_applied: bool) -> None:
        if not self.is_over:
            self.is_over = True
            self.worker.world.tell(self.key, "{} gets no answer to its {}: {}", self.worker.name, self.kind, reason)
            self._waiter.throw(ConnectionFailed(f"no answer: {reason}", maybe_applied=maybe_applied, reason=reason))

    def answer(self, answer: Answer) -> None:
        if not self.is_over:
            self.worker.world.tell(self.key, "{} is answered {} to its {}", self.worker.name, answer.status, self.kind)
            self.is_over = True
            self.worker.heard(self, answer)
            self._waiter.switch(answer)


class Wire:
    """What the worker takes for its connections to the gateway."""

    most_extensions = 64

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def activate(self, body: bytes, request_timeout_s: float) -> Answer:
        return self._exchange("poll", "", body, request_timeout_s + _POLL_GRACE_S)

    def settle(self, job_key: str, command: str, body: bytes, may_send: Callable[[], bool] | None = None) -> Answer:
        if may_send is not None and not may_send():
            raise ConnectionFailed("its lease is over", maybe_applied=False, reason="too_late")
        return self._exchange(command, job_key, body, _COMMAND_TIMEOUT_S)

    def extend(self, job_key: str, body: bytes, timeout_s: float = _COMMAND_TIMEOUT_S) -> Answer:
        return self._exchange("extension", job_key, body, timeout_s)

    def _exchange(self, kind: str, key: str, body: bytes, timeout_s: float) -> Answer:
        worker = self._worker
        if worker.is_dead:
            if kind == "poll":
                raise ConnectionFailed("dead", maybe_applied=False, reason="refused")
            return camunda.problem(404, "NOT_FOUND", "this process is dead")
        call = _Call(worker, kind, key, body, timeout_s)
        worker.world.send(call)
        return call.wait()


class Worker:
    """One process of a worker: the real rooms, put together as the supervisor does it."""

    def __init__(self, world: World, name: str, options: Options) -> None:
        self.world, self.name, self.options = world, name, options
        self.is_dead = self.is_stopping = False
        #: What was never to happen, found where the worker would have caught the exception.
        self.violations: list[tuple[str, str]] = []
        self.runs: dict[str, Run] = {}
        #: By job: its latest lease that this worker knows of, and when it got to know it.
        self.leases: dict[str, tuple[int, float, float]] = {}
        self.exchanges: dict[str, list[Exchange]] = {}
        #: By job: when the last extension was sent that was granted, and its worker knew of.
        self.granted: dict[str, float] = {}
        #: Jobs of which Camunda has told this worker that they are completed.
        self.completed: set[str] = set()
        #: Jobs whose completion Camunda has refused.
        self.refused: set[str] = set()
        self.stood_still: list[tuple[float, float]] = []
        self._seen: set[str] = set()
        self.process = Process(world.clock, boot_s=len(world.workers) * 1234.5)
        with self.process.inside():
            self._start()

    def _start(self) -> None:
        settings = self._settings()
        wire = Wire(self)
        self.custody = Custody(JobContext(), wire, self.options.pool, self.options.reports)  # type: ignore[arg-type]
        self.poller = Poller(settings, wire, self.custody, Offsets(), 1, lambda: self.world.engine.tokens)  # type: ignore[arg-type]
        self.greenlets = [gevent.spawn(self.poller.run), gevent.spawn(self.custody.extender.run)]

    def _settings(self) -> WorkerSettings:
        options = self.options
        registered = JobWorker(JOB_TYPE, self.handler, polling_interval=1000)
        usual = resolve(registered, _CONFIG)
        rule = RetryRule(options.back_off_ms, max(options.back_off_ms, 10_000))
        changes = {"lease_s": options.lease_s, "cap": options.cap, "retry": rule, "worker": self.name}
        values = {name: getattr(usual, name) for name in usual.__dataclass_fields__}
        return WorkerSettings(**{**values, **changes})

    # -- in its greenlets ---------------------------------------------------------------------------------------------
    def handler(self, job: ActivatedJob) -> dict[str, Any]:
        """Run until the adversary says how it ends."""
        key = job.job_key
        if self.is_dead:
            return {}
        run = Run(self, key, self.leases[key][0], self.world.clock.now_s, go_on=Event())
        self.world.tell(key, "{} starts its handler", self.name)
        self._check_start(run)
        self.runs[key] = run
        self.exchanges.setdefault(key, [])
        assert run.go_on is not None
        takes_s, how = self.world.works.get(key, (None, "ok"))
        if not run.go_on.wait(takes_s):
            # It fails once, and then works.
            self.world.works[key] = (takes_s, "ok")
            run.how = how
        run.ended_s = self.world.clock.now_s
        if run.how == "fail":
            raise ValueError("the handler failed")
        if run.how == "fail at once":
            raise ServiceException(message="the handler failed, and wants no wait", retry_back_off=0)
        if run.how == "error":
            raise CamundaBusinessException("E", "expected")
        return {}

    def heard(self, call: _Call, answer: Answer) -> None:
        """Take note of what this worker got to know."""
        now = self.world.clock.now_s
        held = self.poller.held.get(call.key)
        # An answer that comes after the end that the worker knows proves nothing to it.
        is_in_time = held is not None and held.is_ours()
        if call.kind == "extension" and answer.status == 204 and is_in_time:
            self.granted[call.key] = max(call.sent_s, self.granted.get(call.key, 0.0))
        elif call.kind == "completion" and answer is camunda.DONE:
            self.completed.add(call.key)
        elif call.kind == "completion" and answer.content_type == "application/problem+json" and answer.status < 429:
            self.refused.add(call.key)
        elif call.kind == "poll" and answer.status == 200 and answer.content_type == "application/json":
            for found in json.loads(answer.body).get("jobs", []):
                job = self.world.engine.jobs[found["jobKey"]]
                number, granted_s = self.world.grants.get((id(answer), job.key), (job.lease, job.granted_s))
                self.world.tell(job.key, "{} is given lease {}", self.name, number)
                self.leases[job.key] = (number, granted_s, now)
                self.exchanges[job.key] = []
                self.granted.pop(job.key, None)

    def _check_start(self, run: Run) -> None:
        job, now = self.world.engine.jobs[run.key], self.world.clock.now_s
        before = self.runs.get(run.key)
        if before is not None and before.ended_s is None:
            self.violations.append((run.key, f"{self.name} runs the handler of {run.key} beside itself"))
        if run.key in self.completed:
            self.violations.append((run.key, f"{self.name} starts the handler of {run.key}, which it has completed"))
        if not (self.has(job, now) or job.state in camunda.GONE or run.lease in job.struck):
            text = f"{self.name} starts the handler of {run.key} without a lease; it is {job.state} by {job.holder}"
            self.violations.append((run.key, text))

    def check_send(self, call: _Call) -> None:
        """A failure and an extension are sent only of what is ours.

        But while a failure is under way, which may have been applied, its lease goes on being extended.
        """
        held = self.poller.held.get(call.key)
        is_failing = held is not None and held.command == "failure"
        if call.kind != "failure" and (call.kind != "extension" or is_failing):
            return
        job, now = self.world.engine.jobs[call.key], self.world.clock.now_s
        number = self.leases[call.key][0]
        call.lease = job.lease
        if self.has(job, now) or number in job.struck or job.state in camunda.GONE:
            return
        is_others = job.is_leased(now)
        if is_others or (call.kind == "failure" and job.state == camunda.ACTIVATABLE):
            whose = f"{job.holder}'s" if is_others else "nobody's"
            self.violations.append((call.key, f"{self.name} sends a {call.kind} of {call.key}, which is {whose}"))

    def has(self, job: Job, now: float) -> bool:
        """Whether the job is surely this worker's."""
        return job.is_leased(now) and job.holder == self.name

    # -- from outside -------------------------------------------------------------------------------------------------
    def drive(self) -> None:
        """Let it do what there is to do now, and look at what it did."""
        completed = metrics.jobs_completed[JOB_TYPE]
        died = sum(metrics.greenlets_died.values())
        self.process.drive()
        if self.process.errors:
            raise Violation(f"a greenlet of {self.name} died") from self.process.errors[0]
        if sum(metrics.greenlets_died.values()) > died:
            raise Violation(f"a greenlet of {self.name} died, and was caught")
        if self.violations:
            key, text = self.violations[0]
            raise self.world.violation(key, text)
        held = set(self.poller.held)
        gone = self._seen - held
        self._seen = held
        settled = 0
        for key in gone:
            settled += self._check_released(key)
        if metrics.jobs_completed[JOB_TYPE] - completed > settled:
            key = self.world.last_answered
            raise self.world.violation(key, f"{self.name} counts a completion that Camunda never heard of: {gone}")

    def _check_released(self, key: str) -> bool:
        """Look at a job that is in hand no more; return whether it may count as completed."""
        run, job = self.runs.get(key), self.world.engine.jobs[key]
        if run is None or run.how != "ok" or run.ended_s is None:
            return False
        if job.state in camunda.GONE:
            return True
        if key not in self.refused and self.world.clock.now_s - run.ended_s < _PATIENCE_S:
            raise self.world.violation(key, f"{self.name} threw away the completion of {key}, which is {job.state}")
        return False

    def could_keep(self, job: Job) -> bool:
        """Whether a lease of ours that has ended now could have been kept.

        That is so if this process ran, Camunda was there, and the network was no worse than what we promise to stand:
        one extension lost and the others quick, or none lost and all of them slow.
        """
        number, granted_s, received_s = self.leases.get(job.key, (0, 0.0, 0.0))
        held, run = self.poller.held.get(job.key), self.runs.get(job.key)
        if self.is_dead or number != job.lease or number in job.struck or held is None or run is None:
            return False
        if run.how not in (None, "ok") or held.stage is Stage.WAITING:
            return False
        lease_s, now = self.options.lease_s, self.world.clock.now_s
        first = job.key not in self.granted
        begin_s = self.granted.get(job.key, granted_s)
        troubles = [*self.stood_still, *self.world.outages]
        if self.process.is_frozen:
            troubles.append((self._since_s, now))
        if any(to_s > begin_s and from_s < now for from_s, to_s in troubles):
            return False
        if first and (received_s - granted_s > lease_s / 10 or run.started_s - granted_s > lease_s / 3):
            return False
        seen = [exchange for exchange in self.exchanges[job.key] if exchange.asked_s > begin_s]
        answered = [one.plan for one in seen if one.plan.fate in ("ok", "twice")]
        slowest_s = max((plan.there_s + plan.back_s for plan in answered), default=0.0)
        lost = len(seen) - len(answered)
        if lost:
            return lost == 1 and slowest_s <= min(lease_s / 10, 1.0)
        most = 0.25 if first else 0.55 if len(self.poller.held) <= 8 else 0.4
        return slowest_s <= min(lease_s * most, _LONGEST_ANSWER_S)

    def stand_still(self) -> None:
        """Run no more until :meth:`go_on`: frozen, or a handler blocks the hub."""
        self.process.is_frozen = True
        self._since_s = self.world.clock.now_s

    def go_on(self, *, suspended: bool) -> None:
        """Run again."""
        now = self.world.clock.now_s
        self.stood_still.append((self._since_s, now))
        self.process.is_frozen = False
        if suspended:
            self.process.suspended_s += now - self._since_s
        if self.options.timers_first:
            self.process.loop.timers_first()

    def begin_stop(self) -> None:
        """Stop as the supervisor does it, without its deadline."""
        if self.is_stopping:
            return
        self.is_stopping = True
        with self.process.inside():
            self.custody.begin_stop()
            self.poller.stop()
            self.custody.hand_back_waiting()

    @property
    def has_stopped(self) -> bool:
        """Whether nothing is in hand, and nothing asked for."""
        return (
            self.is_stopping and self.greenlets[0].ready() and not self.custody.jobs() and not self.custody.hand_backs
        )

    def end(self) -> None:
        """End what goes on in the process, in good order and unseen by the world: greenlets don't go by themselves."""
        self.is_dead = True
        process = self.process
        process.is_frozen = False
        with process.inside():
            self.begin_stop()
            self.custody.extender.stop()
            self.custody.slots.close()
            for call in self.world.calls_of(self):
                process.soon(lambda call=call: call.fail("refused", maybe_applied=False))
            for run in self.runs.values():
                if run.go_on is not None:
                    run.how = run.how or "ok"
                    process.soon(run.go_on.set)
        before_s = process.clock.now_s
        process.clock = Clock(before_s)
        for _ in range(2000):
            process.drive()
            next_s = process.next_s()
            if next_s == float("inf"):
                return
            process.clock.now_s = max(next_s, process.clock.now_s)


class World:
    """All of it."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.clock = Clock()
        self.engine = Engine(self.clock, self._expired, tokens=options.tokens, drift=options.drift)
        self.workers: list[Worker] = []
        #: What happens to the next requests, and to all of them; by the number of the worker and the kind of request.
        self.plans: dict[tuple[int, str], list[Plan]] = {}
        self.weather: dict[tuple[int, str], Plan] = {}
        self.outages: list[tuple[float, float]] = []
        #: By job: how long its handler takes, and what it comes to; those of others wait for :meth:`finish`.
        self.works: dict[str, tuple[float | None, str]] = {}
        #: What poll answers granted: which lease of a job, from when on.
        self.grants: dict[tuple[int, str], tuple[int, float]] = {}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._names = itertools.count(1)
        self._open: dict[int, _Call] = {}
        self._story: deque[tuple[float, str, str, tuple[object, ...]]] = deque(maxlen=5000)
        self.last_answered = ""
        #: Requests, answers and whatever else happened.
        self.events = 0
        for number in range(2):
            self.workers.append(self._new_worker(number))
        self.settle()

    def _new_worker(self, number: int) -> Worker:
        return Worker(self, f"{'ab'[number]}{next(self._names)}", self.options)

    # -- time ---------------------------------------------------------------------------------------------------------
    def at(self, when_s: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when_s, next(self._number), what))

    def advance(self, seconds: float) -> None:
        """Let so much time go by."""
        until_s = self.clock.now_s + seconds
        while (next_s := self._next_s()) <= until_s:
            self.clock.now_s = max(next_s, self.clock.now_s)
            self._step()
        self.clock.now_s = until_s

    def settle(self) -> None:
        """Do all that is to be done at this moment."""
        while self._next_s() <= self.clock.now_s:
            self._step()

    def _next_s(self) -> float:
        next_s = min(self._events[0][0] if self._events else float("inf"), self.engine.next_s())
        return min(next_s, *[worker.process.next_s() for worker in self.workers])

    def _step(self) -> None:
        self.events += 1
        now = self.clock.now_s
        while self._events and self._events[0][0] <= now:
            heapq.heappop(self._events)[2]()
        self.engine.step()
        for number, worker in enumerate(self.workers):
            if worker.process.next_s() <= now:
                worker.drive()
            if worker.has_stopped:
                worker.end()
                self.workers[number] = self._new_worker(number)

    def tell(self, key: str, text: str, *facts: object) -> None:
        """Keep what happened, for the story of a violation."""
        self._story.append((self.clock.now_s, key, text, facts))

    def violation(self, key: str, text: str) -> Violation:
        """Return the violation with its story."""
        return Violation(f"{text}\n{self.story(key)}")

    def story(self, key: str) -> str:
        """Return what happened to a job lately, a line each."""
        return "\n".join(
            f"  {now_s:.3f} {text.format(*facts)}" for now_s, about, text, facts in self._story if about == key
        )

    # -- the network --------------------------------------------------------------------------------------------------
    def send(self, call: _Call) -> None:
        """Do with a request what the adversary has planned."""
        worker = call.worker
        self.tell(call.key, "{} sends a {}", worker.name, call.kind)
        worker.check_send(call)
        way = (self.workers.index(worker) if worker in self.workers else len(self.workers), call.kind)
        planned = self.plans.get(way)
        plan = planned.pop(0) if planned else self.weather.get(way, FINE)
        if call.kind == "extension":
            worker.exchanges.setdefault(call.key, []).append(Exchange(call.sent_s, plan))
        self._open[id(call)] = call
        arrives_s = self.clock.now_s + plan.there_s
        fate = plan.fate
        if fate == "refused":
            self.at(self.clock.now_s, lambda: self._fail(call, "refused", maybe_applied=False))
        elif fate == "reset before":
            self.at(arrives_s, lambda: self._fail(call, "reset", maybe_applied=True))
        elif fate == "busy":
            self.at(arrives_s, lambda: self._answer(call, _BUSY))
        elif fate.endswith(" before") and fate != "lost before":
            self.at(arrives_s, lambda: self._answer(call, PAGES[fate[: -len(" before")]]))
        elif fate != "lost before":
            self.at(arrives_s, lambda: self._arrive(call, plan))

    def _arrive(self, call: _Call, plan: Plan) -> None:
        if not self.engine.is_up:
            self._fail(call, "reset", maybe_applied=True)
            return
        back_s, fate = plan.back_s, plan.fate

        def deliver(answer: Answer) -> None:
            if call.kind == "poll":
                for found in json.loads(answer.body).get("jobs", []):
                    job = self.engine.jobs[found["jobKey"]]
                    self.grants[id(answer), job.key] = (job.lease, job.granted_s)
            when_s = self.clock.now_s + back_s
            if fate == "reset after":
                self.at(when_s, lambda: self._fail(call, "reset", maybe_applied=True))
            elif fate.startswith("page"):
                self.at(when_s, lambda: self._answer(call, PAGES[fate[: -len(" after")]]))
            elif fate != "lost after":
                self.at(when_s, lambda: self._answer(call, answer))

        if call.kind == "poll":
            self.engine.activate(call.worker.name, call.body, deliver)
            return
        deliver(self._apply(call, is_late=call.is_over))
        if fate == "twice":
            self.at(self.clock.now_s + 2 * back_s + 0.5, lambda: self._apply(call, is_late=True))

    def _apply(self, call: _Call, *, is_late: bool) -> Answer:
        engine, job = self.engine, self.engine.jobs[call.key]
        if call.kind == "extension":
            return engine.extend(call.key, call.token, call.body)[0]
        if call.kind == "completion":
            return engine.complete(call.key, call.token)[0]
        if call.kind == "error":
            return engine.throw(call.key, call.token)[0]
        self.tell(job.key, "a failure of {} is applied, {}", call.worker.name, job.state)
        lease = job.lease
        answer, applied = engine.fail(call.key, call.token, call.body)
        if applied and (is_late or lease != call.lease):
            # Its sender had given it up, or the network was slower than what was left of the lease when it was sent.
            job.struck.add(lease)
        return answer

    def _answer(self, call: _Call, answer: Answer) -> None:
        self._open.pop(id(call), None)
        self.last_answered = call.key
        call.worker.process.soon(call.answer, answer)

    def _fail(self, call: _Call, reason: str, *, maybe_applied: bool) -> None:
        self._open.pop(id(call), None)
        call.worker.process.soon(lambda: call.fail(reason, maybe_applied=maybe_applied))

    def calls_of(self, worker: Worker) -> list[_Call]:
        """Return what a worker still waits for."""
        return [call for call in self._open.values() if call.worker is worker and not call.is_over]

    def _expired(self, job: Job) -> None:
        self.tell(job.key, "the lease of {} ends", job.holder)
        worker = next((worker for worker in self.workers if worker.name == job.holder), None)
        if worker is not None and worker.could_keep(job):
            text = f"{worker.name} lost the lease of {job.key}, which it could have kept"
            raise self.violation(job.key, text)

    # -- what the adversary does --------------------------------------------------------------------------------------
    def running(self) -> list[Run]:
        """Return the runs whose end is not decided."""
        return [run for worker in self.workers for run in worker.runs.values() if run.how is None]

    def create(self, takes_s: float, how: str) -> Job:
        """Begin a job whose handler takes so many seconds, and comes to that the first time."""
        job = self.engine.create()
        self.works[job.key] = (takes_s, how)
        return job

    def finish(self, run: Run, how: str) -> None:
        """Have a handler end."""
        assert run.go_on is not None
        run.how = how
        run.worker.process.soon(run.go_on.set)
        self.settle()

    def stand_still(self, number: int, seconds: float, *, suspended: bool) -> None:
        """Have a process stand still while the other goes on."""
        worker = self.workers[number]
        worker.stand_still()
        self.advance(seconds)
        worker.go_on(suspended=suspended)
        self.settle()

    def outage(self, seconds: float) -> None:
        """Kill the engine, and start it again."""
        begin_s = self.clock.now_s
        self.engine.go_down()
        for call in list(self._open.values()):
            if call.kind == "poll":
                self._fail(call, "reset", maybe_applied=True)
        self.outages.append((begin_s, begin_s + seconds))
        self.advance(seconds)
        self.engine.come_up()
        self.settle()

    def kill(self, number: int) -> None:
        """Kill a process, and start another."""
        dead, self.workers[number] = self.workers[number], self._new_worker(number)
        dead.end()
        self.settle()

    def calm(self) -> None:
        """Have everything work from now on."""
        self.plans.clear()
        self.weather.clear()

    def come_to_rest(self) -> None:
        """Let all jobs be worked, stop the workers, and see that nothing is left over."""
        self.calm()
        for _ in range(60):
            for run in self.running():
                self.finish(run, "ok")
            if not any(worker.custody.jobs() for worker in self.workers) and self._is_all_done():
                break
            self.advance(5.0)
        if not self._is_all_done():
            left = {job.key: job.state for job in self.engine.jobs.values() if job.state not in _ENDS}
            raise Violation(f"some jobs are never worked: {left}")
        stopping = list(self.workers)
        for worker in stopping:
            worker.begin_stop()
        self.advance(40.0)
        for worker in stopping:
            if not worker.is_dead:
                raise Violation(f"{worker.name} does not stop; in hand: {list(worker.poller.held)}")

    def open_jobs(self) -> int:
        """Return how many jobs are neither done nor an incident."""
        return sum(job.state not in _ENDS for job in self.engine.jobs.values())

    def _is_all_done(self) -> bool:
        return self.open_jobs() == 0

    def close(self) -> None:
        """End all greenlets."""
        for worker in self.workers:
            worker.end()


_ENDS = (*camunda.GONE, camunda.INCIDENT)
