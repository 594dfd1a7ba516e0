"""A lock for what greenlets and native threads both call."""

from __future__ import annotations

import _thread
import sys
from typing import Any


def native_lock() -> Any:
    """Return a lock of the operating system even where gevent has replaced them; never wait while holding it.

    A patched lock shared between greenlets and native threads wedges for good (gevent 26.9.0, issue 2013).
    """
    monkey = sys.modules.get("gevent.monkey")
    return monkey.get_original("_thread", "RLock")() if monkey is not None else _thread.RLock()
