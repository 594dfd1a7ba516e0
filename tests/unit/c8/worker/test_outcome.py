from __future__ import annotations

import dataclasses
import datetime
import decimal
import json
import uuid
from typing import Any

import pytest
from pydantic import BaseModel, Field

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import _outcome
from camunda_client.c8.worker._settings import RetryRule
from camunda_client.error import CamundaBusinessException, ServiceException
from camunda_client.utils import JsonBaseModel

RULE = RetryRule(first_ms=1000, ceiling_ms=60_000)


def a_job(**fields: Any) -> ActivatedJob:
    return ActivatedJob.model_validate({"jobKey": "1", "type": "t", "retries": 3, "variables": {}} | fields)


def sent(outcome: _outcome.Outcome) -> Any:
    return json.loads(outcome.body)


class Receipt(JsonBaseModel):
    paid_at: str = Field(alias="paidAt")
    note: str | None = None


class OwnModel(BaseModel):
    paid_at: float | str = Field(serialization_alias="paidAt")


@dataclasses.dataclass
class Parcel:
    weight: float
    to: uuid.UUID


@pytest.mark.parametrize("nothing", [None, {}, "", 0, [], False])
def test_what_is_false_completes_without_variables(nothing: object) -> None:
    outcome = _outcome.completed(nothing, a_job())

    assert (outcome.command, sent(outcome)) == ("completion", {"variables": {}})


@pytest.mark.parametrize(
    ("result", "variables"),
    [
        ({"a": 1, "b": None}, {"a": 1, "b": None}),
        (Receipt(paidAt="today"), {"paidAt": "today"}),
        (OwnModel(paid_at="today"), {"paidAt": "today"}),
        ({"r": OwnModel(paid_at="today")}, {"r": {"paidAt": "today"}}),
        (
            Parcel(1.5, uuid.UUID(int=5)),
            {"weight": 1.5, "to": "00000000-0000-0000-0000-000000000005"},
        ),
        ({"d": decimal.Decimal("10.20")}, {"d": "10.20"}),
        ({"t": datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc)}, {"t": "2026-01-02T00:00:00Z"}),
        ({"s": {1}, "u": (1, 2)}, {"s": [1], "u": [1, 2]}),
        ({"r": Receipt(paidAt="x", note="y")}, {"r": {"paidAt": "x", "note": "y"}}),
        ({1: "one"}, {"1": "one"}),
        ({"big": 2**64 - 1, "text": "NaN"}, {"big": 2**64 - 1, "text": "NaN"}),
    ],
)
def test_objects_become_variables(result: object, variables: dict[str, Any]) -> None:
    assert sent(_outcome.completed(result, a_job())) == {"variables": variables}


def circular() -> dict[str, Any]:
    knot: dict[str, Any] = {}
    knot["self"] = [knot]
    return knot


@pytest.mark.parametrize(
    ("result", "place"),
    [
        ({"a": {"b": [1, float("nan")]}}, "a.b[1] is nan"),
        ({"a": float("inf")}, "a is inf"),
        ({"a": "\ud800"}, "a has the lone surrogate"),
        ({"a": {"b": object()}}, "a.b is object"),
        ({"a": decimal.Decimal("NaN")}, "a is Decimal"),
        ({"a": b"\xff"}, "a is bytes"),
        ([1], "returned list [1]"),
        ("text", "returned str 'text'"),
        (5, "returned int 5"),
        (circular(), "contains itself"),
    ],
)
def test_what_camunda_cannot_hold_is_refused_with_its_place(result: object, place: str) -> None:
    with pytest.raises(_outcome.UnfitResult) as unfit:
        _outcome.completed(result, a_job())

    assert place in str(unfit.value)


def test_a_failure_always_says_its_retries_and_counts_down() -> None:
    outcome = _outcome.failed(ValueError("no stock"), a_job(retries=3), RULE)

    body = sent(outcome)
    assert (outcome.command, body["retries"]) == ("failure", 2)
    assert body["errorMessage"].startswith("ValueError: no stock")
    assert 800 <= body["retryBackOff"] <= 1000


def test_the_last_failure_waits_for_nothing() -> None:
    body = sent(_outcome.failed(ValueError("no stock"), a_job(retries=1), RULE))

    assert (body["retries"], body["retryBackOff"]) == (0, 0)


def test_an_exception_may_name_its_retries_back_off_and_variables() -> None:
    error = ServiceException("later", retries=7, retry_back_off=1234, variables={"why": "busy"})

    body = sent(_outcome.failed(error, a_job(), RULE))

    assert (body["retries"], body["retryBackOff"], body["variables"]) == (7, 1234, {"why": "busy"})


class Scalar:
    """What numpy's scalars have in common."""

    shape = ()

    def __init__(self, value: Any) -> None:
        self._value = value

    def item(self) -> Any:
        return self._value


class WholeNumber:
    def __index__(self) -> int:
        return 6


class DataFrame:
    shape = (2, 1)

    def __bool__(self) -> bool:
        raise ValueError("the truth value of a DataFrame is ambiguous")

    def to_dict(self) -> Any:
        return {}


def test_scalars_of_data_libraries_become_numbers() -> None:
    result = {"int": Scalar(6), "float": Scalar(0.5), "bool": Scalar(True), "in": [WholeNumber()]}

    assert sent(_outcome.completed(result, a_job())) == {"variables": {"int": 6, "float": 0.5, "bool": True, "in": [6]}}


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (DataFrame(), "the handler returned DataFrame .* return its rows"),
        ({"rows": DataFrame()}, r"rows is DataFrame .* which has no JSON form; use its \.to_dict\(\)"),
        ({"total": Scalar(float("nan"))}, "total is nan"),
        ({"a": {(1, 2): 3}, "b": object()}, "b is object"),
        ({"a": {object(): 3}}, "a has the key object .* which can't be a name in JSON"),
    ],
)
def test_other_objects_of_data_libraries_are_refused_with_what_to_return(result: object, message: str) -> None:
    with pytest.raises(_outcome.UnfitResult, match=message):
        _outcome.completed(result, a_job())


def test_a_huge_or_hostile_message_is_cut_and_escaped() -> None:
    message = sent(_outcome.failed(ValueError("\x1b[2J\x00\ud800" + "x" * 1_000_000), a_job(), RULE))["errorMessage"]

    assert len(message) <= _outcome.MESSAGE_CAP + 100
    assert "\x1b" not in message
    assert "\x00" not in message
    assert "\\x1b[2J\\x00\\ud800" in message


def test_an_exception_whose_text_fails_still_fails_its_job() -> None:
    class Broken(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert sent(_outcome.failed(Broken(), a_job(), RULE))["errorMessage"].startswith("Broken")


def test_unfit_variables_of_a_failure_are_left_out_and_named() -> None:
    error = ServiceException("later", variables={"a": float("nan")})

    body = sent(_outcome.failed(error, a_job(), RULE))

    assert "variables" not in body
    assert "a is nan" in body["errorMessage"]


def test_a_business_error_becomes_a_bpmn_error() -> None:
    outcome = _outcome.thrown(CamundaBusinessException("NO_STOCK", "none left", {"sku": 5}), a_job())

    assert outcome.command == "error"
    assert sent(outcome) == {"errorCode": "NO_STOCK", "errorMessage": "none left", "variables": {"sku": 5}}


@pytest.mark.parametrize("code", ["", "  ", None])
def test_a_business_error_without_code_is_refused(code: Any) -> None:
    with pytest.raises(_outcome.UnfitResult, match="needs an error code"):
        _outcome.thrown(CamundaBusinessException(code, "none left"), a_job())


def test_a_message_takes_no_token_into_an_incident() -> None:
    outcome = _outcome.failure(
        "401 for Authorization: Bearer abc.def.ghi at https://user:pw@host/?access_token=xyz", retries=1
    )

    assert not any(secret in outcome.body for secret in (b"abc.def", b"pw@", b"xyz"))
