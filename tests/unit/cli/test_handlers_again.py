from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from camunda_client.c8.worker import clear, registered_workers
from camunda_client.cli import _handlers


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    clear()
    yield
    clear()
    sys.modules.pop("handlers_again", None)


def test_another_process_can_load_what_the_options_named(tmp_path: Path) -> None:
    (tmp_path / "handlers_again.py").write_text(
        "from camunda_client.c8.worker import camunda_worker\n"
        + "".join(f"@camunda_worker('{name}')\ndef {name}(job): ...\n" for name in ("a", "b", "c"))
    )
    (tmp_path / "map.yaml").write_text("workers: {d: {call: os.getcwd}, e: {call: os.getpid}}")
    parser = argparse.ArgumentParser()
    _handlers.add_options(parser)
    arguments = ["handlers_again.py", "--map", "map.yaml", "--types", "a,b,d", "--exclude", "b", "--camunda7", "x.py"]

    *_, text = _handlers.loader(parser.parse_args(arguments))
    _handlers.load_again(text)

    assert [worker.job_type for worker in registered_workers()] == ["a", "d"]
