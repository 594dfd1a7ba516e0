"""Plays models of ``tests/models/documented``, in memory or with the engine torn down and brought back at each step."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from camunda_client.embedded import Clock, Engine, InstanceHistory
from tests.unit.embedded.data.state import condense

MODELS = Path(__file__).parents[3] / "models" / "documented"
NOON = datetime(2030, 1, 1, 12)


class Play:
    """An engine whose time stands still, and what is done to it.

    Args:
        folder: Where it keeps its data: it comes back from a snapshot before each step. None: in memory.
        dialect: Whose models it takes.
    """

    def __init__(self, folder: Path | None, dialect: str = "8.10") -> None:
        self._folder = folder
        self._dialect = dialect
        self._engine = self._opened()

    def _opened(self) -> Engine:
        return Engine(clock=Clock(start=NOON), data=self._folder, dialect=self._dialect)

    @property
    def engine(self) -> Engine:
        """The engine; another one at each step if it keeps its data."""
        if self._folder is not None:
            condense(self._engine)
            self._engine.close()
            self._engine = self._opened()
        return self._engine

    def deploy(self, *names: str) -> None:
        self.engine.deploy(*[MODELS / name for name in names])

    def start(self, process_id: str, **variables: Any) -> int:
        return self.engine.create_instance(process_id, variables).process_instance_key

    def done(self, job_type: str, **variables: Any) -> dict[str, Any]:
        """Complete the only job of a type that waits, and return the variables it came with."""
        engine = self.engine
        jobs = engine.activate(job_type, max_jobs=10)
        assert len(jobs) == 1, f"{len(jobs)} jobs of the type {job_type}: " + self.describe()
        engine.complete(jobs[0].key, variables)
        return dict(jobs[0].variables)

    def all_done(self, job_type: str) -> list[dict[str, Any]]:
        """Complete all jobs of a type that wait, and return the variables they came with."""
        engine = self.engine
        jobs = engine.activate(job_type, max_jobs=10)
        for job in jobs:
            engine.complete(job.key)
        return [dict(job.variables) for job in jobs]

    def failed(self, job_type: str, code: str) -> None:
        """Throw a BPMN error for the only job of a type."""
        engine = self.engine
        (job,) = engine.activate(job_type, max_jobs=10)
        engine.throw_error(job.key, code)

    def advance(self, seconds: float) -> None:
        self.engine.advance(timedelta(seconds=seconds))

    def waiting(self) -> list[str]:
        """Return the types of the jobs that wait, sorted."""
        return sorted(job.type for job in self._engine.jobs())

    def instance(self, number: int = -1) -> InstanceHistory:
        return self._engine.instances[number]

    def states(self, number: int = -1) -> dict[str, int]:
        """Return how often each element of an instance came to each state: ``"task COMPLETED": 2``."""
        records = self.instance(number).elements
        return dict(Counter(f"{one.element_id} {one.state}" for one in records if one.state != "TAKEN"))

    def describe(self) -> str:
        return "\n".join(one.describe() for one in self._engine.instances)
