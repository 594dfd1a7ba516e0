"""Every import order, over real TLS: what was imported first still works, and does not block the hub.

Each case is a program of its own, since a process can be patched only once.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.parts.programs import unmeasured

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent

PAIR = """
import gevent

def pair(get):
    "Two at a time, or the server answers 'alone'."
    both = [gevent.spawn(get, URL + "/pair") for _ in range(2)]
    gevent.joinall(both, raise_error=True)
    return [one.value for one in both]
"""

BY_REQUESTS = """
import requests
session = requests.Session()
answers = pair(lambda url: session.get(url, verify=CA, timeout=20).text)
assert answers == ["pair", "pair"], answers
"""

BY_URLLIB3 = """
import urllib3
pool = urllib3.PoolManager(ca_certs=CA)
answers = pair(lambda url: pool.request("GET", url, timeout=20).data)
assert answers == [b"pair", b"pair"], answers
"""

#: Name: what runs before the patch, what runs after it, names that must have been mended.
CASES: dict[str, tuple[str, str, list[str]]] = {
    "patched first": ("", BY_REQUESTS, []),
    "requests first": ("import requests", BY_REQUESTS, ["urllib3.util.ssl_.SSLContext"]),
    "urllib3 first": ("import urllib3", BY_URLLIB3, ["urllib3.util.ssl_.SSLContext"]),
    "botocore first": (
        "import botocore.httpsession",
        """
from botocore.awsrequest import AWSRequest
session = botocore.httpsession.URLLib3Session(verify=CA, timeout=20)
answers = pair(lambda url: session.send(AWSRequest("GET", url).prepare()).content)
assert answers == [b"pair", b"pair"], answers
""",
        ["botocore.httpsession.SSLContext"],
    ),
    "a session used before": (
        "import requests; session = requests.Session(); assert session.get(URL + '/one', verify=CA).text == 'one'",
        """
answers = pair(lambda url: session.get(url, verify=CA, timeout=20).text)
assert answers == ["pair", "pair"], answers
""",
        ["urllib3.util.ssl_.SSLContext"],
    ),
    "a context made before": (
        "import ssl, urllib.request; context = ssl.create_default_context(cafile=CA)",
        """
context.minimum_version = ssl.TLSVersion.TLSv1_2
answers = pair(lambda url: urllib.request.urlopen(url, context=context, timeout=20).read())
assert answers == [b"pair", b"pair"], answers
""",
        ["ssl.SSLContext (1 alive)"],
    ),
    "a context of a subclass made before": (
        """
import ssl, urllib.request
class Strict(ssl.SSLContext):
    pass
context = Strict(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(CA)
""",
        """
context.minimum_version = ssl.TLSVersion.TLSv1_2
answers = pair(lambda url: urllib.request.urlopen(url, context=context, timeout=20).read())
assert answers == [b"pair", b"pair"], answers
""",
        ["__main__.Strict"],
    ),
    "from ssl import SSLContext": (
        "from ssl import SSLContext, PROTOCOL_TLS_CLIENT, TLSVersion",
        """
import urllib.request
context = SSLContext(PROTOCOL_TLS_CLIENT)
context.minimum_version = TLSVersion.TLSv1_2
context.load_verify_locations(CA)
answers = pair(lambda url: urllib.request.urlopen(url, context=context, timeout=20).read())
assert answers == [b"pair", b"pair"], answers
""",
        ["__main__.SSLContext"],
    ),
    "from socket import socket": (
        "from socket import socket, create_connection",
        """
import ssl
from urllib.parse import urlsplit
context = ssl.create_default_context(cafile=CA)
def get(url):
    raw = socket()
    raw.connect(("127.0.0.1", urlsplit(url).port))
    with context.wrap_socket(raw, server_hostname="localhost") as secure:
        secure.sendall(b"GET /pair HTTP/1.0\\r\\n\\r\\n")
        return b"".join(iter(lambda: secure.recv(4096), b"")).rpartition(b"\\n")[2]
answers = pair(get)
assert answers == [b"pair", b"pair"], answers
listener = socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
accepting = gevent.spawn(listener.accept)
gevent.sleep(0)
create_connection(listener.getsockname())
assert accepting.get(timeout=5)
""",
        ["__main__.socket", "__main__.create_connection"],
    ),
    "from threading import Thread, Lock": (
        """
from threading import Lock, RLock, Thread, local
guard = Lock()
class Fetcher(Thread):
    lock = Lock()
    def run(self):
        with self.lock:
            gevent.sleep(0)
        answers.append(requests.get(URL + "/pair", verify=CA, timeout=20).text)
""",
        """
import requests
answers = []
both = [Fetcher(), Fetcher()]
for one in both: one.start()
for one in both: one.join()
assert answers == ["pair", "pair"], answers
order = []
def guarded(name):
    with guard:
        order.append(name)
        gevent.sleep(0)
        order.append(name)
gevent.joinall([gevent.spawn(guarded, "a"), gevent.spawn(guarded, "b")], raise_error=True)
assert order == ["a", "a", "b", "b"], order
assert isinstance(Lock(), type(__import__("threading").Lock()))
mine = local()
def of_its_own(): mine.x = 1
gevent.spawn(of_its_own).join()
assert not hasattr(mine, "x")
""",
        [
            "__main__.Lock",
            "__main__.Thread",
            "__main__.local",
            "__main__.guard",
            "__main__.Fetcher",
            "__main__.Fetcher.lock",
        ],
    ),
    "from time import sleep": (
        """
import functools, time
from time import sleep
nap = functools.partial(sleep, 0.01)
def later(wait=time.sleep): wait(0.01)
class Pause:
    wait = staticmethod(sleep)
    def twice(self, *, by=sleep): by(0.01)
""",
        """
def meets_another(blocking):
    order = []
    def first():
        order.append("in"); blocking(); order.append("out")
    gevent.joinall([gevent.spawn(first), gevent.spawn(order.append, "other")], raise_error=True)
    return order == ["in", "other", "out"]
for blocking in (lambda: sleep(0.01), nap, later, lambda: Pause.wait(0.01), Pause().twice):
    assert meets_another(blocking), blocking
"""
        + BY_REQUESTS,
        ["__main__.sleep", "__main__.nap", "__main__.later()", "__main__.Pause.wait", "__main__.Pause.twice()"],
    ),
    "concurrent.futures first": (
        "import concurrent.futures",
        """
import requests
with concurrent.futures.ThreadPoolExecutor(2) as threads:
    answers = list(threads.map(lambda _: requests.get(URL + "/pair", verify=CA, timeout=20).text, range(2)))
assert answers == ["pair", "pair"], answers
""",
        [],
    ),
    "logging first": (
        "import logging, logging.handlers; logging.basicConfig(level=logging.DEBUG); log = logging.getLogger('app')",
        BY_REQUESTS + "log.info('both')\n",
        [],
    ),
    "select, subprocess and queue first": (
        "from subprocess import run; from select import select; from queue import Queue, SimpleQueue",
        """
import os, sys
def meets_another(blocking):
    order = []
    def first():
        order.append("in"); blocking(); order.append("out")
    gevent.joinall([gevent.spawn(first), gevent.spawn(order.append, "other")], raise_error=True)
    return order == ["in", "other", "out"]
reader, _writer = os.pipe()
assert meets_another(lambda: run([sys.executable, "-S", "-c", "pass"], check=True))
assert meets_another(lambda: select([reader], [], [], 0.01))
for kind in (Queue, SimpleQueue):
    queue = kind()
    getting = gevent.spawn(queue.get)
    gevent.spawn(queue.put, "thing")
    assert getting.get(timeout=5) == "thing"
"""
        + BY_REQUESTS,
        ["__main__.run", "__main__.select", "__main__.Queue", "__main__.SimpleQueue"],
    ),
    "locals, executors and subclasses made before": (
        """
import concurrent.futures, queue, threading
mine = threading.local()
mine.x = 1
executor = concurrent.futures.ThreadPoolExecutor(2)
waiting = queue.SimpleQueue()
class Lines(queue.Queue):
    pass
class Told(threading.Event):
    pass
""",
        """
import requests
assert mine.x == 1
assert gevent.spawn(hasattr, mine, "x").get() is False
answers = list(executor.map(lambda _: requests.get(URL + "/pair", verify=CA, timeout=20).text, range(2)))
assert answers == ["pair", "pair"], answers
lines, told = Lines(), Told()
for get, put in ((waiting.get, waiting.put), (lines.get, lines.put)):
    getting = gevent.spawn(get)
    gevent.spawn(put, "thing")
    assert getting.get(timeout=5) == "thing"
waits = gevent.spawn(told.wait)
gevent.spawn(told.set)
assert waits.get(timeout=5)
""",
        ["__main__.mine", "__main__.waiting", "concurrent.futures.thread.ThreadPoolExecutor (alive)"],
    ),
    "patched by the program, too late": (
        """
import requests, warnings
from gevent import monkey
warnings.simplefilter("ignore")
monkey.patch_all()
""",
        BY_REQUESTS + "assert report.was_patched_already\n",
        ["urllib3.util.ssl_.SSLContext"],
    ),
}


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    """A TLS server; yields the variables a program finds it by."""
    with subprocess.Popen(
        [sys.executable, str(HERE / "tls_server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url, ca = process.stdout.readline().split()
        yield {"TEST_URL": url, "TEST_CA": ca}
        process.stdin.close()


def run_program(before: str, after: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = (
        f"import os; URL, CA = os.environ.get('TEST_URL'), os.environ.get('TEST_CA')\n{before}\n"
        "from camunda_client import patching\nreport = patching.patch()\n"
        f"{PAIR}\n{after}\n"
        "import json\n"
        "print(json.dumps({'mended': ['.'.join(one) for one in report.mended], 'unmended': report.unmended}))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def report_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


@pytest.mark.parametrize("name", CASES)
def test_what_was_imported_first_works_over_tls_beside_other_greenlets(name: str, server: dict[str, str]) -> None:
    before, after, must_be_mended = CASES[name]

    report = report_of(run_program(before, after, server))

    assert set(must_be_mended) <= set(report["mended"])
    assert report["unmended"] == []


def test_without_mending_a_late_patch_breaks_tls(server: dict[str, str]) -> None:
    """The reason for all this; when it passes without us, gevent has mended itself and this package may go."""
    program = "import requests, os\nfrom gevent import monkey; monkey.patch_all()\nrequests.get(os.environ['TEST_URL'])"

    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **server}, capture_output=True, text=True, check=False
    )

    assert "RecursionError" in done.stderr


def test_a_program_patched_first_has_nothing_to_report() -> None:
    done = run_program("", "assert not report.late; assert not report.was_patched_already; import requests", {})

    assert report_of(done) == {"mended": [], "unmended": []}


@pytest.mark.parametrize(
    ("before", "module", "name"),
    [
        ("import threading\nclass Mine(threading.local): pass\nkinds = [Mine]", "__main__", "Mine"),
        ("import socket\nclass Mine(socket.socket): pass\nkinds = [Mine]", "__main__", "Mine"),
        ("import socket\nmine = socket.socket()", "socket", "fd "),
        (
            "import threading\nend = threading.Event()\n"
            "threading.Thread(target=end.wait, name='mine', daemon=True).start()",
            "threading",
            "Thread 'mine'",
        ),
        ("import threading\nguard = threading.Lock()\nowners = [guard]", "__main__", "guard"),
        ("import threading\nguard = threading.Lock()\nguard.acquire()", "__main__", "guard"),
        ("import threading\nmine = threading.local()\nowners = [mine]", "__main__", "mine"),
        ("import queue\nwaiting = queue.SimpleQueue()\nwaiting.put(1)", "__main__", "waiting"),
        ("import gevent.monkey, threading\nmine = threading.local()", "__main__", "mine"),
        ("import selectors\nmine = [selectors.EpollSelector()]", "selectors", "EpollSelector"),
    ],
)
def test_what_cannot_be_mended_is_named_with_a_remedy(before: str, module: str, name: str) -> None:
    unmended = report_of(run_program(before, "", {}))["unmended"]

    assert [(one[0], one[1][: len(name)]) for one in unmended] == [(module, name)]
    assert unmended[0][2]


@pytest.mark.parametrize(
    ("before", "environment"),
    [
        ("from time import sleep\nfrom gevent.monkey import get_original", {}),
        ("from time import sleep as unpatched_sleep\nsleep = unpatched_sleep", {}),
        ("from time import sleep", {"CAMUNDA_CLIENT_NO_MEND": "other, __main__"}),
    ],
)
def test_an_original_held_on_purpose_is_left_alone(before: str, environment: dict[str, str]) -> None:
    after = "import gevent\nassert 'gevent' not in (globals().get('unpatched_sleep') or sleep).__module__"

    done = run_program(before, after, environment)

    assert done.returncode == 0, done.stderr


def test_gevents_plugins_are_sought_once_of_each_kind_and_run() -> None:
    """Each look reads the metadata of all installed packages."""
    before = """
import builtins
from importlib import metadata
groups, events = [], []
builtins.plugin = events.append
def entry_points(group):
    groups.append(group)
    return [metadata.EntryPoint("ours", "builtins:plugin", group)]
metadata.entry_points = entry_points
"""
    after = "assert len(groups) == len(set(groups)) < len(events) > 20, (groups, events)\n"
    after += "assert metadata.entry_points is entry_points"

    report_of(run_program(before, after, {}))


def test_strict_mode_refuses_to_run_with_anything_unmended() -> None:
    before = "import threading\nclass Mine(threading.local): pass\nkinds = [Mine]"

    done = run_program(before, "", {"CAMUNDA_CLIENT_PATCH": "strict"})

    assert done.returncode == 1
    assert "PatchedTooLate" in done.stderr
    assert "__main__.Mine" in done.stderr


def test_strict_mode_runs_when_all_is_mended(server: dict[str, str]) -> None:
    done = run_program("import requests", BY_REQUESTS, {**server, "CAMUNDA_CLIENT_PATCH": "strict"})

    assert report_of(done)["unmended"] == []


def test_patching_can_be_switched_off() -> None:
    after = """
import time
assert not report.applied
assert not patching.is_patched()
assert "gevent" not in str(time.sleep)
"""

    done = run_program("", after, {"CAMUNDA_CLIENT_PATCH": "0"})

    assert done.returncode == 0, done.stderr


def test_an_unknown_wish_is_refused() -> None:
    done = run_program("", "", {"CAMUNDA_CLIENT_PATCH": "maybe"})

    assert "CAMUNDA_CLIENT_PATCH='maybe' is unknown; use 0" in done.stderr


def test_another_thread_may_not_patch() -> None:
    program = """
import threading
from camunda_client import patching
def try_it():
    try:
        patching.patch()
    except patching.PatchError as error:
        print(error)
thread = threading.Thread(target=try_it, name="other")
thread.start()
thread.join()
assert not patching.is_patched()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], env=unmeasured(), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "in thread 'other'" in done.stdout


def test_patching_twice_is_patching_once() -> None:
    after = """
again = patching.patch()
assert again.was_patched_already
assert again.mended == report.mended
assert patching.is_patched()
"""
    assert report_of(run_program("import urllib3", after, {}))["mended"]


def test_the_original_stays_at_hand() -> None:
    before = """
import time, select
from camunda_client import patching
found = (patching.original("time", "sleep"), patching.original("select", "poll"))
assert found == (time.sleep, select.poll)
"""
    after = """
assert time.sleep is not found[0]
again = (patching.original("time", "sleep"), patching.original("select", "poll"))
# The patch has re-bound nothing inside a tuple.
assert again == found
"""

    assert report_of(run_program(before, after, {}))["unmended"] == []


def test_importing_it_patches_nothing_and_loads_no_gevent() -> None:
    program = """
import sys, camunda_client.patching, camunda_client.log
assert not {"gevent", "ssl", "requests", "structlog"} & set(sys.modules)
"""

    done = subprocess.run(
        [sys.executable, "-c", program], env=unmeasured(), capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


#: Native threads that applications start before they import a worker: what starts one, and what uses it afterwards.
THREADS: dict[str, tuple[str, str]] = {
    "one that waits": (
        "end = threading.Event()\nthread = threading.Thread(target=end.wait)\nthread.start()",
        "end.set()\nthread.join(10)\nassert not thread.is_alive()",
    ),
    "an idle pool": (
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\npool.submit(int).result()",
        "kept = gevent.spawn(gevent.sleep, 10)\nassert pool.submit(int, 5).result() == 5\npool.shutdown()",
    ),
    "a queue listener": (
        "import logging.handlers, queue\nlines = queue.Queue()\nfound = []\n"
        "class Kept(logging.Handler):\n    def emit(self, record): found.append(record.getMessage())\n"
        "listener = logging.handlers.QueueListener(lines, Kept())\nlistener.start()\n"
        "logging.getLogger().addHandler(logging.handlers.QueueHandler(lines))\nlogging.warning('before')",
        "logging.warning('after')\nlistener.stop()\nassert found == ['before', 'after'], found",
    ),
    "one that imports": (
        "sys.path.insert(0, FOLDER)\nthread = threading.Thread(target=__import__, args=('takes_a_moment',))\n"
        "thread.start()",
        "thread.join(10)\nassert sys.modules['takes_a_moment'].done",
    ),
}


def import_worker(before: str, after: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Import the worker package in a process in which ``before`` has run, then run ``after``."""
    program = (
        f"import sys, threading\nFOLDER = {str(folder)!r}\n{before}\nimport camunda_client.c8.worker\nimport gevent\n"
    )
    return subprocess.run(
        [sys.executable, "-c", f"{program}{after}\nprint('done')"],
        env=unmeasured(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("kind", THREADS)
def test_the_import_returns_while_a_native_thread_is_alive(kind: str, tmp_path: Path) -> None:
    (tmp_path / "takes_a_moment.py").write_text("import time\ntime.sleep(0.3)\ndone = True\n")
    before, after = THREADS[kind]

    done = import_worker(before, after, tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_an_import_by_another_thread_that_never_ends_is_named_before_anything_is_patched(tmp_path: Path) -> None:
    (tmp_path / "never_ends.py").write_text("import threading\nthreading.Event().wait()\n")
    before = (
        "sys.path.insert(0, FOLDER)\n"
        "threading.Thread(target=__import__, args=('never_ends',), daemon=True).start()\n"
        "while 'never_ends' not in sys.modules: pass"
    )

    done = import_worker(before, "", tmp_path)

    assert done.returncode == 1
    assert "PatchError: another thread has been importing never_ends for 5 s" in done.stderr


def test_a_notebook_is_refused_before_anything_is_patched(tmp_path: Path) -> None:
    # A stand-in for the kernel's one question; the real one was seen to hang.
    (tmp_path / "ipykernel").mkdir()
    (tmp_path / "ipykernel/__init__.py").touch()
    (tmp_path / "ipykernel/kernelapp.py").write_text(
        "class IPKernelApp:\n    @staticmethod\n    def initialized(): return True\n"
    )
    before = "sys.path.insert(0, FOLDER)\nimport ipykernel.kernelapp"

    done = import_worker(before, "", tmp_path)

    assert done.returncode == 1
    assert "PatchError: a Jupyter kernel can't be patched while it runs" in done.stderr
