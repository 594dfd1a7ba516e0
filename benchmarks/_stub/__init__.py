"""A stand-in for Camunda's job endpoints, in a process of its own and fast enough never to be what is measured.

Compiled from ``stub.c`` at first use and kept in the user's cache. Without a C compiler a slower one in Python takes
its place and says so: ratios then tell more about the stub than about the client.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
#: For jobs without end.
ENDLESS = -1


class Stub:
    """``with Stub() as stub:`` serves at ``stub.url``; it ends with this process, however that ends."""

    def __init__(
        self,
        jobs: int = ENDLESS,
        *,
        variables_bytes: int = 1024,
        delay_us: int = 0,
        shape: int = 88,
        connection_limit: int = 0,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            jobs: How many there are; :meth:`refill` adds more.
            variables_bytes: Size of each job's variables as JSON.
            delay_us: Time before each answer, as an engine would need.
            shape: 86 for keys as integers, 88 for keys as text and the newer members, 810 for those of 8.10 too.
            connection_limit: Requests after which a connection is closed, 0 for never; Camunda 8.6.0 closes after 100.
        """
        self._options = [str(option) for option in (jobs, variables_bytes, delay_us, shape, connection_limit)]
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        #: Whether it is the compiled one.
        self.compiled = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Stub:
        program = _compiled()
        self.compiled = program is not None
        command = [str(program)] if program else [sys.executable, str(_HERE / "fallback.py")]
        self._process = subprocess.Popen([*command, *self._options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        told = self._process.stdout.readline()
        if not told.strip().isdigit():
            self._process.kill()
            raise RuntimeError(f"the stub server did not start: it said {told!r}, its own error is above")
        self.port = int(told)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stats(self) -> dict[str, Any]:
        """Return its counters since the last refill: activated, completed, extended, polls, connections, cpu_s, ..."""
        return json.loads(self._call("GET", "/stub/stats"))

    def refill(self, jobs: int = ENDLESS) -> None:
        """Offer so many jobs from now on, and count anew."""
        self._call("POST", f"/stub/jobs/{jobs}")

    def _call(self, method: str, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path)
            return connection.getresponse().read()
        finally:
            connection.close()


class GrpcStub:
    """``with GrpcStub(python) as stub:`` serves gRPC at ``stub.address``, in the environment of that Python."""

    def __init__(self, python: Path, *, variables_bytes: int = 1024) -> None:
        self._command = [str(python), str(_HERE / "grpc_gateway.py"), str(variables_bytes)]
        self._process: subprocess.Popen[str] | None = None
        self.address = ""

    def __enter__(self) -> GrpcStub:
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        told = self._process.stdout.readline().strip()
        if not told.isdigit():
            self._process.kill()
            raise RuntimeError(f"the stub server over gRPC did not start: it said {told!r}, its own error is above")
        self.address = f"127.0.0.1:{told}"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stats(self) -> dict[str, Any]:
        """Return its counters: activated, completed, failed, polls, cpu_s."""
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


def _compiled() -> Path | None:
    """Return the program, compiled if this source has not been yet; ``None`` without a compiler."""
    source = (_HERE / "stub.c").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "c8-client"
    program = cache / f"benchmark-stub-{hashlib.sha256(source).hexdigest()[:16]}"
    if program.exists():
        return program
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None or not sys.platform.startswith("linux"):
        print(
            "no C compiler (cc, gcc, clang) on a Linux: using the stub server in Python, which is slower than some of "
            "the clients it serves; install gcc for figures that mean something",
            file=sys.stderr,
        )
        return None
    cache.mkdir(parents=True, exist_ok=True)
    # Two benchmarks may compile at once; the last rename wins, and both are the same.
    fresh = program.with_suffix(f".{os.getpid()}")
    subprocess.run([compiler, "-O2", "-o", str(fresh), str(_HERE / "stub.c")], check=True)
    fresh.rename(program)
    return program
