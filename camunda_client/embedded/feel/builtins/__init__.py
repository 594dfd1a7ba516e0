"""FEEL's built-in functions: names, parameters, what they take, what they return.

A function that gets what it does not take is null, with a reason. What is an exception in Java ends the whole
expression with an :class:`~camunda_client.embedded.feel.errors.EvaluationError`; in Camunda it is an incident.
"""

from camunda_client.embedded.feel.builtins import (  # noqa: F401 - each registers its functions
    contexts,
    conversion,
    lists,
    numbers,
    ranges,
    strings,
    times,
)
from camunda_client.embedded.feel.builtins.registry import builtin, call, known

__all__ = ["builtin", "call", "known"]
