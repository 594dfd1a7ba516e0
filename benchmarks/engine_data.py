"""What does it cost an embedded engine to keep its data, and how soon is it back?

Five-task instances in one process, without HTTP: in memory, with a log, with a log that waits for the disk; each a few
times in turn, best and median of CPU. Then the start on the data of 10,000 instances that have ended, that all wait,
and that wait with as many commands after the snapshot as there can be. Not measured: HTTP, which costs ten times as
much.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import _options
import _report

from camunda_client.embedded import Engine
from camunda_client.embedded.data._storage import SNAPSHOT_EVERY

TASKS = 5


def model() -> tuple[str, str]:
    ids = ["start", *(f"task{number}" for number in range(TASKS)), "end"]
    nodes = ['<bpmn:startEvent id="start"/>', '<bpmn:endEvent id="end"/>']
    for number in range(TASKS):
        job = f'<bpmn:extensionElements><zeebe:taskDefinition type="work{number}"/></bpmn:extensionElements>'
        nodes.append(f'<bpmn:serviceTask id="task{number}">{job}</bpmn:serviceTask>')
    for source, target in pairwise(ids):
        nodes.append(f'<bpmn:sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}"/>')
    return "five.bpmn", (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">'
        f'<bpmn:process id="five" isExecutable="true">{"".join(nodes)}</bpmn:process></bpmn:definitions>'
    )


def play(engine: Engine, instances: int, tasks: int = TASKS) -> None:
    engine.deploy(model())
    for number in range(instances):
        engine.create_instance("five", {"number": number})
    for number in range(tasks):
        while jobs := engine.activate(f"work{number}", max_jobs=100):
            for job in jobs:
                engine.complete(job.key, {"result": number})


def cpu_s(instances: int, options: dict[str, object]) -> float:
    with tempfile.TemporaryDirectory() as directory:
        engine = Engine(**({"data": directory, **options} if options else {}))  # type: ignore[arg-type]
        gc.collect()
        began = time.process_time()
        play(engine, instances)
        took_s = time.process_time() - began
        engine.close()
    return took_s


def back_s(instances: int, tasks: int, commands_after: int) -> float:
    with tempfile.TemporaryDirectory() as directory:
        engine = Engine(data=directory)
        play(engine, instances, tasks)
        assert engine._executor._journal is not None
        assert engine._executor._storage is not None
        engine._executor._storage._next_snapshot = 0
        engine.next_key()
        for number in range(commands_after // 3):
            engine.create_instance("five")
            [job] = engine.activate("work0")
            engine.complete(job.key, {"result": number})
        engine.close()
        del engine
        gc.collect()
        began = time.perf_counter()
        again = Engine(data=Path(directory))
        took_s = time.perf_counter() - began
        again.close()
    return took_s


def main() -> None:
    parser = _options.parser("What an engine's data on disk costs, and how soon it is back", repeats=5)
    parser.add_argument("--instances", type=int, default=10_000)
    parser.add_argument(
        "--behind", type=int, default=SNAPSHOT_EVERY - 100, help="commands behind the snapshot, at the longest"
    )
    arguments = _options.parse(parser, instances=50, behind=30)
    where = _report.environment(arguments.note)
    few = max(1, arguments.instances // 10)
    ways: dict[str, dict[str, object]] = {"memory": {}, "log": {"fsync": False}, "log, fsync": {"fsync": True}}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(arguments.repeats):
        for name, options in ways.items():
            taken[name].append(cpu_s(few, options))
    costs = {
        name: {"best_us": min(each) / few * 1e6, "median_us": statistics.median(each) / few * 1e6}
        for name, each in taken.items()
    }
    _report.table(
        ["CPU per five-task instance", "best, µs", "median, µs", "instances/s"],
        [[name, cost["best_us"], cost["median_us"], 1e6 / cost["best_us"]] for name, cost in costs.items()],
    )
    backs = {
        "ended": back_s(arguments.instances, TASKS, 0),
        "waiting": back_s(arguments.instances, 0, 0),
        "waiting, no snapshot for longest": back_s(arguments.instances, 0, arguments.behind),
    }
    _report.table([f"{arguments.instances} instances back", "s"], [[name, took_s] for name, took_s in backs.items()])
    if not arguments.dry:
        question = (__doc__ or "").splitlines()[0]
        _report.save("engine_data", question, {"cpu": costs, "back_s": backs}, where=where, into=arguments.into)


if __name__ == "__main__":
    main()
