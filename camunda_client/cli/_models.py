"""Compares handlers with models: job types that have no handler, and handlers that no model has a task for."""

from __future__ import annotations

import difflib
import glob
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from camunda_client.c8.models.generated import ProcessDefinition

_BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
#: Elements of an element's extensions that make jobs.
_MAKE_JOBS = {f"{_ZEEBE}taskDefinition", f"{_ZEEBE}executionListener", f"{_ZEEBE}taskListener"}
#: Types that Camunda's own parts work: connectors, and user tasks of the old kind.
_CAMUNDAS = "io.camunda"


#: What a comparison says: a verdict and a message.
Said = tuple[str, str]


def findings(patterns: Iterable[str], handled: set[str]) -> Iterator[Said]:
    """Yield what the comparison with files says.

    Args:
        patterns: Files, or patterns of files.
        handled: The job types that have a handler.
    """
    models: list[tuple[str, Callable[[], str | bytes]]] = []
    for pattern in patterns:
        paths = sorted(glob.glob(pattern, recursive=True))
        if not paths:
            yield "wrong", f"--bpmn {pattern}: there is no such file"
        models += [(path, Path(path).read_bytes) for path in paths]
    yield from _of(models, handled)


def deployed(handled: set[str]) -> Iterator[Said]:
    """Yield what the comparison with the latest version of every process at Camunda says; Camunda 8.8 or later.

    Raises:
        ServiceException: Camunda refused, or could not be asked.
    """
    from camunda_client.c8 import api

    latest: dict[tuple[str | None, str], ProcessDefinition] = {}
    for one in api.search_process_definitions():
        known = latest.setdefault((one.tenant_id, one.process_definition_id), one)
        if one.version > known.version:
            latest[one.tenant_id, one.process_definition_id] = one
    models = [
        (f"{one.process_definition_id} version {one.version}", partial(_xml, one.process_definition_key))
        for one in latest.values()
    ]
    yield from _of(models, handled)


def _xml(process_definition_key: str) -> str:
    from camunda_client.c8 import api

    return api.get_process_definition_xml(process_definition_key)


def _of(models: Sequence[tuple[str, Callable[[], str | bytes]]], handled: set[str]) -> Iterator[Said]:
    places: dict[str, list[str]] = defaultdict(list)
    for name, read in models:
        try:
            for job_type, element in _job_types(read()):
                places[job_type].append(f"{element} in {name}")
        except (OSError, ET.ParseError) as error:
            yield "wrong", f"{name} can't be read as BPMN: {error}"
    yield from _compared(places, handled, len(models))


def _compared(places: dict[str, list[str]], handled: set[str], count: int) -> Iterator[Said]:
    for job_type in sorted(set(places) - handled):
        yield _unhandled(job_type, places[job_type], handled)
    for job_type in sorted(handled - set(places)):
        yield "note", f"no task in these models has the job type {job_type}{_meant(job_type, set(places) - handled)}"
    both = len(handled & set(places))
    if both:
        yield "ok", f"{both} job types of {count} models have a handler"


def _unhandled(job_type: str, places: list[str], handled: set[str]) -> Said:
    where = places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1} more"
    if job_type.startswith("="):
        return "note", f"the job type of {where} is the expression {job_type}, which is known only when it runs"
    if job_type.startswith(_CAMUNDAS):
        return "note", f"{job_type} ({where}) is for Camunda's connectors, or another part of Camunda"
    return "wrong", f"no handler for the job type {job_type} ({where}){_meant(job_type, handled - {job_type})}"


def _meant(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), 1)
    return f"; the nearest is {near[0]}" if near else ""


def _job_types(xml: str | bytes) -> Iterator[tuple[str, str]]:
    """Yield each job type of a model, with the id of its element."""
    root = ET.fromstring(xml)  # noqa: S314 - the user's own models
    for element in root.iter():
        for extensions in element.findall(f"{_BPMN}extensionElements"):
            for maker in extensions.iter():
                job_type = maker.get("type")
                if maker.tag in _MAKE_JOBS and job_type:
                    yield job_type, element.get("id") or element.tag.rpartition("}")[2]
