"""The embedded engine, patching and metrics, as a program uses them. Read by type checkers, never run."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from typing_extensions import assert_type

from camunda_client import metrics, patching
from camunda_client.embedded import (
    DEFAULT_TENANT,
    STATES,
    Activation,
    ActiveCall,
    Clock,
    DataError,
    Deployment,
    ElementRecord,
    Engine,
    EngineError,
    Fault,
    Faults,
    Gateway,
    Incident,
    IssuerError,
    Job,
    JobRecord,
    MessageRecord,
    Oidc,
    Recovery,
    Rejection,
    UserTask,
    VariableRecord,
    Wait,
)
from camunda_client.utils import JsonBaseModel


# -- the engine -------------------------------------------------------------------------------------------------------
def what_is_there(engine: Engine) -> None:
    """Everything that an engine shows of itself and of its instances."""
    assert_type(engine.deploy("order.bpmn", tenant_id=DEFAULT_TENANT), Deployment)
    assert_type(engine.recovery, Recovery | None)
    assert_type(engine.jobs("pay"), list[Job])
    assert_type(engine.incidents, list[Incident])
    assert_type(engine.user_tasks(), list[UserTask])
    assert_type(engine.calls(), list[ActiveCall])
    history = engine.create_instance("order")
    assert_type(engine.waits(history.process_instance_key), list[Wait])
    engine.modify(history.process_instance_key, activate=[Activation("review", [("", {"a": 1})])])
    assert_type(history.elements, list[ElementRecord])
    assert_type(history.jobs, list[JobRecord])
    assert_type(history.written, list[VariableRecord])


def with_data() -> str:
    """An engine that is brought back from its data."""
    try:
        engine = Engine(clock=Clock(start=datetime(2030, 1, 1, tzinfo=timezone.utc)), data="engine.data", dialect="8.9")
        engine.create_instance("nothing")
    except DataError as error:
        return str(error)
    except Rejection as error:
        return error.reason
    except EngineError as error:
        return str(error)
    return ""


def with_faults(message: MessageRecord) -> None:
    """A gateway that checks tokens and answers as an engine in trouble does."""
    try:
        gateway = Gateway(oidc=Oidc("https://login.example.com", audience="orders", leeway_s=2.0))
    except IssuerError:
        return
    with gateway:
        assert_type(gateway.faults, Faults)
        (fault,) = gateway.faults.state(STATES[0])
        assert_type(fault, Fault)
        assert_type(fault.hits, int)
    assert_type(message.name, str)


# -- patching ---------------------------------------------------------------------------------------------------------
def patched() -> bool:
    """What is made cooperative, what is not, and what an application may ask for."""
    try:
        report = patching.patch()
    except patching.PatchedTooLate as error:
        assert_type(error.report, patching.PatchReport)
        return False
    except patching.PatchError:
        return False
    assert_type(report.unmended, list[patching.Unmended])
    assert_type(patching.find_blocking_modules(), list[tuple[str, str]])
    assert_type(patching.patched_modules(), list[str])
    assert_type(patching.speed_up_requests(pool_connections=True), patching.FastRequests)
    patching.patch_psycopg2()
    patching.DRIVERS["psycopg2"]()
    sleep: Any = patching.original("time", "sleep")
    sleep(0)
    return patching.is_patched()


# -- metrics ----------------------------------------------------------------------------------------------------------
class Counted(JsonBaseModel):
    """A model of the program's own, with the base of all models."""

    failed: float


def counted(job_type: str) -> Counted:
    """What the worker counts."""
    metrics.register_with_prometheus()
    assert_type(metrics.snapshot(), dict[str, dict[tuple[str, ...], float]])
    assert_type(metrics.current, metrics.Metrics)
    assert_type(metrics.jobs_failed, metrics.Counter)
    assert_type(metrics.handler_duration_s, metrics.Histogram)
    return Counted(failed=metrics.jobs_failed[job_type])
