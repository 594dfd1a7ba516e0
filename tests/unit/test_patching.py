"""Known blocking drivers; the patch itself needs processes of its own (tests/acceptance/test_import_orders.py)."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

from camunda_client import patching


def named() -> set[str]:
    return {module for module, _ in patching.find_blocking_modules()}


@pytest.mark.parametrize("module", ["psycopg2", "grpc", "pyodbc", "zmq"])
def test_an_imported_driver_is_named_with_what_to_do(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, ModuleType(module))

    assert any(name == module and remedy for name, remedy in patching.find_blocking_modules())


def test_a_driver_that_is_not_imported_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pyodbc", raising=False)

    assert "pyodbc" not in named()


@pytest.mark.parametrize(
    ("driver", "told_by"),
    [("psycopg2", "psycopg2.extensions"), ("grpc", "grpc.experimental.gevent"), ("zmq", "zmq.green")],
)
def test_a_driver_told_to_yield_is_not_named(driver: str, told_by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, driver, ModuleType(driver))
    monkeypatch.setitem(sys.modules, told_by, SimpleNamespace(get_wait_callback=lambda: print))  # type: ignore[arg-type]

    assert driver not in named()


def test_a_psycopg2_without_a_wait_callback_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg2", ModuleType("psycopg2"))
    monkeypatch.setitem(sys.modules, "psycopg2.extensions", SimpleNamespace(get_wait_callback=lambda: None))  # type: ignore[arg-type]

    assert "psycopg2" in named()


def test_a_report_tells_counts_names_and_remedies_in_one_line() -> None:
    report = patching.PatchReport(
        was_patched_already=False,
        mended=[("requests", f"name{number}") for number in range(50)],
        unmended=[patching.Unmended("app", "Mine", "import it later")],
    )

    fields = report.log_fields()

    assert report.late
    assert fields["mended"] == 50
    assert isinstance(fields["mended_names"], list)
    assert len(fields["mended_names"]) == 20
    assert fields["unmended_names"] == ["app.Mine: import it later"]


def test_too_late_names_what_and_what_to_do() -> None:
    report = patching.PatchReport(False, unmended=[patching.Unmended("app", "Mine", "import it later")])

    error = patching.PatchedTooLate(report)

    assert error.exit_code == 3
    assert error.report is report
    assert "app.Mine: import it later" in str(error)
    assert "camunda-client worker" in str(error)
