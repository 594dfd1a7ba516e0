"""docs/architecture.md shows every room and every module, and points to code that is there."""

from __future__ import annotations

import ast
import configparser
import re
from pathlib import Path

import pytest

from tests import architecture, import_graph

PAGE = architecture.PAGE.read_text()
PICTURES = re.findall(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)
WORKER = import_graph.ROOT / "camunda_client" / "c8" / "worker"
#: Of the package's top and of ``c8``: what has no room, and is in the list only.
UNDRAWN = {"__main__", "_backoff", "_caps", "_files", "_json", "_per_config", "_target"}
#: Of the embedded engine.
SMALL = {
    "_failures",
    "_keys",
    "_locks",
    "_present",
    "_randomness",
    "_tenants",
    "_rejections",
}


def layers(contract: str) -> set[str]:
    """Return what a contract of setup.cfg puts into layers."""
    setup = configparser.ConfigParser()
    setup.read(import_graph.ROOT / "setup.cfg")
    return set(re.findall(r"\w+", setup[f"importlinter:contract:{contract}"]["layers"]))


def boxes(picture: str) -> set[str]:
    """Return the names before the colons in a picture's boxes."""
    return set(re.findall(r'\["(\w+):', picture))


def functions(path: Path) -> set[str]:
    """Return the functions and methods of a file, methods with their class."""
    tree = ast.parse(path.read_text())
    found = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for one in tree.body:
        if isinstance(one, ast.ClassDef):
            found |= {f"{one.name}.{node.name}" for node in one.body if isinstance(node, ast.FunctionDef)}
    return found


def pointers() -> list[tuple[str, str]]:
    """Return the files that the table of questions names, each with a function that is named after it."""
    found = []
    for row in re.findall(r"^\| .+\? \| (.+) \|$", PAGE, re.MULTILINE):
        path = ""
        for name in re.findall(r"`([^`]+)`", row):
            if name.endswith(".py"):
                path = name
                found.append((path, ""))
            else:
                found.append((path, name))
    return found


def test_the_list_of_modules_is_up_to_date() -> None:
    assert architecture.written(PAGE) == PAGE, "run python -m tests.architecture"


def test_every_room_of_the_package_is_drawn() -> None:
    assert boxes(PICTURES[0]) == (layers("layers") | layers("c8")) - UNDRAWN


def test_every_room_of_the_embedded_engine_is_drawn() -> None:
    assert boxes(PICTURES[1]) == layers("embedded-rooms") - SMALL


def test_pictures_name_modules_of_the_worker_that_are_there() -> None:
    known = (
        {path.stem for path in WORKER.glob("*.py")} | {path.stem for path in WORKER.parent.glob("_*")} | {"_process"}
    )

    named = {name for picture in PICTURES[2:] for name in re.findall(r"(?<![\w/])_[a-z]+(?:_[a-z]+)*", picture)}

    assert len(named) > 10
    assert named - known == set()


@pytest.mark.parametrize(("path", "name"), pointers(), ids=lambda value: str(value).rpartition("/")[2])
def test_each_question_points_to_a_function_that_is_there(path: str, name: str) -> None:
    file = import_graph.ROOT / path

    assert file.is_file()
    assert not name or name in functions(file)


def test_a_job_passes_at_most_ten_files() -> None:
    """Those that the second picture names."""
    [participants] = [picture for picture in PICTURES if "sequenceDiagram" in picture]
    named = set(re.findall(r"_[a-z]+", " ".join(re.findall(r"participant \w+ as (.+)", participants))))

    assert len(named - {"_wire"}) <= 10
