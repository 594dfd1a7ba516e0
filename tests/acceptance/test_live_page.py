"""The live page of the status port in a real Chromium, in front of real workers."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.parts import rest
from tests.parts.browser import audited, axe_source, chromium
from tests.parts.camunda import EngineProcess
from tests.parts.need import needed
from tests.parts.programs import Program
from tests.parts.server import free_ports
from tests.parts.work import start_many, until

pytestmark = pytest.mark.needs("records")

APP = """
import os, time
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import camunda_worker

@camunda_worker(job_type="t-{run}", max_jobs_active=100, timeout=60000)
def work(job: ActivatedJob) -> dict:
    if os.path.exists("fail"):
        raise ValueError("customer 4711 has no money")
    {body}
    return {{}}

@camunda_worker(job_type="<img src=x onerror=document.title='taken'>")
def never(job: ActivatedJob) -> dict:
    return {{}}
"""
WAIT_FOR_GO = "while not os.path.exists('go'): time.sleep(0.05)"
#: In C and without a yield, for as long as the file is there.
HOLD = "import ctypes; [ctypes.CDLL(None).usleep(100_000) for _ in iter(lambda: os.path.exists('hold'), False)]"
BLOCK = "import ctypes; ctypes.CDLL(None).usleep(2_000_000)"


class Workers:
    def __init__(self, camunda: EngineProcess, folder: Path, body: str) -> None:
        self.run, self.folder, self.camunda = rest.unique(), folder, camunda
        rest.deploy(camunda.base_url, "one.bpmn", run=self.run)
        app = folder / "app.py"
        app.write_text(APP.format(run=self.run, body=body))
        [self.port] = free_ports(1)
        self.program = Program(
            "-m", "camunda_client", "worker", app, "--status-port", str(self.port),
            environment=camunda.environment, cwd=folder,
        )  # fmt: skip

    def start(self, instances: int) -> None:
        start_many(self.camunda.base_url, f"one-{self.run}", instances)

    def make(self, file: str) -> None:
        (self.folder / file).touch()


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def opened(stack: ExitStack, workers: Workers, **how: Any) -> Any:
    """Return a browser that shows the page of these workers."""
    stack.enter_context(workers.program)
    with needed():
        driver = stack.enter_context(chromium(**how))

    until(lambda: driver.open(f"http://127.0.0.1:{workers.port}/"), "the page is there", look_every_s=0.1)
    return driver


def livez(workers: Workers) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{workers.port}/livez", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def text(driver: Any, selector: str) -> str:
    return str(driver.run("return document.querySelector(arguments[0]).innerText", selector))


def rows(driver: Any, table: str) -> list[str]:
    lines = "return [...document.querySelectorAll(arguments[0])].map((row) => row.innerText)"
    return list(driver.run(lines, f"#{table} tbody tr"))


def test_it_shows_what_is_in_hand_where_each_handler_stands_and_how_it_ends(
    camunda: EngineProcess, tmp_path: Path, stack: ExitStack
) -> None:
    workers = Workers(camunda, tmp_path, WAIT_FOR_GO)
    driver = opened(stack, workers)
    workers.start(20)

    until(lambda: len(rows(driver, "jobs")) == 20, "all twenty are listed")
    until(lambda: "All well" in text(driver, "#state"), "all is well")
    assert all("app.py:10 in work" in row and f"t-{workers.run}" in row for row in rows(driver, "jobs"))
    mine = f"t-{workers.run}"
    until(lambda: any(mine in row and "20 of 100" in row for row in rows(driver, "types")), "its row says so")

    driver.run("document.querySelector('#jobs tbody button').click()")
    until(lambda: "app.py:10 in work" in text(driver, "#job"), "the stack of one is shown")
    driver.run("document.querySelector('#job button').click()")

    workers.make("go")
    until(lambda: not rows(driver, "jobs"), "none is left")
    until(lambda: "Completed\n20" in text(driver, "#tiles"), "twenty are counted")
    assert "taken" not in driver.title()
    assert driver.errors() == []


def test_a_handler_that_blocks_and_jobs_that_fail_are_told_without_what_they_said(
    camunda: EngineProcess, tmp_path: Path, stack: ExitStack
) -> None:
    workers = Workers(camunda, tmp_path, BLOCK)
    driver = opened(stack, workers)
    workers.start(1)

    until(lambda: "hub.blocked" in text(driver, "#events"), "the blocked hub is told")
    assert "app.py:10 in work" in text(driver, "#events")
    assert "run_in='process'" in text(driver, "#events")  # what to do

    workers.make("fail")
    workers.start(1)
    until(lambda: "job.failed" in text(driver, "#events"), "the failure is told")
    assert "4711" not in driver.run("return document.documentElement.outerHTML")


def test_a_handler_that_blocks_is_shown_while_it_does_and_the_port_says_so(
    camunda: EngineProcess, tmp_path: Path, stack: ExitStack
) -> None:
    workers = Workers(camunda, tmp_path, HOLD)
    driver = opened(stack, workers)
    until(lambda: "All well" in text(driver, "#state"), "all is well")
    assert livez(workers) == 200
    workers.make("hold")
    workers.start(1)

    until(lambda: livez(workers) == 503, "a restart would help", look_every_s=0.1)
    until(lambda: "blocked by app.work at" in text(driver, "#state"), "the page names the handler")
    assert "app.py:10 in" in text(driver, "#state")
    until(lambda: any("blocked" in row for row in rows(driver, "processes")), "and the process")
    until(lambda: "Process 1 does not answer" in text(driver, "#jobs-hint"), "why no job is listed")

    (tmp_path / "hold").unlink()
    until(lambda: "All well" in text(driver, "#state"), "all is well again")
    assert livez(workers) == 200
    workers.program.wait_for("hub.blocked")
    [line] = [json.loads(line) for line in workers.program.lines if "hub.blocked" in line]
    assert line["handler"] == "app.work"
    assert any("app.py:10 in work" in place for place in line["stack"])


@pytest.mark.parametrize(
    "look",
    [{"dark": False}, {"dark": True}, {"width": 390, "height": 844}],
    ids=["light", "dark", "phone"],
)
def test_axe_finds_nothing_to_complain_of(
    camunda: EngineProcess, tmp_path: Path, stack: ExitStack, look: dict[str, Any]
) -> None:
    with needed():
        axe = axe_source()
    workers = Workers(camunda, tmp_path, WAIT_FOR_GO)
    driver = opened(stack, workers, **look)
    workers.start(3)
    until(lambda: len(rows(driver, "jobs")) == 3, "three are listed")

    assert audited(driver, axe) == []
    assert driver.run("return document.documentElement.scrollWidth <= window.innerWidth")

    driver.run("document.querySelector('#jobs tbody button').click()")
    until(lambda: "in work" in text(driver, "#job"), "the stack of one is shown")
    assert audited(driver, axe) == []


def test_a_page_whose_worker_has_ended_says_so(camunda: EngineProcess, tmp_path: Path, stack: ExitStack) -> None:
    workers = Workers(camunda, tmp_path, WAIT_FOR_GO)
    driver = opened(stack, workers)
    until(lambda: "All well" in text(driver, "#state"), "it is connected")

    workers.program.send(signal.SIGTERM)
    assert workers.program.end() == 0

    until(lambda: "No connection" in text(driver, "#state"), "the page says that it is old")
