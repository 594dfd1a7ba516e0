"""How each job type does lately, over all processes: what the live page shows in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from camunda_client.cli._status._history import HANDLERS, WAITS, added, difference, durations_of, quantiles

if TYPE_CHECKING:
    from camunda_client.cli._status._history import Dump

#: A process's newest status, and what it had counted at earlier moments.
Process = tuple[dict[str, Any], "list[tuple[float, Dump]]"]
#: What a type does, the first that is true of any process.
_STATES: Final = ("running", "paused", "draining")
_COUNTED: Final = {
    "completed": "camunda_jobs_completed",
    "failed": "camunda_jobs_failed",
    "errors_thrown": "camunda_jobs_error_thrown",
    "lease_lost": "camunda_lease_lost",
    "report_retries": "camunda_report_retries",
}


def type_rows(processes: list[Process]) -> list[dict[str, Any]]:
    """Return a row for each job type, by name.

    Counts are since the processes started. Rates (a second) and quantiles (seconds) are of the last minute, as far back
    as each process goes.
    """
    health: dict[str, list[dict[str, Any]]] = {}
    for status, _ in processes:
        for one in status["health"].get("types", ()):
            health.setdefault(one["job_type"], []).append(one)
    counts = {name: _counts(processes, metric) for name, metric in _COUNTED.items()}
    rates = _rates(processes)
    times, waits = _times(processes, HANDLERS), _times(processes, WAITS)
    return [
        {
            "job_type": job_type,
            **_state(health[job_type]),
            **{name: counts[name].get(job_type, 0) for name in _COUNTED},
            "rate": round(rates.get(job_type, 0.0), 2),
            "handler": quantiles(times.get(job_type, [])),
            "wait": quantiles(waits.get(job_type, [])),
        }
        for job_type in sorted(health)
    ]


def _state(statuses: list[dict[str, Any]]) -> dict[str, Any]:
    ages = [one["answered_s_ago"] for one in statuses]
    slacks = [one["least_slack_s"] for one in statuses if one.get("least_slack_s") is not None]
    return {
        "alive": all(one["alive"] for one in statuses),
        "state": next((state for state in _STATES if any(one.get("state") == state for one in statuses)), "drained"),
        "in_flight": sum(one["active"] for one in statuses),
        "cap": sum(one["max_jobs_active"] for one in statuses),
        "stuck": sum(one["stuck"] for one in statuses),
        "trouble": next((one["trouble"] for one in statuses if one["trouble"]), None),
        "capped_by": next((why for one in statuses if (why := one.get("capped_by"))), None),
        "polled_s_ago": None if None in ages else max(ages),
        "least_slack_s": min(slacks, default=None),
    }


def _values(dump: Dump, metric: str) -> dict[str, float]:
    return {labels[0]: value for labels, value in dump["counters"].get(metric, ())}


def _counts(processes: list[Process], metric: str) -> dict[str, float]:
    total: dict[str, float] = {}
    for status, _ in processes:
        for job_type, value in _values(status["metrics"], metric).items():
            total[job_type] = total.get(job_type, 0) + value
    return total


def _rates(processes: list[Process]) -> dict[str, float]:
    """Return jobs that ended a second: completed, failed, or with an error thrown."""
    rates: dict[str, float] = {}
    for status, past in processes:
        if not past or (took_s := status["at_s"] - past[0][0]) <= 0:
            continue
        for metric in (_COUNTED["completed"], _COUNTED["failed"], _COUNTED["errors_thrown"]):
            before = _values(past[0][1], metric)
            for job_type, value in _values(status["metrics"], metric).items():
                rates[job_type] = rates.get(job_type, 0.0) + max(value - before.get(job_type, 0), 0) / took_s
    return rates


def _times(processes: list[Process], metric: str) -> dict[str, list[int]]:
    """Return, by job type, how many took how long of what a histogram counts."""
    found: dict[str, list[list[int]]] = {}
    for status, past in processes:
        before = durations_of(past[0][1], metric) if past else {}
        for job_type, buckets in durations_of(status["metrics"], metric).items():
            earlier = before.get(job_type, [0] * len(buckets))
            found.setdefault(job_type, []).append(difference(buckets, earlier))
    return {job_type: added(many) for job_type, many in found.items()}
