"""Unpack an open-source distribution from Maven once into the user's cache, safely beside others doing the same.

Maven is asked by its own command line, so that mirrors, proxies and credentials of the user's ``settings.xml`` count.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.parts.java import find_java
from tests.parts.need import MissingPartError

#: Seconds. 180 MB over a slow line; the second time they come from the local repository in two.
DOWNLOAD_TIMEOUT_S = 1200.0

#: Seconds. How long one process waits for another that unpacks the same distribution.
LOCK_TIMEOUT_S = DOWNLOAD_TIMEOUT_S + 120.0


@dataclass(frozen=True)
class Distribution:
    """A ``tar.gz`` in a Maven repository, with one folder at its top."""

    group: str
    artifact: str
    version: str

    @property
    def coordinates(self) -> str:
        """``group:artifact:version:tar.gz``, as Maven's plugins write it."""
        return f"{self.group}:{self.artifact}:{self.version}:tar.gz"


def cache_folder() -> Path:
    """Return the folder for what tests keep between runs; ``XDG_CACHE_HOME`` moves it."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "c8-client"


def unpacked(wanted: Distribution, prepare: Callable[[Path], None] | None = None, name: str | None = None) -> Path:
    """Return the folder of an unpacked distribution; download and unpack it first if it isn't there yet.

    Args:
        wanted: What to fetch.
        prepare: Called once with the unpacked folder before it gets its final name, for work to be kept (a build step).
        name: The folder's name in the cache, ``artifact-version`` if left out.

    Raises:
        MissingPartError: Maven is missing, or it could not get the distribution.
    """
    home = cache_folder() / (name or f"{wanted.artifact}-{wanted.version}")
    if home.is_dir():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(home.with_name(f".{home.name}.lock")):
        # Another process may have finished while this one waited for the lock.
        if not home.is_dir():
            _unpack_beside(wanted, home, prepare)
    return home


def _unpack_beside(wanted: Distribution, home: Path, prepare: Callable[[Path], None] | None) -> None:
    """Fetch and unpack in a scratch folder of the same disk, then rename: half a distribution is never seen."""
    scratch = Path(tempfile.mkdtemp(prefix=f".{home.name}.", dir=home.parent))
    try:
        archive = _copied_by_maven(wanted, scratch / "archive")
        tree = scratch / "tree"
        tree.mkdir()
        _run(["tar", "-xzf", str(archive), "-C", str(tree)], f"unpack {archive.name}", os.environ)
        tops = list(tree.iterdir())
        if len(tops) != 1:
            raise MissingPartError(f"{wanted.coordinates} holds {len(tops)} folders at its top, expected one")
        if prepare is not None:
            prepare(tops[0])
        tops[0].rename(home)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _copied_by_maven(wanted: Distribution, target: Path) -> Path:
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingPartError(
            f"needs Maven to fetch {wanted.coordinates}, and there is no mvn on PATH; install it "
            "(Debian and Ubuntu: apt-get install maven; macOS: brew install maven)"
        )
    environment = dict(os.environ)
    if "JAVA_HOME" not in environment and shutil.which("java") is None:
        environment["JAVA_HOME"] = str(find_java(8).parent.parent)
    command = [
        maven, "--quiet", "--batch-mode", "dependency:copy",
        f"-Dartifact={wanted.coordinates}", f"-DoutputDirectory={target}",
    ]  # fmt: skip
    _run(command, f"fetch {wanted.coordinates}", environment)
    return target / f"{wanted.artifact}-{wanted.version}.tar.gz"


def _run(command: list[str], purpose: str, environment: os._Environ[str] | dict[str, str]) -> None:
    # cwd is neutral: a pom.xml in the user's folder must not take part.
    try:
        ended = subprocess.run(
            command, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S, env=environment, cwd="/", check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MissingPartError(f"could not {purpose} within {DOWNLOAD_TIMEOUT_S:.0f} s; check the network") from error
    if ended.returncode != 0:
        # Maven says what is wrong first, and how to read its help last.
        said = "\n".join([line for line in (ended.stdout + ended.stderr).splitlines() if line.strip()][:6])
        raise MissingPartError(f"could not {purpose}: {command[0]} ended with {ended.returncode} and said\n{said}")


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold a lock between processes; it goes with its process, however that ends."""
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    with open(lock, "w") as held:
        while True:
            try:
                # Without LOCK_NB this would block gevent's hub.
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise MissingPartError(
                        f"another process has held {lock} for {LOCK_TIMEOUT_S:.0f} s; end it and try again"
                    ) from None
                time.sleep(0.2)
        yield
