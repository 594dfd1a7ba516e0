"""What each kind of element does when it is activated."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._present import present
from camunda_client.embedded.model import INNER, Decisions, Deployments, Element, Flow, Link, Listener
from camunda_client.embedded.run._ad_hoc import AdHocs
from camunda_client.embedded.run._bindings import Bindings
from camunda_client.embedded.run._compensation import Compensations
from camunda_client.embedded.run._events import Events
from camunda_client.embedded.run._instances import ElementInstance
from camunda_client.embedded.run._jobs import Jobs
from camunda_client.embedded.run._lifecycle import Lifecycle
from camunda_client.embedded.run._task_properties import evaluated
from camunda_client.embedded.run._user_tasks import UserTasks
from camunda_client.embedded.run._workflows import ScopeWorkflow

#: What a job-based user task's job is called.
USER_TASK_JOB_TYPE = "io.camunda.zeebe:userTask"
#: The header that has what a job is linked to, as JSON (camunda/camunda#24774).
LINKED_RESOURCES = "linkedResources"


class Behaviours:
    """A function for each kind of element."""

    def __init__(
        self,
        lifecycle: Lifecycle,
        events: Events,
        jobs: Jobs,
        user_tasks: UserTasks,
        ad_hocs: AdHocs,
        deployments: Deployments,
        decisions: Decisions,
    ) -> None:
        self._lifecycle = lifecycle
        self._variables = lifecycle.variables
        self._events = events
        self._jobs = jobs
        self._user_tasks = user_tasks
        #: Of ad-hoc sub-processes: see :class:`AdHocs`.
        self.collect, self.go_on, self.publish = ad_hocs.collect, ad_hocs.go_on, ad_hocs.publish
        self._bindings = Bindings(deployments, lifecycle.variables)
        self._decisions = decisions
        self._compensations = Compensations(lifecycle)
        self._by_kind: dict[str, Callable[[ElementInstance], None]] = {
            "START_EVENT": lifecycle.complete_soon,  # its event's variables are there already
            "BOUNDARY_EVENT": lifecycle.complete_soon,
            "TASK": lifecycle.complete_soon,
            "MANUAL_TASK": lifecycle.complete_soon,
            "SERVICE_TASK": self._job,
            "SEND_TASK": self._job,
            "SCRIPT_TASK": self._script,
            "BUSINESS_RULE_TASK": self._decision,
            "USER_TASK": self._user_task,
            "RECEIVE_TASK": self._catch,
            "INTERMEDIATE_CATCH_EVENT": self._catch,
            "INTERMEDIATE_THROW_EVENT": self._throw,
            "END_EVENT": self._end,
            "SUB_PROCESS": self._open,
            "EVENT_SUB_PROCESS": self._open,
            "AD_HOC_SUB_PROCESS": ad_hocs.activate,
            INNER: ad_hocs.open,
            "CALL_ACTIVITY": self._call,
            "EXCLUSIVE_GATEWAY": self._choose_first,
            "INCLUSIVE_GATEWAY": self._choose_all,
            "PARALLEL_GATEWAY": lambda _instance: None,
            "EVENT_BASED_GATEWAY": self._wait_for_first,
        }

    def activate(self, instance: ElementInstance) -> None:
        """Do what the element is for.

        Raises:
            Failure: It can't be done.
        """
        self._by_kind[instance.kind](instance)

    def create_listener(self, instance: ElementInstance, listener: Listener, phase: str) -> None:
        """Create the job of an execution listener."""
        self._jobs.create_listener(instance, listener, phase)

    def cancel_of(self, instance: ElementInstance) -> None:
        """Take back the work of an instance that is terminated."""
        self._jobs.cancel_of(instance)
        self._user_tasks.cancel_of(instance)
        if instance.undoes is not None:
            self._compensations.ended(instance)

    def left(self, instance: ElementInstance) -> None:
        """Note what an instance that has completed leaves to be undone, or has undone."""
        self._compensations.left(instance)

    def has_last_words(self, instance: ElementInstance) -> bool:
        """Whether listeners are to be heard before a user task is cancelled."""
        return self._user_tasks.has_last_words(instance)

    def hear(self, instance: ElementInstance, then: Callable[[], None]) -> None:
        """Call the listeners of a user task's cancellation."""
        self._user_tasks.hear(instance, then)

    def close(self, instance: ElementInstance) -> None:
        """Stop waiting for events."""
        self._events.close(instance)

    # -- tasks ------------------------------------------------------------------------------------------------------
    def _job(self, instance: ElementInstance) -> None:
        element = instance.element
        headers = dict(element.headers)
        if element.links:
            headers[LINKED_RESOURCES] = _json([self._linked(link, instance) for link in element.links])
        self._jobs.create_for(instance, present(element.job), headers)

    def _linked(self, link: Link, instance: ElementInstance) -> dict[str, str | None]:
        """Return what a job says of a file."""
        key = str(self._bindings.resource(link, instance).key)
        return {"resourceKey": key, "resourceType": link.type, "linkName": link.name}

    def _script(self, instance: ElementInstance) -> None:
        element = instance.element
        if element.script is None:
            self._job(instance)
            return
        instance.event_variables = {element.result_variable: self._variables.evaluate(element.script, instance)}
        self._lifecycle.complete_soon(instance)

    def _decision(self, instance: ElementInstance) -> None:
        element = instance.element
        if element.decision is None:
            self._job(instance)
            return
        decision = self._bindings.decision(self._variables.text(element.decision, instance), instance)
        visible = self._variables.context(instance)
        record = self._decisions.decide(decision, visible)
        record.process_instance_key, record.element_instance_key = instance.process.key, instance.key
        record.element_id = element.id
        instance.process.history.decisions.append(record)
        if record.failure:
            raise Failure("DECISION_EVALUATION_ERROR", record.failure)
        instance.event_variables = {element.result_variable: record.output}
        self._lifecycle.complete_soon(instance)

    def _user_task(self, instance: ElementInstance) -> None:
        """Let a person do it: by one of Camunda's user tasks, or by a job of a type of its own."""
        details = instance.element.user_task or {}
        if details.get("native"):
            self._user_tasks.create_for(instance, evaluated(details, self._variables, self._bindings, instance))
            return
        # Camunda's own tasks alone have a priority; here it is not even evaluated.
        given = {name: expression for name, expression in details.items() if name != "priority"}
        properties = evaluated(given, self._variables, self._bindings, instance)
        if "formKey" in details:
            properties["formKey"] = details["formKey"]
        headers = dict(instance.element.headers)
        for name, value in properties.items():
            if value not in (None, ""):
                headers[f"io.camunda.zeebe:{name}"] = value if isinstance(value, str) else _json(value)
        self._jobs.create(instance, USER_TASK_JOB_TYPE, 1, headers)

    # -- events -----------------------------------------------------------------------------------------------------
    def _catch(self, instance: ElementInstance) -> None:
        if instance.triggered or instance.element.event.kind == "link":
            self._lifecycle.complete_soon(instance)
        else:
            self._events.subscribe(instance, instance.element)

    def check(self, instance: ElementInstance) -> None:
        """Fail before an instance that throws an error counts as activated.

        Raises:
            Failure: Nothing catches it.
        """
        code = self._error_code(instance)
        if code is not None and not self._events.catches_error(instance, code):
            raise Failure(
                "UNHANDLED_ERROR_EVENT",
                f"Expected to throw an error event with the code '{code}', but it was not caught. "
                f"{self._events.catchable(instance)}",
            )

    def _error_code(self, instance: ElementInstance) -> str | None:
        event = instance.element.event
        if instance.kind != "END_EVENT" or event.kind != "error" or event.name is None:
            return None
        return self._variables.text(event.name, instance)

    def _throw(self, instance: ElementInstance) -> None:
        event = instance.element.event
        if event.kind == "message":
            self._job(instance)
            return
        if event.kind == "link":
            instance.link = present(event.name).text
        elif event.kind == "signal":
            name = self._variables.text(present(event.name), instance)
            local, tenant_id = dict(instance.variables), instance.process.tenant_id
            self._lifecycle.agenda.soon(self._events.broadcast, name, local, tenant_id)
        elif event.kind == "escalation":
            code = self._variables.text(present(event.name), instance)
            if self._events.throw_escalation(instance, code) == "interrupting":
                return
        elif event.kind == "compensation" and self._compensations.trigger(instance):
            return
        self._lifecycle.complete_soon(instance)

    def _end(self, instance: ElementInstance) -> None:
        code = self._error_code(instance)
        if code is not None:
            self._events.throw_error(instance, code, {})
            return
        self._throw(instance)
        if instance.element.event.kind == "terminate":
            self._lifecycle.end_scope_soon(instance)

    # -- what holds other elements ----------------------------------------------------------------------------------
    def _open(self, instance: ElementInstance) -> None:
        """Begin a sub-process: its event sub-processes listen, its start event gets a token."""
        process = instance.process.definition.process
        instance.workflow = ScopeWorkflow(process.scopes[instance.element.id], self._lifecycle, instance)
        self._events.subscribe_scope(instance)
        details = {"variables": instance.event_variables} if instance.triggered else {}
        instance.event_variables = None
        self._lifecycle.spawn(instance, process.spec_of(instance.element.start.id), details)

    def _call(self, instance: ElementInstance) -> None:
        """Begin the process that a call activity names, and wait for it."""
        called, tenant_id = present(instance.element.called), instance.process.tenant_id
        process_id = self._variables.text(called.process_id, instance)
        definition = self._bindings.process(process_id, instance)
        if definition.none_start_or_none() is None:
            raise Failure(
                "CALLED_ELEMENT_ERROR",
                f"Expected process with BPMN process id '{process_id}' to have a none start event, but not found.",
            )
        business_id = instance.process.business_id
        if called.business_id is not None:
            business_id = self._variables.text(called.business_id, instance)
        variables = self._variables.visible(instance) if called.all_parent_variables else dict(instance.variables)
        instance.called = self._lifecycle.start(
            definition, variables, tenant_id, caller=instance, business_id=business_id
        )

    # -- gateways ---------------------------------------------------------------------------------------------------
    def _choose_first(self, instance: ElementInstance) -> None:
        self._choose(instance, first_only=True)

    def _choose_all(self, instance: ElementInstance) -> None:
        self._choose(instance, first_only=False)

    def _choose(self, instance: ElementInstance, *, first_only: bool) -> None:
        """Take the flows whose conditions hold, or the default one."""
        element = instance.element
        chosen = self._holding(instance, first_only=first_only)
        default = element.flow(element.default)
        if not chosen and default is not None:
            chosen = [default]
        if not chosen and element.outgoing:
            raise Failure(
                "CONDITION_ERROR",
                "Expected at least one condition to evaluate to true, or to have a default flow",
            )
        instance.flows = chosen

    def _holding(self, instance: ElementInstance, *, first_only: bool) -> list[Flow]:
        element, chosen = instance.element, []
        for flow in element.outgoing:
            if flow.id == element.default:
                continue
            if flow.condition is None or self._variables.condition(flow.condition, instance):
                chosen.append(flow)
                if first_only:
                    break
        return chosen

    def _wait_for_first(self, instance: ElementInstance) -> None:
        elements: dict[str, Element] = instance.process.definition.elements
        for flow in instance.element.outgoing:
            self._events.subscribe(instance, elements[flow.target])


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
