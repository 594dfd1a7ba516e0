"""What a child has to import, by which name it finds a handler, and what a crash says."""

from __future__ import annotations

import faulthandler
import functools
import tempfile

import pytest

from camunda_client import config, patching
from camunda_client.c8.worker import blocking_modules, camunda_worker
from camunda_client.c8.worker._handlers import JobWorker, queue
from camunda_client.c8.worker._offload._plan import Plan, plan, shown_name
from camunda_client.c8.worker._offload._process import Ended, crash_place, crashed_thread
from camunda_client.c8.worker._settings import WorkerSettings, resolve
from camunda_client.error import ConfigurationError

CONFIG = config.C8Config(api=config.ApiConfig(baseUrl="http://127.0.0.1"))


class Work:
    def __call__(self, job: object) -> None: ...

    def on(self, job: object) -> None: ...


def work(job: object, more: int = 0) -> None: ...


def made(**options: object) -> tuple[JobWorker, WorkerSettings]:
    camunda_worker("t", **options)(work)  # type: ignore[arg-type]
    worker = queue.pop()
    return worker, resolve(worker, CONFIG)


@pytest.mark.parametrize(
    ("handler", "name"),
    [
        (work, "work"),
        (functools.partial(functools.partial(work, more=1), more=2), "work"),
        (Work(), "Work"),
        (Work().on, "Work.on"),
    ],
)
def test_handlers_of_all_kinds_have_a_name_that_a_child_knows_as_well(handler: object, name: str) -> None:
    assert shown_name(handler) == f"{__name__}:{name}"  # type: ignore[arg-type]


def test_the_main_script_has_one_name_in_the_worker_and_in_its_children() -> None:
    there, here = (lambda job: None), (lambda job: None)
    there.__module__, here.__module__ = "__mp_main__", "__main__"

    assert shown_name(there) == shown_name(here)


def test_a_plan_arrives_as_it_was() -> None:
    found = plan([made(run_in="process", retry_back_off=5, before=lambda job: None)], None, 3)

    assert Plan.of(found.facts()) == found
    assert found.modules == [__name__]
    assert found.wanted[0].retry == (5, 60_000)
    assert found.wanted[0].has_hooks


def test_a_command_has_children_import_its_target_and_nothing_else() -> None:
    found = plan([made(run_in="process")], ("cli", "load", "app.py"), 1)

    assert (found.loader, found.modules, found.main) == (("cli", "load", "app.py"), [], None)


@pytest.mark.parametrize("said", ["processes", "", 1, True])
def test_where_a_handler_runs_is_one_of_two_words(said: object) -> None:
    with pytest.raises(ConfigurationError, match=r"run_in of @camunda_worker.*must be one of greenlet, process"):
        made(run_in=said)


def test_the_decorator_wins_over_the_configuration() -> None:
    moved = config.C8Config(api=config.ApiConfig(baseUrl="http://127.0.0.1", job={"runIn": "process"}))  # type: ignore[arg-type]

    assert resolve(made()[0], moved).run_in == "process"
    assert resolve(made(run_in="greenlet")[0], moved).run_in == "greenlet"


def test_an_async_handler_is_not_moved() -> None:
    async def waits(job: object) -> None: ...

    camunda_worker("t", allow_async=True, run_in="process")(waits)
    with pytest.raises(ConfigurationError, match=r"is async and would run in a process.*run_in='greenlet'"):
        resolve(queue.pop(), CONFIG)


def test_a_crash_names_its_thread_and_its_place() -> None:
    with tempfile.TemporaryFile() as file:
        # The same text, but for its first line, as a signal's.
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        report = "Fatal Python error: Segmentation fault\n\n" + file.read().decode()

    ident = patching.original("threading", "get_ident")()
    assert crashed_thread(report, [1, ident]) == 1
    assert "in test_a_crash_names_its_thread_and_its_place" in crash_place(report)[0]


@pytest.mark.parametrize("report", ["", "Killed\n", "Thread 0x1 (most recent call first):\n  <no Python frame>\n"])
def test_an_end_without_a_report_blames_no_thread(report: str) -> None:
    assert crashed_thread(report, [1]) is None
    assert crash_place(report) == []


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (7, "exit code 7"),
        (-11, "SIGSEGV"),
        (-9, "SIGKILL, as the kernel sends where memory runs out"),
        (-99, "signal 99"),
    ],
)
def test_an_end_is_said_in_words(code: int, cause: str) -> None:
    assert Ended(code, 1, False, []).cause == cause


def test_a_driver_that_only_handlers_in_children_use_is_not_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    monkeypatch.setitem(globals(), "Connection", sqlite3.Connection)

    def drivers(**options: object) -> list[str]:
        return [found.module for found in blocking_modules([made(**options)]) if found.handlers == [f"{__name__}.work"]]

    assert "sqlite3" in drivers()
    assert "sqlite3" not in drivers(run_in="process")
