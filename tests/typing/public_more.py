"""Handlers of other forms, caps, results that are kept, and settings; mypy reads this file, nothing runs it."""

from __future__ import annotations

from typing import Annotated, Any

from typing_extensions import assert_type

from camunda_client import config
from camunda_client.c8 import worker
from camunda_client.c8.models import ActivatedJob

store = worker.SqliteStore("results.db")
elsewhere = worker.PostgresStore("postgresql://localhost/results"), worker.RedisStore("redis://localhost")
bank = worker.Resource("bank", limit=8, rate="20/s")
group = worker.WorkerRegistry("billing")
worker.map_errors({TimeoutError: worker.Retry(back_off=30_000), PermissionError: worker.BpmnError("DENIED")})


@worker.camunda_worker("pay", resource=bank, per="customer_id", pause="22:00-06:00 Europe/Berlin")
@worker.idempotent(store)
def pay(job: ActivatedJob) -> dict[str, Any]:
    return {"paid": job.variables["amount"]}


@worker.camunda_worker("ship")
def ship(
    order_id: str,
    priority: Annotated[str, worker.Header("priority")],
    total: Annotated[int, worker.Variable("sum")],
    everything: Annotated[dict[str, Any], worker.Variables()],
    key: Annotated[str, worker.JobField("job_key")],
) -> dict[str, Any]:
    return {"shipped": order_id, "by": priority, "total": total, "of": everything, "key": key}


def change() -> None:
    """Change how workers work, and look at what blocks."""
    assert_type(worker.change_workers("pay", action="pause"), list[str])
    assert_type(worker.blocking_modules([]), list[worker.BlockingModule])
    worker.try_children([], None, 5.0)


def other_names() -> tuple[object, ...]:
    """What is named where it is raised or given."""
    return (
        worker.UnfitVariables, worker.HandlerProcessDied, worker.Client, worker.DocumentContent,
        config.ResourceConfig, config.settings, config.Setting,
    )  # fmt: skip
