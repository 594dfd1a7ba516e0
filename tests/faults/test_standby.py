"""Area C: leases while a handler keeps the hub, and so the extender, from running."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.test_process import settings, start
from tests.parts.programs import Program
from tests.parts.scene import Scene
from tests.parts.tls import TlsAuthority

pytestmark = pytest.mark.slow

HANDLER = """
import ctypes, os, time
from camunda_client.c8.worker import camunda_worker

@camunda_worker(job_type=os.environ["JOB_TYPE"], timeout=1000, request_timeout=400)
def handler(job):
    os.write(1, b"RUN %d\\n" % int(job.job_key))
    {deed}
"""
#: C code that waits and lets the interpreter go on, as database drivers do; and a computation.
WAIT = "ctypes.CDLL(None).usleep(1_500_000)"
COMPUTE = "end = time.monotonic() + 1.5\n    while time.monotonic() < end: sum(range(1000))"


@pytest.mark.fault(216)
@pytest.mark.parametrize(
    ("deed", "secure"), [(WAIT, False), (COMPUTE, False), (WAIT, True)], ids=["waits", "computes", "waits, TLS"]
)
def test_a_handler_that_blocks_for_longer_than_the_lease_keeps_its_own_and_the_others(
    scene: Scene, tmp_path: Path, tls_authority: TlsAuthority, deed: str, secure: bool
) -> None:
    """Of four jobs one was lost and ran again."""
    (tmp_path / "app.py").write_text(HANDLER.format(deed=deed))
    environment = settings(scene)
    with contextlib.ExitStack() as stack:
        if secure:
            server = stack.enter_context(tls_authority.server(upstream=scene.camunda.base_url))
            environment |= {"CAMUNDA_REST_ADDRESS": server.url, "CAMUNDA_MTLS_CA_PATH": str(tls_authority.ca_path)}
        start(scene, 4)
        app = stack.enter_context(
            Program("-m", "camunda_client", "worker", "app.py", environment=environment, cwd=tmp_path)
        )
        scene.completed_once(4)
        app.wait_for("lease.kept_outside")
        runs = Counter(re.findall(r"RUN (\d+)", app.output))

    assert sorted(runs.values()) == [1, 1, 1, 1]
    assert scene.now("TIMED_OUT") == []
    assert "lease.lost" not in app.output
