"""The worker, configuration, errors and the engine as users write them; mypy reads this file, nothing runs it."""

from __future__ import annotations

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from typing_extensions import assert_type

from camunda_client import config
from camunda_client.c8 import auth, worker
from camunda_client.c8.models import ActivatedJob
from camunda_client.embedded import Engine, Gateway, InstanceHistory
from camunda_client.error import (
    ConfigurationError,
    ErrorCode,
    InvalidRequestError,
    ServiceException,
    SignatureException,
    WorkerSignatureException,
    error_code_message_mapper,
)

TENANT: contextvars.ContextVar[dict[str, str]] = contextvars.ContextVar("tenant")


# -- handlers -------------------------------------------------------------------------------------------------------
@worker.camunda_worker("charge", timeout=timedelta(seconds=30), max_jobs_active=5, fetch_variables="amount")
def charge(job: ActivatedJob) -> dict[str, Any]:
    return {"charged": job.variables["amount"]}


@worker.camunda_worker("check", with_lease="auto", stop_when_lost=True)
def check(job: ActivatedJob) -> worker.UserTaskResult | None:
    if job.retries == 1:
        return worker.Denied("only the boss may do that")
    return worker.Corrections(priority=80, candidate_users=["ann"], due_date=None)


@worker.camunda_worker("agent")
def agent(job: ActivatedJob) -> worker.AdHocResult:
    return worker.AdHocResult(activate={"search": {"query": "x"}}, variables={"turn": 2})


@worker.camunda_worker("complete")
def complete(job: ActivatedJob) -> worker.Completion:
    return worker.Completion(variables={"a": 1}, business_id="B")


@worker.around_job
@contextmanager
def around(job: ActivatedJob) -> Iterator[None]:
    yield


@worker.before_job
def before(job: ActivatedJob) -> None: ...


@worker.after_job
def after(job: ActivatedJob, outcome: worker.JobOutcome) -> None:
    assert_type(outcome.retries_left, int | None)


@worker.on_failure
def failed(job: ActivatedJob, outcome: worker.JobOutcome) -> None:
    assert_type(outcome.exception, BaseException | None)


def run(job: ActivatedJob) -> None:
    """A worker's life, and what it says of itself."""
    worker.add_job_worker("ship", charge, worker="w", timeout=1000)
    worker.keep_in_jobs(TENANT, copy=dict)
    worker.also_fetch("traceparent", "tenant")
    worker.register_workers()
    registered = worker.registered_workers()
    assert_type(registered, list[worker.JobWorker])
    worker.check_unique(registered)
    assert_type(worker.worker_settings(registered[0]), worker.WorkerSettings)
    assert_type(registered[0].request, worker.JobWorkerRequest | None)
    worker.start_camunda_workers()
    assert_type(worker.health(), worker.Health)
    assert_type(worker.jobs_in_hand(), list[worker.JobInHand])
    assert_type(worker.CamundaWorkerManager().workers, list[worker.JobWorker])
    report = worker.stop_camunda_workers(drain_timeout_s=5)
    assert_type(report, worker.StopReport)
    assert_type(report.handed_back, int)
    assert_type(worker.run_handler(charge, job), worker.HandlerRun)
    assert_type(charge(job), dict[str, Any])
    worker.clear()


def stop(job: ActivatedJob) -> None:
    """What ends a handler from outside."""
    try:
        charge(job)
    except (worker.JobLost, worker.HandlerTimedOut) as error:
        print(error)


# -- configuration, tokens, errors ----------------------------------------------------------------------------------
def configure() -> None:
    """Every section, by the names of the README."""
    api = config.ApiConfig(
        baseUrl="http://localhost:8080",
        job=config.JobConfig(worker="w", timeout=5000),
        jobs={"pay": config.JobConfig(maxJobsActive=1)},
        tls=config.TlsConfig(caFile="ca.pem"),
    )
    basic = config.AuthConfig(basic=config.BasicAuthConfig(username="ann", password="x"))
    saas = config.AuthConfig(saas=config.SaasAuthConfig(clientId="me", clientSecret="x"))
    proof = config.ClientAssertionConfig(keystorePath="a.p12", keystorePassword="x")
    own = config.SelfManagedAuthConfig(clientId="me", clientAssertion=proof, oidcTokenUrl="https://login/token")
    secret = config.SelfManagedAuthConfig(clientId="me", clientSecretFile="s.txt", oidcTokenUrl="https://login/token")
    for how in (basic, saas, config.AuthConfig(selfManaged=own), config.AuthConfig(selfManaged=secret), None):
        config.initialize_config(config.C8Config(api=api, auth=how, worker=config.WorkerConfig(pool=10)))
        assert_type(config.get_config().worker.pool, int)
        config.reset_config()
    config.config_help()
    assert_type(config.options_text(), str)
    assert_type(config.said_in_environment("api.baseUrl"), str)


def tokens() -> None:
    """Headers for calls of one's own."""
    assert_type(auth.get_token(), tuple[str, int])
    assert_type(auth.get_c8_api_headers(), dict[str, str])
    assert_type(auth.AuthenticationManager().is_healthy(), bool)
    header = auth.authorization(config.get_config(), 5.0)
    assert_type(header, str | None)
    assert_type(auth.authorization_after_401(config.get_config(), header or ""), str | None)


def explain(error: Exception) -> str:
    """Which error it is."""
    if isinstance(error, ConfigurationError):
        return str(error.option)
    if isinstance(error, InvalidRequestError):
        return error_code_message_mapper(ErrorCode.C8_REQUEST_FAILED, ["a", "b"])
    if isinstance(error, (SignatureException, WorkerSignatureException)):
        return "a handler's signature"
    return error.message if isinstance(error, ServiceException) else ""


# -- the embedded engine --------------------------------------------------------------------------------------------
def engine() -> None:
    """In memory, and behind a gateway."""
    running = Engine(tenants=["blue"])
    running.deploy("order.bpmn", ("a.bpmn", b"<definitions/>"), tenant_id="blue")
    order = running.create_instance("order", {"a": 1}, end_after=["review"])
    assert_type(order, InstanceHistory)
    running.create_cluster_variable("rate", {"eur": 1})
    assert_type(running.cluster_variables(), dict[str, Any])
    running.advance(timedelta(days=1))
    running.pin_clock(round(datetime(2030, 1, 1, tzinfo=timezone.utc).timestamp() * 1000))
    with Gateway(running, dialect="8.9") as gateway:
        assert_type(gateway.base_url, str)
