"""Browsers that handlers drive by Selenium and by Playwright's blocking calls: three at once, with a real Chromium."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from gevent.event import Event
from gevent.pywsgi import WSGIServer

from tests.libraries.conftest import Start
from tests.parts.need import MissingPartError, needed
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: Browsers are large: a hundred of them would try the machine, not the library.
JOBS, TOGETHER = 6, 3
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
HANDLER = """
{imports}

@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active=3, request_timeout=400)
def handler(job):
    address = os.environ["SERVER"] + str(job.variables["number"])
{body}
"""
SELENIUM = (
    """
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
""",
    """
    options = ChromeOptions()
    options.binary_location = os.environ["CHROMIUM"]
    for argument in json.loads(os.environ["ARGUMENTS"]):
        options.add_argument(argument)
    driver = Chrome(options, Service(os.environ["CHROMEDRIVER"]))
    try:
        driver.get(address)
        return {"got": int(driver.title)}
    finally:
        driver.quit()
""",
)
PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright",
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=json.loads(os.environ["ARGUMENTS"])
        )
        page = browser.new_page()
        page.goto(address)
        got = int(page.title())
        browser.close()
    return {"got": got}
""",
)
#: Playwright's blocking interface is a loop of asyncio in a greenlet beside the job's, which calls the loop its own
#: between two calls. Three at once did not end: "another loop is running".
CASES = {"selenium": SELENIUM, "playwright": PLAYWRIGHT}


@contextmanager
def pages() -> Iterator[str]:
    """Serve pages by number, none before the first three were asked for; yield the address before the number."""
    asked: set[str] = set()
    complete = Event()

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        number = environ["PATH_INFO"].strip("/")
        if number.isdigit():
            asked.add(number)
            if len(asked) >= TOGETHER:
                complete.set()
            complete.wait()
        start_response("200 OK", [("Content-Type", "text/html")])
        return [f"<!doctype html><title>{number}</title>".encode()]

    server = WSGIServer(("127.0.0.1", 0), application, log=None)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.stop(timeout=0)


def program(name: str) -> str:
    if (found := shutil.which(name)) is None:
        raise MissingPartError(f"needs {name} on PATH (Debian: apt-get install chromium chromium-driver)")
    return found


@pytest.mark.parametrize("library", CASES)
def test_three_browsers_wait_for_each_other(library: str, scene: Scene, start: Start) -> None:
    imports, body = CASES[library]
    with needed():
        browser, driver = program("chromium"), program("chromedriver")
    arguments = str(ARGUMENTS).replace("'", '"')
    source = HANDLER.format(imports=imports, body=body.strip("\n"))
    with pages() as address:
        scene.start(JOBS)
        with start(source, SERVER=address, CHROMIUM=browser, CHROMEDRIVER=driver, ARGUMENTS=arguments) as worker:
            completed = scene.completed_once(JOBS, timeout_s=150)
            worker.send(signal.SIGTERM)
            assert worker.end() == 0, worker.output

    assert sorted(job["variables"]["got"] for job in completed) == list(range(JOBS))
    assert scene.now("FAILED") == []
    assert "hub.blocked" not in worker.output
