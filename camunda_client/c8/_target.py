"""Which cluster a call is for: that of the client whose method is running, else the configured one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from camunda_client.c8 import _http
from camunda_client.config import C8Config, get_config


class Target:
    """One cluster, as a client of its own has it. No locks: greenlets and native threads may share it."""

    def __init__(self, config: C8Config) -> None:
        self.config = config
        self.closed = False
        self._running: set[object] = set()

    def close(self) -> None:
        """Take no more calls. Connections are closed now, or when the last call that is on its way has ended."""
        self.closed = True
        self._close_if_idle()

    def _close_if_idle(self) -> None:
        if self.closed and not self._running:
            _http.close(self.config.api)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Let the calls made meanwhile, by this greenlet or thread, go to this cluster.

        Raises:
            RuntimeError: It is closed.
        """
        call = object()
        # Before the look at `closed`: one of the two, this or close(), sees the other.
        self._running.add(call)
        try:
            if self.closed:
                raise RuntimeError(f"the client of {self.config.api.base_url} is closed; make another CamundaClient")
            token = _current.set(self)
            try:
                yield
            finally:
                _current.reset(token)
        finally:
            self._running.discard(call)
            self._close_if_idle()


#: Empty in a new greenlet or thread: what runs beside a call is given its configuration.
_current: ContextVar[Target | None] = ContextVar("camunda_client.target", default=None)


def current() -> Target | None:
    """Return whose method is running; None: a module's function."""
    return _current.get()


def config() -> C8Config:
    """Return the configuration of the cluster that is asked.

    Raises:
        RuntimeError: A module's function is running, and the process has no configuration.
    """
    target = _current.get()
    return get_config() if target is None else target.config


@contextmanager
def asking(target: Target | None) -> Iterator[None]:
    """Let the calls made meanwhile go where `current` said then.

    Raises:
        RuntimeError: That client is closed.
    """
    if target is None:
        yield
        return
    with target.entered():
        yield
