"""Runs each measurement in a process of its own, and different ones in turn: what a machine does beside hits all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_CLIENTS = Path(__file__).parent / "_clients"
#: Seconds. The slowest measurement takes one; beyond this something hangs.
PATIENCE_S = 300.0


class ClientFailedError(RuntimeError):
    """A client's process ended without a result; the text has the end of what it printed."""

    def short(self) -> str:
        """Return its beginning, which says how the client ended, and its end, which may say why."""
        text = str(self)
        return text if len(text) <= 700 else f"{text[:100]} … {text[-600:]}"


def own_environment() -> dict[str, str]:
    """Return this process's environment for talking to a stub or the embedded engine.

    A user's settings for a Camunda elsewhere, with their credentials, are not for those; nor are those in a file .env,
    which the environment overrules.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CAMUNDA_", "ZEEBE_"))}
    return {**kept, "CAMUNDA_AUTH_STRATEGY": "NONE"}


def run_client(
    name: str,
    options: Mapping[str, Any],
    *,
    environment: Mapping[str, str] | None = None,
    patience_s: float = PATIENCE_S,
) -> dict[str, Any]:
    """Return what ``_clients/<name>.py`` measured of itself, in :func:`own_environment` unless another one is given.

    Raises:
        ClientFailedError: It failed or took longer than ``patience_s``.
    """
    command = [sys.executable, str(_CLIENTS / f"{name}.py")]
    return run_command(name, command, [json.dumps(options)], environment=environment, patience_s=patience_s)


def run_command(
    name: str,
    command: Sequence[str],
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    patience_s: float = PATIENCE_S,
) -> dict[str, Any]:
    """Return the JSON that a program printed as its last line. Its log goes to a file, as in production.

    Raises:
        ClientFailedError: It failed or took longer than ``patience_s``.
    """
    # Run by a test suite that measures its coverage, a child would measure its own, and pay for it.
    inherited = own_environment() if environment is None else environment
    unmeasured = {name: value for name, value in inherited.items() if not name.startswith("COVERAGE_")}
    with tempfile.TemporaryFile() as log:
        try:
            done = subprocess.run(
                [*command, *arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                env=unmeasured,
                timeout=patience_s,
                check=False,
            )
            lines, code = done.stdout.decode().strip().splitlines(), str(done.returncode)
        except subprocess.TimeoutExpired as error:
            lines, code = (
                (error.stdout or b"").decode(errors="replace").splitlines(),
                f"no result in {patience_s:.0f} s",
            )
        if not lines or not lines[-1].startswith("{"):
            log.seek(0, 2)
            log.seek(max(0, log.tell() - 2000))
            told = "\n".join([*lines[-5:], log.read().decode(errors="replace").strip()])
            raise ClientFailedError(f"{name} ended with {code}: {told}")
    result: dict[str, Any] = json.loads(lines[-1])
    return result


def in_turn(
    measurements: Mapping[str, Callable[[], dict[str, Any]]], repeats: int, *, tell: bool = True
) -> dict[str, list[dict[str, Any]]]:
    """Run every measurement ``repeats`` times, A B C A B C: noise and drift hit all of them alike."""
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in measurements}
    for number in range(repeats):
        for name, measure in measurements.items():
            if tell:
                print(f"\r  {number + 1}/{repeats} {name:<40}", end="", file=sys.stderr, flush=True)
            results[name].append(measure())
    if tell:
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr, flush=True)
    return results


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return median, least and largest, and how many there were."""
    return {"median": median(values), "least": min(values), "most": max(values), "repeats": len(values)}
