"""How the suite waits and what it mocks, counted: ``python -m tests.habits`` prints each place.

A *wait* is a call of ``sleep``, or of ``wait`` with a time on an event that was just made, by which a test lets time
pass. A loop that polls counts once, where it is written: ``until()`` is one wait, however many tests use it.
No waits of a test, and only printed:

- ``yield``: ``sleep(0)``, which lets other greenlets run and takes no time;
- ``work``: a handler that takes its time, or a server that is slow. Such a function has a job or a client's request
  in hand, that is, a parameter of one of the names in :data:`IN_HAND`; or it stands in a program that tests start;
- ``text``: a program in a string, which is the same.

A *mock* is a use of ``unittest.mock`` or ``responses``, or a ``monkeypatch.setattr()``. Each counts for every test
function that makes it, by itself or by a fixture or helper function of its file.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent
#: What a handler, or a server of ours, gets: a job, a connection or one side of it, a request to pass on, a look-up.
IN_HAND = frozenset({"job", "sock", "exchange", "client", "source", "query"})
#: How the files end that tests start as programs.
PROGRAMS = "app.py"
#: Modules whose every use is a mock.
MOCKS = ("unittest.mock", "mock", "responses")

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass
class Habits:
    """What files have: test functions, mocks made by them, and each kind of sleep by its places."""

    tests: int = 0
    mocks: Counter[str] = field(default_factory=Counter)
    sleeps: dict[str, list[str]] = field(default_factory=lambda: {"wait": [], "yield": [], "work": [], "text": []})

    @property
    def waits_per_100(self) -> float:
        return 100 * len(self.sleeps["wait"]) / self.tests

    @property
    def mocks_per_100(self) -> float:
        return 100 * self.mocks.total() / self.tests

    def read(self, source: str, name: str) -> None:
        """Count what one file has."""
        tree = ast.parse(source)
        for kind, line in _sleeps(tree, (), name.endswith(PROGRAMS)):
            self.sleeps[kind].append(f"{name}:{line}")
        functions = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
        names = _mock_names(tree)
        mocking = {key: _mocks(one, names) for key, one in functions.items()}
        tests = {key for key in functions if key.startswith("test_")}
        self.tests += len(tests)
        for test in tests:
            self.mocks[f"{name}::{test}"] += sum(mocking[used] for used in _reached(test, functions))


def of_suite() -> Habits:
    """Count all files below ``tests/``."""
    found = Habits()
    for path in sorted(ROOT.rglob("*.py")):
        found.read(path.read_text(), str(path.relative_to(ROOT.parent)))
    return found


def _sleeps(node: ast.AST, within: tuple[Function, ...], is_program: bool) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str) and "sleep(" in child.value:
            yield "text", child.lineno
        if isinstance(child, ast.Call) and _takes_time(child):
            yield _kind(child, within, is_program), child.lineno
        inner = (*within, child) if isinstance(child, Function) else within
        yield from _sleeps(child, inner, is_program)


def _takes_time(call: ast.Call) -> bool:
    if _name(call.func).lstrip("_") == "sleep":
        return True
    event = call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr == "wait" else None
    return isinstance(event, ast.Call) and _name(event.func) == "Event" and bool(call.args or call.keywords)


def _kind(call: ast.Call, within: tuple[Function, ...], is_program: bool) -> str:
    if [ast.unparse(one) for one in call.args] == ["0"]:
        return "yield"
    parts = [one for one in within if not getattr(one, "name", "").startswith("test_")]
    names = {each.arg for one in parts for each in (*one.args.posonlyargs, *one.args.args)}
    return "work" if is_program or names & IN_HAND else "wait"


def _name(function: ast.expr) -> str:
    """Return the last part of a dotted name."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _mock_names(tree: ast.Module) -> set[str]:
    """Return what the file calls modules that mock, and what it has from them."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {each.asname or each.name.partition(".")[0] for each in node.names if each.name in MOCKS}
        if isinstance(node, ast.ImportFrom):
            whole = {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
            names |= {name for name, path in whole.items() if node.module in MOCKS or path in MOCKS}
    return names


def _mocks(function: ast.AST, mock_names: set[str]) -> int:
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    bare = [node for node in getattr(function, "decorator_list", []) if not isinstance(node, ast.Call)]
    return sum(_root(one) in mock_names or ast.unparse(one) == "monkeypatch.setattr" for one in [*calls, *bare])


def _root(expression: ast.expr) -> str:
    """Return the first part of a dotted name."""
    while isinstance(expression, ast.Attribute):
        expression = expression.value
    return getattr(expression, "id", "")


def _reached(test: str, functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef]) -> set[str]:
    """Return the test and the functions of its file that it names, as helpers or, by its parameters, as fixtures."""
    reached, new = set(), {test}
    while new:
        reached |= new
        names = {
            each.arg if isinstance(each, ast.arg) else each.id
            for one in new
            for each in ast.walk(functions[one])
            if isinstance(each, ast.arg | ast.Name)
        }
        new = (names & functions.keys()) - reached
    return reached


def main() -> int:
    """Print what there is."""
    found = of_suite()
    for kind, places in found.sleeps.items():
        print(f"{kind}: {len(places)}", *places, sep="\n  ")
    print(
        f"mocks: {found.mocks.total()}", *(f"{key} {count}" for key, count in found.mocks.items() if count), sep="\n  "
    )
    print(f"{found.tests} test functions: {found.waits_per_100:.1f} waits and {found.mocks_per_100:.1f} mocks in 100")
    return 0


if __name__ == "__main__":
    sys.exit(main())
