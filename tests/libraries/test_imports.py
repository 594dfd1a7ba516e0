"""Libraries that have started threads, or a loop, before ours is imported: the import ends, and jobs are worked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts.programs import unmeasured
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

THREADS = {
    "opentelemetry": """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(ConsoleSpanExporter(out=open("spans", "w"))))
trace.set_tracer_provider(provider)
with trace.get_tracer("before").start_as_current_span("before"):
    pass
""",
    "sentry": """
import sentry_sdk
sentry_sdk.init("http://key@127.0.0.1:9/1")
sentry_sdk.capture_message("ж")
""",
    "apscheduler": """
from apscheduler.schedulers.background import BackgroundScheduler
scheduler = BackgroundScheduler()
scheduler.add_job(print, "interval", seconds=600)
scheduler.start()
""",
    "ipython": """
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance().run_cell("1 + 1")
""",
    "queue listener": """
import logging, logging.handlers, queue
lines = queue.Queue()
listener = logging.handlers.QueueListener(lines, logging.StreamHandler())
listener.start()
logging.getLogger().addHandler(logging.handlers.QueueHandler(lines))
logging.warning("before")
""",
    "used pool": """
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(4)
list(pool.map(str, range(100)))
""",
}
WORK = """
import os, threading
assert len(threading.enumerate()) > 1, "the library has started no thread"
from camunda_client.config import initialize_config
from camunda_client.c8.worker import add_job_worker, start_camunda_workers
initialize_config()
add_job_worker(os.environ["JOB_TYPE"], lambda job: {"said": "ж"})
start_camunda_workers()
threading.Event().wait()
"""


@pytest.mark.parametrize("library", THREADS)
def test_the_import_ends_beside_the_threads_of(scene: Scene, start: Start, library: str) -> None:
    """It hung for good, without a word, whenever a native thread was alive."""
    scene.start(20)
    with start(THREADS[library] + WORK, script=True) as program:
        completed = scene.completed_once(20)

    assert {job["variables"]["said"] for job in completed} == {"ж"}
    assert "Traceback" not in program.output


NOTEBOOK = """
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

def run(*cells):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    try:
        NotebookClient(book, timeout=60, kernel_name="python3").execute()
    except CellExecutionError as error:
        print(error)
    else:
        print("executed")

run("from camunda_client.c8 import worker")
run("import os; os.environ['CAMUNDA_CLIENT_PATCH'] = '0'", "from camunda_client.c8 import worker", "print('alive')")
"""


def test_a_notebook_is_refused_with_a_remedy_that_works(environment: dict[str, str], tmp_path: Path) -> None:
    """Its cell never ended."""
    (tmp_path / "book.py").write_text(NOTEBOOK)
    done = subprocess.run(
        [sys.executable, "book.py"],
        env=unmeasured() | environment | {"JUPYTER_PLATFORM_DIRS": "1", "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )

    first, _, second = done.stdout.rpartition("\nexecuted")
    assert "PatchError" in first, done.stdout + done.stderr
    assert "CAMUNDA_CLIENT_PATCH=0" in first
    assert second.strip() == ""
