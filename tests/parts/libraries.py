"""The libraries of the extra ``test-libraries``, in a folder of their own: ``make libraries`` fetches them.

They are in the user's cache and not in ``.venv``, where linters and other tests would meet them and their plugins.
Programs under test find them by ``PYTHONPATH``. Each set of requirements has a folder, so that checkouts do not disturb
each other.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from tests.parts.maven import cache_folder
from tests.parts.need import MissingPartError

EXTRA = "test-libraries"
#: Seconds. 350 MB over a slow line.
INSTALL_TIMEOUT_S = 900.0


def libraries(*, install: bool) -> Path:
    """Return the folder with the libraries.

    Args:
        install: Fetch them if they are not there.

    Raises:
        MissingPartError: They are not there; the message says what to do.
    """
    # By this name our stories of failures know whose code is a library's.
    home = cache_folder() / "libraries" / _key() / "site-packages"
    if not home.exists():
        if not install:
            raise MissingPartError(f"needs the libraries of the extra {EXTRA}; fetch them by: make libraries")
        _install(home)
    return home


def _requirements() -> list[str]:
    listed = [line.partition(";") for line in metadata.requires("c8-client") or []]
    return sorted(name.strip() for name, _, rule in listed if re.search(rf"extra == ['\"]{EXTRA}['\"]", rule))


def _constraints() -> list[str]:
    """Return what is here already: programs under test must not get other versions of it by way of the folder."""
    found = {(one.metadata["Name"], one.version) for one in metadata.distributions()}
    return sorted(f"{name}=={version}" for name, version in found if name != "c8-client")


def _key() -> str:
    wanted = "\n".join([sys.version, *_requirements(), *_constraints()])
    return hashlib.sha256(wanted.encode()).hexdigest()[:16]


def _install(home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as folder:
        constraints = Path(folder, "constraints.txt")
        constraints.write_text("\n".join(_constraints()))
        new = Path(folder, "new")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", str(new)]
        command = [*pip, "--constraint", str(constraints), *_requirements()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            raise MissingPartError(f"pip did not fetch {EXTRA} within {INSTALL_TIMEOUT_S:g} s") from None
        if done.returncode:
            raise MissingPartError(f"pip could not fetch {EXTRA}: {done.stderr.strip()[-1000:]}")
        try:
            new.rename(home)
        except OSError:
            # Another run was quicker.
            shutil.rmtree(new)


if __name__ == "__main__":
    print(libraries(install=True))
