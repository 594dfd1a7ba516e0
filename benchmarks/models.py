"""How soon does an embedded engine have 500 models deployed, and how many five-task instances does it run a second?

The models are those of tests/models, again and again. The tasks are manual ones, scripts, and service tasks whose jobs
are handed out and completed; there is no HTTP and no handler. CPU, best and median: what else runs on the machine can
only add to it.
"""

from __future__ import annotations

import gc
import logging
import statistics
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import _options
import _report
import engine_data

from camunda_client.embedded import Engine, Rejection

MODELS = Path(__file__).parents[1] / "tests" / "models"
#: What each kind of task has in place of its job.
KINDS = {
    "manualTask": '<zeebe:properties><zeebe:property name="{}" value="x"/></zeebe:properties>',
    "scriptTask": '<zeebe:script expression="=1" resultVariable="{}"/>',
    "serviceTask": '<zeebe:taskDefinition type="{}"/>',
}


def deploy(models: int) -> None:
    engine = Engine()
    files = [(path.name, path.read_bytes()) for path in sorted(MODELS.rglob("*.bpmn"))]
    for file in islice(cycle(files), models):
        try:
            engine.deploy(file)
        except Rejection:  # by intention, or for want of what it is bound to
            continue


def play(kind: str, instances: int) -> None:
    name, text = engine_data.model()
    text = text.replace("serviceTask", kind)
    for number in range(engine_data.TASKS):
        job = f"work{number}"
        text = text.replace(f'<zeebe:taskDefinition type="{job}"/>', KINDS[kind].format(job))
    engine = Engine()
    engine.deploy((name, text))
    for _ in range(instances):
        engine.create_instance("five")
    for number in range(engine_data.TASKS):
        while jobs := engine.activate(f"work{number}", max_jobs=100):
            for job in jobs:
                engine.complete(job.key)
    assert all(instance.state == "COMPLETED" for instance in engine.instances)


def cpu_s(what: Callable[[], None], repeats: int) -> list[float]:
    taken = []
    for _ in range(repeats):
        gc.collect()
        began = time.process_time()
        what()
        taken.append(time.process_time() - began)
    return taken


def main() -> None:
    parser = _options.parser("How fast an embedded engine deploys and runs", repeats=7)
    parser.add_argument("--models", type=int, default=500)
    parser.add_argument("--instances", type=int, default=300)
    arguments = _options.parse(parser, models=20, instances=10)
    logging.disable(logging.WARNING)  # what the models of tests/models have that changes nothing
    where = _report.environment(arguments.note)
    taken = {"deploy": cpu_s(partial(deploy, arguments.models), arguments.repeats)}
    taken |= {kind: cpu_s(partial(play, kind, arguments.instances), arguments.repeats) for kind in KINDS}
    found = {name: {"best_s": min(each), "median_s": statistics.median(each)} for name, each in taken.items()}
    rows = [[name, one["best_s"], one["median_s"]] for name, one in found.items()]
    _report.table([f"{arguments.models} models, {arguments.instances} instances", "best, s", "median, s"], rows)
    speeds = {kind: arguments.instances / found[kind]["best_s"] for kind in KINDS}
    _report.table(["five tasks of the kind", "instances/s"], [[kind, speed] for kind, speed in speeds.items()])
    if not arguments.dry:
        question = (__doc__ or "").splitlines()[0]
        results = {"cpu": found, "models": arguments.models, "instances_per_s": speeds}
        _report.save("models", question, results, where=where, into=arguments.into)


if __name__ == "__main__":
    main()
