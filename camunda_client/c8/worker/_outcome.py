"""What a handler's end means for its job: complete, throw error, or fail; as the body to send. Pure.

A result that is no JSON object, or that Camunda would store as something else (NaN, 1e400, a lone surrogate), fails the
job with the place of the bad value: sent, it would be refused or silently changed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel
from pydantic_core import to_json

from camunda_client.c8 import _http
from camunda_client.c8.worker._retries import back_off_ms, retries_left
from camunda_client.c8.worker._story import describe
from camunda_client.error import CamundaBusinessException, InvalidRequestError, ServiceException
from camunda_client.log import redact

if TYPE_CHECKING:
    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._registry import RetryRule

#: Characters of a failure's message. The engine takes 200,000; an operator reads the first screen.
MESSAGE_CAP = 8_000


#: What means "no variables" when it is empty. Others are not asked: a DataFrame has no truth value, a model always one.
_MAY_BE_EMPTY = (Mapping, str, bytes, list, tuple, set, frozenset, int, float)
#: What to return instead of what people return by mistake, by the class's name.
_INSTEAD = {
    "DataFrame": 'its rows, such as {"rows": frame.to_dict(orient="records")}',
    "Series": '{"values": series.to_dict()} or .tolist()',
    "ndarray": '{"values": array.tolist()}',
}
_ANY_OBJECT = "a dict, a pydantic model, a dataclass or None"


@dataclasses.dataclass(slots=True)
class Outcome:
    """What to tell Camunda about a job."""

    #: The endpoint's last path segment: ``completion``, ``failure`` or ``error``.
    command: str
    body: bytes
    #: What the log line says beside the job's own fields.
    note: dict[str, object]
    #: The exception behind a failure, for the log; taken away once it is reported.
    cause: BaseException | None = None
    #: The result or variables behind the body, to find the culprit if Camunda refuses it.
    variables: object = None


class UnfitResult(ServiceException):
    """A handler's result is nothing that can become process variables."""


def completed(result: object) -> Outcome:
    """Return the completion with what the handler returned.

    Args:
        result: A mapping, pydantic model or dataclass; anything false (``None``, ``{}``) means no variables.

    Raises:
        UnfitResult: Names the place of the value that doesn't fit, and what to return instead.
    """
    if result is None or (isinstance(result, _MAY_BE_EMPTY) and not result):
        return Outcome("completion", b'{"variables":{}}', {})
    return Outcome("completion", b'{"variables":%b}' % encode_variables(result), {}, variables=result)


def thrown(error: CamundaBusinessException) -> Outcome:
    """Return the BPMN error.

    Raises:
        UnfitResult: The error has no code, which Camunda refuses, or variables that don't fit.
    """
    code = error.error_code
    if not isinstance(code, str) or not code.strip():
        raise UnfitResult(f"CamundaBusinessException needs an error code that is not empty, got {code!r}")
    parts = [b'{"errorCode":%b' % to_json(code)]
    if error.error_message is not None:
        parts.append(b',"errorMessage":%b' % to_json(clean(str(error.error_message))))
    if error.variables:
        parts.append(b',"variables":%b' % encode_variables(error.variables))
    parts.append(b"}")
    return Outcome("error", b"".join(parts), {"error_code": code}, variables=error.variables)


def failed(error: BaseException, job: ActivatedJob, rule: RetryRule, *, attempt: int = 1) -> Outcome:
    """Return the failure with one retry fewer, a growing back-off and a message that tells an operator why.

    Args:
        error: What the handler raised. A ``ServiceException`` may name its own retries, back-off and variables.
        job: The job that failed.
        rule: The worker's retry rule.
        attempt: Which attempt at this job in this process has failed, from 1.
    """
    own = error if isinstance(error, ServiceException) else None
    retries = retries_left(job.retries, own.retries if own else None)
    wait_ms = back_off_ms(rule, job, retries=retries, attempt=attempt, asked_ms=own.retry_back_off if own else None)
    variables = own.variables if own else None
    return failure(describe(error), retries=retries, back_off_ms=wait_ms, variables=variables, cause=error)


def failure(
    message: str,
    *,
    retries: int,
    back_off_ms: int = 0,
    variables: object = None,
    cause: BaseException | None = None,
) -> Outcome:
    """Return a failure as told. ``retries`` is always sent: left out, Camunda takes 0 and raises an incident."""
    parts = [b'{"retries":%d,"errorMessage":%b,"retryBackOff":%d' % (retries, to_json(clean(message)), back_off_ms)]
    if variables:
        try:
            parts.append(b',"variables":%b' % encode_variables(variables))
        except UnfitResult as unfit:
            # The failure matters more than its variables.
            message = clean(f"{message}\n(its variables were left out: {unfit.message})")
            parts = [b'{"retries":%d,"errorMessage":%b,"retryBackOff":%d' % (retries, to_json(message), back_off_ms)]
    parts.append(b"}")
    note: dict[str, object] = {"retries_left": retries, "back_off_ms": back_off_ms}
    if cause is not None:
        note["error"] = type(cause).__name__
    return Outcome("failure", b"".join(parts), note, cause=cause)


def encode_variables(value: object) -> bytes:
    """Return a JSON object.

    Decimal, datetime, UUID, Enum, set, tuple, bytes (UTF-8), dataclass and pydantic model become what pydantic makes of
    them: text for Decimal, datetime and UUID, a list for sets and tuples, an object by alias for models.

    Raises:
        UnfitResult: Not an object, or a value in it has no exact JSON form.
    """
    if isinstance(value, BaseModel):
        value = value.model_dump(by_alias=True)
    elif not isinstance(value, Mapping) and not (dataclasses.is_dataclass(value) and not isinstance(value, type)):
        raise UnfitResult(
            f"the handler returned {_http.shown(value)}, but Camunda takes an object of variables; "
            f"return {_INSTEAD.get(type(value).__name__, _ANY_OBJECT)}"
        )
    try:
        return _http.encoded(dict(value) if isinstance(value, Mapping) else value)
    except InvalidRequestError as error:
        raise UnfitResult(error.message) from error.__cause__


def clean(text: str) -> str:
    """Return the text as the engine may keep it: cut to :data:`MESSAGE_CAP`, no control characters, no tokens."""
    if len(text) > MESSAGE_CAP:
        text = text[: MESSAGE_CAP - 30] + f"… ({len(text)} characters)"
    # Exceptions of HTTP libraries cite headers and addresses, and whoever may see incidents could use them.
    text = redact(text)
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode("ascii") for char in text
    )
