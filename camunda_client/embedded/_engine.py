"""The in-memory Camunda: deploy, start, work, look at what happened. Thread-safe, no threads of its own.

Nothing happens by itself: timers and leases are looked at when a command comes, when time is moved with
:meth:`Engine.advance`, or when somebody calls :meth:`Engine.tick` (the gateway does, when something is due).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from camunda_client.embedded._changes import Changes
from camunda_client.embedded._clock import Clock
from camunda_client.embedded._decisions import Decision, Decisions, Evaluated
from camunda_client.embedded._deployments import Definition, Deployment, Deployments
from camunda_client.embedded._entrances import Activation, Entrances, behind_event_gateway, scopes_around
from camunda_client.embedded._events import Events
from camunda_client.embedded._history import InstanceHistory
from camunda_client.embedded._incidents import Incident, Incidents
from camunda_client.embedded._instances import ElementInstance, ProcessInstance
from camunda_client.embedded._jobs import Job, Jobs, Poll
from camunda_client.embedded._keys import Keys
from camunda_client.embedded._lifecycle import MAX_STEPS, Lifecycle
from camunda_client.embedded._locks import native_lock
from camunda_client.embedded._messages import Messages
from camunda_client.embedded._multi_instance import MultiInstances
from camunda_client.embedded._rejections import Rejection, invalid_argument, invalid_state, not_found
from camunda_client.embedded._schedule import Schedule
from camunda_client.embedded._signals import Signals
from camunda_client.embedded._starts import Starts
from camunda_client.embedded._tenants import DEFAULT_TENANT, refusal, tenants_named
from camunda_client.embedded._user_tasks import UserTask, UserTasks
from camunda_client.embedded._variables import Variables
from camunda_client.embedded._waits import Call, Wait, calls_among, waits_of

#: The lease of jobs that are activated directly, without a worker's own idea of it.
DEFAULT_LEASE = timedelta(minutes=5)
#: Ended instances whose history is kept; the oldest are forgotten first, so that a long run has bounded memory.
DEFAULT_HISTORY_LIMIT = 20_000


#: What start instructions may name, in the order Camunda 8.6.0 lists it.
STARTABLE = (
    "PARALLEL_GATEWAY", "INTERMEDIATE_THROW_EVENT", "EXCLUSIVE_GATEWAY", "SEND_TASK", "END_EVENT",
    "EVENT_BASED_GATEWAY", "SERVICE_TASK", "EVENT_SUB_PROCESS", "BUSINESS_RULE_TASK",
    "INTERMEDIATE_CATCH_EVENT", "PROCESS", "SUB_PROCESS", "MULTI_INSTANCE_BODY", "RECEIVE_TASK", "SCRIPT_TASK",
    "USER_TASK", "INCLUSIVE_GATEWAY", "TASK", "CALL_ACTIVITY", "MANUAL_TASK",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActivatedJob:
    """A job as a worker receives it."""

    key: int
    type: str
    process_instance_key: int
    process_id: str
    process_version: int
    process_definition_key: int
    element_id: str
    element_instance_key: int
    headers: dict[str, str]
    worker: str
    retries: int
    deadline_ms: int
    variables: dict[str, Any]
    tenant_id: str
    kind: str
    listener_event_type: str


class Engine:
    """An engine of one partition.

    Args:
        clock: Time; the machine's clock when left out. ``Clock(start=datetime(...))`` stands still until moved.
        tenants: Names of the tenants; left out, multi-tenancy is disabled as in a plain Camunda.
        history_limit: How many ended instances are remembered.
        max_steps: Steps one command may cause before it counts as a process that loops without waiting.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        tenants: Iterable[str] | None = None,
        history_limit: int = DEFAULT_HISTORY_LIMIT,
        max_steps: int = MAX_STEPS,
    ) -> None:
        self.clock = clock or Clock()
        self.tenants = tenants_named(tenants)
        self._history_limit = history_limit
        self._histories: dict[int, InstanceHistory] = {}
        self._ended: dict[int, None] = {}
        self._lock = native_lock()
        self._schedule = Schedule()
        self._keys = Keys()
        self._incidents = Incidents(self._keys)
        variables = Variables(self.clock.now)
        self._lifecycle = lifecycle = Lifecycle(self._keys, variables, self._incidents)
        lifecycle.max_steps = max_steps
        self._messages = Messages(lifecycle, self._keys, self.clock, self._schedule)
        self._signals = Signals(lifecycle)
        lifecycle.events = Events(lifecycle, self._schedule, self._messages, self._signals)
        lifecycle.entrances = Entrances(lifecycle)
        self._messages.trigger = self._signals.trigger = lifecycle.events.trigger
        lifecycle.jobs = self._jobs = Jobs(lifecycle, self.clock, self._schedule)
        lifecycle.multi_instances = MultiInstances(lifecycle)
        lifecycle.user_tasks = self._user_tasks = UserTasks(lifecycle)
        lifecycle.deployments = self._deployments = Deployments(self._keys, self.clock.now)
        lifecycle.decisions = self._decisions = Decisions(self._deployments.decision)
        lifecycle.new_history = self._new_history
        lifecycle.on_process_end = self._process_ended
        self._deployments.on_new_version = Starts(
            lifecycle, self._messages, self._signals, self._schedule, self.clock
        ).replace
        self._changes = Changes(lifecycle)

    # -- deployment -------------------------------------------------------------------------------------------------
    def deploy(self, *resources: str | Path | tuple[str, bytes | str], tenant_id: str = DEFAULT_TENANT) -> Deployment:
        """Deploy files together: BPMN, DMN, forms.

        Args:
            resources: Paths, or pairs of a name and the content.
            tenant_id: Whose they are.

        Raises:
            Rejection: Something in them is not supported or wrong, or there is no such tenant; nothing was deployed.
        """
        contents = [_content(resource) for resource in resources]
        with self._command():
            self._check_tenant(tenant_id, "CREATE", "Deploy Resources")
            return self._deployments.deploy(contents, tenant_id)

    def _check_tenant(self, tenant_id: str, command: str, request: str) -> None:
        reason = refusal(self.tenants, tenant_id, request)
        if reason is not None:
            hint = f"; an engine made with tenants=['{tenant_id}'] has it" if self.tenants is None else ""
            raise invalid_argument(command, reason + hint)

    def delete_resource(self, key: int) -> None:
        """Delete a process, a decision graph or a form by its key.

        Raises:
            Rejection: NOT_FOUND, or INVALID_STATE while instances run.
        """
        with self._command():
            if any(process.definition.key == key for process in self._lifecycle.processes.values()):
                reason = f"Expected to delete resource with key `{key}` but there are still running instances"
                raise invalid_state("DELETE", reason)
            if not self._deployments.delete(key):
                raise not_found("DELETE", f"Expected to delete resource but no resource found with key `{key}`")

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
            on_end: Called when the instance has completed or was terminated.

        Raises:
            Rejection: There is no such process, version, element or tenant.
        """
        with self._command():
            self._check_tenant(tenant_id, "CREATE", "Create Process Instance")
            definition = self._definition(process_id, version, definition_key, tenant_id)
            entrances, first = self._lifecycle.entrances, dict(variables or {})
            activations = [self._start_instruction(definition, element_id) for element_id in start_at]
            if activations:
                entrances.check_new(definition, first, tenant_id, activations)
            else:
                definition.none_start()
            process = self._lifecycle.start(definition, first, tenant_id, at=[] if activations else None)
            for activation in activations:
                entrances.enter(process, activation)
            if on_end is not None:
                callback = on_end
                process.on_end.append(lambda ended: callback(ended.history))
            return process.history

    def _definition(self, process_id: str | None, version: int | None, key: int | None, tenant_id: str) -> Definition:
        if key is not None and key > -1:
            definition = self._deployments.by_key(key)
            if definition is None or definition.tenant_id != tenant_id:
                raise not_found("CREATE", f"Expected to find process definition with key '{key}', but none found")
            return definition
        if not process_id:
            raise invalid_argument(
                "CREATE", "Expected at least a bpmnProcessId or a key greater than -1, but none given"
            )
        if version is None or version < 0:
            latest = self._deployments.latest(process_id, tenant_id)
            if latest is None:
                reason = f"Expected to find process definition with process ID '{process_id}', but none found"
                raise not_found("CREATE", reason)
            return latest
        found = self._deployments.version(process_id, version, tenant_id)
        if found is None:
            named = f"process ID '{process_id}' and version '{version}'"
            reason = f"Expected to find process definition with {named}, but none found"
            raise not_found("CREATE", reason)
        return found

    def _start_instruction(self, definition: Definition, element_id: str) -> Activation:
        expected = "Expected to create instance of process with start instructions but"
        if element_id in definition.flow_ids:
            raise _unsupported_start(element_id, "SEQUENCE_FLOW")
        element = definition.elements.get(element_id)
        if element is None:
            raise invalid_argument("CREATE", f"{expected} no element found with id '{element_id}'.")
        if element.kind == "PROCESS":
            definition.none_start()
        if any(scope.multi_instance is not None for scope in scopes_around(definition, element)):
            where = "is inside a multi-instance subprocess"
            what = "elements inside a multi-instance subprocess"
        elif element.kind in ("START_EVENT", "BOUNDARY_EVENT"):
            raise _unsupported_start(element_id, element.kind)
        elif behind_event_gateway(definition, element):
            where, what = "belongs to an event-based gateway", "elements belonging to an event-based gateway"
        else:
            return Activation(element_id)
        reason = f"{expected} the element with id '{element_id}' {where}. The creation of {what} is not supported."
        raise invalid_argument("CREATE", reason)

    def cancel(self, process_instance_key: int) -> None:
        """Terminate a process instance.

        Raises:
            Rejection: NOT_FOUND, or INVALID_STATE: another process called it.
        """
        with self._command():
            expected = f"Expected to cancel a process instance with key '{process_instance_key}', but"
            process = self._lifecycle.processes.get(process_instance_key)
            if process is None:
                raise not_found("CANCEL", f"{expected} no such process was found")
            if process.caller is not None:
                called = "it is created by a parent process instance"
                reason = f"{expected} {called}. Cancel the root process instance '{process.outermost.key}' instead."
                raise invalid_state("CANCEL", reason)
            self._lifecycle.cancel_process(process)

    def set_variables(self, element_instance_key: int, variables: Mapping[str, Any], *, local: bool = False) -> None:
        """Set variables at an element instance (or a process instance).

        Args:
            element_instance_key: Where.
            variables: What.
            local: Write into that very scope; else each goes where it exists, outward.

        Raises:
            Rejection: NOT_FOUND.
        """
        with self._command():
            instance = self._element_instance(element_instance_key)
            if instance is None:
                named = f"key '{element_instance_key}'"
                reason = f"Expected to update variables for element with {named}, but no such element was found"
                raise not_found("UPDATE", reason)
            write = self._lifecycle.variables.set_local if local else self._lifecycle.variables.propagate
            write(instance, dict(variables))

    def _element_instance(self, key: int) -> ElementInstance | None:
        for process in self._lifecycle.processes.values():
            if key in process.elements:
                return process.elements[key]
        return None

    def modify(
        self, process_instance_key: int, activate: Iterable[Activation] = (), terminate: Iterable[int] = ()
    ) -> None:
        """Activate elements and terminate element instances of a process instance.

        Raises:
            Rejection: NOT_FOUND, or INVALID_ARGUMENT for unknown elements.
        """
        with self._command():
            process = self._process(
                process_instance_key,
                "MODIFY",
                f"Expected to modify process instance but no process instance found with key '{process_instance_key}'",
            )
            self._changes.modify(process, list(activate), list(terminate))

    def migrate(
        self, process_instance_key: int, target_definition_key: int, mapping: Iterable[tuple[str, str]]
    ) -> None:
        """Let a process instance go on by another definition, active elements mapped by id.

        Raises:
            Rejection: NOT_FOUND, INVALID_ARGUMENT or INVALID_STATE.
        """
        with self._command():
            reason = (
                f"Expected to migrate process instance but no process instance found with key '{process_instance_key}'"
            )
            process = self._process(process_instance_key, "MIGRATE", reason)
            target = self._deployments.by_key(target_definition_key)
            if target is None:
                reason = (
                    "Expected to migrate process instance to process definition "
                    f"but no process definition found with key '{target_definition_key}'"
                )
                raise not_found("MIGRATE", reason)
            self._changes.migrate(process, target, list(mapping))

    def _process(self, key: int, command: str, reason: str) -> ProcessInstance:
        process = self._lifecycle.processes.get(key)
        if process is None:
            raise not_found(command, reason)
        return process

    # -- jobs -------------------------------------------------------------------------------------------------------
    def activate(
        self,
        job_type: str,
        *,
        max_jobs: int = 1,
        lease: timedelta = DEFAULT_LEASE,
        worker: str = "",
        fetch_variables: Iterable[str] = (),
        tenant_ids: Iterable[str] | None = None,
    ) -> list[ActivatedJob]:
        """Lease the jobs of a type that are there now.

        Args:
            job_type: Which.
            max_jobs: How many at most.
            lease: How long they are hidden from others.
            worker: Who takes them.
            fetch_variables: Names of the variables wanted; all when empty.
            tenant_ids: Whose jobs; only counts with tenants.
        """
        poll = self.poll(
            job_type, lambda _jobs: None, max_jobs=max_jobs, lease=lease, worker=worker, tenant_ids=tenant_ids
        )
        with self._command():
            jobs = self._jobs.activate(poll)
            return [self.snapshot(job, fetch_variables) for job in jobs]

    def poll(
        self,
        job_type: str,
        deliver: Callable[[list[Job]], None],
        *,
        max_jobs: int,
        lease: timedelta,
        worker: str = "",
        tenant_ids: Iterable[str] | None = None,
    ) -> Poll:
        """Return a poll for :meth:`activate_or_wait`; ``deliver`` is called in the thread that brings the jobs."""
        lease_ms = lease // timedelta(milliseconds=1)
        tenants = None
        if self.tenants is not None:
            tenants = frozenset(tenant_ids or {DEFAULT_TENANT})
        return Poll(job_type, worker, lease_ms, max_jobs, tenants, deliver)

    def activate_or_wait(self, poll: Poll) -> list[Job]:
        """Lease jobs for a poll; when there are none, keep it until some come or it is given up."""
        with self._command():
            jobs = self._jobs.activate(poll)
            if not jobs:
                self._jobs.wait(poll)
            return jobs

    def give_up(self, poll: Poll) -> None:
        """Stop waiting."""
        with self._lock:
            self._jobs.give_up(poll)

    def snapshot(self, job: Job, fetch_variables: Iterable[str] = ()) -> ActivatedJob:
        """Return a job as its worker receives it, with the variables as they are now."""
        with self._lock:
            instance, definition = job.instance, job.instance.process.definition
            variables = self._lifecycle.variables.visible(instance)
            wanted = set(fetch_variables)
            if wanted:
                variables = {name: value for name, value in variables.items() if name in wanted}
            listener = job.listener_phase is not None
            return ActivatedJob(
                job.key, job.type, instance.process.key, definition.process_id, definition.version, definition.key,
                instance.element.id, instance.key, dict(job.headers), job.worker, job.retries, job.deadline_ms,
                variables, job.tenant_id, "EXECUTION_LISTENER" if listener else "BPMN_ELEMENT",
                job.listener_phase.upper() if job.listener_phase else "UNSPECIFIED",
            )  # fmt: skip

    def complete(self, job_key: int, variables: Mapping[str, Any] | None = None) -> None:
        """Complete a job.

        Raises:
            Rejection: NOT_FOUND, or INVALID_STATE if it is FAILED or ERROR_THROWN.
        """
        with self._command():
            self._jobs.complete(job_key, dict(variables or {}))

    def fail(
        self,
        job_key: int,
        *,
        retries: int = 0,
        message: str = "",
        back_off: timedelta = timedelta(0),
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        """Fail a job; without retries left an incident is raised.

        Raises:
            Rejection: NOT_FOUND or INVALID_STATE.
        """
        with self._command():
            self._jobs.fail(job_key, retries, message, back_off // timedelta(milliseconds=1), dict(variables or {}))

    def throw_error(
        self, job_key: int, code: str, *, message: str = "", variables: Mapping[str, Any] | None = None
    ) -> None:
        """End a job with a BPMN error; uncaught, an incident is raised.

        Raises:
            Rejection: NOT_FOUND or INVALID_STATE.
        """
        with self._command():
            self._jobs.throw_error(job_key, code, message, dict(variables or {}))

    def update_job(self, job_key: int, *, retries: int | None = None, lease: timedelta | None = None) -> None:
        """Set a job's retries, or its lease anew from now.

        Raises:
            Rejection: NOT_FOUND or INVALID_ARGUMENT.
        """
        with self._command():
            self._jobs.update(job_key, retries, None if lease is None else lease // timedelta(milliseconds=1))

    def jobs(self, job_type: str | None = None) -> list[Job]:
        """Return the jobs that exist (waiting, leased, failed), oldest first."""
        with self._command():
            return [job for job in self._jobs.all() if job_type is None or job.type == job_type]

    # -- events -----------------------------------------------------------------------------------------------------
    def publish(
        self,
        name: str,
        correlation_key: str = "",
        variables: Mapping[str, Any] | None = None,
        *,
        ttl: timedelta = timedelta(0),
        message_id: str = "",
        tenant_id: str = DEFAULT_TENANT,
    ) -> int:
        """Publish a message and return its key; with a time to live it waits for those who come later.

        Raises:
            Rejection: ALREADY_EXISTS, or INVALID_ARGUMENT: there is no such tenant.
        """
        ttl_ms = ttl // timedelta(milliseconds=1)
        with self._command():
            self._check_tenant(tenant_id, "PUBLISH", "Publish Message")
            return self._messages.publish(
                name, correlation_key, dict(variables or {}), ttl_ms, message_id, tenant_id
            ).key

    def correlate(
        self,
        name: str,
        correlation_key: str = "",
        variables: Mapping[str, Any] | None = None,
        *,
        tenant_id: str = DEFAULT_TENANT,
    ) -> tuple[int, int]:
        """Correlate a message now; return its key and the process instance's.

        Raises:
            Rejection: NOT_FOUND: nothing waits for it; INVALID_ARGUMENT: there is no such tenant.
        """
        with self._command():
            self._check_tenant(tenant_id, "CORRELATE", "Correlate Message")
            message, process_instance_key = self._messages.correlate(
                name, correlation_key, dict(variables or {}), tenant_id
            )
            return message.key, process_instance_key

    def broadcast(
        self, name: str, variables: Mapping[str, Any] | None = None, *, tenant_id: str = DEFAULT_TENANT
    ) -> int:
        """Broadcast a signal and return its key.

        Raises:
            Rejection: INVALID_ARGUMENT: there is no such tenant.
        """
        with self._command():
            self._check_tenant(tenant_id, "BROADCAST", "Broadcast Signal")
            key = self._keys.next()
            self._signals.broadcast(name, dict(variables or {}), tenant_id)
            return key

    # -- incidents, user tasks, decisions ---------------------------------------------------------------------------
    def resolve_incident(self, key: int) -> None:
        """Resolve an incident: what failed is tried again.

        Raises:
            Rejection: NOT_FOUND: unknown, or its job has no retries left.
        """
        with self._command():
            incident = self._incidents.get(key)
            job = None if incident.job_key is None else self._jobs.get(incident.job_key, "UPDATE")
            if job is not None and job.retries <= 0:
                reason = (
                    f"Expected to resolve incident with key '{key}', but job with key '{job.key}' has no retries left"
                )
                raise not_found("RESOLVE", reason)
            self._incidents.close(incident)
            if job is not None:
                job.incident = None
            incident.resolve()

    @property
    def incidents(self) -> list[Incident]:
        """The open incidents of all instances, oldest first."""
        with self._command():
            return [i for history in self._histories.values() for i in history.open_incidents]

    def user_tasks(self) -> list[UserTask]:
        """Return the open user tasks (those of Camunda's own kind, not job-based ones), oldest first."""
        with self._command():
            return self._user_tasks.all()

    def assign_user_task(self, key: int, assignee: str, *, allow_override: bool = True) -> None:
        """Assign a user task; an empty assignee takes it back.

        Raises:
            Rejection: NOT_FOUND or INVALID_STATE.
        """
        with self._command():
            self._user_tasks.assign(key, assignee, allow_override=allow_override)

    def update_user_task(self, key: int, changes: Mapping[str, Any]) -> None:
        """Change a user task's candidates, dates or priority.

        Raises:
            Rejection: NOT_FOUND.
        """
        with self._command():
            self._user_tasks.update(key, dict(changes))

    def complete_user_task(self, key: int, variables: Mapping[str, Any] | None = None) -> None:
        """Complete a user task.

        Raises:
            Rejection: NOT_FOUND.
        """
        with self._command():
            self._user_tasks.complete(key, dict(variables or {}))

    def decision(
        self, *, decision_id: str | None = None, key: int | None = None, tenant_id: str = DEFAULT_TENANT
    ) -> Decision | None:
        """Return a deployed decision."""
        with self._lock:
            return self._deployments.decision(decision_id=decision_id, key=key, tenant_id=tenant_id)

    def evaluate(self, decision: Decision, variables: Mapping[str, Any]) -> list[Evaluated]:
        """Evaluate a decision and those it requires; the decision itself is last."""
        with self._lock:
            return self._decisions.evaluate(decision, dict(variables))

    def next_key(self) -> int:
        """Return a key nothing else bears."""
        with self._lock:
            return self._keys.next()

    # -- history ----------------------------------------------------------------------------------------------------
    @property
    def instances(self) -> list[InstanceHistory]:
        """Every process instance remembered, oldest first; called ones too."""
        with self._command():
            return list(self._histories.values())

    def instance(self, process_instance_key: int) -> InstanceHistory:
        """Return one process instance's history.

        Raises:
            KeyError: It never was, or is forgotten.
        """
        with self._command():
            if process_instance_key not in self._histories:
                raise KeyError(
                    f"no process instance {process_instance_key} is remembered (history_limit={self._history_limit})"
                )
            return self._histories[process_instance_key]

    def waits(self, process_instance_key: int) -> list[Wait]:
        """Return what a process instance waits for beside jobs; nothing when it has ended."""
        with self._command():
            process = self._lifecycle.processes.get(process_instance_key)
            return [] if process is None else waits_of(process)

    def calls(self) -> list[Call]:
        """Return the calls that are under way, oldest first: which call activity waits for which instance."""
        with self._command():
            return calls_among(self._lifecycle.processes.values())

    def _new_history(self, key: int, definition: Definition, tenant_id: str) -> InstanceHistory:
        history = InstanceHistory(definition.process_id, key, definition.key, definition.version, tenant_id)
        history.now_ms = self.clock.now_ms
        self._histories[key] = history
        return history

    def _process_ended(self, process: ProcessInstance) -> None:
        self._messages.process_ended(process)
        self._ended[process.key] = None
        while len(self._ended) > self._history_limit:
            oldest = next(iter(self._ended))
            del self._ended[oldest]
            self._histories.pop(oldest, None)

    # -- time -------------------------------------------------------------------------------------------------------
    def now(self) -> datetime:
        """Return the engine's present moment."""
        return self.clock.now()

    def advance(self, by: timedelta) -> None:
        """Move time forward; everything due on the way happens at its own moment, in order."""
        with self._command():
            target_ms = self.clock.now_ms() + by // timedelta(milliseconds=1)
            while (due_ms := self._schedule.next_due_ms()) is not None and due_ms <= target_ms:
                self.clock.move_to_ms(due_ms)
                self._run_due()
            self.clock.move_to_ms(target_ms)
        self._clock_changed()

    def pin_clock(self, moment_ms: int) -> None:
        """Stop the clock at a moment (milliseconds since the epoch)."""
        with self._command():
            self.clock.pin_ms(moment_ms)
            self._run_due()
        self._clock_changed()

    def reset_clock(self) -> None:
        """Let the clock run with the machine's again."""
        with self._command():
            self.clock.reset()
        self._clock_changed()

    def tick(self) -> int | None:
        """Do what is due now; return the moment the next thing is due, None if nothing is."""
        with self._command():
            pass
        with self._lock:
            return self._schedule.next_due_ms()

    def on_schedule(self, callback: Callable[[int], None] | None) -> None:
        """Be told, in whatever thread, when something is due earlier than before (0: look again)."""
        self._schedule.on_earlier = callback

    def _clock_changed(self) -> None:
        callback = self._schedule.on_earlier
        if callback is not None:
            callback(0)

    # -- inside -----------------------------------------------------------------------------------------------------
    @contextmanager
    def _command(self) -> Iterator[None]:
        with self._lock:
            self._run_due()
            yield
            self._lifecycle.run()
            self._jobs.serve()

    def _run_due(self) -> None:
        now_ms = self.clock.now_ms()
        while (entry := self._schedule.pop_due(now_ms)) is not None:
            if not entry.cancelled:
                entry.action()
                self._lifecycle.run()
                self._jobs.serve()


def _unsupported_start(element_id: str, kind: str) -> Rejection:
    return invalid_argument(
        "CREATE",
        "Expected to create instance of process with start instructions but the element with id "
        f"'{element_id}' targets unsupported element type '{kind}'. Supported element types are: "
        f"[{', '.join(STARTABLE)}]",
    )


def _content(resource: str | Path | tuple[str, bytes | str]) -> tuple[str, bytes]:
    if isinstance(resource, tuple):
        name, content = resource
        return name, content.encode() if isinstance(content, str) else content
    path = Path(resource)
    return path.name, path.read_bytes()
