"""A real Chromium without a window, and axe-core, which audits pages for people who can't see or point."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.parts.environments import Environment
from tests.parts.need import MissingPartError
from tests.parts.server import free_ports
from tests.parts.work import until

#: From npm, under the Mozilla Public License 2.0; used by tests, not shipped.
AXE = Environment("npm", "axe-core", "4.14.1")
ANSWER_TIMEOUT_S = 60.0


class Browser:
    """A session of a WebDriver server (https://www.w3.org/TR/webdriver2/), by plain requests."""

    def __init__(self, server: str, options: dict[str, Any]) -> None:
        self._server = server
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        started = self._send("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{started['sessionId']}"

    def open(self, url: str) -> bool:
        """Show a page; return False if it can't be reached."""
        try:
            self._send("POST", f"{self._session}/url", {"url": url})
        except BrowserError:
            return False
        return True

    def run(self, script: str, *arguments: Any, asynchronous: bool = False) -> Any:
        """Return what a script in the page returns, or hands to its last argument."""
        path = "execute/async" if asynchronous else "execute/sync"
        return self._send("POST", f"{self._session}/{path}", {"script": script, "args": list(arguments)})

    def tell(self, command: str, **parameters: Any) -> None:
        """Send a command of Chromium's own protocol."""
        self._send("POST", f"{self._session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def errors(self) -> list[str]:
        """Return what the page has written to the console as errors since the last call."""
        lines = self._send("POST", f"{self._session}/se/log", {"type": "browser"})
        return [line["message"] for line in lines if line["level"] == "SEVERE"]

    def title(self) -> str:
        return str(self._send("GET", f"{self._session}/title"))

    def close(self) -> None:
        self._send("DELETE", self._session)

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._server + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_TIMEOUT_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise BrowserError(json.load(error)["value"]["message"]) from None


class BrowserError(Exception):
    """The browser could not do what it should; the message is its own."""


@contextmanager
def chromium(width: int = 1280, height: int = 1600, *, dark: bool = False) -> Iterator[Browser]:
    """Yield a browser.

    Raises:
        MissingPartError: There is no Chromium or no driver for it; the message says what to do.
    """
    programs = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    if missing := [name for name, path in programs.items() if path is None]:
        raise MissingPartError(
            f"needs {' and '.join(missing)} on PATH (Debian and Ubuntu: apt-get install chromium chromium-driver)"
        )
    [port] = free_ports(1)
    arguments = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"]
    with subprocess.Popen(
        [str(programs["chromedriver"]), f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as driver:
        try:
            until(lambda: _listens(port), "chromedriver listens")
            options = {"binary": programs["chromium"], "args": arguments}
            browser = Browser(f"http://127.0.0.1:{port}", options)
            try:
                mobile = width < 600
                browser.tell(
                    "Emulation.setDeviceMetricsOverride",
                    width=width, height=height, deviceScaleFactor=1, mobile=mobile,
                )  # fmt: skip
                scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
                browser.tell("Emulation.setEmulatedMedia", features=scheme)
                yield browser
            finally:
                browser.close()
        finally:
            driver.terminate()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def audited(browser: Browser, axe: str) -> list[str]:
    """Return what axe finds wrong with the page as it stands, a line each."""
    # Past the page's own policy, which lets no script in but its own.
    browser.run(axe)
    found = browser.run(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations']}).then((result) => done(JSON.stringify(result.violations)));",
        asynchronous=True,
    )
    return [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']][:3]}" for one in json.loads(found)]


def axe_source() -> str:
    """Return the source of axe-core, fetched by npm once and kept in the user's cache.

    Raises:
        MissingPartError: npm is missing, or fetched nothing.
    """
    AXE.command(install=True)
    return (AXE.home / "node_modules" / AXE.package / "axe.min.js").read_text()
