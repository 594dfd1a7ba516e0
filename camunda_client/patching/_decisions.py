"""Libraries that decide at their import whether gevent is there: decide again, after the patch."""

from __future__ import annotations

import os
import sys
from typing import Any

from camunda_client.patching._report import Unmended


def decide_again(mended: list[tuple[str, str]], unmended: list[Unmended]) -> None:
    """Let libraries that were imported before the patch choose what they would choose now."""
    waiting = sys.modules.get("psycopg.waiting")
    if waiting is not None and not os.environ.get("PSYCOPG_WAIT_FUNC"):
        _psycopg(waiting, mended, unmended)


def _psycopg(waiting: Any, mended: list[tuple[str, str]], unmended: list[Unmended]) -> None:
    """Give psycopg 3 the wait that is cooperative; its connections ask the module for it at each call.

    Its C part waits without gevent, so that queries of all jobs would run one after another (psycopg#527).
    """
    if waiting.wait is not getattr(waiting, "wait_c", None):
        return
    if not callable(getattr(waiting, "wait_selector", None)):
        remedy = "it waits in C and blocks the hub; import it after the patch, or set PSYCOPG_WAIT_FUNC=wait_selector"
        unmended.append(Unmended("psycopg.waiting", "wait", remedy))
        return
    waiting.wait = waiting.wait_selector
    if hasattr(waiting, "_ready"):
        waiting._ready = waiting._ready_default
    mended.append(("psycopg.waiting", "wait"))
