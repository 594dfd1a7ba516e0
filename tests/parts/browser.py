"""A real Chromium without a window, and axe-core, which audits pages for people who can't see or point."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.parts.maven import cache_folder
from tests.parts.need import MissingPartError

#: From npm, under the Mozilla Public License 2.0; used by tests, not shipped.
AXE = "axe-core@4.14.1"
DOWNLOAD_TIMEOUT_S = 300.0


@contextmanager
def chromium(width: int = 1280, height: int = 1600, *, dark: bool = False) -> Iterator[Any]:
    """Yield a selenium driver.

    Raises:
        MissingPartError: There is no Chromium or no driver for it; the message says what to do.
    """
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    programs = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    if missing := [name for name, path in programs.items() if path is None]:
        raise MissingPartError(
            f"needs {' and '.join(missing)} on PATH (Debian and Ubuntu: apt-get install chromium chromium-driver)"
        )
    options = webdriver.ChromeOptions()
    options.binary_location = str(programs["chromium"])
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(programs["chromedriver"])))
    try:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})
        yield driver
    finally:
        driver.quit()


def audited(driver: Any, axe: str) -> list[str]:
    """Return what axe finds wrong with the page as it stands, a line each."""
    # Past the page's own policy, which lets no script in but its own.
    driver.execute_script(axe)
    found = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations']}).then((result) => done(JSON.stringify(result.violations)));"
    )
    return [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']][:3]}" for one in json.loads(found)]


def axe_source() -> str:
    """Return the source of axe-core, fetched by npm once and kept in the user's cache.

    Raises:
        MissingPartError: npm is missing, or fetched nothing.
    """
    file = cache_folder() / AXE / "axe.min.js"
    if not file.exists():
        _fetch(file)
    return file.read_text()


def _fetch(file: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingPartError(f"needs npm to fetch {AXE} (Debian and Ubuntu: apt-get install npm)")
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        command = [npm, "pack", "--silent", AXE, "--pack-destination", folder]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S, cwd=folder, check=False
        )
        if done.returncode:
            raise MissingPartError(f"npm could not fetch {AXE}: {done.stderr.strip()[-500:]}")
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            source = archive.extractfile("package/axe.min.js")
            assert source is not None
            half = Path(folder, "axe.min.js")
            half.write_bytes(source.read())
        half.rename(file)
