"""Which modules a module leads to, read from files as pytest would import them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from camunda_client.testing._reach import reachable_modules

Reach = Callable[..., set[str]]


@pytest.fixture
def reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reach]:
    """Return a function that writes files, imports some modules, and tells what the module ``begin`` leads to."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write_and_reach(begin: str, *imported: str, **files: str) -> set[str]:
        for name, text in {"begin": begin, **files}.items():
            path = tmp_path / (name.replace("__", "/").replace("PACKAGE", "__init__") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        importlib.invalidate_caches()
        for name in imported:
            importlib.import_module(name)
        return reachable_modules([importlib.import_module("begin")])

    yield write_and_reach
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("begin", "found"),
    [
        ("import shop.one", {"shop", "shop.one"}),
        ("import shop.one as first", {"shop.one"}),
        ("from shop import one", {"shop", "shop.one"}),
        ("from shop.one import LIMIT", {"shop.one"}),
        ("from shop.one import *", {"shop.one"}),
        ("from shop.through import LIMIT", {"shop.through", "shop.one", "shop"}),
        ("try:\n    import nowhere\nexcept ImportError:\n    from shop.one import LIMIT", {"shop.one"}),
        ("if True:\n    from shop.one import LIMIT\nelse:\n    from shop.two import LIMIT as OTHER", {"shop.one"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.one import work", set()),
        ("def later():\n    import shop.one", set()),
        ("import importlib\nimportlib.import_module('shop.one')", {"shop.one"}),
        ("import importlib\nwhatever = importlib.import_module('.one', 'shop')", {"shop.one"}),
        ("from shop.all import run", {"shop.all", "shop.one"}),
    ],
)
@pytest.mark.parametrize("package", [{}, {"shop__PACKAGE": ""}])
def test_a_module_leads_to_what_it_imports_itself_whatever_else_the_run_has_imported(
    reach: Reach, begin: str, found: set[str], package: dict[str, str]
) -> None:
    """`import shop.one` bound `shop`, whose attributes are all modules that anybody has imported."""
    reached = reach(
        begin,
        "shop.one",
        "shop.two",
        "shop.through",
        "shop.all",
        **package,
        shop__one="LIMIT = 1\ndef work(job): ...\n",
        shop__two="LIMIT = 2\n",
        shop__through="from .one import LIMIT\nfrom . import one\n",
        shop__all="from .one import work\ndef run(): ...\n",
    )

    assert reached == {"begin"} | found


def test_a_package_that_looks_for_its_modules_leads_to_those(reach: Reach) -> None:
    reached = reach(
        "import shop",
        shop__PACKAGE="import pkgutil\nfrom importlib import import_module\n"
        "for one in pkgutil.iter_modules(__path__):\n    import_module(f'{__name__}.{one.name}')\n",
        shop__one="LIMIT = 1\n",
    )

    assert reached == {"begin", "shop", "shop.one"}


def test_a_module_without_text_leads_where_its_globals_lead(reach: Reach, tmp_path: Path) -> None:
    reach("import shop.one\nfrom shop.one import work", shop__PACKAGE="", shop__one="def work(job): ...\n")
    begin = sys.modules["begin"]
    begin.__file__ = str(tmp_path / "gone.py")

    assert reachable_modules([begin]) == {"begin", "shop", "shop.one"}
