"""How often and how soon a failed job may be tried again. Pure arithmetic.

Who decides, strongest first: the exception (``ServiceException(retries=, retry_back_off=)``), the task's custom header
``retryBackoff``, the worker's own rule.
"""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._registry import RetryRule

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
