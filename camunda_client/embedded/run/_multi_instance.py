"""Multi-instance bodies: one inner instance per item of a collection, at once or one after another."""

from __future__ import annotations

from functools import partial
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded._present import present
from camunda_client.embedded.model import unexpected, unexpected_type
from camunda_client.embedded.run._events import Events
from camunda_client.embedded.run._instances import ElementInstance
from camunda_client.embedded.run._lifecycle import Lifecycle


class MultiInstances:
    """Begins, feeds and ends multi-instance bodies."""

    def __init__(self, lifecycle: Lifecycle, events: Events) -> None:
        self._lifecycle = lifecycle
        self._events = events
        self._variables = lifecycle.variables

    def activate(self, body: ElementInstance) -> None:
        """Begin a body: evaluate the collection and start inner instances.

        Raises:
            Failure: The collection is not a list.
        """
        loop = present(body.element.multi_instance)
        body.items = list(self._variables.typed(loop.collection, body, (list,), "'ARRAY'"))
        self._events.subscribe_boundaries(body)
        if loop.output_collection:
            self._variables.set_local(body, {loop.output_collection: [None] * len(body.items)})
        self._lifecycle.activated(body)
        if not body.items:
            self._lifecycle.complete_soon(body)
        elif loop.sequential:
            self._start_next(body)
        else:
            self._lifecycle.agenda.soon(self._start_all, body)

    def _start_all(self, body: ElementInstance) -> None:
        for _ in body.items if body.alive else ():
            self._start_next(body)

    def _start_next(self, body: ElementInstance) -> None:
        body.started += 1
        details = {"body": body, "loop": body.started}
        self._lifecycle.spawn(body, present(body.spec).inner_of_body(), details, parent_task=body.task)

    def set_loop_variables(self, inner: ElementInstance) -> None:
        """Give an inner instance its item and its number, from 1."""
        loop, body = present(inner.element.multi_instance), present(inner.scope)
        own: dict[str, Any] = {"loopCounter": inner.loop_counter}
        output = loop.output_element
        if output is not None and output.tree[0] == "name":  # else iterations would share one outer variable
            own[output.tree[1]] = None
        if loop.element:
            own[loop.element] = body.items[inner.loop_counter - 1]
        self._variables.set_local(inner, own)

    def collect(self, inner: ElementInstance) -> None:
        """Put an inner instance's output into the collection and ask whether the body is done.

        Raises:
            Failure: The completion condition is not a boolean.
        """
        loop, body = present(inner.element.multi_instance), present(inner.scope)
        if loop.output_collection and loop.output_element is not None:
            value = self._variables.evaluate(loop.output_element, inner)
            outputs = self._outputs(body, loop.output_collection, inner.loop_counter)
            outputs[inner.loop_counter - 1] = value
            self._variables.set_local(body, {loop.output_collection: outputs})
        if loop.completion is not None and self._holds(inner, body):
            body.chosen = body.element  # marks the condition as met

    def _outputs(self, body: ElementInstance, name: str, position: int) -> list[Any]:
        """Return a copy of the collection of outputs.

        Raises:
            Failure: Something else has written to it.
        """
        outputs = body.variables.get(name)
        reason = "This may happen when multiple BPMN elements write to the same variable."
        if not isinstance(outputs, list):
            found = unexpected_type(outputs)
            text = f"Unable to update an item in output collection '{name}'"
            kind = f"because the type of the output collection is: {found}."
            raise Failure("EXTRACT_VALUE_ERROR", f"{text} {kind} {reason}")
        if len(outputs) < position:
            text = f"Unable to update an item in output collection '{name}' at position {position}"
            size = f"because the size of the collection is: {len(outputs)}."
            raise Failure("EXTRACT_VALUE_ERROR", f"{text} {size} {reason}")
        return list(outputs)

    def _holds(self, inner: ElementInstance, body: ElementInstance) -> bool:
        loop = present(inner.element.multi_instance)
        completion = present(loop.completion)
        completed = body.started - len(body.children) + 1
        context = {
            **self._variables.visible(inner),
            "numberOfInstances": len(body.items),
            "numberOfActiveInstances": len(body.children) - 1,
            "numberOfCompletedInstances": completed,
            "numberOfTerminatedInstances": 0,
        }
        warnings: list[str] = []
        result = completion.evaluate(context, warnings, self._variables.now)
        if not isinstance(result, bool):
            raise Failure("EXTRACT_VALUE_ERROR", unexpected(completion, result, "'BOOLEAN'", warnings))
        return result

    def after(self, body: ElementInstance) -> None:
        """Go on after an inner instance: end early, start the next, or complete."""
        loop = present(body.element.multi_instance)
        if body.chosen is not None:
            self._lifecycle.agenda.soon(self._end_early, body)  # iterations that are about to complete still do
        elif loop.sequential and body.started < len(body.items):
            self._start_next(body)
        elif not body.tokens:
            self._lifecycle.complete_soon(body)

    def _end_early(self, body: ElementInstance) -> None:
        if not body.alive or body.state == "COMPLETING":
            return
        self._lifecycle.endings.end(body.children.values(), partial(self.ended_early, body))

    def ended_early(self, body: ElementInstance) -> None:
        """Complete a body whose remaining iterations were ended."""
        body.tokens = 0
        self._lifecycle.complete_soon(body)

    def publish(self, body: ElementInstance) -> None:
        """Hand the collected outputs to the scope around the body."""
        loop = present(body.element.multi_instance)
        if loop.output_collection:
            self._variables.propagate(
                present(body.scope), {loop.output_collection: body.variables[loop.output_collection]}
            )
