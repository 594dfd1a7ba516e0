"""Handlers whose parameters are variables, headers and what else a job has."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, Field, SecretStr
from typing_extensions import TypedDict

from camunda_client.c8 import api
from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import (
    Client,
    Completion,
    Header,
    JobField,
    UnfitVariables,
    Variable,
    Variables,
    add_job_worker,
    also_fetch,
    before_job,
    camunda_worker,
    clear,
    registered_workers,
    run_handler,
    worker_settings,
)
from camunda_client.c8.worker._hooks import everywhere
from camunda_client.error import ConfigurationError
from camunda_client.testing.plugin import activated_job


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    clear()
    yield
    clear()


class Colour(Enum):
    RED = "red"


class Line(BaseModel):
    sku: str
    price: Decimal


class Order(BaseModel):
    order_id: str = Field(alias="orderId")
    lines: list[Line] = []


@dataclass
class Address:
    city: str


class Point(TypedDict):
    x: int


def given(handler: Any, variables: dict[str, Any] | None = None, **job: Any) -> dict[str, Any]:
    """Return what a handler made of a job; it returns what it was called with."""
    run = run_handler(handler, activated_job(variables=variables or {}, **job))
    if run.outcome.exception is not None:
        raise run.outcome.exception
    result = run.outcome.result
    assert isinstance(result, dict)
    return result


def fetched(handler: Any, **options: Any) -> tuple[str, ...] | None:
    add_job_worker("t", handler, **options)
    return worker_settings(registered_workers()[-1]).fetch_variables


def simple(order_id: str, amount: Decimal) -> dict[str, Any]:
    return {"order_id": order_id, "amount": amount}


def test_variables_come_by_name_and_type() -> None:
    assert given(simple, {"order_id": "A1", "amount": "12.50", "other": 1}) == {
        "order_id": "A1",
        "amount": Decimal("12.50"),
    }
    assert fetched(simple) == ("amount", "order_id")


def kinds(
    order: Order,
    address: Address,
    point: Point,
    day: date,
    colour: Colour,
    mode: Literal["fast", "slow"],
    tags: set[str],
    *,
    anything: Any,
    raw: dict[str, Any],
) -> dict[str, Any]:
    return locals()


def test_models_dataclasses_dates_and_enums_are_made_of_json() -> None:
    variables = {
        "order": {"orderId": "A1", "lines": [{"sku": "x", "price": 1.5}]},
        "address": {"city": "Rome"},
        "point": {"x": 1},
        "day": "2026-11-27",
        "colour": "red",
        "mode": "fast",
        "tags": ["a"],
        "anything": [1],
        "raw": {"a": 1},
    }

    found = given(kinds, variables)

    assert found["order"].lines[0].price == Decimal("1.5")
    assert (found["address"], found["day"], found["colour"]) == (Address("Rome"), date(2026, 11, 27), Colour.RED)
    assert (found["tags"], found["point"], found["raw"]) == ({"a"}, {"x": 1}, {"a": 1})


def forgiving(count: int = 7, note: str | None = None, hint: str | None = "none") -> dict[str, Any]:
    return {"count": count, "note": note, "hint": hint}


def test_defaults_and_optional_parameters_need_no_variable() -> None:
    def without_default(note: str | None) -> dict[str, Any]:
        return {"note": note}

    assert given(forgiving) == {"count": 7, "note": None, "hint": "none"}
    assert given(forgiving, {"count": 1, "note": "n"}) == {"count": 1, "note": "n", "hint": "none"}
    assert given(without_default) == {"note": None}


def test_a_handler_may_take_the_job_as_well_and_then_sees_all_variables() -> None:
    def with_job(job: ActivatedJob, order: Order) -> dict[str, Any]:
        return {"key": job.job_key, "order": order.order_id, "other": job.variables["other"]}

    def job_last(order: Order, job: ActivatedJob) -> dict[str, Any]:
        return {"key": job.job_key, "order": order.order_id}

    def unhinted(job, order: Order) -> dict[str, Any]:  # type: ignore[no-untyped-def]
        return {"key": job.job_key, "order": order.order_id}

    job = {"variables": {"order": {"orderId": "A1"}, "other": 2}, "job_key": "5"}
    assert given(with_job, **job) == {"key": "5", "order": "A1", "other": 2}
    assert given(job_last, **job) == given(unhinted, **job) == {"key": "5", "order": "A1"}
    assert fetched(with_job) is None
    assert fetched(with_job, fetch_variables=["order"]) == ("order",)


def test_what_a_default_alone_gives_stays_as_it_is() -> None:
    class Session:
        pass

    session = Session()

    def handler(
        job: ActivatedJob, open_session: Session = session, clock=None, *args: Any, region: str = "eu", **more: Any
    ) -> dict[str, Any]:  # type: ignore[no-untyped-def]
        return {"session": open_session is session, "clock": clock, "region": region, "more": more}

    assert given(handler, {"open_session": 1, "clock": 2, "region": "us", "more": 3}) == {
        "session": True,
        "clock": None,
        "region": "us",
        "more": {},
    }


def test_names_of_variables_may_be_others() -> None:
    def by_marker(order_id: Annotated[str, Variable("orderId")]) -> dict[str, Any]:
        return {"id": order_id}

    def by_field(order_id: Annotated[str, Field(alias="orderId", min_length=2)]) -> dict[str, Any]:
        return {"id": order_id}

    def by_default(order_id: str = Field(alias="orderId", default="none")) -> dict[str, Any]:
        return {"id": order_id}

    def by_path(
        city: Annotated[str, Field(validation_alias=AliasPath("customer", "address", "city"))],
        name: Annotated[str, Field(validation_alias=AliasChoices("name", AliasPath("customer", "name")))],
    ) -> dict[str, Any]:
        return {"city": city, "name": name}

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for handler in (by_marker, by_field, by_default):
            assert given(handler, {"orderId": "A1"}) == {"id": "A1"}
            assert fetched(handler) == ("orderId",)
    assert given(by_default) == {"id": "none"}
    customer = {"address": {"city": "Rome"}, "name": "Ada"}
    assert given(by_path, {"customer": customer}) == {"city": "Rome", "name": "Ada"}
    assert fetched(by_path) == ("customer", "name")
    with pytest.raises(UnfitVariables, match=r"customer\.address\.city \(the job has no such variable"):
        given(by_path, {"name": "x"})


def test_a_whole_handler_may_have_the_models_names() -> None:
    @camunda_worker("t", variable_names="camelCase")
    def handler(order_id: str, big_amount: int = 5) -> dict[str, Any]:
        return {"seen": f"{order_id}/{big_amount}"}

    assert given(handler, {"orderId": "A1", "bigAmount": 3}, job_type="t") == {"seen": "A1/3"}
    assert worker_settings(registered_workers()[0]).fetch_variables == ("bigAmount", "orderId")


def test_all_variables_may_be_one_model() -> None:
    def as_model(order: Annotated[Order, Variables()]) -> dict[str, Any]:
        return {"id": order.order_id}

    def as_dict(found: Annotated[dict[str, Any], Variables]) -> dict[str, Any]:
        return found

    def as_rest(order_id: str, **rest: int) -> dict[str, Any]:
        return {"id": order_id, **rest}

    assert given(as_model, {"orderId": "A1", "x": 1}) == {"id": "A1"}
    assert fetched(as_model) == ("orderId", "lines") or fetched(as_model) == ("lines", "orderId")
    assert given(as_dict, {"a": 1}) == {"a": 1}
    assert fetched(as_dict) is None
    assert given(as_rest, {"order_id": "A1", "a": 1, "b": "2"}) == {"id": "A1", "a": 1, "b": 2}
    assert fetched(as_rest) is None


def test_headers_keys_and_the_client_come_by_markers() -> None:
    def handler(
        region: Annotated[str, Header("x-region")],
        limit: Annotated[int, Header()],
        process_instance_key: Annotated[str, JobField()],
        instance: Annotated[int, JobField("process_instance_key")],
        client: Annotated[Any, Client()],
        mode: Annotated[str, Header("mode")] = "slow",
    ) -> dict[str, Any]:
        return {**locals(), "client": client is api}

    headers = {"x-region": "eu", "limit": "12"}
    found = given(handler, custom_headers=headers, process_instance_key="77")

    assert found == {
        "region": "eu",
        "limit": 12,
        "process_instance_key": "77",
        "instance": 77,
        "client": True,
        "mode": "slow",
    }
    with pytest.raises(UnfitVariables, match=r"limit \(the task has no custom header of that name"):
        given(handler, custom_headers={"x-region": "eu"})


def test_methods_partials_objects_and_decorated_functions_are_handlers_too() -> None:
    class Shop:
        def charge(self, order_id: str) -> dict[str, Any]:
            return {"id": order_id}

        def __call__(self, order_id: str) -> dict[str, Any]:
            return {"id": order_id}

    def logged(function: Any) -> Any:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return call

    def with_region(order_id: str, region: str, /) -> dict[str, Any]:
        return {"id": order_id + region}

    two = {"order_id": "A1", "region": "eu"}
    assert given(Shop().charge, two) == given(Shop(), two) == {"id": "A1"}
    assert given(functools.partial(simple, amount=3), two) == {"order_id": "A1", "amount": 3}
    assert given(functools.partial(with_region, "B"), two) == {"id": "Beu"}
    assert given(with_region, two) == {"id": "A1eu"}
    assert given(logged(simple), {**two, "amount": 1}) == {"order_id": "A1", "amount": Decimal(1)}


def test_asynchronous_handlers_have_parameters_too() -> None:
    async def handler(order_id: str) -> dict[str, Any]:
        return {"id": order_id}

    add_job_worker("t", handler, allow_async=True)

    assert given(handler, {"order_id": "A1"}, job_type="t") == {"id": "A1"}


def test_a_job_that_does_not_fit_becomes_an_incident_at_once_and_says_why() -> None:
    called: list[object] = []

    def handler(order: Order, amount: Decimal, count: int) -> None:
        called.append(order)

    job = activated_job(variables={"order": {"lines": [{"sku": 5, "price": "x"}]}, "amount": "much"}, retries=3)
    run = run_handler(handler, job)

    assert called == []
    assert (run.command, run.report["retries"]) == ("failure", 0)
    message = run.report["errorMessage"]
    for said in (
        "test_parameters.",
        "order.orderId (is missing)",
        "order.lines[0].sku (Input should be a valid string, got 5)",
        "order.lines[0].price (Input should be a valid decimal, got 'x')",
        "amount (Input should be a valid decimal, got 'much')",
        "count (the job has no variable of that name)",
        "Another try changes nothing",
    ):
        assert said in message
    assert isinstance(run.outcome.exception, UnfitVariables)
    assert run.outcome.exception.misfits[0] == ("order.orderId", "is missing")
    assert "caused by" not in message


def test_it_loses_one_retry_where_the_decorator_says_so() -> None:
    @camunda_worker("t", retry_unfit=True)
    def handler(count: int) -> None: ...

    run = run_handler(handler, activated_job(job_type="t", retries=3))

    assert run.report["retries"] == 2
    assert "Another try" not in run.report["errorMessage"]


class Card(BaseModel):
    number: SecretStr = Field(min_length=20)
    owner: int


class Login(BaseModel):
    user: str
    password: str = Field(pattern="^long")


def picky(card: Card, login: Login, api_token: int, mode: Literal["a"], cards: list[Card]) -> None: ...


def test_no_value_of_a_secret_field_is_shown() -> None:
    secret = "s3cr3t-4111"
    variables = {
        "card": {"number": secret, "owner": secret},
        "login": {"user": 5, "password": secret},
        "api_token": secret,
        "mode": "b",
        "cards": [{"number": secret}],
    }

    message = run_handler(picky, activated_job(variables=variables)).report["errorMessage"]

    assert secret not in message
    assert "card.number (too short; its value is not shown)" in message
    assert "login.password (string pattern mismatch; its value is not shown)" in message
    assert "api_token (int parsing; its value is not shown)" in message
    assert "mode (Input should be 'a', got 'b')" in message


def test_a_result_may_be_one_variable() -> None:
    @camunda_worker("t", single_value="total")
    def add(numbers: list[int]) -> int:
        return sum(numbers)

    run = run_handler(add, activated_job(job_type="t", variables={"numbers": [1, 2]}))

    assert run.report == {"variables": {"total": 3}}
    assert add(numbers=[5]) == 5


def test_a_result_that_says_more_than_variables_stays_what_it_is() -> None:
    @camunda_worker("t", single_value="total")
    def handler(number: int) -> Completion:
        return Completion(variables={"seen": number}, business_id="B1")

    run = run_handler(handler, activated_job(job_type="t", variables={"number": 1}))

    assert run.report == {"variables": {"seen": 1}, "businessId": "B1"}


@pytest.mark.parametrize("name", ["", 5])
def test_one_variable_needs_a_name(name: Any) -> None:
    with pytest.raises(ConfigurationError, match="single_value of @camunda_worker"):
        camunda_worker("t", single_value=name)


def test_models_and_dataclasses_are_results() -> None:
    def as_model() -> Order:
        return Order(orderId="A1")

    def as_dataclass() -> Address:
        return Address("Rome")

    job = activated_job(variables={})
    assert run_handler(lambda job: as_model(), job).report == {"variables": {"orderId": "A1", "lines": []}}
    assert run_handler(lambda job: as_dataclass(), job).report == {"variables": {"city": "Rome"}}


def test_variables_that_are_never_fetched_are_refused_at_decoration() -> None:
    with pytest.raises(ConfigurationError, match=r"it must have amount as well"):
        add_job_worker("t", simple, fetch_variables=["order_id"])


def test_what_hooks_read_is_fetched_beside_what_handlers_name() -> None:
    def takes_all(job: ActivatedJob, **rest: Any) -> None: ...

    also_fetch("traceparent", "tracestate", "traceparent")
    try:
        found = [fetched(simple), fetched(simple, fetch_variables=["amount", "order_id", "x"]), fetched(takes_all)]
    finally:
        everywhere.variables.clear()

    assert found == [
        ("amount", "order_id", "traceparent", "tracestate"),
        ("amount", "order_id", "x", "traceparent", "tracestate"),
        None,
    ]


def test_hooks_of_the_application_see_all_variables() -> None:
    seen: list[Any] = []

    @camunda_worker("t", before=lambda job: seen.append(job.variables))
    def handler(order_id: str) -> None: ...

    add_job_worker("u", simple)

    def fetched_now() -> list[tuple[str, ...] | None]:
        return [worker_settings(worker).fetch_variables for worker in registered_workers()]

    assert sorted(fetched_now(), key=str) == [("amount", "order_id"), None]
    before_job(lambda job: seen.append(job))
    try:
        assert fetched_now() == [None, None]
    finally:
        everywhere.before.clear()


def test_a_plain_handler_is_called_as_it_is() -> None:
    def handler(job: ActivatedJob) -> None: ...

    add_job_worker("t", handler)

    assert worker_settings(registered_workers()[0]).handler is handler
