"""Modules import downwards only: no circle, no upward arrow, nothing that is private to another folder."""

from __future__ import annotations

from tests import import_graph

GRAPH = import_graph.imports()
HEIGHT = {name: -row for row, names in enumerate(import_graph.ROOMS) for name in names}


def test_no_modules_import_each_other() -> None:
    assert import_graph.circles(GRAPH) == []


def test_no_room_imports_one_above_or_beside_it() -> None:
    upward = [
        line
        for (first, second), lines in import_graph.room_imports(GRAPH).items()
        if HEIGHT[first] <= HEIGHT[second]
        for line in lines
    ]

    assert upward == []


def test_no_folder_imports_a_private_module_of_another() -> None:
    assert import_graph.foreign_privates(GRAPH) == []


def test_a_circle_is_found_however_long_it_is() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": set(), "f": {"g"}, "g": {"f"}}

    assert sorted(import_graph.circles(graph)) == [["a", "b", "c"], ["f", "g"]]


def test_a_private_module_may_be_imported_below_its_folder() -> None:
    graph = {"p.room._a": {"p.room._b"}, "p.room.sub.c": {"p.room._b"}, "p.other": {"p.room._b", "p.room"}}

    assert import_graph.foreign_privates(graph) == ["p.other -> p.room._b"]
