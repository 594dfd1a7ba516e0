"""Everything that changes an engine, one method a command, with arguments that JSON can hold.

They are what a command log keeps (:mod:`camunda_client.embedded.data`): called again with the same arguments at the
same moment, in the same order, they do the same.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._rejections import Rejection, invalid_argument, invalid_state, not_found
from camunda_client.embedded._tenants import refusal
from camunda_client.embedded.model import DecisionRecord, Definition, Deployment, Element
from camunda_client.embedded.run._cluster_variables import ClusterVariables
from camunda_client.embedded.run._conditions import conditional_definitions
from camunda_client.embedded.run._entrances import Activation
from camunda_client.embedded.run._history import InstanceHistory
from camunda_client.embedded.run._instances import ElementInstance, Job, ProcessInstance, Settle
from camunda_client.embedded.run._jobs import Poll
from camunda_client.embedded.run._runtime import Runtime

#: What start instructions may name, in the order Camunda 8.6.0 lists it.
STARTABLE = (
    "PARALLEL_GATEWAY", "INTERMEDIATE_THROW_EVENT", "EXCLUSIVE_GATEWAY", "SEND_TASK", "END_EVENT",
    "EVENT_BASED_GATEWAY", "SERVICE_TASK", "EVENT_SUB_PROCESS", "BUSINESS_RULE_TASK",
    "INTERMEDIATE_CATCH_EVENT", "PROCESS", "SUB_PROCESS", "MULTI_INSTANCE_BODY", "RECEIVE_TASK", "SCRIPT_TASK",
    "USER_TASK", "INCLUSIVE_GATEWAY", "TASK", "CALL_ACTIVITY", "MANUAL_TASK",
)  # fmt: skip
Variables = dict[str, Any]
#: The element's id, and the variables by the id of their scope.
PlainActivation = list[Any]


def plain_content(name: str, content: bytes) -> list[str]:
    """Return a resource for the log: its text where it is one, so that people can read it."""
    try:
        return [name, content.decode()]
    except UnicodeDecodeError:
        return [name, base64.b64encode(content).decode(), "base64"]


def _content(plain: list[str]) -> tuple[str, bytes]:
    name, text, *encoding = plain
    return name, base64.b64decode(text) if encoding else text.encode()


def plain_activation(activation: Activation) -> PlainActivation:
    """Return an activation for the log."""
    return [activation.element_id, [[scope_id, variables] for scope_id, variables in activation.variables]]


def _activation(plain: PlainActivation) -> Activation:
    element_id, variables = plain
    return Activation(element_id, [(scope_id, values) for scope_id, values in variables])


class Commands:
    """The commands, over the parts of an engine."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def _check_tenant(self, tenant_id: str, command: str, request: str) -> None:
        reason = refusal(self._runtime.tenants, tenant_id, request)
        if reason is not None:
            hint = f"; an engine made with tenants=['{tenant_id}'] has it" if self._runtime.tenants is None else ""
            raise invalid_argument(command, reason + hint)

    # -- resources --------------------------------------------------------------------------------------------------
    def deploy(self, resources: list[list[str]], tenant_id: str) -> Deployment:
        """Deploy files together."""
        self._check_tenant(tenant_id, "CREATE", "Deploy Resources")
        return self._runtime.deployments.deploy([_content(resource) for resource in resources], tenant_id)

    def delete_resource(self, key: int) -> None:
        """Delete a process, a decision graph or a form."""
        if any(process.definition.key == key for process in self._runtime.lifecycle.processes.values()):
            reason = f"Expected to delete resource with key `{key}` but there are still running instances"
            raise invalid_state("DELETE", reason)
        if not self._runtime.deployments.delete(key):
            raise not_found("DELETE", f"Expected to delete resource but no resource found with key `{key}`")

    # -- process instances ------------------------------------------------------------------------------------------
    def create_instance(
        self,
        process_id: str | None,
        variables: Variables,
        version: int | None,
        definition_key: int | None,
        tenant_id: str,
        start_at: list[str],
        tags: list[str] | None = None,
        business_id: str | None = None,
        end_after: list[str] | None = None,
        *,
        on_end: Callable[[InstanceHistory], None] | None = None,
    ) -> InstanceHistory:
        """Start a process."""
        self._check_tenant(tenant_id, "CREATE", "Create Process Instance")
        definition = self._definition(process_id, version, definition_key, tenant_id)
        entrances = self._runtime.entrances
        activations = [self._start_instruction(definition, element_id) for element_id in start_at]
        for element_id in end_after or []:
            if element_id not in definition.elements:
                reason = f"Expected to terminate after element with id '{element_id}', but no such element was found"
                raise invalid_argument("CREATE", reason)
        if activations:
            entrances.check_new(definition, variables, tenant_id, activations)
        else:
            definition.none_start()
        at: list[Element] | None = [] if activations else None
        process = self._runtime.lifecycle.start(definition, variables, tenant_id, at=at, business_id=business_id or "")
        process.tags = process.history.tags = tags or []
        process.end_after = frozenset(end_after or [])
        for activation in activations:
            entrances.enter(process, activation)
        process.on_end = on_end
        return process.history

    def _definition(self, process_id: str | None, version: int | None, key: int | None, tenant_id: str) -> Definition:
        if key is not None and key > -1:
            definition = self._runtime.deployments.by_key(key)
            if definition is None or definition.tenant_id != tenant_id:
                raise not_found("CREATE", f"Expected to find process definition with key '{key}', but none found")
            return definition
        if not process_id:
            raise invalid_argument(
                "CREATE", "Expected at least a bpmnProcessId or a key greater than -1, but none given"
            )
        if version is None or version < 0:
            latest = self._runtime.deployments.latest(process_id, tenant_id)
            if latest is None:
                reason = f"Expected to find process definition with process ID '{process_id}', but none found"
                raise not_found("CREATE", reason)
            return latest
        found = self._runtime.deployments.version(process_id, version, tenant_id)
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
        if any(scope.multi_instance is not None for scope in definition.scopes_around(element)):
            where = "is inside a multi-instance subprocess"
            what = "elements inside a multi-instance subprocess"
        elif any(scope.ad_hoc is not None for scope in definition.scopes_around(element)):
            where, what = "is inside an ad-hoc sub-process", "elements inside an ad-hoc sub-process"
        elif element.kind in ("START_EVENT", "BOUNDARY_EVENT"):
            raise _unsupported_start(element_id, element.kind)
        elif definition.is_behind_event_gateway(element):
            where, what = "belongs to an event-based gateway", "elements belonging to an event-based gateway"
        else:
            return Activation(element_id)
        reason = f"{expected} the element with id '{element_id}' {where}. The creation of {what} is not supported."
        raise invalid_argument("CREATE", reason)

    def cancel(self, process_instance_key: int) -> None:
        """Terminate a process instance."""
        expected = f"Expected to cancel a process instance with key '{process_instance_key}', but"
        process = self._process(process_instance_key, "CANCEL", f"{expected} no such process was found")
        if process.caller is not None:
            called = "it is created by a parent process instance"
            reason = f"{expected} {called}. Cancel the root process instance '{process.outermost.key}' instead."
            raise invalid_state("CANCEL", reason)
        self._runtime.lifecycle.cancel_process(process)

    def set_variables(
        self, element_instance_key: int, variables: Variables, local: bool, *, settle: Settle = None
    ) -> None:
        """Set variables at an element instance (or a process instance)."""
        instance = self._element_instance(element_instance_key)
        if instance is None:
            named = f"key '{element_instance_key}'"
            reason = f"Expected to update variables for element with {named}, but no such element was found"
            raise not_found("UPDATE", reason)
        if instance.user_task is not None:
            self._runtime.user_tasks.set_variables(instance.user_task, variables, local=local, settle=settle)
            return
        write = self._runtime.lifecycle.variables.set_local if local else self._runtime.lifecycle.variables.propagate
        write(instance, variables)
        if settle is not None:
            settle(None)

    def activate_in_ad_hoc(self, key: int, elements: list[list[Any]], cancel: bool) -> None:
        """Activate elements of an ad-hoc sub-process."""
        activations = [(element_id, variables) for element_id, variables in elements]
        self._runtime.ad_hocs.begin_more(self._element_instance(key), key, activations, cancel=cancel)

    def _element_instance(self, key: int) -> ElementInstance | None:
        for process in self._runtime.lifecycle.processes.values():
            if key in process.elements:
                return process.elements[key]
        return None

    def modify(self, process_instance_key: int, activate: list[PlainActivation], terminate: list[int]) -> None:
        """Activate elements and terminate element instances of a process instance."""
        reason = f"Expected to modify process instance but no process instance found with key '{process_instance_key}'"
        process = self._process(process_instance_key, "MODIFY", reason)
        self._runtime.changes.modify(process, [_activation(one) for one in activate], terminate)

    def migrate(self, process_instance_key: int, target_definition_key: int, mapping: list[list[str]]) -> None:
        """Let a process instance go on by another definition."""
        reason = f"Expected to migrate process instance but no process instance found with key '{process_instance_key}'"
        process = self._process(process_instance_key, "MIGRATE", reason)
        target = self._runtime.deployments.by_key(target_definition_key)
        if target is None:
            reason = (
                "Expected to migrate process instance to process definition "
                f"but no process definition found with key '{target_definition_key}'"
            )
            raise not_found("MIGRATE", reason)
        self._runtime.changes.migrate(process, target, [(source, goal) for source, goal in mapping])

    def _process(self, key: int, command: str, reason: str) -> ProcessInstance:
        process = self._runtime.lifecycle.processes.get(key)
        if process is None:
            raise not_found(command, reason)
        return process

    # -- jobs -------------------------------------------------------------------------------------------------------
    def activate(self, poll: Poll) -> list[Job]:
        """Lease the jobs of a type that are there now."""
        return self._runtime.jobs.activate(poll)

    def complete(
        self, job_key: int, variables: Variables, lease_token: str | None = None, business_id: str | None = None,
        result: Variables | None = None,
    ) -> None:  # fmt: skip
        """Complete a job."""
        self._runtime.jobs.complete(job_key, variables, lease_token, business_id, result)

    def fail(
        self, job_key: int, retries: int, message: str, back_off_ms: int, variables: Variables,
        lease_token: str | None = None,
    ) -> None:  # fmt: skip
        """Fail a job."""
        self._runtime.jobs.fail(job_key, retries, message, back_off_ms, variables, lease_token)

    def throw_error(
        self, job_key: int, code: str, message: str, variables: Variables, lease_token: str | None = None
    ) -> None:
        """End a job with a BPMN error."""
        self._runtime.jobs.throw_error(job_key, code, message, variables, lease_token)

    def update_job(
        self,
        job_key: int,
        retries: int | None = None,
        lease_ms: int | None = None,
        lease_token: str | None = None,
        priority: int | None = None,
    ) -> None:
        """Set a job's retries, its lease anew, or its priority."""
        self._runtime.jobs.update(job_key, retries, lease_ms, lease_token, priority)

    # -- events -----------------------------------------------------------------------------------------------------
    def publish(
        self, name: str, correlation_key: str, variables: Variables, ttl_ms: int, message_id: str, tenant_id: str
    ) -> int:
        """Publish a message and return its key."""
        self._check_tenant(tenant_id, "PUBLISH", "Publish Message")
        return self._runtime.events.messages.publish(
            name, correlation_key, variables, ttl_ms, message_id, tenant_id
        ).key

    def correlate(self, name: str, correlation_key: str, variables: Variables, tenant_id: str) -> tuple[int, int]:
        """Correlate a message; return its key and the process instance's."""
        self._check_tenant(tenant_id, "CORRELATE", "Correlate Message")
        message, process_instance_key = self._runtime.events.messages.correlate(
            name, correlation_key, variables, tenant_id
        )
        return message.key, process_instance_key

    def broadcast(self, name: str, variables: Variables, tenant_id: str) -> int:
        """Broadcast a signal and return its key."""
        self._check_tenant(tenant_id, "BROADCAST", "Broadcast Signal")
        key = self._runtime.keys.next()
        self._runtime.events.signals.broadcast(name, variables, tenant_id)
        return key

    def evaluate_conditionals(
        self, variables: Variables, tenant_id: str, definition_key: int | None = None
    ) -> tuple[int, list[InstanceHistory]]:
        """Start an instance for each conditional start event that holds; return a key and the instances."""
        self._check_tenant(tenant_id, "EVALUATE", "Evaluate Conditional")
        runtime = self._runtime
        if definition_key is None:
            definitions = conditional_definitions(runtime.deployments, tenant_id)
        else:
            definitions = [self._conditional(definition_key, tenant_id)]
        key = runtime.keys.next()
        try:
            started = runtime.events.conditions.start_those_that_hold(definitions, variables, tenant_id)
        except Failure as failure:
            raise invalid_argument("EVALUATE", failure.message) from failure
        return key, [process.history for process in started]

    def _conditional(self, key: int, tenant_id: str) -> Definition:
        definition = self._runtime.deployments.by_key(key)
        if definition is None or definition.tenant_id != tenant_id:
            reason = f"Expected to evaluate conditionals of the process definition with key '{key}', but found none"
            raise not_found("EVALUATE", reason)
        return definition

    # -- incidents, user tasks --------------------------------------------------------------------------------------
    def resolve_incident(self, key: int) -> None:
        """Resolve an incident: what failed is tried again."""
        incident = self._runtime.incidents.get(key)
        job = None if incident.job_key is None else self._runtime.jobs.get(incident.job_key, "UPDATE")
        if job is not None and job.retries <= 0:
            reason = f"Expected to resolve incident with key '{key}', but job with key '{job.key}' has no retries left"
            raise not_found("RESOLVE", reason)
        self._runtime.incidents.close(incident)
        if job is not None:
            job.incident = None
        incident.resolve()

    def assign_user_task(
        self, key: int, assignee: str, allow_override: bool, action: str = "", *, settle: Settle = None
    ) -> None:
        """Assign a user task."""
        self._runtime.user_tasks.assign(key, assignee, allow_override=allow_override, action=action, settle=settle)

    def update_user_task(self, key: int, changes: Variables, action: str = "", *, settle: Settle = None) -> None:
        """Change a user task's candidates, dates or priority."""
        self._runtime.user_tasks.update(key, changes, action=action, settle=settle)

    def complete_user_task(self, key: int, variables: Variables, action: str = "", *, settle: Settle = None) -> None:
        """Complete a user task."""
        self._runtime.user_tasks.complete(key, variables, action=action, settle=settle)

    def evaluate_decision(self, key: int, variables: Variables) -> DecisionRecord:
        """Evaluate a decision by its key."""
        decision = self._runtime.deployments.decision(key=key, tenant_id="")
        if decision is None:
            raise not_found("EVALUATE", f"Expected to evaluate decision '{key}', but no decision found for key '{key}'")
        return self._runtime.decisions.evaluate(decision, variables)

    def create_cluster_variable(self, tenant_id: str, name: str, value: Any, metadata: Variables) -> None:
        """Keep a cluster variable of a tenant, or of all where that is empty."""
        self._cluster_variables.create((tenant_id, name), value, metadata)

    def update_cluster_variable(self, tenant_id: str, name: str, value: Any, metadata: Variables | None) -> None:
        """Give a cluster variable another value."""
        self._cluster_variables.update((tenant_id, name), value, metadata)

    def delete_cluster_variable(self, tenant_id: str, name: str) -> None:
        """Forget a cluster variable."""
        self._cluster_variables.delete((tenant_id, name))

    @property
    def _cluster_variables(self) -> ClusterVariables:
        return self._runtime.lifecycle.variables.of_cluster

    def next_key(self) -> int:
        """Return a key nothing else bears."""
        return self._runtime.keys.next()

    # -- time -------------------------------------------------------------------------------------------------------
    def advance(self, by_ms: int) -> None:
        """Move time forward; everything due on the way happens at its own moment, in order."""
        clock, schedule = self._runtime.clock, self._runtime.schedule
        target_ms = clock.now_ms() + by_ms
        while (due_ms := schedule.next_due_ms()) is not None and due_ms <= target_ms:
            clock.move_to_ms(due_ms)
            self._runtime.run_due()
        clock.move_to_ms(target_ms)

    def pin_clock(self, moment_ms: int) -> None:
        """Stop the clock at a moment."""
        self._runtime.clock.pin_ms(moment_ms)
        self._runtime.run_due()

    def reset_clock(self) -> None:
        """Let the clock run with the machine's again."""
        self._runtime.clock.reset()


def _unsupported_start(element_id: str, kind: str) -> Rejection:
    return invalid_argument(
        "CREATE",
        "Expected to create instance of process with start instructions but the element with id "
        f"'{element_id}' targets unsupported element type '{kind}'. Supported element types are: "
        f"[{', '.join(STARTABLE)}]",
    )
