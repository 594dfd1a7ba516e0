"""What this process remembers of jobs that it no longer holds; bounded, oldest forgotten first.

Camunda doesn't tell how often a job was tried, nor that it offers us a job again whose outcome we could not report.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from camunda_client.c8.worker._outcome import Outcome

_Value = TypeVar("_Value")

#: Jobs to remember; about 1 MB.
_JOBS = 10_000
#: Outcomes to remember. They may hold megabytes of variables, and mean that Camunda was away for long.
_OUTCOMES = 500


class Recent(Generic[_Value]):
    """A bounded dictionary that forgets what was set longest ago."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: OrderedDict[str, _Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: str, default: _Value) -> _Value:
        """Return what was set for the key."""
        return self._items.get(key, default)

    def set(self, key: str, value: _Value) -> None:
        """Remember it as the newest."""
        self._items[key] = value
        self._items.move_to_end(key)
        if len(self._items) > self._size:
            self._items.popitem(last=False)

    def take(self, key: str) -> _Value | None:
        """Return and forget what was set for the key, if anything was."""
        return self._items.pop(key, None)


class Memory:
    """What is worth remembering about a job."""

    def __init__(self) -> None:
        #: Failures of a job in this process.
        self.attempts: Recent[int] = Recent(_JOBS)
        #: How often a job's lease was lost for which its handler or its settings are to blame.
        self.losses: Recent[int] = Recent(_JOBS)
        #: Outcomes that could not be reported, and the retries that their job had. See :meth:`outcome`.
        self.unreported: Recent[tuple[Outcome, int]] = Recent(_OUTCOMES)

        #: The retries of jobs of which Camunda takes neither an outcome nor a failure.
        self.refused: Recent[int] = Recent(_OUTCOMES)
        #: Jobs that were completed when their lease was over.
        self.completed: Recent[bool] = Recent(_JOBS)

    def is_done_with(self, key: str, retries: int) -> bool:
        """Tell whether a job that is offered must not be worked: it is completed, or hopeless."""
        if self.completed and self.completed.get(key, False):
            return True
        return bool(self.refused) and self.is_hopeless(key, retries)

    def is_hopeless(self, key: str, retries: int) -> bool:
        """Tell whether Camunda took nothing of what we said of this job, and nothing has changed since."""
        return self.refused.get(key, -1) == retries

    def outcome(self, key: str, retries: int) -> Outcome | None:
        """Return what Camunda still has to be told of a job that it offers again, with so many retries.

        Other retries than before mean that it failed elsewhere since, or that its incident was resolved: to tell our
        failure now would undo that.
        """
        outcome, before = self.unreported.take(key) or (None, retries)
        return None if outcome is not None and outcome.command == "failure" and retries != before else outcome

    def lost(self, key: str) -> int:
        """Count one more lost lease of a job, and return how many there were."""
        count = self.losses.get(key, 0) + 1
        self.losses.set(key, count)
        return count

    def settled(self, key: str) -> None:
        """Forget a job that is done with."""
        self.attempts.take(key)
        self.losses.take(key)
