"""What a new job is made of: how often it may be tried, and which jobs it comes before."""

from __future__ import annotations

from camunda_client.embedded._failures import Failure
from camunda_client.embedded.model import INT32, Expression, JobDefinition
from camunda_client.embedded.run._instances import ElementInstance
from camunda_client.embedded.run._variables import Variables


def retries_of(definition: JobDefinition, instance: ElementInstance, variables: Variables) -> int:
    """Return the retries that a job begins with.

    Raises:
        Failure: EXTRACT_VALUE_ERROR: they are not a number.
    """
    value = variables.typed(definition.retries, instance, (str, int, float), "'NUMBER'")
    try:
        return int(value)
    except ValueError:
        message = f"Expected result of the expression '{definition.retries.text}' to be 'NUMBER', but was 'STRING'."
        raise Failure("EXTRACT_VALUE_ERROR", message) from None


def priority_of(expression: Expression | None, instance: ElementInstance, variables: Variables) -> int:
    """Return a job's priority: its own, or that of its process; 0 where neither says anything.

    Raises:
        Failure: EXTRACT_VALUE_ERROR: it is not a whole number of 32 bits.

    Source: docs.camunda.io, "Job prioritization" (8.10).
    """
    given = expression or instance.process.definition.process.root.job_priority
    if given is None:
        return 0
    value = int(given.text) if given.static else variables.typed(given, instance, (int, float), "'NUMBER'")
    if value != int(value) or int(value) not in INT32:
        wanted = "to be a whole number of 32 bits"
        raise Failure(
            "EXTRACT_VALUE_ERROR", f"Expected result of the expression '{given.text}' {wanted}, but was {value}."
        )
    return int(value)
