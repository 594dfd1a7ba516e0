"""Keep module locks ours across the patch.

Python locks each module that is being imported under the id of the importing thread, and the patch gives this thread
another id. gevent moves the locks to the new id only if no other thread is alive; otherwise the import that caused the
patch waits for itself for ever. So we move them.
"""

from __future__ import annotations

import _imp
import _thread
import importlib._bootstrap as _bootstrap
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from camunda_client.patching._report import PatchError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds to wait for other threads' imports. Packages that take longer to import are rare, deadlocks are for ever.
PATIENCE_S = 5.0
_PAUSE_S = 0.01


@contextmanager
def kept(patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Patch inside this block: no other thread imports meanwhile, and our own imports go on after it.

    Raises:
        PatchError: Another thread has been importing for ``patience_s``. Nothing was changed.
    """
    _take_import_lock(patience_s)
    try:
        before = _thread.get_ident()
        ours = [lock for lock in _module_locks() if lock.owner == before]
        try:
            yield
        finally:
            now = _thread.get_ident()
            for lock in ours:
                lock.owner = now
    finally:
        _imp.release_lock()


def _take_import_lock(patience_s: float) -> None:
    """Take the lock without which no thread begins to import, at a moment when no other thread imports."""
    me = _thread.get_ident()
    give_up_s = time.monotonic() + patience_s
    while True:
        _imp.acquire_lock()
        others = [lock.name for lock in _module_locks() if lock.owner not in (None, me)]
        if not others:
            return
        _imp.release_lock()
        if time.monotonic() > give_up_s:
            raise PatchError(
                f"another thread has been importing {', '.join(sorted(others))} for {patience_s:g} s, and patching "
                "now would break that import; import camunda_client.c8.worker before that thread starts, or call "
                "camunda_client.patching.patch() first of all, or run the application by `camunda-client worker`"
            )
        time.sleep(_PAUSE_S)


def _module_locks() -> list[Any]:
    """Return the locks of all modules that are being imported."""
    references = list(_bootstrap._module_locks.values())  # type: ignore[attr-defined]
    return [lock for reference in references if hasattr(lock := reference(), "owner")]
