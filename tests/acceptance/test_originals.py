"""Originals that a module holds on purpose are left alone by a late patch. Each case is a program of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.parts.programs import unmeasured

pytestmark = pytest.mark.slow

#: How a module gets to the native sleep on purpose, each under the name ``pause``.
FETCHED = {
    "ours": "from camunda_client.patching import original\npause = original('time', 'sleep')",
    "ours by the package": "from camunda_client import patching\npause = patching.original('time', 'sleep')",
    "gevent's by its module": "from gevent import monkey\npause = monkey.get_original('time', 'sleep')",
    "gevent's by the package": "import gevent.monkey\npause = gevent.monkey.get_original('time', 'sleep')",
    "in a function": """
def fetch():
    from gevent.monkey import get_original
    return get_original('time', 'sleep')
pause = fetch()
""",
    "where gevent may be missing": """
try:
    from gevent import monkey
    pause = monkey.get_original('time', 'sleep')
except ImportError:
    from time import sleep as pause
""",
}
#: Where the original goes from there; ``held()`` returns it.
KEPT = {
    "a name": "held = lambda: pause",
    "a class": "class Clock:\n    wait = staticmethod(pause)\nheld = lambda: Clock.wait",
    "a default": "def held(wait=pause): return wait",
    "a partial": "import functools\nnow = functools.partial(pause, 0)\nheld = lambda: now.func",
}
PATCHED = """
from camunda_client import patching
report = patching.patch()
import time
assert time.sleep.__module__.startswith("gevent")
"""


def run(folder: Path, program: str, **environment: str) -> None:
    (folder / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "program.py"],
        env=unmeasured() | environment, cwd=folder, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("fetched", FETCHED)
def test_what_was_fetched_on_purpose_is_left_alone(tmp_path: Path, fetched: str, kept: str) -> None:
    """Whether a module holds ``get_original`` itself was all that counted: ``monkey.get_original`` was re-bound."""
    (tmp_path / "clock.py").write_text(f"{FETCHED[fetched]}\n{KEPT[kept]}\n")

    run(tmp_path, f"import clock\n{PATCHED}\nassert 'gevent' not in clock.held().__module__, report.mended\n")


@pytest.mark.parametrize("fetched", FETCHED)
def test_the_programs_own_module_may_hold_some(tmp_path: Path, fetched: str) -> None:
    run(tmp_path, f"{FETCHED[fetched]}\n{PATCHED}\nassert 'gevent' not in pause.__module__, report.mended\n")


@pytest.mark.parametrize("imported", ["from shop.clock import pause", "from .clock import pause as pause"])
def test_what_another_module_fetched_may_be_passed_on(tmp_path: Path, imported: str) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("from shop.till import pause\n")
    (package / "clock.py").write_text(FETCHED["gevent's by its module"])
    (package / "till.py").write_text(imported)

    run(tmp_path, f"import shop\n{PATCHED}\nassert 'gevent' not in shop.till.pause.__module__, report.mended\n"
        "assert 'gevent' not in shop.pause.__module__, report.mended\n")  # fmt: skip


def test_objects_made_by_originals_on_purpose_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "state.py").write_text("""
from camunda_client.patching import original
for_each_thread = original("threading", "local")()
guard = original("_thread", "allocate_lock")()
class State(original("threading", "local")): ...
""")

    run(
        tmp_path,
        f"""
import state
before = dict(vars(state))
{PATCHED}
assert vars(state) == before
assert (report.mended, report.unmended) == ([], []), report
""",
    )


def test_copies_by_accident_are_still_mended_in_the_same_program(tmp_path: Path) -> None:
    (tmp_path / "clock.py").write_text(FETCHED["ours"] + "\nfrom select import select")
    (tmp_path / "careless.py").write_text("import gevent.monkey\nfrom time import sleep\n# Not by get_original().")

    run(
        tmp_path,
        f"""
import clock, careless
{PATCHED}
assert careless.sleep is time.sleep
assert 'gevent' in clock.select.__module__
assert sorted(report.mended) == [("careless", "sleep"), ("clock", "select")]
""",
    )


def test_what_a_named_module_holds_is_left_alone_where_others_import_it_from(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text("""
from time import sleep
class Clock:
    wait = sleep
def held(wait=sleep): return wait
""")

    run(
        tmp_path,
        f"from shop import Clock, held, sleep as pause\n{PATCHED}\n"
        "assert {'gevent' in one.__module__ for one in (Clock.wait, held(), pause)} == {False}, report.mended\n",
        CAMUNDA_CLIENT_NO_MEND="shop",
    )


def test_a_copy_of_the_standard_library_stays_as_it_is(tmp_path: Path) -> None:
    """Debuggers load one. Its sockets closed themselves for ever: the default of ``_real_close`` was gevent's class."""
    (tmp_path / "debugger.py").write_text("""
import importlib.util, socket
spec = importlib.util.find_spec("socket")
copy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(copy)
Socket = copy.socket
""")

    run(tmp_path, f"import debugger\nmine = debugger.Socket()\n{PATCHED}\nmine.close()\nassert mine.fileno() == -1\n")


def test_locals_are_exchanged_although_another_module_knows_gevent(tmp_path: Path) -> None:
    """Sentry imports gevent. All locals of all other modules stayed native then, shared by all jobs."""
    (tmp_path / "tracer.py").write_text("import gevent.monkey, threading\nfor_each_thread = threading.local()")
    (tmp_path / "tenants.py").write_text("import threading\ncurrent = threading.local()\ncurrent.name = 'none'")

    run(
        tmp_path,
        f"""
import tracer, tenants
native = type(tenants.current)
{PATCHED}
assert type(tenants.current) is not native and tenants.current.name == 'none'
assert type(tracer.for_each_thread) is native
assert [(one.module, one.name) for one in report.unmended] == [("tracer", "for_each_thread")]
assert "CAMUNDA_CLIENT_NO_MEND" in report.unmended[0].remedy
""",
    )
