"""Area D: ``async def`` handlers, switched on, keep the promises of plain ones: outcomes, time-outs, drains."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import JobOutcome
from camunda_client.error import CamundaBusinessException
from camunda_client.log import get_logger
from tests.faults.conftest import Events
from tests.faults.test_process import settings
from tests.parts.programs import Program
from tests.parts.scene import Scene
from tests.parts.work import until, working

log = get_logger("tests.async")
_number: contextvars.ContextVar[int] = contextvars.ContextVar("number")


@pytest.fixture(autouse=True)
def _left_tasks() -> Iterator[None]:
    """Have asyncio say here, and not in a later test, what came of a task that was left: it does when that is freed."""
    yield
    gc.collect()


@pytest.mark.fault(290)
def test_async_handlers_wait_together_on_one_loop_each_in_its_jobs_context(scene: Scene, events: Events) -> None:
    loops: set[int] = set()

    async def handler(job: ActivatedJob) -> dict[str, Any]:
        loops.add(id(asyncio.get_running_loop()))
        _number.set(job.variables["number"])
        async with asyncio.timeout(60) if hasattr(asyncio, "timeout") else asyncio.Lock():
            await asyncio.gather(*[asyncio.sleep(0.3) for _ in range(3)])
        log.info("test.done", number=job.variables["number"])
        return {"number": _number.get()}

    began_s = time.monotonic()
    scene.start(100)
    with working(scene.camunda.base_url, {scene.job_type: handler}, allow_async=True):
        completed = scene.completed_once(100)
        took_s = time.monotonic() - began_s

    assert took_s < 20, "one after another: 30 s"
    assert len(loops) == 1
    assert sorted(job["variables"]["number"] for job in completed) == list(range(100))
    lines = events.named("test.done")
    assert len({line.partition("job_key=")[2].split()[0] for line in lines}) == 100, "each line has its own job"


@pytest.mark.fault(290)
def test_plain_handlers_and_their_own_loops_go_on_beside_it(scene: Scene) -> None:
    other = Scene(scene.camunda)

    async def asynchronous(job: ActivatedJob) -> None:
        await asyncio.sleep(0.2)

    def plain(job: ActivatedJob) -> None:
        time.sleep(0.1)
        asyncio.run(asynchronous(job))

    scene.start(20)
    other.start(20)
    handlers: dict[str, Callable[..., Any]] = {scene.job_type: asynchronous, other.job_type: plain}
    with working(scene.camunda.base_url, handlers, allow_async=True):
        scene.completed_once(20)
        other.completed_once(20)


async def awaits(cleaned: list[str]) -> None:
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.05)
        cleaned.append("awaited")


async def blocks(cleaned: list[str]) -> None:
    try:
        time.sleep(60)  # a mistake: it holds up the whole loop
    finally:
        cleaned.append("blocked")


BODIES = pytest.mark.parametrize("body", [awaits, blocks])


@pytest.mark.fault(291)
@BODIES
def test_a_time_out_cancels_the_coroutine_and_lets_it_clean_up(scene: Scene, body: Callable[[list[str]], Any]) -> None:
    cleaned: list[str] = []

    async def handler(job: ActivatedJob) -> None:
        await body(cleaned)

    scene.start(2)
    options = {"allow_async": True, "handler_timeout": 500, "retry_back_off": 600_000}
    with working(scene.camunda.base_url, {scene.job_type: handler}, **options):
        failed = scene.jobs("FAILED", 2)

    assert len(cleaned) == 2
    for job in failed:
        assert "HandlerTimedOut: ran longer than 0.5 s" in job["errorMessage"]
        assert "test_async.py" in job["errorMessage"], "it says where the handler hung"


@pytest.mark.fault(292)
@BODIES
def test_a_drains_deadline_cancels_the_coroutine_and_hands_the_job_back(
    scene: Scene, body: Callable[[list[str]], Any]
) -> None:
    cleaned: list[str] = []
    began: list[str] = []

    async def handler(job: ActivatedJob) -> None:
        began.append(job.job_key)
        await body(cleaned)

    scene.start(1)
    with working(scene.camunda.base_url, {scene.job_type: handler}, allow_async=True) as running:
        until(lambda: bool(began), "it runs")
        report = running.stop(0.2)

    assert report.interrupted == began
    assert report.abandoned == []
    assert len(cleaned) == 1
    scene.start(1)
    with working(scene.camunda.base_url, {scene.job_type: lambda job: {"retries": job.retries}}):
        assert [job["variables"]["retries"] for job in scene.completed_once(2)] == [3, 3]


def ends(kind: str) -> Callable[[ActivatedJob], Any]:
    async def leave_a_task() -> None:
        await asyncio.sleep(0)
        raise SystemExit(3)

    async def handler(job: ActivatedJob) -> Any:
        await asyncio.sleep(0)
        if kind == "fails":
            raise ValueError("no such sku")
        if kind == "exits":
            raise SystemExit(3)
        if kind == "cancels itself":
            asyncio.current_task().cancel()  # type: ignore[union-attr]
            await asyncio.sleep(1)
        if kind == "throws":
            raise CamundaBusinessException("NO_STOCK", "none left")
        if kind == "leaves":
            job.retries = 1
            task = asyncio.get_running_loop().create_task(leave_a_task())
            await asyncio.sleep(0.05)
            return {"left": task.done()}
        return {"kind": kind}

    return handler


@pytest.mark.fault(293)
@pytest.mark.parametrize(
    ("kind", "state", "message"),
    [
        ("returns", "COMPLETED", None),
        ("leaves", "COMPLETED", None),
        ("fails", "FAILED", "ValueError: no such sku"),
        ("exits", "FAILED", "SystemExit: 3"),
        ("cancels itself", "FAILED", "CancelledError"),
        ("throws", "ERROR_THROWN", None),
    ],
)
def test_whatever_a_coroutine_ends_with_is_its_jobs_outcome(
    scene: Scene, kind: str, state: str, message: str | None
) -> None:
    seen: list[JobOutcome] = []
    other = Scene(scene.camunda)
    options = {"allow_async": True, "retry_back_off": 600_000, "after": lambda job, outcome: seen.append(outcome)}
    with working(scene.camunda.base_url, {scene.job_type: ends(kind), other.job_type: ends("returns")}, **options):
        scene.start(1)
        [job] = scene.jobs(state)
        other.start(1)
        other.completed_once()

    if message is not None:
        assert message in job["errorMessage"]
    assert len(seen) == 2


@pytest.mark.fault(294)
def test_async_handlers_are_switched_on_by_the_environment(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import asyncio, os\n"
        "from camunda_client.c8.worker import camunda_worker\n"
        "@camunda_worker(os.environ['JOB_TYPE'], request_timeout=400)\n"
        "async def handler(job):\n"
        "    await asyncio.sleep(0.1)\n"
        "    return {'done': True}\n"
    )
    command = ("-m", "camunda_client", "worker", "app.py")
    code, output = Program.run(*command, environment=settings(scene), cwd=tmp_path)
    assert code != 0
    assert "allow_async=True" in output

    scene.start(3)
    with Program(*command, environment=settings(scene, CAMUNDA_WORKER_ALLOW_ASYNC="true"), cwd=tmp_path) as app:
        scene.completed_once(3)
        app.process.terminate()
        assert app.end() == 0
    assert "Traceback" not in app.output


@pytest.mark.fault(295)
def test_a_stuck_coroutine_is_logged_with_its_place(scene: Scene, events: Events) -> None:
    async def inner() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(6)

    async def handler(job: ActivatedJob) -> None:
        await inner()

    scene.start(1)
    with working(scene.camunda.base_url, {scene.job_type: handler}, allow_async=True, handler_timeout=100):
        until(lambda: bool(events.named("job.stuck", logging.ERROR)), "it is logged")

    [line] = events.named("job.stuck")
    assert "in inner" in line
