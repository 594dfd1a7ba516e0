"""The patch itself: once, in the main thread, followed by re-binding."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from camunda_client.patching import _import_locks
from camunda_client.patching._originals import is_patched
from camunda_client.patching._report import PatchedTooLate, PatchError, PatchReport, Unmended

if TYPE_CHECKING:
    from collections.abc import Iterator

#: ``0``: leave everything alone. ``strict``: refuse to start with anything unmended.
PATCH_VARIABLE = "CAMUNDA_CLIENT_PATCH"
#: Modules and packages, separated by commas, in which nothing is re-bound.
NO_MEND_VARIABLE = "CAMUNDA_CLIENT_NO_MEND"

_first_report: PatchReport | None = None
_is_left = False


def patch() -> PatchReport:
    """Make blocking I/O cooperative, re-bind what was imported earlier, and report both. A second call does nothing.

    Returns:
        The report. Its ``was_patched_already`` is True when the program had patched everything itself; what
        it had imported too early is re-bound all the same.

    Raises:
        PatchError: Called outside the main thread, ``CAMUNDA_CLIENT_PATCH`` has an unknown value, another thread
            is in the middle of an import that does not end, or a Jupyter kernel runs in this process.
        PatchedTooLate: ``CAMUNDA_CLIENT_PATCH=strict`` and something cannot be re-bound.
    """
    global _first_report
    wish = _wish()
    if wish == "0" or _is_left:
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
        _refuse_notebooks()
        report = _first_report = _patch_and_mend()
    if wish == "strict" and report.unmended:
        raise PatchedTooLate(report)
    return report


def leave_unpatched() -> None:
    """Never patch this process, whatever else is called: its threads are native ones.

    ``gevent.monkey.patch_all()`` does nothing here either, so that a module that begins with it can be imported.
    """
    global _is_left
    from gevent import monkey

    monkey.patch_all = lambda *_args, **_options: None
    _is_left = True


def is_left_unpatched() -> bool:
    """Return whether :func:`leave_unpatched` was called."""
    return _is_left


def _wish() -> str:
    wish = os.environ.get(PATCH_VARIABLE, "").strip().lower() or "1"
    if wish not in ("0", "1", "strict"):
        raise PatchError(f"{PATCH_VARIABLE}={wish!r} is unknown; use 0 (never patch), 1 (the default) or strict")
    return wish


def _patch_and_mend() -> PatchReport:
    already = is_patched()
    # Not gevent alone: coverage, for one, imports it and holds no original.
    knew_gevent = "gevent.monkey" in sys.modules
    threads = [] if already else _native_threads()
    if not already:
        from gevent import monkey

        with _import_locks.kept(), _plugins_sought_once(), warnings.catch_warnings():
            # gevent's own warning tells to patch earlier; the mending below does away with its reason.
            warnings.simplefilter("ignore", monkey.MonkeyPatchWarning)
            monkey.patch_all()
        for thread in threads:
            _let_end(thread)
    # Imported here: they must see the modules as the patch left them, and take time that is only worth it now.
    from camunda_client.patching._alarms import give_greenlets_alarms
    from camunda_client.patching._log_locks import share_log_locks
    from camunda_client.patching._mend import mend
    from camunda_client.patching._pipes import give_greenlets_pipes

    give_greenlets_alarms()
    give_greenlets_pipes()

    no_mend = os.environ.get(NO_MEND_VARIABLE, "").split(",")
    mended, left = mend([name.strip() for name in no_mend if name.strip()], knew_gevent=knew_gevent)
    share_log_locks()
    return PatchReport(already, True, mended, [_unmended(thread) for thread in threads] + left)


@contextmanager
def _plugins_sought_once() -> Iterator[None]:
    """Let gevent look once for each kind of its plugins, and not before and after each of the modules it patches.

    For each look Python reads the metadata of all that is installed: 25 looks at 64 packages take 45 ms (gevent 26.9).
    """
    from importlib import metadata

    seek = metadata.entry_points
    once: Any = cache(seek)
    metadata.entry_points = once
    try:
        yield
    finally:
        metadata.entry_points = seek


def _refuse_notebooks() -> None:
    # Its sockets and event loop run in native threads by now, and none of its cells would ever end (ipykernel 7).
    kernel = sys.modules.get("ipykernel.kernelapp")
    if kernel is not None and kernel.IPKernelApp.initialized() and not is_patched():
        raise PatchError(
            "a Jupyter kernel can't be patched while it runs: its cells would never end; run the workers in a process "
            f"of their own (`camunda-client worker app.py`), or set {PATCH_VARIABLE}=0 before the import to use "
            "everything but workers here"
        )


def _native_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread is not threading.main_thread()]


def _unmended(thread: threading.Thread) -> Unmended:
    remedy = "it stays a native thread and can wedge with jobs over a lock; start it after the patch"
    return Unmended("threading", f"Thread {thread.name!r}", remedy)


def _let_end(thread: threading.Thread) -> None:
    """Let a native thread end without a traceback.

    ``Thread._delete()`` looks for the running thread under its id, and the patch has changed what that is.
    """

    def delete() -> None:
        with threading._active_limbo_lock:  # type: ignore[attr-defined]
            active = threading._active  # type: ignore[attr-defined]
            for ident in [ident for ident, one in list(active.items()) if one is thread]:
                del active[ident]
            # What current_thread() made in it since the patch.
            active.pop(threading.get_ident(), None)

    thread._delete = delete  # type: ignore[attr-defined]
