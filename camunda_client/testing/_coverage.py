"""Which elements and flows of the deployed processes a test run has taken: counted by test, reported at its end."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from camunda_client.embedded import Engine, InstanceHistory


class Part(NamedTuple):
    """An element of a process: its kind (``SERVICE_TASK``), what its event waits for or causes, and its name."""

    kind: str
    event: str
    name: str


class Path(NamedTuple):
    """What one instance of a failed test has taken, how often, and where it stood in the end."""

    test: str
    taken: Mapping[str, int]
    stood_at: frozenset[str]
    state: str


@dataclass
class ProcessCoverage:
    """What was taken of one process."""

    process_id: str
    resource: str
    #: The BPMN document, whose diagram is drawn.
    content: bytes = field(repr=False)
    parts: dict[str, Part]
    flows: list[str]
    #: How often each element was activated and each flow taken.
    taken: Counter[str] = field(default_factory=Counter)
    instances: int = 0
    failed: list[Path] = field(default_factory=list)

    @property
    def missed(self) -> list[str]:
        """Ids of elements that were never activated, in the order of the document."""
        return [part for part in self.parts if part not in self.taken]

    @property
    def missed_flows(self) -> list[str]:
        """Ids of sequence flows that were never taken, in the order of the elements that they leave."""
        return [flow for flow in self.flows if flow not in self.taken]

    def summary(self) -> str:
        """Return both shares and what they are shares of, on one line."""
        elements = _share(len(self.parts) - len(self.missed), len(self.parts), "elements")
        flows = _share(len(self.flows) - len(self.missed_flows), len(self.flows), "flows")
        word = "instance" if self.instances == 1 else "instances"
        return f"{elements}, {flows}, {self.instances} {word}"

    def add(self, other: ProcessCoverage) -> None:
        """Count what another run of the same document has taken."""
        self.taken += other.taken
        self.instances += other.instances
        self.failed += other.failed


class Coverage:
    """What a test run has taken of all processes that it deployed, each document for itself."""

    def __init__(self) -> None:
        self._processes: dict[tuple[str, str], ProcessCoverage] = {}

    def note(self, engine: Engine, test: str, *, failed: bool) -> None:
        """Count what one test did in its engine; keep the paths of one that failed."""
        with engine.looking() as runtime:
            definitions = {one.key: one for one in runtime.deployments.everything()[0]}
        known = {}
        for key, one in definitions.items():
            elements = one.elements.values()
            parts = {e.id: Part(e.kind, e.event.kind, e.name) for e in elements if e.kind != "PROCESS"}
            flows = [flow.id for e in elements for flow in e.outgoing]
            known[key] = self._of(ProcessCoverage(one.process_id, one.resource_name, one.content, parts, flows))
        for history in engine.instances:
            covered = known.get(history.process_definition_key)
            if covered is not None:  # else its definition has been deleted
                taken = _taken(history)
                covered.taken += taken
                covered.instances += 1
                if failed:
                    stood_at = frozenset([*history.active, *(one.element_id for one in history.open_incidents)])
                    covered.failed.append(Path(test, taken, stood_at, history.state))

    def _of(self, new: ProcessCoverage) -> ProcessCoverage:
        return self._processes.setdefault((new.process_id, hashlib.sha256(new.content).hexdigest()), new)

    def merge(self, others: list[ProcessCoverage]) -> None:
        """Count what another process of the same test run has taken."""
        for other in others:
            mine = self._of(other)
            if mine is not other:
                mine.add(other)

    def processes(self) -> list[ProcessCoverage]:
        """Return what was taken, by process id."""
        return sorted(self._processes.values(), key=lambda one: (one.process_id, one.resource))

    def lines(self) -> Iterator[str]:
        """Yield the report as text."""
        for one in self.processes():
            yield f"{one.process_id} ({one.resource}): {one.summary()}"
            if one.missed:
                yield f"  never entered: {', '.join(one.missed)}"
            if one.missed_flows:
                yield f"  never taken: {', '.join(one.missed_flows)}"
        if not self._processes:
            yield "no test used the fixture camunda, so no process was run"


def _taken(history: InstanceHistory) -> Counter[str]:
    return Counter([*history.path, *history.flows])


def _share(taken: int, of: int, what: str) -> str:
    # 100 % is said only of everything.
    return f"{100 * taken // of if of else 100} % of {of} {what}"
