"""Half an hour of misfortune: constant load, random faults, engine and workers killed and restarted.

``make soak`` runs it; ``SOAK_MINUTES`` (30) and ``SOAK_SEED`` (the time) change it. The verdict is the engine's: every
job completed, none run again unless its lease had truly ended; and a worker that lived through it all has not grown.
"""

from __future__ import annotations

import os
import random
import re
import signal
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import gevent
import pytest

from tests.parts import proxy as broken
from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.programs import Program
from tests.parts.proxy import Fault, FaultProxy
from tests.parts.scene import Scene
from tests.parts.work import until

pytestmark = pytest.mark.soak

APP = Path(__file__).parents[1] / "faults" / "app.py"
MINUTES = float(os.environ.get("SOAK_MINUTES", "30"))
SEED = int(os.environ.get("SOAK_SEED", str(int(time.time()))))
#: Instances started a second: a third of what two cores can do, so that outages can be caught up with.
RATE = 20
#: Seconds between two faults of each kind.
FAULT_EVERY_S, WORKER_EVERY_S, ENGINE_EVERY_S = 0.7, 13.0, 70.0
#: Faults that may be waiting for a request.
MOST_FAULTS = 3
#: MB by which a worker may grow after its first minute, and MB an hour after its first sixth; the latter is told of
#: half an hour and more, since a page more or less in a minute is no slope.
GROWTH_MB, SLOPE_MB = 25.0, 2.0
SLOPE_MINUTES = 30.0
SAY_EVERY_S = 30.0
#: Seconds between two looks at its memory.
LOOK_EVERY_S = 5.0

UNAVAILABLE = {"title": "java.net.ConnectException", "status": 503, "detail": "could not be delivered"}
EXHAUSTED = {"title": "RESOURCE_EXHAUSTED", "status": 503}
FAULTS: list[tuple[str, Fault]] = [
    (".*", broken.reset()),
    (".*", broken.close()),
    (".*", broken.delay(1.0)),
    ("POST .*/jobs/[0-9]+/", broken.lose_answer()),
    ("POST .*/jobs/[0-9]+/", broken.go_silent()),
    ("POST .*/jobs/[0-9]+/", broken.respond(502, b"<html>", applied=True)),
    (".*/jobs/", broken.respond(503, UNAVAILABLE)),
    (".*/jobs/", broken.respond(503, EXHAUSTED, headers={"Retry-After": "1"})),
    ("PATCH", broken.respond(504, b"<html>")),
    ("POST .*/activation", broken.cut_head()),
    ("POST .*/activation", broken.respond(200, b"<html>Sign in</html>")),
]


class Soak:
    """Everything that runs during the soak."""

    def __init__(self, camunda: EngineProcess, proxy: FaultProxy) -> None:
        self.camunda = camunda
        self.proxy = proxy
        self.scene = Scene(camunda)
        self.dice = random.Random(SEED)
        self.programs: list[Program] = []
        self.happened: Counter[str] = Counter()
        self._told: dict[str, set[tuple[int, int]]] = {"CREATED": set(), "COMPLETED": set(), "TIMED_OUT": set()}

    def worker(self) -> Program:
        environment = {
            "CAMUNDA_REST_ADDRESS": self.proxy.base_url,
            "CAMUNDA_AUTH_STRATEGY": "NONE",
            "JOB_TYPE": self.scene.job_type,
            "LEASE_MS": "4000",
            "PYTHONPATH": str(APP.parents[2]),
        }
        program = Program("-m", "camunda_client", "worker", APP, environment=environment, cwd=APP.parent)
        self.programs.append(program)
        return program

    def load(self) -> None:
        """Start an instance, whether or not anybody answers."""
        gevent.spawn(self._start_one)

    def _start_one(self) -> None:
        try:
            rest.start(self.camunda.base_url, self.scene.process_id, {"seconds": self.dice.choice([0, 0.05, 0.3])})
            self.happened["started"] += 1
        except (OSError, AssertionError, ValueError):
            self.happened["start refused"] += 1

    def break_the_way(self) -> None:
        number = self.dice.randrange(len(FAULTS))
        # Workers that wait for longer after each fault would meet nothing but faults, if these waited for them.
        del self.proxy.rules[:-MOST_FAULTS]
        self.proxy.on(*FAULTS[number], times=self.dice.choice([1, 1, 3, 8]))
        self.happened[f"fault {number}"] += 1

    def restart_a_worker(self) -> None:
        """The first lives on; the others are stopped or killed, and replaced."""
        old = self.dice.choice([program for program in self.programs[1:] if program.process.poll() is None])
        old.send(self.dice.choice([signal.SIGTERM, signal.SIGKILL]))
        self.happened["worker ended"] += 1
        self.worker()

    def restart_the_engine(self) -> None:
        # It remembers twenty thousand instances that have ended, and a long soak has more.
        self.listen()
        self.camunda.kill()
        gevent.sleep(self.dice.uniform(0, 5))
        self.camunda.start()
        self.happened["engine killed"] += 1

    def say(self) -> None:
        """Say how far it is, for those who watch."""
        lines = sum(line.startswith("RUN ") for one in self.programs for line in one.lines)
        print(f"{time.strftime('%H:%M:%S')} {self.happened['started']} started, {lines} runs", flush=True)

    def always(self, deed: Callable[[], None], every_s: float, *, about: bool = False) -> None:
        """Do something again and again, each ``every_s`` seconds; ``about`` has it vary up to twice that."""
        while True:
            gevent.sleep(self.dice.uniform(0, 2 * every_s) if about else every_s)
            deed()

    def runs(self) -> Counter[int]:
        return Counter(int(key) for one in self.programs for key in re.findall(r"RUN (\d+)", one.output))

    def listen(self) -> None:
        """Take down what the engine tells of jobs, each event once."""
        for state, told in self._told.items():
            told.update((job["key"], job["timestamp"]) for job in self.scene.now(state))

    def jobs(self, state: str) -> Counter[int]:
        """Return how often each job was in a state."""
        self.listen()
        return Counter(key for key, _ in self._told[state])


class Memory:
    """What a process holds, from look to look."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._samples: list[tuple[float, float]] = []

    def look(self) -> None:
        self._samples.append((time.monotonic() / 3600, rss_mb(self._pid)))

    def slope_mb_per_h(self) -> float:
        """Return the slope of a straight line through all but the first sixth."""
        return statistics.linear_regression(*zip(*self._samples[len(self._samples) // 6 :], strict=True)).slope


def rss_mb(pid: int) -> float:
    [line] = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def test_misfortune_without_end_loses_nothing_and_repeats_nothing() -> None:
    print(f"SOAK_SEED={SEED}")
    with EngineProcess(data=True) as camunda, FaultProxy(camunda.base_url) as proxy:
        soak = Soak(camunda, proxy)
        survivor = soak.worker()
        soak.worker()
        try:
            survivor.wait_for("workers.started")
            memory = Memory(survivor.process.pid)
            running = [
                gevent.spawn(soak.always, soak.load, 1 / RATE),
                gevent.spawn(soak.always, soak.break_the_way, FAULT_EVERY_S, about=True),
                gevent.spawn(soak.always, soak.restart_a_worker, WORKER_EVERY_S),
                gevent.spawn(soak.always, soak.restart_the_engine, ENGINE_EVERY_S),
                gevent.spawn(soak.always, memory.look, LOOK_EVERY_S),
                gevent.spawn(soak.always, soak.say, SAY_EVERY_S),
            ]
            gevent.sleep(min(60, MINUTES * 20))
            early_mb = rss_mb(survivor.process.pid)
            gevent.sleep(max(MINUTES * 60 - 60, MINUTES * 40))
            gevent.killall(running)
            proxy.rules.clear()
            if not camunda.running:
                camunda.start()
            verdict(soak)
            grown_mb = rss_mb(survivor.process.pid) - early_mb
            slope_mb = memory.slope_mb_per_h()
            print(dict(soak.happened), f"{sum(soak.runs().values())} runs, grown by {grown_mb:.1f} MB")
            print(f"{slope_mb:.2f} MB an hour")
            assert grown_mb < GROWTH_MB
            assert MINUTES < SLOPE_MINUTES or slope_mb < SLOPE_MB
            survivor.send(signal.SIGTERM)
            assert survivor.end() == 0
        finally:
            for program in soak.programs:
                program.__exit__(None, None, None)


def verdict(soak: Soak) -> None:
    """Check that all that was created is completed, and that only lost leases made a job run again."""
    until(lambda: not soak.jobs("CREATED") - soak.jobs("COMPLETED"), "all jobs are completed", 120, look_every_s=1)
    completed, leases_ended = soak.jobs("COMPLETED"), soak.jobs("TIMED_OUT")
    assert max(completed.values()) == 1
    again = {key: count for key, count in soak.runs().items() if count - 1 > leases_ended[key]}
    assert again == {}, "these ran again though their leases had not ended"
