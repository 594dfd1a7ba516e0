"""What only real requests show: how far the clocks are apart, and what lies between here and Camunda.

Three requests that change nothing: one for the topology, one for jobs of a type that no process has, one to extend a
job that does not exist.
"""

from __future__ import annotations

import secrets
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from camunda_client.c8.api import probe
from camunda_client.error import ServiceException

if TYPE_CHECKING:
    from collections.abc import Iterator

    from camunda_client.config import C8Config

    #: ``ok``, ``note``, ``wrong`` or ``skipped``, and what was found.
    Found = tuple[str, str]

#: Seconds between the clocks that are worth a note, and that make tokens and certificates fail.
_SKEW_S, _MUCH_SKEW_S = 2.0, 30.0
#: Of partition 1, and far beyond what a cluster has given out.
_NO_JOB: Final = (1 << 51) + (1 << 50)
#: Part of a long poll's time from which on it counts as held to its end, and seconds below which as not held at all.
_HELD, _AT_ONCE_S = 0.8, 0.25


def findings(settings: C8Config, poll_s: float) -> Iterator[Found]:
    """Yield what was found, each as soon as it is; ``poll_s`` is how long a poll is to be held, 0 for not at all."""
    yield _clock(settings)
    yield _patch(settings)
    yield _poll(settings, poll_s) if poll_s > 0 else ("skipped", "a long poll: --long-poll 0")


def _clock(settings: C8Config) -> Found:
    """Compare this machine's clock with that of whatever answers."""
    try:
        answer = probe(settings, "GET", "/topology")
    except ServiceException as error:
        return "wrong", str(error)
    text = answer.headers.get("date", "")
    try:
        theirs_s = parsedate_to_datetime(text).timestamp()
    except ValueError:
        return "note", "the answer has no Date, so that the clocks can't be compared"
    # It has whole seconds, and was made at some time while the answer was waited for.
    skew_s = theirs_s + 0.5 - (time.time() - answer.took_s / 2)
    if abs(skew_s) < _SKEW_S + answer.took_s / 2:
        return "ok", "the clocks of this machine and of Camunda agree"
    way = "behind" if skew_s > 0 else "ahead of"
    message = f"this machine's clock is {abs(skew_s):.0f} s {way} Camunda's: set it by NTP (chrony, timesyncd)"
    if abs(skew_s) < _MUCH_SKEW_S:
        return "note", message
    return "wrong", f"{message}; tokens and certificates count as expired or not yet valid"


def _patch(settings: C8Config) -> Found:
    """See whether a lease can be extended."""
    try:
        answer = probe(settings, "PATCH", f"/jobs/{_NO_JOB}", {"changeset": {"timeout": 1000}})
    except ServiceException as error:
        return "wrong", f"PATCH, by which leases are extended: {error}"
    if answer.status in (401, 403) and answer.is_problem:
        return "wrong", f"Camunda lets this client extend no leases (status {answer.status}): give it job:update"
    if answer.is_problem or answer.status == 204:
        return "ok", "PATCH gets through, by which leases are extended"
    who = f" ({answer.server})" if answer.server else ""
    return "wrong", (
        f"something between here and Camunda{who} answers PATCH with status {answer.status}: let PATCH /v2/jobs "
        "pass, or set a timeout that covers the longest handler"
    )


def _poll(settings: C8Config, seconds: float) -> Found:
    """See whether a poll is held for as long as it is asked for."""
    asked = {
        "type": f"c8-client-doctor-{secrets.token_hex(8)}",
        "worker": "doctor",
        "timeout": 1000,
        "maxJobsToActivate": 1,
        "requestTimeout": int(seconds * 1000),
    }
    began_s = time.monotonic()
    try:
        answer = probe(settings, "POST", "/jobs/activation", asked, seconds)
    except ServiceException as error:
        return "wrong", _cut(time.monotonic() - began_s, seconds, str(error))
    if answer.status != 200 or b'"jobs"' not in answer.body:
        how = f"status {answer.status}" if answer.status != 200 else answer.content_type
        if answer.is_problem:
            return "wrong", f"Camunda refuses to hand out jobs: {how}"
        return "wrong", _cut(answer.took_s, seconds, how)
    if answer.took_s < _AT_ONCE_S:
        return "note", f"polls are answered at once, not held for {seconds:g} s: jobs wait for pollingInterval"
    if answer.took_s < seconds * _HELD:
        return "note", f"a poll for {seconds:g} s was answered after {answer.took_s:.1f} s"
    return "ok", f"a poll is held for {seconds:g} s"


def _cut(after_s: float, seconds: float, how: str) -> str:
    below_ms = max(int(after_s * 800), 100)
    return (
        f"a poll for {seconds:g} s was cut after {after_s:.1f} s ({how}): raise the time-out of what is in "
        f"between, such as a proxy's read timeout, or set api.job.requestTimeout below {below_ms} ms"
    )
