"""One API call: authorised, sent, repeated where that is safe, and its failure described.

What may be repeated is the point of this module. A command that names a job or an instance by key may be sent
again when its outcome is unknown; one that creates something may not, or there would be two.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeVar

from pydantic import ValidationError

from camunda_client._backoff import Backoff
from camunda_client.c8 import _http, _target
from camunda_client.c8._http import Answer, Verdict
from camunda_client.c8.api import _versions
from camunda_client.c8.api._arguments import Body
from camunda_client.c8.auth import authorization, authorization_after_401
from camunda_client.config import C8Config
from camunda_client.error import (
    ConnectionFailed,
    ErrorCode,
    ServiceException,
    error_code_message_mapper,
)
from camunda_client.utils import JsonBaseModel

JSON = "application/json"
Model = TypeVar("Model", bound=JsonBaseModel)

#: Tries of one call; the worker, which has a lease to spend, does not go through here.
TRIES = 4
_BACKOFF = Backoff(first_s=0.2, ceiling_s=5.0)
#: Failures that the next try would meet again.
_LASTING = ("redirect", "tls", "too_large")


class RepeatRule(Enum):
    """When a command may be sent again."""

    #: By key, or without effect: whenever that may help.
    SAFE = auto()
    #: It would happen twice: only when it surely didn't happen.
    IF_NOT_APPLIED = auto()


@dataclass(frozen=True, slots=True)
class Call:
    """One request, the text for its failure, and when it may be repeated."""

    method: str
    path: str
    code: ErrorCode
    #: Fill the sentence of ``code``, before the cause.
    about: tuple[object, ...] = ()
    body: bytes | None = b"{}"
    content_type: str = "application/json"
    #: What the answer should be. Anything but JSON is returned as bytes.
    accept: str = JSON
    #: What older engines have no endpoint for, with the version that it needs; the body knows its own needs.
    since: _versions.Needs = ()
    repeat: RepeatRule = RepeatRule.SAFE
    #: Seconds from the first try that may have worked, in which the engine knows a repeat for one.
    recognised_for_s: float = math.inf
    #: Verdicts that mean success if an earlier try may have worked.
    settled_by: tuple[Verdict, ...] = ()
    #: Words of such an answer with which it means none, for all that.
    unless_it_says: str | None = None
    #: Seconds for everything; None: as configured.
    timeout_s: float | None = None

    @property
    def needs(self) -> _versions.Needs:
        """What older engines refuse in it."""
        return (*self.since, *(self.body.needs if isinstance(self.body, Body) else ()))


def run(call: Call) -> Any:
    """Return the answer's JSON; None for an empty one and where an earlier try had done it all.

    Raises:
        InvalidRequestError: The cluster is known to be too old for it.
        ServiceException: It was refused, or failed as often as it was tried.
    """
    config = _target.config()
    if call.needs:
        _versions.ensure(call.needs, config, ask=lambda: run(TOPOLOGY))
    deadline = time.monotonic() + (config.api.timeout / 1000 if call.timeout_s is None else call.timeout_s)
    header = authorization(config, _left(deadline))
    maybe_applied = refreshed = False
    failures = 0
    while True:
        if not maybe_applied:
            recognised_until = time.monotonic() + call.recognised_for_s
        outcome = _tried(call, config, header, deadline)
        maybe_applied = maybe_applied or _maybe_applied(outcome)
        begin_before = min(deadline, recognised_until) if maybe_applied else deadline
        if isinstance(outcome, Answer):
            judged = _http.verdict(outcome)
            if judged is Verdict.DONE:
                return _content(call, outcome)
            if maybe_applied and _settles(call, outcome):
                return None
            if judged is Verdict.UNAUTHORIZED and header is not None and not refreshed:
                refreshed = True
                other = authorization_after_401(config, header, _left(deadline))
                if other is not None and time.monotonic() < begin_before:
                    header = other
                    continue
        failures += 1
        pause_s = _BACKOFF.wait_s(failures, outcome.retry_after_s if isinstance(outcome, Answer) else None)
        if failures == TRIES or not _may_repeat(call, outcome) or time.monotonic() + pause_s >= begin_before:
            raise _failure(call, outcome, maybe_applied)
        # The module's attribute, so that gevent's is found however late it patched.
        time.sleep(pause_s)


def run_for(model: type[Model], call: Call) -> Model:
    """Return the answer as an object.

    Raises:
        ServiceException: As `run` does, or the answer is none of that kind.
    """
    return read(model, call, run(call))


def read(model: type[Model], call: Call, content: Any) -> Model:
    """Return an answer's JSON as an object.

    Raises:
        ServiceException: It is none of that kind.
    """
    try:
        return model.model_validate({} if content is None else content)
    except ValidationError as error:
        fields = ", ".join(sorted({".".join(map(str, line["loc"])) for line in error.errors(include_input=False)}))
        raise _named(call, f"the answer is not a {model.__name__}: wrong or missing {fields or 'object'}") from error


def _left(deadline: float) -> float:
    return max(deadline - time.monotonic(), 0.001)


def _tried(call: Call, config: C8Config, header: str | None, deadline: float) -> Answer | ConnectionFailed:
    headers = {"Accept": call.accept}
    if call.body is not None:
        headers["Content-Type"] = call.content_type
    if header is not None:
        headers["Authorization"] = header
    url = config.api.rest_url + call.path
    try:
        return _http.exchange(
            call.method, url, body=call.body, headers=headers, timeout_s=_left(deadline), settings=config.api
        )
    except ConnectionFailed as error:
        return error


def _may_repeat(call: Call, outcome: Answer | ConnectionFailed) -> bool:
    if isinstance(outcome, ConnectionFailed) and outcome.reason in _LASTING:
        return False
    if _maybe_applied(outcome):
        return call.repeat is RepeatRule.SAFE
    return isinstance(outcome, ConnectionFailed) or _http.verdict(outcome) in (
        Verdict.BACK_PRESSURE,
        Verdict.NOT_DELIVERED,
    )


def _settles(call: Call, answer: Answer) -> bool:
    denied = call.unless_it_says is not None and answer.mentions(call.unless_it_says)
    return _http.verdict(answer) in call.settled_by and not denied


def _maybe_applied(outcome: Answer | ConnectionFailed) -> bool:
    if isinstance(outcome, ConnectionFailed):
        return outcome.maybe_applied
    return _http.verdict(outcome) is Verdict.UNCLEAR


def _content(call: Call, answer: Answer) -> Any:
    if call.accept != JSON:
        return answer.body
    try:
        return _http.parsed(answer)
    except ValueError as error:
        # A login page or a proxy's greeting: nothing tells that the engine heard us.
        raise _named(call, f"{error}; does api.baseUrl lead to the engine?", status=answer.status) from None


def _failure(call: Call, outcome: Answer | ConnectionFailed, maybe_applied: bool) -> ServiceException:
    harmless = call.repeat is RepeatRule.SAFE and call.recognised_for_s == math.inf
    doubt = _DOUBT if maybe_applied and not harmless else ""
    if isinstance(outcome, ConnectionFailed):
        failure = ConnectionFailed(
            _sentence(call, outcome.message + doubt),
            maybe_applied=maybe_applied,
            reason=outcome.reason,
            error_code=call.code,
        )
        failure.__cause__ = outcome
        return failure
    title, detail = _http.problem(outcome)
    hint = _HINTS.get(_http.verdict(outcome), "")
    message = f"HTTP {outcome.status} {title}".rstrip() + (f": {detail}" if detail else "")
    message += hint + _versions.hint(call.needs, outcome.status, _target.config()) + doubt
    return _named(call, message, status=outcome.status, title=title or None, detail=detail or None)


TOPOLOGY = Call("GET", "/topology", ErrorCode.C8_GET_CLUSTER_TOPOLOGY_FAILED, body=None)
#: Said where the command was not repeated for that reason.
_DOUBT = "; perhaps it was carried out all the same, so look before you repeat it"
_HINTS = {
    Verdict.UNAUTHORIZED: "; check auth and its audience",
    Verdict.WRONG_ADDRESS: "; check api.baseUrl and the engine's version",
    Verdict.TOO_LARGE: "; keep large data elsewhere and send a reference to it",
}


def _named(call: Call, cause: str, **facts: Any) -> ServiceException:
    return ServiceException(call.code, parameters=[*call.about, cause], **facts)


def _sentence(call: Call, cause: str) -> str:
    return error_code_message_mapper(call.code, [*call.about, cause])
