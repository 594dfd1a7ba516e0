from __future__ import annotations

import importlib
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from camunda_client.cli import _target

SOURCE = """
class Receipt: pass
def handler(job): raise KeyError("no such sku")
"""


@pytest.fixture(autouse=True)
def _own_modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Forget what a test has imported from its folder."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("name", ["queue", "uuid", "requests", "this"])
def test_a_file_takes_no_name_that_others_mean_something_else_by(tmp_path: Path, name: str) -> None:
    """``camunda-client worker queue.py`` put the user's file into ``sys.modules["queue"]``."""
    path = tmp_path / f"{name}.py"
    path.write_text(SOURCE)

    module = _target.load(str(path))

    assert module.__file__ == str(path)
    assert module.__name__ != name
    assert importlib.import_module(name).__file__ != str(path)
    assert isinstance(pickle.loads(pickle.dumps(module.Receipt())), module.Receipt)


def test_any_other_file_is_imported_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "billing.py").write_text(SOURCE + "import util_of_billing")
    (tmp_path / "util_of_billing.py").touch()

    module = _target.load(str(tmp_path / "billing.py"))

    assert module.__name__ == "billing"
    assert importlib.import_module("billing") is module


def test_a_file_of_a_package_is_imported_as_its_module(tmp_path: Path) -> None:
    """A relative import was an ImportError: the file was taken for a script."""
    inner = tmp_path / "my_shop" / "billing"
    inner.mkdir(parents=True)
    for folder in (inner.parent, inner):
        (folder / "__init__.py").touch()
    (inner.parent / "util.py").write_text("RATE = 5")
    (inner / "handlers.py").write_text(SOURCE + "from ..util import RATE\nfrom . import rules\nimport rules_of_old")
    (inner / "rules.py").touch()
    (inner / "rules_of_old.py").touch()

    module = _target.load(str(inner / "handlers.py"))

    assert module.__name__ == "my_shop.billing.handlers"
    assert module.RATE == 5
    assert _target.load("my_shop.billing.handlers") is module


def test_a_file_of_a_package_with_a_name_that_is_taken_is_still_imported(tmp_path: Path) -> None:
    folder = tmp_path / "queue"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "app.py").write_text(SOURCE)

    module = _target.load(str(folder / "app.py"))

    assert module.__file__ == str(folder / "app.py")
    assert importlib.import_module("queue").__file__ != str(folder / "__init__.py")
