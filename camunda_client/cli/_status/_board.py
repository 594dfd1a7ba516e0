"""What the parent knows of its worker processes."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from camunda_client import metrics
from camunda_client.cli._status._history import History, Totals
from camunda_client.cli._status._live import type_rows
from camunda_client.cli._status._notable import Notable

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.cli._status._history import Dump

#: Seconds without a line after which a worker counts as not alive.
SILENCE_S: Final = 5.0
#: Seconds between what is kept to see how fast things go, and how many of those are kept.
_PAST_EVERY_S, _PAST_KEPT = 5.0, 12
#: Questions that a worker may have open: one that hangs is not asked once more a second.
_OPEN: Final = 8


class _ProcessStatus:
    """One place for a worker process, as its parent sees it."""

    def __init__(self, since_s: float, pid: int | None = None) -> None:
        #: The process there, until it ends.
        self.pid = pid
        self.since_s = since_s
        #: The last status of the process, and when it came.
        self.status: dict[str, Any] = {}
        self.said_s = 0.0
        #: What it had counted at earlier moments, the oldest first.
        self.past: deque[tuple[float, Dump]] = deque(maxlen=_PAST_KEPT)
        #: Sends the process a line.
        self.say: Callable[[bytes], object] | None = None
        #: Returns by what its hub is blocked at a moment of the monotonic clock, if it is.
        self.blocked: Callable[[float], dict[str, Any] | None] = _never
        #: Questions that it has not answered, and answers that have not been fetched.
        self.unanswered: set[int] = set()
        self.answers: dict[int, dict[str, Any]] = {}
        #: Where there is no process: why, and when the next one is due.
        self.end: dict[str, Any] = {}
        self.due_s = 0.0

    def keep(self, status: dict[str, Any], now: float) -> None:
        """Keep its newest status."""
        if not self.past or now - self.past[-1][0] >= _PAST_EVERY_S:
            self.past.append((now, status["metrics"]))
        self.status, self.said_s = {**status, "at_s": now}, now

    def asked(self, question: int, line: bytes, now: float) -> bool:
        """Send it a question; return False if it is gone or blocked, or has too many to answer already."""
        if self.say is None or len(self.unanswered) >= _OPEN or self.blocked(now):
            return False
        try:
            self.say(line)
        except OSError:  # it has ended, or does not read
            return False
        self.unanswered.add(question)
        return True

    def shown(self, now: float, *, stopping: bool) -> dict[str, Any]:
        """Return its state, and what is known beyond that."""
        if self.end:
            if stopping:
                return {"state": "ended", "alive": False, **self.end}
            return {"state": "waiting", "alive": False, "starts_in_s": round(max(self.due_s - now, 0), 1), **self.end}
        if not self.status:
            # It has not polled yet: it does not count as ready, and a roll-out should not go on.
            state = "stopping" if stopping else "starting"
            return {"state": state, "alive": False, "pid": self.pid, "starting_s": round(now - self.since_s, 1)}
        health, silent_s = self.status["health"], now - self.said_s
        state = "stopping" if stopping or not health["running"] else "running"
        blocked = self.blocked(now)
        if silent_s >= SILENCE_S:
            state = "silent"
        elif blocked:
            state = "blocked"
        status = {"state": state, "pid": self.pid, "silent_s": round(silent_s, 1), **health}
        if died := self.status["metrics"]["counters"].get(metrics.children_died.name):
            status["children_died"] = int(sum(count for _, count in died))
        if blocked:
            status["blocked_by"] = blocked
        return {**status, "alive": state == "running" and health["alive"]}


def _line(number: int, question: dict[str, Any]) -> bytes:
    return json.dumps({"question": number, **question}).encode() + b"\n"


def _never(_now: float) -> None:
    """Know nothing of a hub that is blocked."""


def _without(changes: list[dict[str, Any]], newer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the changes that a newer one does not make void: those of other types, or of other settings."""

    def is_void(change: dict[str, Any]) -> bool:
        of_same_type = newer.get("job_type") in (None, change.get("job_type"))
        return of_same_type and all(newer.get(name) is not None for name in change if name != "job_type")

    return [change for change in changes if not is_void(change)]


class StatusBoard:
    """What is known of every worker process. The parent writes it, the status port's threads read it."""

    #: Seconds that workers get to answer a question.
    ANSWER_S = 1.0

    def __init__(self, processes: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Know of so many places, numbered from 1, that their processes are about to start."""
        self._lock = threading.Lock()
        #: Notified when a worker has answered a question.
        self._answers = threading.Condition(self._lock)
        self._questions = 0
        self._clock = clock
        self._places = {number: _ProcessStatus(clock()) for number in range(1, processes + 1)}
        self._stopping = False
        #: One sum of all that have ended: a worker that dies again and again must not fill its parent.
        self._ended = metrics.Metrics()
        self._history = History()
        #: What operators have changed, for processes that are yet to come.
        self._changes: list[dict[str, Any]] = []
        #: What this process, the parent, warned of.
        self.notable = Notable()

    def started(
        self,
        number: int,
        pid: int,
        say: Callable[[bytes], object] | None = None,
        blocked: Callable[[float], dict[str, Any] | None] = _never,
    ) -> None:
        """Keep that a place has a new process.

        ``say`` sends it a line, and raises OSError if it is gone. ``blocked`` returns by what its hub is blocked at a
        moment of the monotonic clock, ``None`` while it runs.
        """
        with self._lock:
            self._places[number] = place = _ProcessStatus(self._clock(), pid)
            place.say, place.blocked = say, blocked
            if self._changes:
                self._questions += 1
                place.asked(self._questions, _line(self._questions, {"changes": list(self._changes)}), self._clock())

    def put(self, number: int, status: dict[str, Any]) -> None:
        """Keep a worker's newest status."""
        with self._lock:
            now = self._clock()
            self._places[number].keep(status, now)
            # Adding up hundreds of job types is for one of many processes a second, not for each.
            if self._history.is_due(now):
                self._history.add(Totals(now, self._dumps(), self._in_flight()))

    def _dumps(self) -> list[Dump]:
        dumps = (self._ended.dump(), *(place.status.get("metrics") for place in self._places.values()))
        return [dump for dump in dumps if dump is not None]

    def _in_flight(self) -> int:
        return sum(place.status["health"].get("in_flight", 0) for place in self._places.values() if place.status)

    def answered(self, number: int, answer: dict[str, Any]) -> None:
        """Keep a worker's answer to the question that it names."""
        with self._answers:
            place, question = self._places[number], answer["answer"]
            place.unanswered.discard(question)
            place.answers[question] = answer
            self._answers.notify_all()

    def ask(self, question: dict[str, Any], within_s: float | None = None) -> dict[int, dict[str, Any]]:
        """Ask every process, and return the answers of those that gave one within a second, or so many, by place."""
        with self._answers:
            self._questions += 1
            mine = self._questions
            line = _line(mine, question)
            now, within_s = self._clock(), within_s or self.ANSWER_S
            asked = [place for place in self._places.values() if place.asked(mine, line, now)]
            self._answers.wait_for(lambda: all(mine in place.answers or place.end for place in asked), within_s)
            found = {}
            for number, place in self._places.items():
                if place in asked and (answer := place.answers.pop(mine, None)) is not None:
                    found[number] = answer
                # Of a worker that hangs, old answers may come when they are no longer wanted.
                place.answers = {
                    question: answer for question, answer in place.answers.items() if question > mine - _OPEN
                }
            return found

    def ended(self, number: int, wait_s: float, **end: Any) -> None:
        """Keep why a place has no process, and when it is to get one.

        What its process counted is kept, too: counters don't go back when a process is replaced.
        """
        with self._lock:
            place = self._places[number]
            if place.status:
                counted = place.status["metrics"]
                counted["counters"]["camunda_jobs_in_flight"] = []
                self._ended.merge(counted)
            place.status, place.end, place.due_s = {}, end, self._clock() + wait_s
            place.say = None
            place.past.clear()
            self._answers.notify_all()

    def stop(self) -> None:
        """Record that shutdown has begun: from now on no process counts as alive and none is replaced."""
        with self._lock:
            self._stopping = True

    def health(self) -> dict[str, Any]:
        """Return whether all processes are alive, and the state of each."""
        now = self._clock()
        with self._lock:
            statuses = [
                {"process": number, **place.shown(now, stopping=self._stopping)}
                for number, place in self._places.items()
            ]
        return {"alive": all(one["alive"] for one in statuses), "processes": statuses}

    def liveness(self) -> dict[str, Any]:
        """Return whether the hub of every process runs, whatever else is wrong.

        A restart would not help one that starts, drains or waits to be replaced.
        """
        now = self._clock()
        with self._lock:
            states = {
                number: place.shown(now, stopping=self._stopping)["state"] for number, place in self._places.items()
            }
        silent, blocked = ([number for number in states if states[number] == state] for state in ("silent", "blocked"))
        return {"alive": not silent and not blocked, "silent": silent, "blocked": blocked}

    def exposition(self, accept: str = "") -> tuple[str, bytes]:
        """Return content type and sums over all processes: OpenMetrics where that is accepted, or Prometheus's text."""
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import choose_encoder

        encode, content_type = choose_encoder(accept)
        registry = CollectorRegistry()
        self.totals().register_with_prometheus(registry)
        return content_type, encode(registry)

    def totals(self) -> metrics.Metrics:
        """Return what all processes have counted together, those that have ended and this one included."""
        total = metrics.Metrics()
        with self._lock:
            for dumped in (metrics.current.dump(), *self._dumps()):
                total.merge(dumped)
        return total

    def jobs(self, most: int, within_s: float | None = None) -> dict[str, Any]:
        """Return the jobs in hand of all processes, the ``most`` oldest, how many there are, and recent events."""
        answers = self.ask({"jobs": most}, within_s)
        jobs = [{"process": number, **job} for number, answer in answers.items() for job in answer["jobs"]]
        jobs.sort(key=lambda job: -job["age_s"])
        events = [{"process": number, **event} for number, answer in answers.items() for event in answer["events"]]
        with self._lock:
            unheard = [number for number, place in self._places.items() if place.pid and number not in answers]
        return {
            "count": sum(answer["count"] for answer in answers.values()),
            "jobs": jobs[:most],
            "events": sorted([*events, *self.notable.newest()], key=lambda event: event["at"]),
            "unheard": unheard,
        }

    def change(self, change: dict[str, Any]) -> dict[str, Any]:
        """Have all processes, and those that replace them, work in another way; return what came of it.

        Args:
            change: The arguments of :func:`camunda_client.c8.worker.change_workers`.
        """
        answers = self.ask({"changes": [change]})
        errors = [answer["error"] for answer in answers.values() if "error" in answer]
        with self._lock:
            unheard = [number for number, place in self._places.items() if place.pid and number not in answers]
            if not errors:
                self._changes = [*_without(self._changes, change), change]
        changed = sorted({job_type for answer in answers.values() for job_type in answer["changed"]})
        return {"changed": changed, "unheard": unheard, **({"error": errors[0]} if errors else {})}

    def job(self, job_key: str, *, variables: bool = False) -> dict[str, Any] | None:
        """Return one job in hand with its stack, and its variables if asked; ``None`` if no process has it."""
        answers = self.ask({"job": job_key, "variables": variables})
        return next(({"process": number, **found["job"]} for number, found in answers.items() if found["job"]), None)

    def types(self) -> list[dict[str, Any]]:
        """Return how each job type does, over all processes."""
        with self._lock:
            return type_rows([(place.status, list(place.past)) for place in self._places.values() if place.status])

    def points(self, newest: int = 0) -> list[dict[str, Any]]:
        """Return the history, the oldest first; of the ``newest`` points only, if that is not 0."""
        with self._lock:
            return self._history.points(newest)
