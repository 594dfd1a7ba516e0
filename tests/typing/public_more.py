"""Handlers of other forms, caps, results that are kept, and settings; mypy reads this file, nothing runs it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any

from typing_extensions import assert_type

from camunda_client import config
from camunda_client.c8 import api, models, worker
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.models import generated as found

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


def command_many(changes: models.JobChangeset) -> None:
    """What begins a batch operation, and what else came with 8.9 and 8.10."""
    assert_type(api.resolve_incidents(has_incident=True).batch_operation_key, str)
    api.migrate_process_instances(5, {"a": "b"}, process_definition_id="order", operation_reference=1)
    api.modify_process_instances({"a": "b"}, process_instance_key=["5", "6"])
    api.delete_process_instances(state="COMPLETED")
    api.suspend_process_instances(state="ACTIVE")
    api.resume_process_instances(state="SUSPENDED")
    api.delete_decision_instances(state="FAILED")
    api.update_jobs(changes, type="pay", retries=0)
    assert_type(api.resolve_process_instance_incidents("5"), found.CreatedBatchOperation)
    api.delete_process_instance("5")
    api.suspend_process_instance("5")
    api.resume_process_instance("5")
    api.activate_ad_hoc_activities("5", {"search": {"query": "x"}, "ask": None}, cancel_remaining_instances=False)


def look_closer(begin: datetime, end: datetime) -> None:
    """Counts, logs, resources and expressions."""
    assert_type(api.search_element_instance_incidents("5", state="ACTIVE"), Iterator[found.Incident])
    assert_type(api.get_incident_statistics_by_error(), Iterator[found.IncidentErrorStatistics])
    assert_type(api.get_incident_statistics_by_definition(5), Iterator[found.IncidentDefinitionStatistics])
    slices = api.get_job_time_series(begin, end, "pay", resolution=timedelta(minutes=5))
    assert_type(slices, Iterator[found.JobTimeSlice])
    assert_type(api.get_process_instance_counts(), Iterator[found.ProcessInstanceStatistics])
    assert_type(api.get_process_version_counts("order"), Iterator[found.ProcessVersionStatistics])
    assert_type(
        api.get_message_subscription_statistics(message_name="paid"), Iterator[found.MessageSubscriptionStatistics]
    )
    assert_type(api.search_user_task_effective_variables("5", name="a"), Iterator[found.FoundVariable])
    assert_type(api.search_user_task_audit_log("5", result="SUCCESS"), Iterator[found.AuditLogEntry])
    assert_type(api.search_resources(version=2), Iterator[found.Resource])
    assert_type(api.get_resource("5").resource_name, str)
    assert_type(api.get_resource_content("5"), bytes)
    assert_type(api.evaluate_expression("=a", {"a": 1}), found.EvaluatedExpression)
    assert_type(api.evaluate_conditionals({"a": 1}), found.EvaluatedConditionals)
