"""Runs a file as ``python file.py`` would, until it has subscribed to its topics, or fetches tasks by itself."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import time
import types
from pathlib import Path
from typing import TYPE_CHECKING, Final

import gevent

from camunda_client import patching
from camunda_client.camunda7._fetching import Stopping, state
from camunda_client.camunda7._modules import install
from camunda_client.camunda7._spinning import SpinWatch, Spun
from camunda_client.camunda7._subscriptions import Released, book
from camunda_client.error import ConfigurationError
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

log = get_logger(__name__)

#: Seconds without another subscription after which a file has made its last: threads that it starts subscribe, too.
_QUIET_S: Final = 0.3
#: The same, while the file goes on.
_QUIET_WHILE_RUNNING_S: Final = 1.5
_LOOK_S: Final = 0.02


class Script:
    """A file that runs in a greenlet of its own."""

    def __init__(self, name: str) -> None:
        """Take ``file.py``, or ``package.module``.

        Raises:
            ConfigurationError: There is no such file or module.
        """
        self.name = name
        self._code, self._module, folder = _found(name)
        sys.path[:0] = [path for path in (folder, str(Path.cwd())) if path not in sys.path]
        self._error: BaseException | None = None
        self._greenlet: gevent.Greenlet[..., None] = gevent.spawn(self._run)

    def _run(self) -> None:
        sys.modules["__main__"] = self._module
        sys.argv = [str(self._module.__file__)]
        watch = SpinWatch(self._code.co_filename, lambda: bool(book.waiting))
        watch.start()
        try:
            exec(self._code, vars(self._module))  # noqa: S102 - the user's own file
        except (Released, Stopping):
            pass
        except Spun:
            # What has subscribed goes on.
            log.warning("script.spun", file=self.name, remedy="let its main thread wait: thread.join(), time.sleep()")
        except SystemExit as end:
            if end.code not in (None, 0):
                self._error = end
        except BaseException as error:  # noqa: BLE001 - handed to who waits for it
            self._error = error
        finally:
            watch.end()

    def settle(self) -> None:
        """Wait until it has subscribed, fetches tasks, or has ended; raise what it raised."""
        began_s = time.monotonic()
        while not self._has_settled(began_s):
            gevent.sleep(_LOOK_S)
        if book.problem is not None:
            raise book.problem
        self._raise()

    def _has_settled(self, began_s: float) -> bool:
        if state.has_fetched or book.problem is not None:
            return True
        quiet_s = time.monotonic() - max(book.latest_s, began_s)
        if self.runs and self._greenlet not in book.waiting:
            return book.latest_s >= began_s and quiet_s > _QUIET_WHILE_RUNNING_S
        return self._error is not None or quiet_s > _QUIET_S

    def _raise(self) -> None:
        error, self._error = self._error, None
        if isinstance(error, SystemExit):
            raise ConfigurationError(f"{self.name} ended by itself, with {error.code!r}")
        if error is not None:
            raise error

    @property
    def runs(self) -> bool:
        """Whether its own code still runs."""
        return not self._greenlet.dead

    @property
    def fetches(self) -> bool:
        """Whether its own code fetches tasks."""
        return state.has_fetched and self.runs

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for its end; return whether it has ended. Raises what it raised."""
        self._greenlet.join(timeout_s)
        self._raise()
        return not self.runs

    def let_end(self, timeout_s: float) -> None:
        """Give it some time to clean up."""
        self._greenlet.join(timeout_s)

    def on_end(self, call: Callable[[], object]) -> None:
        """Have ``call`` called when it has ended."""
        self._greenlet.rawlink(lambda _greenlet: call())

    @staticmethod
    def stop() -> None:
        """Let it end: ``subscribe()`` waits no longer, and there are no more tasks to fetch."""
        state.stopping = True
        book.released.set()


def _found(name: str) -> tuple[CodeType, types.ModuleType, str]:
    """Return a file's code, an empty ``__main__`` for it, and the folder that it imports from."""
    module = types.ModuleType("__main__")
    if not name.endswith(".py"):
        sys.path.insert(0, str(Path.cwd()))
        spec = None
        with contextlib.suppress(ModuleNotFoundError, ValueError):
            spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise ConfigurationError(f"there is no module {name!r}; a file ends with .py")
        module.__package__ = spec.parent
        name = spec.origin
    path = Path(name).resolve()
    try:
        code = compile(path.read_bytes(), str(path), "exec")
    except OSError as error:
        raise ConfigurationError(f"{name} can't be read: {error.strerror}") from error
    module.__file__ = str(path)
    return code, module, str(path.parent)


def run(name: str, *, fetch: bool = True) -> Script:
    """Run a file until it has subscribed to its topics, or fetches tasks by itself.

    Args:
        name: ``file.py``, or ``package.module``.
        fetch: Whether it may fetch tasks by itself: no to have a look only.

    Raises:
        ConfigurationError: There is no such file, or it subscribes to what can't be.
        Exception: Whatever it raises.
    """
    install()
    patching.give_greenlets_event_loops()
    state.allowed = fetch
    script = Script(name)
    script.settle()
    return script
