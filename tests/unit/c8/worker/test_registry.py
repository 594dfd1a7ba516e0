from __future__ import annotations

import functools
from typing import Any

import pytest

from camunda_client.c8.worker._handlers import JobWorker, JobWorkerRequest, camunda_worker, check_unique, queue
from camunda_client.c8.worker._settings import resolve
from camunda_client.config import ApiConfig, C8Config
from camunda_client.error import ConfigurationError


def handler(job: Any) -> None:
    pass


CONFIG = C8Config(api=ApiConfig(baseUrl="http://127.0.0.1:1"))


def worker(**options: Any) -> JobWorker:
    request = {name: options.pop(name) for name in list(options) if name in JobWorkerRequest.__dataclass_fields__}
    return JobWorker("t", handler, request=JobWorkerRequest("t", **request), **options)


def test_what_a_decorator_says_goes_before_the_configuration() -> None:
    found = resolve(
        worker(
            timeout=1500, worker="w", max_jobs_active=3, max_jobs_to_activate=2, fetch_variables=["a"],
            tenant_ids=["x"], request_timeout=2500, polling_interval=50, auto_extend=False, handler_timeout=700,
            max_lease=9000, with_lease="never", stop_when_lost=True,
        ),
        CONFIG,
    )  # fmt: skip

    assert (found.lease_s, found.lease_ms, found.worker, found.cap, found.batch) == (1.5, 1500, "w", 3, 2)
    assert (found.fetch_variables, found.tenant_ids) == (("a",), ("x",))
    assert (found.request_timeout_s, found.polling_interval_s) == (2.5, 0.05)
    assert (found.auto_extend, found.handler_timeout_s, found.max_lease_s) == (False, 0.7, 9.0)
    assert (found.with_lease, found.stop_when_lost) == ("never", True)


def test_what_it_leaves_out_or_sets_to_0_comes_from_the_configuration() -> None:
    job = CONFIG.job_for("t")

    for found in (resolve(JobWorker("t", handler), CONFIG), resolve(worker(timeout=0, max_jobs_active=0), CONFIG)):
        assert (found.lease_ms, found.cap, found.auto_extend) == (job.timeout, job.max_jobs_active, job.auto_extend)
        assert (found.handler_timeout_s, found.max_lease_s, found.hooks) == (None, None, None)
        assert found.batch is None
        assert found.request_timeout_s == 10.0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"timeout": -1}, "timeout of .* is -1"),
        ({"max_jobs_active": -5}, "max_jobs_active of .* is -5"),
        ({"request_timeout": 30_000}, "below 30000"),
    ],
)
def test_what_can_not_be_is_refused_with_the_handlers_place(options: dict[str, int], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as refused:
        resolve(worker(**options), CONFIG)

    assert f"{__name__.rpartition('.')[2]}" in str(refused.value)


def test_a_failures_first_wait_is_never_above_its_ceiling() -> None:
    rule = resolve(worker(retry_back_off=10**9), CONFIG).retry

    assert rule.first_ms == rule.ceiling_ms == 10**9
    assert resolve(worker(retry_back_off=0), CONFIG).retry.first_ms == 0, "here 0 says something"


def test_two_handlers_of_one_type_are_refused_with_both_places() -> None:
    def other(job: Any) -> None:
        pass

    check_unique([JobWorker("a", handler), JobWorker("b", other)])
    with pytest.raises(ConfigurationError, match="job type 'a' has two handlers") as refused:
        check_unique([JobWorker("a", handler), JobWorker("a", other)])

    assert "handler:" in str(refused.value)
    assert "other:" in str(refused.value)


def test_a_handlers_place_is_found_behind_partials() -> None:
    found = JobWorker("t", functools.partial(handler))

    assert found.written_in == __name__
    assert found.module == __name__
    assert JobWorker("t", print).place().endswith("print")


def test_the_variable_that_caps_are_counted_by_is_fetched_beside_those_of_parameters() -> None:
    @camunda_worker("typed", per="customer_id")
    def typed(order_id: str) -> None: ...

    [registered] = [one for one in queue if one.job_type == "typed"]

    assert set(resolve(registered, CONFIG).fetch_variables or ()) == {"order_id", "customer_id"}
