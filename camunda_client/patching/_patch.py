"""The patch itself: once, in the main thread, followed by the mending."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from importlib import import_module
from typing import Any

from ._report import PatchedTooLate, PatchError, PatchReport, Unmended

#: ``0``: leave everything alone. ``strict``: refuse to start with anything unmended.
PATCH_VARIABLE = "CAMUNDA_CLIENT_PATCH"

#: A process that has all of these patched needs no patch of ours.
_MODULES = ("os", "queue", "select", "signal", "socket", "ssl", "subprocess", "threading", "time")

_first_report: PatchReport | None = None


def patch() -> PatchReport:
    """Make blocking I/O cooperative, mend earlier imports and report both. A second call does nothing.

    Returns:
        The report. Its ``was_patched_already`` is True when the program had patched everything itself; what
        it had imported too early is mended all the same.

    Raises:
        PatchError: Called outside the main thread, or ``CAMUNDA_CLIENT_PATCH`` has an unknown value.
        PatchedTooLate: ``CAMUNDA_CLIENT_PATCH=strict`` and something cannot be mended.
    """
    global _first_report
    wish = _wish()
    if wish == "0":
        return PatchReport(was_patched_already=is_patched(), applied=is_patched())
    if _first_report is not None:
        # What is imported after a patch finds only patched names: nothing left to scan for.
        report = PatchReport(True, True, _first_report.mended, _first_report.unmended)
    else:
        if threading.current_thread() is not threading.main_thread():
            raise PatchError(
                f"patch() was called in thread {threading.current_thread().name!r}: gevent would make that thread the "
                "main one; call it in the main thread, before any other thread starts"
            )
        report = _first_report = _patch_and_mend()
    if wish == "strict" and report.unmended:
        raise PatchedTooLate(report)
    return report


def is_patched() -> bool:
    """Return whether everything that blocks is cooperative by now, whoever patched it."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey is not None and all(monkey.is_module_patched(name) for name in _MODULES)


def original(module_name: str, name: str) -> Any:
    """Return the unpatched object, whether or not the process is patched.

    Args:
        module_name: For example ``"select"``.
        name: For example ``"poll"``.

    Raises:
        AttributeError: The module never had that name.
    """
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None:
        return getattr(import_module(module_name), name)
    return monkey.get_original(module_name, name)


def _wish() -> str:
    wish = os.environ.get(PATCH_VARIABLE, "").strip().lower() or "1"
    if wish not in ("0", "1", "strict"):
        raise PatchError(f"{PATCH_VARIABLE}={wish!r} is unknown; use 0 (never patch), 1 (the default) or strict")
    return wish


def _patch_and_mend() -> PatchReport:
    already = is_patched()
    unmended = [] if already else _running_threads()
    if not already:
        from gevent import monkey

        with warnings.catch_warnings():
            # gevent's own warning tells to patch earlier; the mending below does away with its reason.
            warnings.simplefilter("ignore", monkey.MonkeyPatchWarning)
            monkey.patch_all()
    # Imported here: it must see the modules as the patch left them, and nobody pays for it who never patches.
    from ._mend import mend

    mended, left = mend()
    from ._log_locks import share_log_locks

    share_log_locks()
    return PatchReport(already, True, mended, unmended + left)


def _running_threads() -> list[Unmended]:
    return [
        Unmended(
            "threading",
            f"Thread {thread.name!r}",
            "it stays a native thread and can wedge with jobs over a lock; start it after the patch",
        )
        for thread in threading.enumerate()
        if thread is not threading.main_thread()
    ]
