"""Caps over several hosts, by a real Redis. A command of its own stands for each host."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts import databases, rest
from tests.parts.need import needed
from tests.parts.programs import Program
from tests.parts.scene import Scene
from tests.parts.work import start_many, until

pytestmark = pytest.mark.slow

#: Each host notes what it begins and ends.
APP = """
@camunda_worker(os.environ["JOB_TYPE"], {options})
def handler(job):
    found(at=time.monotonic(), what="begin", pid=os.getpid())
    time.sleep({takes_s})
    found(at=time.monotonic(), what="end", pid=os.getpid())
"""


def notes(folder: Path) -> list[dict[str, object]]:
    path = folder / "found"
    lines = path.read_text().splitlines() if path.exists() else []
    return sorted(map(json.loads, lines), key=lambda note: float(note["at"]))


def two_hosts(start: Start, source: str, redis: str) -> tuple[Program, Program]:
    first, second = (start(source, CAMUNDA_WORKER_CAPS_URL=redis) for _ in range(2))
    return first, second


def test_two_hosts_share_a_bulkhead(scene: Scene, start: Start, redis: str, tmp_path: Path) -> None:
    options = f'resource="{scene.job_type}", limit=4'
    hosts = two_hosts(start, APP.format(options=options, takes_s=0.05), redis)
    with hosts[0], hosts[1]:
        for host in hosts:
            host.wait_for("workers.started")
        started = len(scene.start(120))
        # One may still be on its way to its first poll when the other has worked them all.
        while len({note["pid"] for note in notes(tmp_path)}) < 2 and started < 1200:
            scene.completed_once(started)
            started += len(scene.start(120))
        scene.completed_once(started)
        for host in hosts:
            host.send(signal.SIGTERM)
            assert host.end() == 0

    now = most = 0
    for note in notes(tmp_path):
        now += 1 if note["what"] == "begin" else -1
        most = max(most, now)
    assert most == 4
    assert len({note["pid"] for note in notes(tmp_path)}) == 2


def test_two_hosts_share_a_rate(scene: Scene, start: Start, redis: str, tmp_path: Path) -> None:
    options = f'resource="{scene.job_type}", rate="20/s"'
    hosts = two_hosts(start, APP.format(options=options, takes_s=0), redis)
    with hosts[0], hosts[1]:
        scene.start(80)
        scene.completed_once(80)

    starts = [float(note["at"]) for note in notes(tmp_path) if note["what"] == "begin"]  # type: ignore[arg-type]
    assert max(sum(begin <= at < begin + 0.95 for at in starts) for begin in starts) <= 20
    assert starts[-1] - starts[0] >= 60 / 20 * 0.95


def test_what_a_host_had_in_hand_is_free_when_it_has_stopped(
    scene: Scene, start: Start, redis: str, tmp_path: Path
) -> None:
    source = APP.format(options=f'resource="{scene.job_type}", limit=1', takes_s=0)
    scene.start(1)
    with start(source, CAMUNDA_WORKER_CAPS_URL=redis) as first:
        scene.completed_once(1)
        first.send(signal.SIGTERM)
        assert first.end() == 0
    scene.start(1)
    with start(source, CAMUNDA_WORKER_CAPS_URL=redis):
        scene.jobs("COMPLETED", 2, timeout_s=20)


def test_nothing_is_asked_for_while_the_store_is_away(scene: Scene, start: Start, tmp_path: Path) -> None:
    source = APP.format(options='resource="crm", limit=4', takes_s=0)
    with ExitStack() as stack, needed():
        url = stack.enter_context(databases.redis())
    # It has ended again: nothing listens there.
    scene.start(3)
    with start(source, CAMUNDA_WORKER_CAPS_URL=url) as host:
        host.wait_for("caps.store_away")
        until(lambda: "workers.started" in host.output, "it runs all the same")
        assert notes(tmp_path) == []
        assert ":password" not in host.output
        assert url not in host.output


def test_a_missing_driver_and_a_wrong_url_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "from camunda_client.c8.worker import camunda_worker\n"
        "@camunda_worker('t', resource='crm', limit=4)\ndef handler(job): ...\n"
    )
    environment = {"CAMUNDA_REST_ADDRESS": "http://127.0.0.1:9", "CAMUNDA_WORKER_CAPS_URL": "redis://h"}
    code, output = Program.run("-m", "camunda_client", "worker", "app.py", cwd=tmp_path, environment=environment)

    assert (code, output) == (2, "camunda-client: worker.capsUrl needs redis-py: pip install redis")
    assert sys.executable


#: Two processes of two hosts that ask by turns; a script, because nothing of it may depend on how long anything takes.
HOSTS = """
import json, os, sys
from camunda_client.c8.worker import Resource
from camunda_client.c8.worker._caps._far_caps import FarCaps

class Share:
    def __init__(self, resource):
        self.resource, self.in_hand, self.wanted = resource, 0, 0
    def used(self):
        return self.in_hand + self.wanted
    def pending(self):
        return self.wanted

class Host:
    def __init__(self):
        self.far, self.share, self.worked = FarCaps.at(os.environ["REDIS"]), Share(Resource(sys.argv[1], limit=4)), 0
        self.far.keep(self.share)
    def ask(self, want):
        def back(jobs):
            self.share.wanted -= jobs
        self.share.wanted += want
        jobs = self.far.reserve([self.share], want, back).jobs
        self.share.wanted -= jobs
        self.share.in_hand += jobs
        self.worked += jobs
    def end(self):
        self.share.in_hand = 0

busy, other = Host(), Host()
busy.ask(100)
for _ in range(50):
    other.ask(100)
    busy.end()
    busy.ask(100)
    other.end()
print(json.dumps([busy.worked, other.worked]))
"""


def test_a_host_whose_jobs_end_together_leaves_places_to_another(scene: Scene, start: Start, redis: str) -> None:
    """It took all of them again, each time before the other looked: that one got none as long as there was work."""
    with start(HOSTS.replace("sys.argv[1]", repr(scene.job_type)), script=True, REDIS=redis) as script:
        assert script.end() == 0, script.output

    busy, other = json.loads(script.lines[-1])
    assert busy + other >= 100
    assert other >= busy / 5


def test_types_of_one_host_take_turns_where_another_host_has_the_other_places(
    scene: Scene, start: Start, redis: str, tmp_path: Path
) -> None:
    """A type whose jobs had just ended was there before one that waited, which got none."""
    rest.deploy(scene.camunda.base_url, "one.bpmn", run=f"{scene.run}-b")
    source = f"""
from camunda_client.c8.worker import Resource
from camunda_client.c8.worker._caps._far_caps import FarCaps

class Elsewhere:
    resource = Resource({scene.job_type!r}, limit=4)
    def used(self):
        return 3
    def pending(self):
        return 0

far = FarCaps.at(os.environ["CAMUNDA_WORKER_CAPS_URL"])
far.keep(Elsewhere())
import gevent
gevent.spawn(far.run)
far.changed()

@camunda_worker(os.environ["JOB_TYPE"], resource={scene.job_type!r}, limit=4)
def first(job):
    found(what="first")
    time.sleep(0.01)

@camunda_worker(os.environ["JOB_TYPE"] + "-b", resource={scene.job_type!r})
def second(job):
    found(what="second")
    time.sleep(0.01)
"""
    scene.start(60)
    start_many(scene.camunda.base_url, f"one-{scene.run}-b", 10)
    with start(source, CAMUNDA_WORKER_CAPS_URL=redis) as host:
        scene.camunda.wait_for_jobs(10, "COMPLETED", job_type=f"{scene.job_type}-b", timeout_s=90)
        host.send(signal.SIGTERM)
        assert host.end() == 0

    order = [json.loads(line)["what"] for line in (tmp_path / "found").read_text().splitlines()]
    assert order[:30].count("second") >= 5
