"""psycopg2 beside other jobs: by the callback that it asks for whenever it has to wait for the server.

With a callback set, psycopg2 uses libpq's asynchronous calls for everything that takes a wait callback, and only the
job that asked waits. What it can't do that way it refuses: COPY (``copy_expert`` and its like) and large objects.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from camunda_client.patching._originals import is_patched
from camunda_client.patching._patch import is_left_unpatched
from camunda_client.patching._report import PatchError


def patch_psycopg2() -> None:
    """Let psycopg2's connections wait cooperatively, also those that are open; import order does not matter.

    A connection serves one job at a time, as it serves one thread at a time; a pool or a connection for each job does.
    What ends a query while it waits (a ``handler_timeout``, a ``gevent.Timeout``) closes its connection. A second call
    does nothing, nor does one in a child process of a worker (``run_in="process"``), which has threads.

    Raises:
        PatchError: psycopg2 is not installed, or blocking calls are not cooperative yet.
    """
    if is_left_unpatched():
        return
    if not is_patched():
        raise PatchError(
            "patch_psycopg2() was called before blocking calls were made cooperative; call patch() first, or import "
            "camunda_client.c8.worker"
        )
    try:
        psycopg2 = import_module("psycopg2")
        extensions = import_module("psycopg2.extensions")
    except ImportError as error:
        raise PatchError(
            f"patch_psycopg2() needs psycopg2, and it can't be imported ({error}); install psycopg2-binary, or leave "
            "this out"
        ) from error
    extensions.set_wait_callback(_Wait(extensions, psycopg2.OperationalError))


class _Wait:
    """Waits until a connection has done what it was asked for.

    Source: psycopg2's documentation, "Support for coroutine libraries".
    """

    def __init__(self, extensions: Any, error: type[Exception]) -> None:
        from gevent.socket import wait_read, wait_write

        self._done, self._error = extensions.POLL_OK, error
        self._waits = {extensions.POLL_READ: wait_read, extensions.POLL_WRITE: wait_write}

    def __call__(self, connection: Any, timeout: float | None = None) -> None:
        """Wait; called by psycopg2, in the greenlet that uses the connection."""
        while (state := connection.poll()) != self._done:
            wait = self._waits.get(state)
            if wait is None:
                raise self._error(f"psycopg2's connection.poll() returned {state!r}, which is unknown")
            wait(connection.fileno(), timeout=timeout)
