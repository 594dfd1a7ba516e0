"""Conditional events: conditions that are looked at when their scope begins, and when a variable of theirs changes.

A change counts where it is seen: in the scope of the variable and those inside it, outermost first. However many
variables one step writes, a condition is looked at once. A value that is not true is false.

Source: docs.camunda.io, "Conditionals" and "Conditional events" (8.9 on).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._present import present
from camunda_client.embedded.model import Definition, Deployments, Element
from camunda_client.embedded.run._instances import ElementInstance, ProcessInstance, Subscription
from camunda_client.embedded.run._lifecycle import Lifecycle

log = logging.getLogger(__name__)


class Conditions:
    """Looks at conditions, and lets those that hold have their effect."""

    def __init__(self, lifecycle: Lifecycle, trigger: Callable[[Subscription, dict[str, Any]], None]) -> None:
        self._lifecycle = lifecycle
        self._trigger = trigger
        lifecycle.variables.changed = self.changed

    def open(self, subscription: Subscription) -> None:
        """Look at a condition now, and from now on at changes of its variables.

        Raises:
            Failure: It can't be evaluated.
        """
        subscription.owner.process.conditions.append(subscription)
        if self._holds(subscription):
            self._lifecycle.agenda.soon(self._trigger, subscription, {})

    def close(self, subscription: Subscription) -> None:
        """Look at it no longer."""
        conditions = subscription.owner.process.conditions
        if subscription in conditions:
            conditions.remove(subscription)

    def changed(self, scope: ElementInstance, names: Iterable[str]) -> None:
        """Note variables that are about to be written in a scope; conditions are looked at after this step."""
        process = scope.process
        if not process.changes:
            self._lifecycle.agenda.soon(self._look, process)
        process.changes += [(scope, name, "update" if name in scope.variables else "create") for name in names]

    def _look(self, process: ProcessInstance) -> None:
        changes, process.changes = process.changes, []
        for subscription in sorted(process.conditions, key=lambda one: len(_scopes(one.owner))):
            concerned = _listens(subscription) and any(_concerns(subscription, *change) for change in changes)
            if concerned and self._holds_now(subscription):
                self._trigger(subscription, {})

    def _holds_now(self, subscription: Subscription) -> bool:
        try:
            return self._holds(subscription)
        except Failure as failure:
            log.warning("embedded engine: the condition of %s failed: %s", subscription.catcher.id, failure.message)
            return False

    def _holds(self, subscription: Subscription) -> bool:
        condition, variables = present(subscription.catcher.event.condition), self._lifecycle.variables
        return variables.evaluate(condition, subscription.owner) is True

    # -- starting processes -----------------------------------------------------------------------------------------
    def start_those_that_hold(
        self, definitions: list[Definition], variables: dict[str, Any], tenant_id: str
    ) -> list[ProcessInstance]:
        """Start an instance for each conditional start event whose condition holds.

        Raises:
            Failure: A condition can't be evaluated; nothing was started.
        """
        found = [
            (definition, start)
            for definition in definitions
            for start in definition.process.root.starts
            if start.event.condition is not None
            and start.event.condition.evaluate(variables, [], self._lifecycle.variables.now) is True
        ]
        return [self._lifecycle.start(one, dict(variables), tenant_id, at=[start]) for one, start in found]


def conditional_definitions(deployments: Deployments, tenant_id: str) -> list[Definition]:
    """Return the latest versions of a tenant's processes that conditions can start."""
    latest = {one.process_id: one for one in deployments.everything()[0] if one.tenant_id == tenant_id}
    return [one for one in latest.values() if any(map(_is_conditional, one.process.root.starts))]


def _is_conditional(start: Element) -> bool:
    return start.event.kind == "conditional"


def _scopes(instance: ElementInstance) -> list[ElementInstance]:
    """Return an instance and the scopes around it, innermost first."""
    found, at = [instance], instance.scope
    while at is not None:
        found.append(at)
        at = at.scope
    return found


def _listens(subscription: Subscription) -> bool:
    """Whether an event may still happen: neither it nor a scope around it has just been ended."""
    scopes = _scopes(subscription.owner)
    return subscription.open and all(one.alive and one.state != "TERMINATING" for one in scopes)


def _concerns(subscription: Subscription, scope: ElementInstance, name: str, change: str) -> bool:
    """Whether a change is one of a variable that a condition sees, of a kind that it asks for."""
    event = subscription.catcher.event
    if name not in event.variables or change not in event.changes:
        return False
    return next((one for one in _scopes(subscription.owner) if name in one.variables), None) is scope
