"""What the element of a user task says of it: whose it is, when it is due, its form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded.feel import UTC, text_of
from camunda_client.embedded.model import PRIORITIES, Deployments, Expression, Form, moment, unexpected
from camunda_client.embedded.run._instances import ElementInstance
from camunda_client.embedded.run._variables import Variables


def evaluated(
    details: Mapping[str, Any], variables: Variables, deployments: Deployments, instance: ElementInstance
) -> dict[str, Any]:
    """Return the properties that a user task's element gives it, by the names of their attributes.

    An id of a form becomes the ``formKey`` of its latest version.

    Raises:
        Failure: EXTRACT_VALUE_ERROR: one is of a wrong type. FORM_NOT_FOUND: there is no form of the id.
    """
    readers = {"assignee": _text, "candidateGroups": _texts, "candidateUsers": _texts,
               "dueDate": _date, "followUpDate": _date, "priority": _priority, "externalReference": _text}  # fmt: skip
    found = {name: read(details[name], variables, instance) for name, read in readers.items() if name in details}
    if "formId" in details:
        found["formKey"] = str(_form(_text(details["formId"], variables, instance), deployments, instance).key)
    return found


def _form(form_id: str, deployments: Deployments, instance: ElementInstance) -> Form:
    form = deployments.form(form_id, instance.process.tenant_id)
    if form is None:
        raise Failure(
            "FORM_NOT_FOUND",
            f"Expected to find a form with id '{form_id}', but no form with this id is found, at least a form with "
            "this id should be available. To resolve the Incident please deploy a form with the same id",
        )
    return form


def _text(expression: Expression, variables: Variables, instance: ElementInstance) -> str:
    return variables.text(expression, instance)


def _texts(expression: Expression, variables: Variables, instance: ElementInstance) -> list[str]:
    if expression.static:
        return [part.strip() for part in expression.text.split(",")]
    items: list[Any] = variables.typed(expression, instance, (list,), "'ARRAY'")
    if not all(isinstance(item, str) for item in items):
        wanted = "'ARRAY' containing 'STRING' items, but was 'ARRAY' containing at least one non-'STRING' item"
        raise _wrong(f"Expected result of the expression '{expression.text}' to be {wanted}.")
    return items


def _date(expression: Expression, variables: Variables, instance: ElementInstance) -> str | None:
    warnings: list[str] = []
    value = variables.raw(expression, instance, warnings)
    if isinstance(value, datetime):
        return text_of(value if value.tzinfo else value.replace(tzinfo=UTC))
    if value is not None and not isinstance(value, str):
        raise _wrong(unexpected(expression, value, "one of '[NULL, DATE_TIME, STRING]'", warnings))
    at = moment(value) if value else None
    if value and (at is None or at.tzinfo is None):
        raise _wrong(f"Invalid date-time format '{value}' for expression '{expression.text}'.")
    return text_of(at)


def _priority(expression: Expression, variables: Variables, instance: ElementInstance) -> int:
    if expression.static:
        return int(expression.text)  # looked at when it was deployed
    value: int | float = variables.typed(expression, instance, (int, float), "'NUMBER'")
    if value != int(value):
        raise _wrong(f"Expected result of the expression '{expression.text}' to be an integer, but was a decimal.")
    if value not in PRIORITIES:
        raise _wrong(f"Expected priority to be in the range [0,100] but was '{int(value)}'.")
    return int(value)


def _wrong(message: str) -> Failure:
    return Failure("EXTRACT_VALUE_ERROR", message)
