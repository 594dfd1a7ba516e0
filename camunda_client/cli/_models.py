"""Compares handlers with BPMN files: job types that have no handler, and handlers that no model has a task for."""

from __future__ import annotations

import difflib
import glob
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
#: Elements of an element's extensions that make jobs.
_MAKE_JOBS = {f"{_ZEEBE}taskDefinition", f"{_ZEEBE}executionListener", f"{_ZEEBE}taskListener"}
#: Types that Camunda's own parts work: connectors, and user tasks of the old kind.
_CAMUNDAS = "io.camunda"


def findings(patterns: Iterable[str], handled: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what the comparison says, as verdicts and messages.

    Args:
        patterns: Files, or patterns of files.
        handled: The job types that have a handler.
    """
    places: dict[str, list[str]] = defaultdict(list)
    count = 0
    for pattern in patterns:
        paths = sorted(glob.glob(pattern, recursive=True))
        if not paths:
            yield "wrong", f"--bpmn {pattern}: there is no such file"
        for path in paths:
            count += 1
            try:
                for job_type, element in _job_types(Path(path)):
                    places[job_type].append(f"{element} in {path}")
            except (OSError, ET.ParseError) as error:
                yield "wrong", f"{path} can't be read as BPMN: {error}"
    yield from _compared(places, handled, count)


def _compared(places: dict[str, list[str]], handled: set[str], count: int) -> Iterator[tuple[str, str]]:
    for job_type in sorted(set(places) - handled):
        yield _unhandled(job_type, places[job_type], handled)
    for job_type in sorted(handled - set(places)):
        yield "note", f"no task in these models has the job type {job_type}{_meant(job_type, set(places) - handled)}"
    both = len(handled & set(places))
    if both:
        yield "ok", f"{both} job types of {count} models have a handler"


def _unhandled(job_type: str, places: list[str], handled: set[str]) -> tuple[str, str]:
    where = places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1} more"
    if job_type.startswith("="):
        return "note", f"the job type of {where} is the expression {job_type}, which is known only when it runs"
    if job_type.startswith(_CAMUNDAS):
        return "note", f"{job_type} ({where}) is for Camunda's connectors, or another part of Camunda"
    return "wrong", f"no handler for the job type {job_type} ({where}){_meant(job_type, handled - {job_type})}"


def _meant(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), 1)
    return f"; the nearest is {near[0]}" if near else ""


def _job_types(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each job type of a model, with the id of its element."""
    root = ET.parse(path).getroot()  # noqa: S314 - the user's own models
    for element in root.iter():
        for extensions in element.findall(f"{_BPMN}extensionElements"):
            for maker in extensions.iter():
                job_type = maker.get("type")
                if maker.tag in _MAKE_JOBS and job_type:
                    yield job_type, element.get("id") or element.tag.rpartition("}")[2]
