"""What FEEL's README says is so.

``python -m tests.unit.embedded.feel.test_readme`` writes its list of functions anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import feel
from camunda_client.embedded.feel import Expression
from camunda_client.embedded.feel.builtins.registry import _BUILTINS, Builtin

README = Path(feel.__file__).with_name("README.md")
BLOCK = re.compile(r"(<!-- functions: .*? -->\n).*?(<!-- end of functions -->)", re.S)


def functions() -> str:
    """Return the list of all functions, each with its ways to be called."""
    lines = []
    for name, ones in sorted(_BUILTINS.items()):
        calls = ", ".join(f"`{name}({call})`" for call in dict.fromkeys(parameters(one) for one in ones))
        lines.append(f"- {f'*{calls}*' if all(one.modern for one in ones) else calls}\n")
    return "".join(lines)


def parameters(one: Builtin) -> str:
    return ", ".join(one.names) + ("..." if one.varargs else "")


def examples() -> list[tuple[str, Any]]:
    rows = re.findall(r"^\| `(.+?)` \| `(.+?)` \| ", README.read_text(encoding="utf-8"), re.M)
    return [(expression, json.loads(value)) for expression, value in rows if not expression.startswith("Expression")]


@pytest.mark.parametrize(("text", "value"), examples())
def test_an_example_has_the_value_it_shows(text: str, value: Any) -> None:
    assert Expression(text.replace("\\", "\\\\"), feel=True, modern=True).evaluate({}) == value


def test_there_are_examples() -> None:
    assert len(examples()) >= 12


def test_all_functions_are_listed() -> None:
    text = README.read_text(encoding="utf-8")

    assert BLOCK.sub(lambda found: found[1] + functions() + found[2], text) == text, "run this file as a module"


if __name__ == "__main__":
    before = README.read_text(encoding="utf-8")
    README.write_text(BLOCK.sub(lambda found: found[1] + functions() + found[2], before), encoding="utf-8")
