"""Events: what waits for them, and what happens when they come."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._present import present
from camunda_client.embedded.model import Element, FlowNode, first_due, next_due, to_ms, unexpected
from camunda_client.embedded.run._clock import Clock
from camunda_client.embedded.run._instances import ElementInstance, ProcessInstance, Subscription
from camunda_client.embedded.run._lifecycle import Lifecycle
from camunda_client.embedded.run._messages import Messages
from camunda_client.embedded.run._schedule import Schedule
from camunda_client.embedded.run._signals import Signals

log = logging.getLogger(__name__)

#: Events that are waited for; errors and escalations are searched when they are thrown.
AWAITED = ("message", "signal", "timer")


class Events:
    """Opens and closes subscriptions; leads triggered events to their elements."""

    def __init__(self, lifecycle: Lifecycle, clock: Clock, schedule: Schedule) -> None:
        self._lifecycle = lifecycle
        self._schedule = schedule
        self.messages = Messages(lifecycle, clock, schedule, self.trigger)
        self.signals = Signals(lifecycle, self.trigger)

    # -- waiting ----------------------------------------------------------------------------------------------------
    def subscribe(self, owner: ElementInstance, catcher: Element) -> None:
        """Wait for a catching element's event.

        Raises:
            Failure: Its name, key or time can't be evaluated.
        """
        self.open(self.evaluated(owner, catcher))

    def evaluated(self, owner: ElementInstance, catcher: Element) -> Subscription:
        """Return a subscription that does not wait yet.

        Raises:
            Failure: Its name, key or time can't be evaluated.
        """
        try:
            return self._evaluated(owner, catcher)
        except Failure:
            raise
        except Exception as error:
            log.exception("embedded engine: what %s waits for can't be evaluated", catcher.id)
            raise Failure.unknown(error) from error

    def _evaluated(self, owner: ElementInstance, catcher: Element) -> Subscription:
        event, variables = catcher.event, self._lifecycle.variables
        subscription = Subscription(owner, catcher, event.kind)
        if event.kind == "timer":
            timer = present(event.timer)
            now_ms = to_ms(variables.now())
            warnings: list[str] = []
            value = variables.raw(timer, owner, warnings)
            subscription.due_ms, subscription.cycle = first_due(event.timer_kind, value, timer, now_ms, warnings)
        else:
            subscription.name = variables.text(present(event.name), owner)
        if event.kind == "message":
            subscription.correlation_key = self._correlation_key(owner, catcher)
        return subscription

    def open(self, subscription: Subscription) -> None:
        """Wait for what a subscription says."""
        if subscription.kind == "timer":
            subscription.entry = self._schedule.at(subscription.due_ms, partial(self._timer_due, subscription))
        elif subscription.kind == "message":
            self.messages.open(subscription)
        elif subscription.kind == "signal":
            self.signals.open(subscription)
        subscription.owner.subscriptions.append(subscription)

    def _correlation_key(self, owner: ElementInstance, catcher: Element) -> str:
        expression = present(catcher.event.correlation_key)
        warnings: list[str] = []
        # A boundary event's key is read outside its activity's own variables, like the real engine does.
        scope = owner.scope if catcher.kind == "BOUNDARY_EVENT" and owner.scope is not None else owner
        value = expression.evaluate(self._lifecycle.variables.visible(scope), warnings, self._lifecycle.variables.now)
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            reason = (
                unexpected(expression, value, "one of '[STRING, NUMBER]'", []).rpartition("but was ")[2].rstrip(".")
            )
            message = (
                f"Failed to extract the correlation key for '{expression.text}': "
                f"The value must be either a string or a number, but was {reason}."
            )
            if warnings:
                message += " The evaluation reported the following warnings:\n" + "\n".join(warnings)
            raise Failure("EXTRACT_VALUE_ERROR", message)
        return value if isinstance(value, str) else str(int(value) if float(value).is_integer() else value)

    def subscribe_boundaries(self, instance: ElementInstance) -> None:
        """Wait for the boundary events of an activity."""
        for boundary in instance.element.boundaries:
            if self.awaits(boundary):
                self.subscribe(instance, boundary)

    def subscribe_scope(self, scope: ElementInstance) -> None:
        """Wait for the events of a scope's event sub-processes."""
        for sub_process in scope.element.event_subprocesses:
            if self.awaits(sub_process.start):
                self.subscribe(scope, sub_process.start)

    @staticmethod
    def awaits(catcher: Element) -> bool:
        """Whether a catching element's event is waited for."""
        return catcher.event.kind in AWAITED

    @classmethod
    def catchers_of_scope(cls, scope: Element) -> list[Element]:
        """Return what a process or sub-process waits for while it is open: at its boundary, and to start in it."""
        starts = [sub_process.start for sub_process in scope.event_subprocesses]
        return [catcher for catcher in scope.boundaries + starts if cls.awaits(catcher)]

    def close(self, instance: ElementInstance) -> None:
        """Stop waiting for anything."""
        for subscription in instance.subscriptions:
            self._close(subscription)
        instance.subscriptions.clear()

    def close_one(self, subscription: Subscription) -> None:
        """Stop waiting for one thing."""
        self._close(subscription)
        subscription.owner.subscriptions.remove(subscription)

    def _close_starts(self, scope: ElementInstance) -> None:
        """Let no other event sub-process begin in a scope; its own boundary events may still end it."""
        for subscription in scope.subscriptions:
            if subscription.catcher.kind == "START_EVENT":
                self._close(subscription)
        scope.subscriptions = [one for one in scope.subscriptions if one.open]

    def _close(self, subscription: Subscription) -> None:
        subscription.open = False
        if subscription.entry is not None:
            subscription.entry.cancel()
        if subscription.kind == "message":
            self.messages.close(subscription)
        elif subscription.kind == "signal":
            self.signals.close(subscription)

    def _timer_due(self, subscription: Subscription) -> None:
        if not subscription.open:
            return
        if subscription.cycle is not None:
            now_ms = to_ms(self._lifecycle.variables.now())
            due_ms = next_due(subscription.cycle, present(subscription.entry).due_ms, now_ms)
            if due_ms is not None:
                subscription.entry = self._schedule.at(due_ms, partial(self._timer_due, subscription))
        self.trigger(subscription, {})

    def broadcast(self, name: str, variables: dict[str, Any], tenant_id: str) -> None:
        """Tell everybody who waits for a signal."""
        self.signals.broadcast(name, variables, tenant_id)

    def process_ended(self, process: ProcessInstance) -> None:
        """Let the next message of the same correlation key start an instance."""
        self.messages.process_ended(process)

    # -- happening --------------------------------------------------------------------------------------------------
    def trigger(self, subscription: Subscription, variables: dict[str, Any]) -> None:
        """Lead an event to the element that catches it."""
        owner, catcher = subscription.owner, subscription.catcher
        if not owner.alive or not subscription.open:
            return
        if catcher.kind == "BOUNDARY_EVENT":
            self._fire_boundary(owner, catcher, variables)
        elif catcher.kind == "START_EVENT":
            self._fire_event_subprocess(owner, catcher, variables)
        else:  # the element itself, or one behind an event-based gateway
            self.close(owner)
            owner.event_variables = variables
            owner.chosen = catcher
            self._lifecycle.complete_soon(owner)

    def _fire_boundary(self, activity: ElementInstance, boundary: Element, variables: dict[str, Any]) -> None:
        scope, lifecycle = present(activity.scope), self._lifecycle
        details = {"variables": variables}
        spec = activity.process.definition.process.spec_of(boundary.id)
        if activity.state == "TERMINATING":
            return
        if boundary.interrupting:
            # What is inside may not begin or end anything from now on, but it takes steps to end it.
            activity.state = "TERMINATING"
            self.close(activity)
            steps = 2 if activity.children or activity.workflow is not None else 1
            lifecycle.agenda.soon(self._interrupt, activity, spec, details, steps - 1)
        else:
            lifecycle.spawn(scope, spec, details, parent_task=activity.task.parent)

    def _interrupt(self, activity: ElementInstance, spec: FlowNode, details: dict[str, Any], steps: int) -> None:
        lifecycle = self._lifecycle
        if not activity.alive:
            return
        if steps:
            lifecycle.agenda.soon(self._interrupt, activity, spec, details, steps - 1)
            return
        lifecycle.endings.end([activity], partial(self.interrupted, activity, spec, details))

    def interrupted(self, activity: ElementInstance, spec: FlowNode, details: dict[str, Any]) -> None:
        """Go on at the boundary event that ended an activity."""
        scope = present(activity.scope)
        if scope.alive and scope.state != "TERMINATING":
            self._lifecycle.spawn(scope, spec, details, parent_task=activity.task)
            scope.tokens -= 1

    def _fire_event_subprocess(self, scope: ElementInstance, start: Element, variables: dict[str, Any]) -> None:
        if start.interrupting:
            scope.interrupted = True
            self._close_starts(scope)
            self._lifecycle.clear(scope, partial(self.begin_event_subprocess, scope, start, variables))
        else:
            self.begin_event_subprocess(scope, start, variables)

    def begin_event_subprocess(self, scope: ElementInstance, start: Element, variables: dict[str, Any]) -> None:
        """Put a token before an event sub-process, with what its event brought."""
        spec = scope.process.definition.process.spec_of(start.parent)
        self._lifecycle.spawn(scope, spec, {"variables": variables})

    # -- thrown events ----------------------------------------------------------------------------------------------
    def throw_error(self, thrower: ElementInstance, code: str, variables: dict[str, Any]) -> bool:
        """Lead an error to the nearest element that catches its code; False if there is none."""
        found = self._catcher(thrower, "error", code)
        if found is not None:
            self._fire(*found, variables)
        return found is not None

    def catches_error(self, thrower: ElementInstance, code: str) -> bool:
        """Whether an error of that code would be caught."""
        return self._catcher(thrower, "error", code) is not None

    def throw_escalation(self, thrower: ElementInstance, code: str) -> str | None:
        """Lead an escalation to its catcher; return how that catches, None if there is none."""
        found = self._catcher(thrower, "escalation", code)
        if found is None:
            return None
        self._fire(*found, {})  # 8.6.0 lets no variables travel with an escalation
        return "interrupting" if found[1].interrupting else "non-interrupting"

    def _fire(self, owner: ElementInstance, catcher: Element, variables: dict[str, Any]) -> None:
        if catcher.kind == "BOUNDARY_EVENT":
            self._fire_boundary(owner, catcher, variables)
        else:
            self._fire_event_subprocess(owner, catcher, variables)

    def _catcher(self, thrower: ElementInstance, kind: str, code: str) -> tuple[ElementInstance, Element] | None:
        for owner, candidates in self._around(thrower, kind):
            exact = [c for c in candidates if c.event.name is not None and c.event.name.text == code]
            any_code = [c for c in candidates if c.event.name is None]
            for catcher in exact + any_code:
                return owner, catcher
        return None

    def _around(self, thrower: ElementInstance, kind: str) -> list[tuple[ElementInstance, list[Element]]]:
        """Return who could catch, from the inside outward and across call activities."""
        found = []
        at: ElementInstance | None = thrower
        while at is not None:
            if at is not thrower and at.workflow is not None:
                starts = [sub.start for sub in at.element.event_subprocesses if sub.start.event.kind == kind]
                if starts and not self._inside(thrower, starts):
                    found.append((at, starts))
            if not at.loop_counter:  # the boundary events of an iteration belong to its body
                found.append((at, [b for b in at.element.boundaries if b.event.kind == kind]))
            at = at.scope if at.scope is not None else at.process.caller
        return found

    @staticmethod
    def _inside(thrower: ElementInstance, starts: list[Element]) -> bool:
        """Whether the thrower runs in the very event sub-process that would catch."""
        at: ElementInstance | None = thrower
        while at is not None:
            if any(at.element.id == start.parent for start in starts):
                return True
            at = at.scope
        return False

    def catchable(self, thrower: ElementInstance) -> str:
        """Return Camunda's sentence about the error codes that would have been caught."""
        codes = [
            c.event.name.text for _, group in self._around(thrower, "error") for c in group if c.event.name is not None
        ]
        return (
            f"Available error events are [{', '.join(codes)}]"
            if codes
            else "No error events are available in the scope."
        )
