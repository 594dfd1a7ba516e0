"""The worker's public names as a type checker sees them; read by mypy, never run."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from typing_extensions import assert_type

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import (
    Completion,
    DocumentContent,
    Header,
    StopReport,
    add_job_worker,
    camunda_worker,
    register_workers,
    start_camunda_workers,
    stop_camunda_workers,
)


@camunda_worker(job_type="a", timeout=5000, max_jobs_active=1)
def handler(job: ActivatedJob) -> dict[str, int]:
    assert_type(job.job_key, str)
    assert_type(job.retries, int)
    return {"a": 1}


@camunda_worker(job_type="c", variable_names="camelCase", single_value="total", retry_unfit=True)
def typed(order_id: str, amount: Decimal = Decimal(0), *, region: Annotated[str, Header("region")]) -> Decimal:
    assert_type(region, str)
    return amount


@camunda_worker(job_type="d", allow_async=True)
async def awaited(job: ActivatedJob, invoice: Annotated[bytes, DocumentContent()]) -> Completion:
    return Completion(variables={"size": len(invoice)})


def use(job: ActivatedJob) -> None:
    assert_type(handler(job), dict[str, int])
    assert_type(typed("A1", region="eu"), Decimal)
    add_job_worker("b", handler, worker="w")
    register_workers()
    start_camunda_workers()
    assert_type(stop_camunda_workers(), StopReport)
