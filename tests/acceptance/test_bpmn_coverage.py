"""``pytest --bpmn-coverage``: which elements and flows no test has taken, as text and as a page that is drawn."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml import etree

from tests.acceptance.test_plugin import HANDLERS, START, Suite

WELL = f"""{HANDLERS}{START}
def test_well(camunda, camunda_worker_session):
    begin(camunda)
    camunda.run_until_idle()
"""
REFUSED = f"""{HANDLERS}{START}
def test_refused(camunda):
    begin(camunda)
    camunda.job("charge-order").throw_error("TOO_MUCH")
    assert camunda.instance().state == "ACTIVE", "this fails"
"""
BARE = """
BPMN = '''<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
<process id="bare" isExecutable="true"><startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="e"/>
<endEvent id="e" name="&lt;b>"/></process></definitions>'''
def test_bare(camunda):
    camunda.deploy(("bare.bpmn", BPMN))
    camunda.start("bare")
def test_deployed_only(camunda):
    camunda.deploy(("bare.bpmn", BPMN.replace("bare", "idle")))
"""


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


def report(output: str) -> list[str]:
    """Return the lines of the report."""
    found = re.search(r"^=+ BPMN coverage =+\n(.*?)^=", output, re.MULTILINE | re.DOTALL)
    assert found is not None, output
    return [line for line in found[1].splitlines() if line]


def drawn(page: str) -> list[etree._Element]:
    """Return what is drawn on a page."""
    return [etree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def named(svg: etree._Element, kind: str) -> set[str]:
    """Return what a drawing says of its elements and flows that were ``taken`` or ``missed``."""
    return {str(group.findtext("title")) for group in svg.iter("g") if kind in group.get("class", "").split()}


def test_what_no_test_has_taken_is_said_at_the_end(suite: Suite) -> None:
    _, output = suite.run(WELL, "--bpmn-coverage")

    assert report(output) == [
        "order (order.bpmn): 42 % of 7 elements, 40 % of 5 flows, 1 instance",
        "  never entered: too-much, ask-for-review, asked, refused",
        "  never taken: to-refused, to-ask, to-asked",
    ]
    assert not (suite.folder / "bpmn-coverage").exists()


def test_nothing_is_said_unless_asked_for(suite: Suite) -> None:
    _, output = suite.run(WELL)

    assert "BPMN coverage" not in output


def test_tests_are_counted_together_and_documents_apart(suite: Suite) -> None:
    _, output = suite.run("", "--bpmn-coverage", test_a=WELL, test_b=REFUSED, test_c=BARE)

    assert report(output) == [
        "bare (bare.bpmn): 100 % of 2 elements, 100 % of 1 flows, 1 instance",
        "idle (bare.bpmn): 0 % of 2 elements, 0 % of 1 flows, 0 instances",
        "  never entered: s, e",
        "  never taken: f",
        "order (order.bpmn): 71 % of 7 elements, 60 % of 5 flows, 2 instances",
        "  never entered: ask-for-review, asked",
        "  never taken: to-ask, to-asked",
    ]


@pytest.mark.long
def test_processes_of_xdist_are_counted_together(suite: Suite) -> None:
    unpatched = "import os; os.environ['CAMUNDA_CLIENT_PATCH'] = '0'\n"  # xdist needs that (docs/testing.md)
    _, alone = suite.run("", "--bpmn-coverage", test_a=WELL, test_b=REFUSED, conftest=unpatched)
    _, spread = suite.run("", "--bpmn-coverage", "-n", "2")

    assert report(spread) == report(alone)


def test_the_page_draws_each_process_with_its_counts_and_the_path_of_a_failed_test(suite: Suite) -> None:
    counts, output = suite.run("", "--bpmn-coverage-html", "pages/bpmn", test_a=WELL, test_b=REFUSED)

    assert counts == {"passed": 1, "failed": 1}
    assert f"drawn in {Path('pages/bpmn/index.html')}" in report(output)
    page = (suite.folder / "pages/bpmn/index.html").read_text()
    both, failed = drawn(page)
    assert named(both, "missed") == {
        "ask-for-review: never entered",
        "asked: never entered",
        "to-ask: never taken",
        "to-asked: never taken",
    }
    assert {"charge-order: entered 2 times", "to-refused: taken once"} <= named(both, "taken")
    assert {"refused: entered once", "to-refused: taken once"} <= named(failed, "taken")
    assert "to-wait: never taken" in named(failed, "missed")
    assert "Failed: test_b.py::test_refused (completed)" in page
    assert "http" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL), "it refers to nothing outside"


def test_where_an_instance_of_a_failed_test_stood_is_marked(suite: Suite) -> None:
    stands = f"{HANDLERS}{START}\ndef test_stands(camunda):\n    begin(camunda).assert_completed()\n"

    suite.run(stands, "--bpmn-coverage-html", "pages")

    _, failed = drawn((suite.folder / "pages/index.html").read_text())
    stops = [group.findtext("title") for group in failed.iter("g") if "stood here" in "".join(group.itertext())]
    assert stops == ["charge-order: entered once"]


def test_a_document_without_a_diagram_is_listed_and_names_are_escaped(suite: Suite) -> None:
    suite.run(BARE, "--bpmn-coverage-html", "pages")

    page = (suite.folder / "pages/index.html").read_text()
    assert page.count("The file has no diagram of this process.") == 2
    assert "Never entered: <code>s</code>, <code>e</code>" in page
    assert "<b>" not in page


def test_a_run_without_processes_says_so(suite: Suite) -> None:
    _, output = suite.run("def test_nothing():\n    pass\n", "--bpmn-coverage")

    assert report(output) == ["no test used the fixture camunda, so no process was run"]
