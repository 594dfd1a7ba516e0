"""What a job came to: complete, throw error, or fail; as the body to send. And what is remembered of it afterwards.

Who decides how soon a failed job may be tried again, strongest first: the exception (``ServiceException(retries=,
retry_back_off=)``), the task's custom header ``retryBackoff``, the worker's own rule.

A result that is no JSON object, or that Camunda would store as something else (NaN, 1e400, a lone surrogate), fails the
job with the place of the bad value: sent, it would be refused or silently changed.
"""

from __future__ import annotations

import dataclasses
import random
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel
from pydantic_core import to_json

from camunda_client.c8 import _http
from camunda_client.c8.models import JobResult
from camunda_client.c8.worker._results import UnfitResult, check_error, check_variables, parts_of
from camunda_client.c8.worker._story import describe
from camunda_client.error import CamundaBusinessException, InvalidRequestError, ServiceException
from camunda_client.log import kept_lines, redact

if TYPE_CHECKING:
    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._settings import RetryRule


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
#: The same for polars, whose methods have other names.
_POLARS = {"DataFrame": '{"rows": frame.to_dicts()}', "Series": '{"values": series.to_list()}'}
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

    def let_go(self) -> None:
        """Forget the exception: its traceback holds every local of the handler, and the frame that holds this.

        Only the garbage collector would find that circle, and that one counts objects, not megabytes.
        """
        self.cause = None


class MadeElsewhere(BaseException):
    """Brings the outcome of a job that another process has worked, through the handler that waited for it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.command)
        self.outcome = outcome


def completed(result: object, job: ActivatedJob) -> Outcome:
    """Return the completion with what the handler returned.

    Args:
        result: A mapping, pydantic model or dataclass; anything false (``None``, ``{}``) means no variables. Or what
            says more than variables (:mod:`camunda_client.c8.models.job_result`).
        job: The job, whose kind says what it takes.

    Raises:
        UnfitResult: Names the place of the value that doesn't fit, and what to return instead.
    """
    if result is None or (isinstance(result, _MAY_BE_EMPTY) and not result):
        return Outcome("completion", b'{"variables":{}}', {})
    if type(result) is not dict and isinstance(result, JobResult):
        return _completed_with(result, job)
    if job.kind == "TASK_LISTENER":
        check_variables(job)
    return Outcome("completion", b'{"variables":%b}' % encode_variables(result), {}, variables=result)


def _completed_with(result: JobResult, job: ActivatedJob) -> Outcome:
    whole = parts_of(result, job)
    parts = [b'{"variables":%b' % (encode_variables(whole.variables) if whole.variables else b"{}")]
    if whole.result is not None:
        parts.append(b',"result":%b' % encode_variables(whole.result))
    if whole.business_id is not None:
        parts.append(b',"businessId":%b' % to_json(whole.business_id))
    parts.append(b"}")
    return Outcome("completion", b"".join(parts), {}, variables={"variables": whole.variables, "result": whole.result})


def thrown(error: CamundaBusinessException, job: ActivatedJob) -> Outcome:
    """Return the BPMN error.

    Raises:
        UnfitResult: The error has no code, which Camunda refuses, or variables that don't fit; or its job takes none.
    """
    check_error(job)
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
    message = describe(error) + _last_lines()
    return failure(message, retries=retries, back_off_ms=wait_ms, variables=variables, cause=error)


def _last_lines() -> str:
    """Return what the job has logged last, if that is asked for, as the end of a message."""
    lines = kept_lines()
    return "\n".join(["\nlast lines of its log:", *(f"  {redact(line)}" for line in lines)]) if lines else ""


def failure(
    message: str,
    *,
    retries: int,
    back_off_ms: int = 0,
    variables: object = None,
    cause: BaseException | None = None,
) -> Outcome:
    """Return a failure that says that. ``retries`` is always sent: left out, Camunda takes 0 and raises an incident."""
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
            f"return {_instead(value)}"
        )
    try:
        return _http.encoded(dict(value) if isinstance(value, Mapping) else value)
    except InvalidRequestError as error:
        raise UnfitResult(error.message) from error.__cause__


def _instead(value: object) -> str:
    kind = type(value)
    if kind.__module__.partition(".")[0] == "polars":
        return _POLARS.get(kind.__name__, _ANY_OBJECT)
    return _INSTEAD.get(kind.__name__, _ANY_OBJECT)


def clean(text: str) -> str:
    """Return the text as the engine may keep it: cut to :data:`MESSAGE_CAP`, no control characters, no tokens."""
    if len(text) > MESSAGE_CAP:
        text = text[: MESSAGE_CAP - 30] + f"… ({len(text)} characters)"
    # Exceptions of HTTP libraries cite headers and addresses, and everyone who may see incidents could use them.
    text = redact(text)
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in "\n\t" else char.encode("unicode_escape").decode("ascii") for char in text
    )


#: A task header that sets the wait after a failure, as Camunda's connectors name and write it: ``PT30S``, or ms.
HEADER = "retryBackoff"
#: Retries that a BPMN service task has unless it says otherwise.
_USUAL_RETRIES = 3
#: Nine digits of each are enough, and what they make fits into the engine's 64 bits.
_DURATION = re.compile(
    r"P(?:(?P<d>\d{1,9})D)?(?:T(?:(?P<h>\d{1,9})H)?(?:(?P<m>\d{1,9})M)?(?:(?P<s>\d{1,9}(?:\.\d+)?)S)?)?",
    re.IGNORECASE | re.ASCII,
)
_MILLISECONDS = re.compile(r"\d{1,15}", re.ASCII)
#: The most that Camunda's 32 bits hold: it refuses a failure that asks for more.
_MOST_RETRIES = 2**31 - 1
#: Milliseconds, 15 digits as above.
_LONGEST_MS = 10**15 - 1


def retries_left(retries: int, asked: int | None = None) -> int:
    """Return the retries to leave a job with: what its exception asked for, or one fewer, as far as Camunda counts."""
    return min(max(retries - 1 if asked is None else asked, 0), _MOST_RETRIES)


def back_off_ms(
    rule: RetryRule, job: ActivatedJob, *, retries: int, attempt: int = 1, asked_ms: int | None = None
) -> int:
    """Return the milliseconds that the engine is to wait before it offers the job again.

    Without orders it doubles with each failure from ``rule.first_ms`` up to ``rule.ceiling_ms``, jittered by up to a
    fifth so that jobs that failed together don't come back together.

    Args:
        rule: The worker's own rule.
        job: Its custom headers may name the wait.
        retries: Retries left after this failure; at 0 there is nothing to wait for.
        attempt: Failures of this job seen here, this one included. The engine doesn't tell how many there were before.
        asked_ms: What the exception asked for.
    """
    if asked_ms is not None:
        return min(max(int(asked_ms), 0), _LONGEST_MS)
    if retries == 0:
        return 0
    # Handlers may change their job, to no dict as well.
    headers = getattr(job, "custom_headers", None)
    ordered = parse_duration_ms(headers.get(HEADER)) if isinstance(headers, dict) else None
    if ordered is not None:
        return ordered
    doublings = max(attempt - 1, _USUAL_RETRIES - 1 - retries, 0)
    full = min(rule.first_ms * 2 ** min(doublings, 40), rule.ceiling_ms)
    return int(full * random.uniform(0.8, 1.0))


def parse_duration_ms(text: object) -> int | None:
    """Return the milliseconds of ``PT1M30S`` or ``90000``; ``None`` for what is neither."""
    if not isinstance(text, (str, int)) or isinstance(text, bool):
        return None
    text = str(text).strip()
    if _MILLISECONDS.fullmatch(text):
        return int(text)
    found = _DURATION.fullmatch(text)
    if not found or not any(found.groups()):
        return None
    days, hours, minutes = (int(found[unit] or 0) for unit in "dhm")
    seconds = ((days * 24 + hours) * 60 + minutes) * 60 + float(found["s"] or 0)
    return int(seconds * 1000)


_Value = TypeVar("_Value")

#: Jobs to remember; about 1 MB.
_JOBS = 10_000
#: Outcomes to remember. They may hold megabytes of variables, and mean that Camunda was away for long.
_OUTCOMES = 500


class Recent(OrderedDict[str, _Value]):
    """A bounded dictionary that forgets what was set longest ago."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def set(self, key: str, value: _Value) -> None:
        """Remember it as the newest."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > self._size:
            self.popitem(last=False)

    def take(self, key: str) -> _Value | None:
        """Return and forget what was set for the key, if anything was."""
        return self.pop(key, None)


class Memory:
    """What is worth remembering about a job."""

    def __init__(self) -> None:
        #: Failures of a job in this process.
        self.attempts: Recent[int] = Recent(_JOBS)
        #: How often a job's lease was lost for which its handler or its settings are to blame.
        self.losses: Recent[int] = Recent(_JOBS)
        #: Outcomes that could not be reported, and the retries that their job had. See :meth:`outcome`.
        self.unreported: Recent[tuple[Outcome, int]] = Recent(_OUTCOMES)

        #: The retries of jobs of which Camunda takes neither an outcome nor a failure.
        self.refused: Recent[int] = Recent(_OUTCOMES)
        #: Jobs that were completed when their lease was over.
        self.completed: Recent[bool] = Recent(_JOBS)

    def is_done_with(self, key: str, retries: int) -> bool:
        """Tell whether a job that is offered must not be worked: it is completed, or hopeless."""
        if self.completed and self.completed.get(key, False):
            return True
        return bool(self.refused) and self.is_hopeless(key, retries)

    def is_hopeless(self, key: str, retries: int) -> bool:
        """Tell whether Camunda took nothing of what we said of this job, and nothing has changed since."""
        return self.refused.get(key, -1) == retries

    def outcome(self, key: str, retries: int) -> Outcome | None:
        """Return what is still to be reported of a job that it offers again, with so many retries.

        Other retries than before mean that it failed elsewhere since, or that its incident was resolved: to tell our
        failure now would undo that.
        """
        if not self.unreported:
            return None
        outcome, before = self.unreported.take(key) or (None, retries)
        return None if outcome is not None and outcome.command == "failure" and retries != before else outcome

    def lost(self, key: str) -> int:
        """Count one more lost lease of a job, and return how many there were."""
        count = self.losses.get(key, 0) + 1
        self.losses.set(key, count)
        return count

    def settled(self, key: str) -> None:
        """Forget a job that is done with."""
        if self.attempts:
            self.attempts.pop(key, None)
        if self.losses:
            self.losses.pop(key, None)
