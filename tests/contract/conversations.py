"""The recorded conversations, each to be replayed on a gateway of any dialect."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.contract import replay
from tests.contract.dialects import TRANSLATIONS, as_in

HERE = Path(__file__).parent
CASES: dict[str, dict[str, Any]] = {case["name"]: case for case in replay.load_cases(str(HERE / "cases"))}
#: Conversations that do little but wait, up to half a minute.
WAITING = ("await_completion_cancelled", "await_completion_timeout", "long_poll_default", "long_poll_over_30s")


def replayed(
    name: str,
    base_url: str,
    dialect: str,
    *,
    slack_s: float,
    extra_ok: bool = False,
    authorize: Callable[[], dict[str, str]] = dict,
) -> str:
    """Return the steps that differ, as text; empty if all agree.

    Args:
        name: Of the conversation.
        base_url: Where to hold it.
        dialect: Into which it is translated.
        slack_s: Seconds that an answer may come too late, on a slow machine.
        extra_ok: Whether answers may have members that the recording does not have.
        authorize: Returns the headers of an authenticated request.
    """
    options = argparse.Namespace(
        level="value", strict_headers=True, extra_ok=extra_ok, deadline_tol=2.0 + slack_s, slack=slack_s,
        keep_going=True, jobs=1, translation=TRANSLATIONS[dialect], authorize=authorize,
    )  # fmt: skip
    _, results = replay.run_case(as_in(dialect, CASES[name]), base_url, options, str(HERE / "resources"))
    return "\n".join(f"step {number}: {text}" for number, passed, text, _ in results if not passed)
