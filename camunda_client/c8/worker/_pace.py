"""What Camunda's clocks say on ours, so that the deadline of a job tells when its lease ends. No clock, no greenlet.

A poll may have been parked for seconds, or its answer been late: that a lease began at some time between the sending of
the request and its answer is often not enough. But every activated job has a ``deadline``, on the clock of the leader
of its partition; less the time asked for, it is the moment of the grant, which lies between the sending and the answer
on our clock. So each exchange bounds the difference of the two clocks, quick ones closely, and all together say when
later leases end.

The answer's ``Date`` is no such source: it has whole seconds, and is the gateway's clock, not the partition leader's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from camunda_client.c8.worker._lease import DRIFT, SURE

if TYPE_CHECKING:
    from collections.abc import Callable


#: Seconds. A deadline is cut to milliseconds.
_ROUNDING_S = 0.001
#: Bits of a key below the number of its partition.
_PARTITION_SHIFT = 51


class _Bounds(NamedTuple):
    """The difference of a broker's clock to ours, as bounded when it was last looked at."""

    least_s: float
    most_s: float
    at_s: float

    def at(self, now_s: float) -> _Bounds:
        """Return what is left of it by now."""
        drift_s = abs(now_s - self.at_s) * DRIFT
        return _Bounds(self.least_s - drift_s, self.most_s + drift_s, now_s)


class Offsets:
    """The clocks of all partitions."""

    def __init__(self, partitions: Callable[[], int] = lambda: 1) -> None:
        """Know nothing of the clocks of a cluster of so many ``partitions``, as far as that is known."""
        self._partitions = partitions
        self._bounds: dict[int, _Bounds] = {}

    def ends_s(self, job_key: str, deadline_ms: float, length_s: float, *, sent_s: float, received_s: float) -> float:
        """Return the moment of our clock before which a lease surely does not end, and learn from it.

        Args:
            job_key: The job's key, which names its partition.
            deadline_ms: Its ``deadline``; 0 or less if it has none.
            length_s: The lease that was asked for.
            sent_s: When the request was sent.
            received_s: When its answer was read.
        """
        if deadline_ms <= 0:
            return sent_s + length_s * SURE
        partition, granted_s = int(job_key) >> _PARTITION_SHIFT, deadline_ms / 1000 - length_s
        drift_s = (received_s - sent_s) * DRIFT
        seen = _Bounds(granted_s - received_s - drift_s, granted_s + _ROUNDING_S - sent_s + drift_s, received_s)
        known = self._bounds.get(partition)
        if known is not None:
            known = known.at(received_s)
            least_s, most_s = max(known.least_s, seen.least_s), min(known.most_s, seen.most_s)
            # Otherwise a clock was set, or the partition has another leader: what was known is worth nothing.
            if least_s <= most_s + _ROUNDING_S:
                seen = _Bounds(least_s, max(least_s, most_s), received_s)
        self._bounds[partition] = seen
        granted_s -= seen.most_s
        return min(max(granted_s, sent_s), received_s) + length_s * SURE

    def are_known(self, now_s: float, within_s: float) -> bool:
        """Tell whether a lease would be known within so many seconds, however long its poll was parked."""
        if len(self._bounds) < self._partitions():
            return False
        return all(
            bounds.most_s - bounds.least_s < within_s for bounds in (found.at(now_s) for found in self._bounds.values())
        )
