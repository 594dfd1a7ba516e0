"""What the documentation says about options is what the code has."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import camunda_client
from camunda_client import metrics
from camunda_client.c8 import api
from camunda_client.config._options import AUTH_STRATEGY, OPTIONS, options_markdown

DOCS = Path(__file__).parents[2] / "docs"


def test_the_table_of_options_is_the_one_list() -> None:
    """Mend with: python -c "from camunda_client.config._options import options_markdown as o; print(o())"."""
    assert options_markdown() in (DOCS / "configuration.md").read_text()


def test_no_page_names_a_variable_that_nobody_reads() -> None:
    known = {
        AUTH_STRATEGY,
        "CAMUNDA_LOG_LEVEL",
        "CAMUNDA_LOG_JOBS",
        "CAMUNDA_LOG_MDC",
        "CAMUNDA_LOG_REPEATS",
        "CAMUNDA_LOG_VERBOSE",
        "CAMUNDA_CLIENT_PATCH",
        *(name for option in OPTIONS for name in option.env),
    }
    named = set(re.findall(r"\b(?:CAMUNDA|ZEEBE|OIDC)_[A-Z_]+\b", (DOCS / "configuration.md").read_text()))

    assert named == known


def test_the_new_paths_of_the_migration_page_import() -> None:
    table = (DOCS / "migration.md").read_text().partition("## Import paths")[2]
    new = {path for row in re.findall(r"^\|.*\| (.*) \|$", table, re.MULTILINE) for path in re.findall(r"`(\S+)`", row)}

    paths = {path for path in new if path.startswith("camunda_client.") and path != "camunda_client.c8.worker"}
    assert len(paths) >= 7
    for path in paths:
        importlib.import_module(path)


def test_every_metric_is_listed_with_its_labels() -> None:
    rows = re.findall(r"^\| `(camunda_\w+)` \| (.*?) \|", (DOCS / "metrics.md").read_text(), re.MULTILINE)
    labels = {one.name + ("" if one.goes_down else "_total"): one.labels for one in metrics.COUNTERS}
    labels |= {"camunda_log_lines_lost_total": (), **{one.name: ("job_type",) for one in metrics.HISTOGRAMS}}

    assert {name: tuple(re.findall(r"`(\w+)`", listed)) for name, listed in rows} == labels


@pytest.mark.parametrize("folder", ["c8/auth", "c8/_http"])
def test_every_event_is_listed(folder: str) -> None:
    sources = [path.read_text() for path in (Path(camunda_client.__file__).parent / folder).glob("*.py")]
    events = {event for text in sources for event in re.findall(r'"((?:auth|config|tls)\.[a-z_]+)"', text)}

    assert events
    assert {event for event in events if f"`{event}`" not in (DOCS / "logging.md").read_text()} == set()


def test_every_function_of_the_api_is_listed_with_its_endpoint() -> None:
    rows = dict(re.findall(r"^\| `(\w+)\(\)` \| (.*?) \|", (DOCS / "api.md").read_text(), re.MULTILINE))

    assert set(rows) == set(api.__all__)
    for name, endpoint in rows.items():
        source = re.search(r"Source: (\w+ \S+)", getattr(api, name).__doc__)
        assert source is None or endpoint == f"`{source[1].rstrip('.,')}`"


def test_what_the_compatibility_page_says_of_the_worker_s_changes_is_tested() -> None:
    rows = (DOCS / "compatibility.md").read_text().partition("## What changed")[2]
    links = re.findall(r"\[([^\]]+)\]\((\.\./tests/\S+\.py)\)", rows)

    assert len(links) > 15
    for sentence, path in links:
        words = re.sub(r"\W+", "_", sentence.lower())
        assert words in (DOCS / path).read_text().lower() or words in STANDING_FOR_TWO, sentence


#: Sentences of two tests with their longer names.
STANDING_FOR_TWO = {
    "sends_what_is_described",
    "sends_what_is_described_and_reads_every_kind_of_answer",
}
