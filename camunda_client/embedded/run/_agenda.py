"""Steps that wait, done first in, first out, like the records of a Camunda partition; no step runs inside another."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._rejections import EngineError
from camunda_client.embedded.run._incidents import Incidents
from camunda_client.embedded.run._instances import ElementInstance, Job, ProcessInstance, Subscription
from camunda_client.embedded.run._workflows import Token

log = logging.getLogger(__name__)

#: Steps of one command. A model that loops without ever waiting would otherwise hold the process for ever.
MAX_STEPS = 100_000


class Agenda:
    """What is still to do for one command."""

    def __init__(self, incidents: Incidents, max_steps: int = MAX_STEPS) -> None:
        self.max_steps = max_steps
        self._incidents = incidents
        self._steps: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        #: Calls to others outside the engine, for when the command is done.
        self.after: deque[Callable[[], Any]] = deque()

    def soon(self, step: Callable[..., None], *arguments: Any) -> None:
        """Do a step after those that already wait."""
        self._steps.append((step, arguments))

    def run(self) -> None:
        """Do all steps, and those they cause."""
        steps = 0
        while self._steps:
            step, arguments = self._steps.popleft()
            self.do(step, *arguments)
            steps += 1
            if steps > self.max_steps:
                self._steps.clear()
                raise EngineError(
                    f"stopped after {steps - 1} steps of one command: a process loops without waiting "
                    "(or Engine(max_steps=...) is too low for a very large one)"
                )

    def do(self, step: Callable[..., Any], *arguments: Any) -> None:
        """Do a step that belongs to an instance, whatever it raises.

        The step is off the agenda, or its timer has gone: without an incident the instance would wait for nothing, for
        ever. Where a step belongs to no instance the exception goes on to who gave the command.
        """
        try:
            step(*arguments)
        except Exception as error:
            subjects = (*getattr(step, "args", ()), *arguments)  # of a partial, as what falls due is
            instance = next(filter(None, map(_instance_of, subjects)), None)
            if instance is None or not instance.alive:
                raise
            self.failed(instance, error, partial(self.soon, step, *arguments))

    def failed(self, instance: ElementInstance, error: Exception, again: Callable[[], None]) -> None:
        """Raise an incident for an instance whose step failed; its resolution does ``again``."""
        if isinstance(error, Failure):
            failure = error
        else:  # a fault of ours, met by values that were not thought of; its cause is in the log
            log.error("embedded engine: a step of %s failed", instance.element.id, exc_info=error)
            failure = Failure.unknown(error)
        self._incidents.raise_for(instance, failure, again)


def _instance_of(argument: Any) -> ElementInstance | None:
    """Return the element instance that a step's argument is, or is about."""
    if isinstance(argument, ProcessInstance):
        return argument.root
    if isinstance(argument, Subscription):
        return argument.owner
    if isinstance(argument, Job):
        return argument.instance
    if isinstance(argument, Token):
        scope: ElementInstance = argument.internal_data.get("body") or argument.workflow.scope
        return scope
    return argument if isinstance(argument, ElementInstance) else None
