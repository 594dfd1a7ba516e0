"""All parts of the run time, wired: what an engine is without its lock, its log and its callers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from camunda_client.embedded._keys import Keys
from camunda_client.embedded.model import DIALECTS, Decisions, Deployments
from camunda_client.embedded.run._agenda import Agenda
from camunda_client.embedded.run._behaviours import Behaviours
from camunda_client.embedded.run._changes import Changes
from camunda_client.embedded.run._clock import Clock
from camunda_client.embedded.run._entrances import Entrances
from camunda_client.embedded.run._events import Events
from camunda_client.embedded.run._history import Histories
from camunda_client.embedded.run._incidents import Incidents
from camunda_client.embedded.run._instances import TASK_LISTENER
from camunda_client.embedded.run._jobs import Jobs
from camunda_client.embedded.run._lifecycle import Lifecycle
from camunda_client.embedded.run._multi_instance import MultiInstances
from camunda_client.embedded.run._parts import Iterating, Waiting, Working
from camunda_client.embedded.run._schedule import Schedule
from camunda_client.embedded.run._starts import Starts
from camunda_client.embedded.run._task_decisions import TaskDecisions
from camunda_client.embedded.run._user_tasks import UserTasks
from camunda_client.embedded.run._variables import Variables

T = TypeVar("T")


class Runtime:
    """The parts of an engine. It carries out one command at a time; nothing happens by itself.

    Args:
        clock: Time.
        tenants: Names of the tenants; None if multi-tenancy is disabled.
        history_limit: How many ended instances are remembered.
        max_steps: Steps one command may cause.
        dialect: The release whose models it takes.
    """

    def __init__(
        self, clock: Clock, tenants: frozenset[str] | None, *, history_limit: int, max_steps: int, dialect: str
    ) -> None:
        self.clock = clock
        self.tenants = tenants
        self.schedule = Schedule()
        self.keys = Keys()
        self.histories = Histories(clock.now_ms, history_limit)
        self.incidents = Incidents(self.keys, clock.now_ms)
        self.agenda = Agenda(self.incidents, max_steps)
        self.lifecycle = Lifecycle(
            self.keys, Variables(clock.now), self.incidents, self.histories, self.agenda, self._parts
        )
        self.deployments.dialect = dialect
        self.entrances = Entrances(self.lifecycle, self.events)
        self.changes = Changes(self.lifecycle, self.events, self.entrances)

    def _parts(self, lifecycle: Lifecycle) -> tuple[Waiting, Working, Iterating]:
        self.events = Events(lifecycle, self.clock, self.schedule)
        self.jobs = Jobs(lifecycle, self.events, self.clock, self.schedule)
        self.user_tasks = UserTasks(lifecycle, self.jobs)
        self.jobs.deciding[TASK_LISTENER] = TaskDecisions(self.user_tasks)
        self.starts = Starts(lifecycle, self.events.messages, self.events.signals, self.schedule, self.clock)
        self.deployments = Deployments(self.keys, self.clock.now, self.starts.replace)
        self.decisions = Decisions(self.deployments.decision, self.keys, self.clock.now)
        working = Behaviours(lifecycle, self.events, self.jobs, self.user_tasks, self.deployments, self.decisions)
        self.iterating = MultiInstances(lifecycle, self.events)
        return self.events, working, self.iterating

    @property
    def settings(self) -> list[Any]:
        """What the outcome of commands depends on besides them."""
        tenants = None if self.tenants is None else sorted(self.tenants)
        return [tenants, self.histories.limit, self.agenda.max_steps, self.deployments.dialect]

    @settings.setter
    def settings(self, settings: list[Any]) -> None:
        # Older versions of ours wrote whether FEEL is that of 8.8; before that nothing, and it was 8.6.
        tenants, self.histories.limit, self.agenda.max_steps, *said = settings
        dialect = said[0] if said else False
        self.deployments.dialect = dialect if isinstance(dialect, str) else "8.8" if dialect else DIALECTS[0]
        self.tenants = None if tenants is None else frozenset(tenants)

    def carry_out(self, command: Callable[..., T], arguments: Iterable[Any], **unlogged: Any) -> T:
        """Do what is due, then a command with all that it causes."""
        self.run_due()
        result = command(*arguments, **unlogged)
        self.agenda.run()
        self.jobs.serve()
        return result

    def is_due(self) -> bool:
        """Whether something is to happen now."""
        due_ms = self.schedule.next_due_ms()
        return due_ms is not None and due_ms <= self.clock.now_ms()

    def run_due(self) -> None:
        """Do what is due now."""
        now_ms = self.clock.now_ms()
        while (entry := self.schedule.pop_due(now_ms)) is not None:
            if not entry.cancelled:
                self.agenda.do(entry.action)
                self.agenda.run()
                self.jobs.serve()
