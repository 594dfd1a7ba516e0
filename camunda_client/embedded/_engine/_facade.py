"""The in-memory Camunda: deploy, start, work, look at what happened. Thread-safe, no threads of its own.

Nothing happens by itself: timers and leases are looked at when a command comes, when time is moved with
:meth:`Engine.advance`, or when a program calls :meth:`Engine.tick` (the gateway does, when something is due).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from camunda_client.embedded._engine._events import EngineEvents
from camunda_client.embedded._engine._jobs import given
from camunda_client.embedded._engine._variables import EngineVariables
from camunda_client.embedded._executor import Executor
from camunda_client.embedded._tenants import DEFAULT_TENANT, tenants_named
from camunda_client.embedded.data import Recovery, Storage
from camunda_client.embedded.model import DIALECTS, Decision, DecisionRecord, Deployment, Evaluated, EvaluationError
from camunda_client.embedded.run import (
    MAX_STEPS,
    Activation,
    ActiveCall,
    Clock,
    Incident,
    InstanceHistory,
    Runtime,
    Settle,
    UserTask,
    Wait,
    calls_among,
    plain_activation,
    plain_content,
    waits_of,
)

#: Ended instances whose history is kept; the oldest are forgotten first, so that a long run has bounded memory.
DEFAULT_HISTORY_LIMIT = 20_000
NEWEST_DIALECT = DIALECTS[-1]


class Engine(EngineEvents, EngineVariables):
    """An engine of one partition.

    Args:
        clock: Time; the machine's clock when left out. ``Clock(start=datetime(...))`` stands still until moved.
        dialect: The release whose models and FEEL it takes, and what a gateway over it speaks; the newest when left
            out. Life cycles and messages are those of 8.6.0, the only Camunda that could be compared with.
        data: A directory (made if need be) that keeps what happens, so that an engine that was killed comes back: see
            docs/embedded.md. Left out, everything is in memory only.
        fsync: Wait for the disk at every command. Only needed to survive the death of the machine, not of the process.
        until: Only with ``data``: do what its log says up to the command of this number and stand still there, to look
            at a bug. Nothing is written.
        tenants: Names of the tenants; left out, multi-tenancy is disabled as in a plain Camunda.
        history_limit: How many ended instances are remembered.
        max_steps: Steps one command may cause before it counts as a process that loops without waiting.

    Raises:
        DataError: The data can't be used: another engine uses it, it is damaged, or of another version.
        ValueError: There is no such dialect.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        dialect: str = NEWEST_DIALECT,
        data: str | Path | None = None,
        fsync: bool = False,
        until: int | None = None,
        tenants: Iterable[str] | None = None,
        history_limit: int = DEFAULT_HISTORY_LIMIT,
        max_steps: int = MAX_STEPS,
    ) -> None:
        if data is None and (until is not None or fsync):
            raise ValueError("until and fsync are about the log of an engine that keeps its data: name it with data=")
        if dialect not in DIALECTS:
            raise ValueError(f"unknown dialect {dialect!r}; there are {', '.join(DIALECTS)}")
        #: What a gateway speaks that is not asked for another.
        self.dialect = dialect
        self.clock = clock or Clock()
        runtime = Runtime(
            self.clock, tenants_named(tenants), history_limit=history_limit, max_steps=max_steps,
            dialect=dialect,
        )  # fmt: skip
        storage = None if data is None else Storage(Path(data), fsync=fsync)
        #: What was uploaded to the gateway, by id; not kept on disk.
        self.documents: dict[str, Any] = {}
        super().__init__(Executor(runtime, storage, until))

    @property
    def recovery(self) -> Recovery | None:
        """What was found in the data when the engine began; None for one that keeps none."""
        return self._executor.recovery

    # -- deployment -------------------------------------------------------------------------------------------------
    def deploy(self, *resources: str | Path | tuple[str, bytes | str], tenant_id: str = DEFAULT_TENANT) -> Deployment:
        """Deploy files together: BPMN, DMN, forms, RPA scripts (8.7), any others (8.10).

        Args:
            resources: Paths, or pairs of a name and the content.
            tenant_id: Whose they are.

        Raises:
            Rejection: Something in them is not supported or wrong, or there is no such tenant; nothing was deployed.
        """
        contents = [plain_content(*_content(resource)) for resource in resources]
        return self._run(self._commands.deploy, contents, tenant_id)

    def delete_resource(self, key: int) -> None:
        """Delete a process, a decision graph, a form or another file by its key.

        Raises:
            Rejection: NOT_FOUND, or INVALID_STATE while instances run.
        """
        self._run(self._commands.delete_resource, key)

    # -- process instances ------------------------------------------------------------------------------------------
    def create_instance(
        self,
        process_id: str | None = None,
        variables: Mapping[str, Any] | None = None,
        *,
        version: int | None = None,
        definition_key: int | None = None,
        tenant_id: str = DEFAULT_TENANT,
        start_at: Iterable[str] = (),
        tags: Iterable[str] = (),
        business_id: str = "",
        end_after: Iterable[str] = (),
        on_end: Callable[[InstanceHistory], None] | None = None,
    ) -> InstanceHistory:
        """Start a process and return its history, which goes on growing.

        Args:
            process_id: The process's id; its latest version unless ``version`` says otherwise.
            variables: The first variables.
            version: A certain version.
            definition_key: A certain version by key, instead of the id.
            tenant_id: Whose instance it is.
            start_at: Ids of elements to begin with, instead of the start event.
            tags: What its jobs are tagged with.
            business_id: What you call the case; its jobs carry it.
            end_after: Ids of elements; when one of them completes, the instance is terminated.
            on_end: Called when the instance has completed or was terminated.

        Raises:
            Rejection: There is no such process, version, element or tenant.
        """
        return self._run(
            self._commands.create_instance,
            *given(process_id, dict(variables or {}), version, definition_key, tenant_id, list(start_at),
                    list(tags) or None, business_id or None, list(end_after) or None),
            on_end=on_end,
        )  # fmt: skip

    def cancel(self, process_instance_key: int) -> None:
        """Terminate a process instance.

        Raises:
            Rejection: NOT_FOUND, or INVALID_STATE: another process called it.
        """
        self._run(self._commands.cancel, process_instance_key)

    def set_variables(
        self, element_instance_key: int, variables: Mapping[str, Any], *, local: bool = False, settle: Settle = None
    ) -> None:
        """Set variables at an element instance (or a process instance).

        Args:
            element_instance_key: Where.
            variables: What.
            local: Write into that very scope; else each goes where it exists, outward.
            settle: Called when it is done, with the rejection of a user task's listener if one denied it.

        Raises:
            Rejection: NOT_FOUND; INVALID_STATE while listeners of a user task are called for something else.
        """
        self._run(self._commands.set_variables, element_instance_key, dict(variables), local, settle=settle)

    def modify(
        self, process_instance_key: int, activate: Iterable[Activation] = (), terminate: Iterable[int] = ()
    ) -> None:
        """Activate elements and terminate element instances of a process instance.

        Raises:
            Rejection: NOT_FOUND, or INVALID_ARGUMENT for unknown elements.
        """
        activations = [plain_activation(activation) for activation in activate]
        self._run(self._commands.modify, process_instance_key, activations, list(terminate))

    def migrate(
        self, process_instance_key: int, target_definition_key: int, mapping: Iterable[tuple[str, str]]
    ) -> None:
        """Let a process instance go on by another definition, active elements mapped by id.

        Raises:
            Rejection: NOT_FOUND, INVALID_ARGUMENT or INVALID_STATE.
        """
        pairs = [list(pair) for pair in mapping]
        self._run(self._commands.migrate, process_instance_key, target_definition_key, pairs)

    def activate_in_ad_hoc(
        self, element_instance_key: int, elements: Iterable[tuple[str, Mapping[str, Any]]], *, cancel: bool = False
    ) -> None:
        """Activate elements of an ad-hoc sub-process, beside those that its collection or its job activates.

        Args:
            element_instance_key: The sub-process's.
            elements: Their ids, each with its variables.
            cancel: Terminate before what is active in it.

        Raises:
            Rejection: NOT_FOUND, INVALID_STATE, or INVALID_ARGUMENT for unknown elements.
        """
        plain = [[element_id, dict(variables)] for element_id, variables in elements]
        self._run(self._commands.activate_in_ad_hoc, element_instance_key, plain, cancel)

    # -- incidents, user tasks, decisions ---------------------------------------------------------------------------
    def resolve_incident(self, key: int) -> None:
        """Resolve an incident: what failed is tried again.

        Raises:
            Rejection: NOT_FOUND: unknown, or its job has no retries left.
        """
        self._run(self._commands.resolve_incident, key)

    @property
    def incidents(self) -> list[Incident]:
        """The open incidents of all instances, oldest first."""
        with self._executor.looking():
            return [i for history in self._runtime.histories.by_key.values() for i in history.open_incidents]

    def user_tasks(self) -> list[UserTask]:
        """Return the open user tasks (those of Camunda's own kind, not job-based ones), oldest first."""
        with self._executor.looking():
            return self._runtime.user_tasks.all()

    def assign_user_task(
        self, key: int, assignee: str, *, allow_override: bool = True, action: str = "", settle: Settle = None
    ) -> None:
        """Assign a user task; an empty assignee takes it back.

        A task whose element has listeners waits for them. So it does for :meth:`update_user_task` and
        :meth:`complete_user_task`; ``action`` and ``settle`` are the same there.

        Args:
            key: Which.
            assignee: Whose it is from now on.
            allow_override: Also if it is another's already.
            action: What listeners see that it is; ``assign``, ``claim`` or ``unassign`` when left out.
            settle: Called when it is done, with the rejection of the listener if one denied it.

        Raises:
            Rejection: NOT_FOUND or INVALID_STATE.
        """
        self._run(self._commands.assign_user_task, *_said(key, assignee, allow_override, action), settle=settle)

    def update_user_task(
        self, key: int, changes: Mapping[str, Any], *, action: str = "", settle: Settle = None
    ) -> None:
        """Change a user task's candidates, dates or priority.

        Raises:
            Rejection: NOT_FOUND; INVALID_STATE while its listeners are called for something else.
        """
        self._run(self._commands.update_user_task, *_said(key, dict(changes), action), settle=settle)

    def complete_user_task(
        self, key: int, variables: Mapping[str, Any] | None = None, *, action: str = "", settle: Settle = None
    ) -> None:
        """Complete a user task.

        Raises:
            Rejection: NOT_FOUND; INVALID_STATE while its listeners are called for something else.
        """
        self._run(self._commands.complete_user_task, *_said(key, dict(variables or {}), action), settle=settle)

    def decision(
        self, *, decision_id: str | None = None, key: int | None = None, tenant_id: str = DEFAULT_TENANT
    ) -> Decision | None:
        """Return a deployed decision."""
        with self._executor.lock:
            return self._runtime.deployments.decision(decision_id=decision_id, key=key, tenant_id=tenant_id)

    def evaluate(self, decision: Decision, variables: Mapping[str, Any]) -> list[Evaluated]:
        """Evaluate a decision and those it requires; the decision itself is last.

        Raises:
            EvaluationError: It can't be evaluated with these variables.
            Rejection: NOT_FOUND: it was deleted.
        """
        record = self.evaluate_decision(decision, variables)
        if record.failure:
            raise EvaluationError(record.failure)
        return record.evaluated

    def evaluate_decision(self, decision: Decision, variables: Mapping[str, Any]) -> DecisionRecord:
        """Evaluate a decision; return what is kept of it, also where it failed.

        Raises:
            Rejection: NOT_FOUND: it was deleted.
        """
        return self._run(self._commands.evaluate_decision, decision.key, dict(variables))

    def decision_records(self) -> list[DecisionRecord]:
        """Return the evaluations of decisions, oldest first.

        Those of business rule tasks are remembered as long as their process instances, of the others the latest 1,000.
        """
        with self._executor.looking():
            found = [one for history in self._runtime.histories.by_key.values() for one in history.decisions]
            return sorted([*found, *self._runtime.decisions.records], key=lambda record: record.key)

    def next_key(self) -> int:
        """Return a key nothing else bears."""
        return self._run(self._commands.next_key)

    # -- history ----------------------------------------------------------------------------------------------------
    @property
    def instances(self) -> list[InstanceHistory]:
        """Every process instance remembered, oldest first; called ones too."""
        with self._executor.looking():
            return list(self._runtime.histories.by_key.values())

    def instance(self, process_instance_key: int) -> InstanceHistory:
        """Return one process instance's history.

        Raises:
            KeyError: It never was, or is forgotten.
        """
        with self._executor.looking():
            if process_instance_key not in self._runtime.histories.by_key:
                limit = self._runtime.histories.limit
                raise KeyError(f"no process instance {process_instance_key} is remembered (history_limit={limit})")
            return self._runtime.histories.by_key[process_instance_key]

    @contextmanager
    def looking(self) -> Iterator[Runtime]:
        """Do what is due, and let the caller look at the run time while nothing changes."""
        with self._executor.looking():
            yield self._runtime

    def waits(self, process_instance_key: int) -> list[Wait]:
        """Return what a process instance waits for beside jobs; nothing when it has ended."""
        with self._executor.looking():
            process = self._runtime.lifecycle.processes.get(process_instance_key)
            return [] if process is None else waits_of(process)

    def calls(self) -> list[ActiveCall]:
        """Return the calls that are under way, oldest first: which call activity waits for which instance."""
        with self._executor.looking():
            return calls_among(self._runtime.lifecycle.processes.values())

    # -- time -------------------------------------------------------------------------------------------------------
    def now(self) -> datetime:
        """Return the engine's present moment."""
        return self.clock.now()

    def advance(self, by: timedelta) -> None:
        """Move time forward; everything due on the way happens at its own moment, in order."""
        self._run(self._commands.advance, by // timedelta(milliseconds=1))
        self._executor.clock_moved()

    def pin_clock(self, moment_ms: int) -> None:
        """Stop the clock at a moment (milliseconds since the epoch)."""
        self._run(self._commands.pin_clock, moment_ms)
        self._executor.clock_moved()

    def reset_clock(self) -> None:
        """Let the clock run with the machine's again."""
        self._run(self._commands.reset_clock)
        self._executor.clock_moved()

    def tick(self) -> int | None:
        """Do what is due now; return the moment the next thing is due, None if nothing is."""
        with self._executor.looking():
            return self._runtime.schedule.next_due_ms()

    def on_schedule(self, callback: Callable[[int], None] | None) -> None:
        """Call a function, in whatever thread, when something is due earlier than before (0: look again)."""
        self._runtime.schedule.on_earlier = callback

    def close(self) -> None:
        """Let another engine have the data; this one can still be looked at. Nothing to do for one without data."""
        self._executor.close()


def _said(*arguments: Any) -> Sequence[Any]:
    """Leave out an empty action at the end."""
    return arguments if arguments[-1] else arguments[:-1]


def _content(resource: str | Path | tuple[str, bytes | str]) -> tuple[str, bytes]:
    if isinstance(resource, tuple):
        name, content = resource
        return name, content.encode() if isinstance(content, str) else content
    path = Path(resource)
    return path.name, path.read_bytes()
