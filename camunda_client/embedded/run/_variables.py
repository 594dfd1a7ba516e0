"""Variables live in scopes: an instance sees its own and those of every scope around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded.model import Expression, Mapping, unexpected
from camunda_client.embedded.run._cluster_variables import ClusterVariables
from camunda_client.embedded.run._instances import ElementInstance


class Variables:
    """Reads and writes variables, and evaluates expressions over them."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.of_cluster = ClusterVariables()
        #: Called with what is about to be written in an instance whose process waits for conditions.
        self.changed: Callable[[ElementInstance, Iterable[str]], None] = lambda _instance, _names: None

    # -- reading ----------------------------------------------------------------------------------------------------
    def visible(self, instance: ElementInstance) -> dict[str, Any]:
        """Return all variables an instance sees; inner scopes hide outer ones."""
        chain = []
        at: ElementInstance | None = instance
        while at is not None:
            if at.variables:
                chain.append(at.variables)
            at = at.scope
        merged: dict[str, Any] = {}
        for variables in reversed(chain):
            merged.update(variables)
        return merged

    def context(self, instance: ElementInstance) -> dict[str, Any]:
        """Return all that an expression sees: the cluster's variables as well, which the instance's own may hide."""
        visible = self.visible(instance)
        return {**self.of_cluster.context(instance.process.tenant_id), **visible} if self.of_cluster.values else visible

    # -- writing ----------------------------------------------------------------------------------------------------
    def set_local(self, instance: ElementInstance, variables: dict[str, Any]) -> None:
        """Write into the instance's own scope."""
        process = instance.process
        history = process.history
        if process.conditions:
            self.changed(instance, variables)
        for name, value in variables.items():
            instance.variables[name] = value
            history.variable(instance.element.id, instance.key, name, value, of_process=instance.scope is None)

    def propagate(self, instance: ElementInstance, variables: dict[str, Any]) -> None:
        """Write each variable where it exists, nearest scope first, else at the process instance.

        As in 8.6.0, a scope that already holds the very value does not count: the value then goes to an
        outer scope that holds another, or to the process instance (measured).
        """
        for name, value in variables.items():
            at = instance
            while at.scope is not None and (name not in at.variables or _same(at.variables[name], value)):
                at = at.scope
            if name not in at.variables or not _same(at.variables[name], value):
                self.set_local(at, {name: value})

    # -- expressions ------------------------------------------------------------------------------------------------
    def evaluate(self, expression: Expression, instance: ElementInstance) -> Any:
        """Return an expression's value as JSON."""
        return expression.text if expression.static else expression.evaluate(self.context(instance), [], self.now)

    def raw(self, expression: Expression, instance: ElementInstance, warnings: list[str]) -> Any:
        """Return an expression's value with dates and durations as such; ``warnings`` gets the reasons for nulls."""
        return expression.text if expression.static else expression.raw(self.context(instance), warnings, self.now)

    def typed(self, expression: Expression, instance: ElementInstance, kinds: tuple[type, ...], wanted: str) -> Any:
        """Return an expression's value if it is of a wanted type.

        Raises:
            Failure: It is not; EXTRACT_VALUE_ERROR with Camunda's words.
        """
        warnings: list[str] = []
        value = (
            expression.text if expression.static else expression.evaluate(self.context(instance), warnings, self.now)
        )
        if type(value) in kinds:
            return value
        raise Failure("EXTRACT_VALUE_ERROR", unexpected(expression, value, wanted, warnings))

    def text(self, expression: Expression, instance: ElementInstance) -> str:
        """Return an expression's text.

        Raises:
            Failure: It is not a string.
        """
        if expression.static:
            return expression.text
        return str(self.typed(expression, instance, (str,), "'STRING'"))

    def condition(self, expression: Expression, instance: ElementInstance) -> bool:
        """Return whether a condition holds.

        Raises:
            Failure: The result is not a boolean.
        """
        return bool(self.typed(expression, instance, (bool,), "'BOOLEAN'"))

    # -- mappings ---------------------------------------------------------------------------------------------------
    def apply_inputs(self, instance: ElementInstance) -> None:
        """Evaluate the input mappings, in order, into the instance's own scope."""
        element = instance.element
        thrown_plainly = element.kind in ("END_EVENT", "INTERMEDIATE_THROW_EVENT") and element.event.kind not in (
            "message",
            "signal",
        )
        if not element.inputs or thrown_plainly:  # 8.6.0 passes over the latter's mappings
            return
        context = self.context(instance)
        local: dict[str, Any] = {}
        for mapping in instance.element.inputs:
            value = mapping.source.evaluate(context, [], self.now)
            _put(local, mapping.target, value, {})
            context.update(local)
        self.set_local(instance, local)

    def apply_outputs(self, instance: ElementInstance, mappings: Iterable[Mapping], target: ElementInstance) -> None:
        """Evaluate output mappings over the instance's scope and propagate the results from ``target`` outward."""
        context = self.context(instance)
        results: dict[str, Any] = {}
        for mapping in mappings:
            value = mapping.source.evaluate(context, [], self.now)
            _put(results, mapping.target, value, context)
            context.update(results)
        self.propagate(target, results)


def _same(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)


def _put(document: dict[str, Any], target: str, value: Any, existing: dict[str, Any]) -> None:
    """Write ``a.b.c`` into nested objects, keeping what an existing object holds beside it."""
    head, _, rest = target.partition(".")
    if not rest:
        document[head] = value
        return
    current = document.get(head, existing.get(head))
    inner = dict(current) if isinstance(current, dict) else {}
    _put(inner, rest, value, {})
    document[head] = inner
