"""Exceptions carry facts, and carry them through a pickle."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from camunda_client.error import (
    CamundaBusinessException,
    ConfigurationError,
    ConnectionFailed,
    ErrorCode,
    ServiceException,
    SignatureException,
    WorkerSignatureException,
    error_code_message_mapper,
)


def test_codes_are_plain_numbers_that_never_change() -> None:
    assert ErrorCode.GENERIC_ERROR.value == 1
    assert ErrorCode.C8_AUTH_GET_TOKEN_FAILED.value == 101
    assert ErrorCode.C8_FAILED_TO_BROADCAST_SIGNAL.value == 114
    assert ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_NOT_JOB.value == 203
    assert len({code.value for code in ErrorCode}) == len(ErrorCode)


def test_every_code_has_a_sentence_with_the_gaps_it_always_had() -> None:
    gaps = {code.value: error_code_message_mapper(code, []).count("n.a.") for code in ErrorCode}

    assert {number for number, count in gaps.items() if count == 1} >= {1, 101, 107, 108, 112, 113, 114}
    assert {number for number, count in gaps.items() if count == 2} >= {102, 109, 110, 111}
    assert {number for number, count in gaps.items() if count == 3} >= {103, 104, 105, 106, 201, 202, 203}
    assert min(gaps.values()) >= 1


def test_gaps_are_filled_from_the_left_and_surplus_is_dropped() -> None:
    told = error_code_message_mapper(ErrorCode.C8_FAILED_TO_ACTIVATE_JOBS, ["pay", "refused", "surplus"])

    assert "pay" in told
    assert "refused" in told
    assert "surplus" not in told


def test_a_plain_string_is_the_message() -> None:
    error = ServiceException("the printer burns")

    assert (str(error), error.message) == ("the printer burns", "the printer burns")
    assert error.error_code is ErrorCode.GENERIC_ERROR
    assert error.get_log_formatted_message() == "GENERIC_ERROR -> the printer burns"


def test_a_code_alone_speaks_for_itself() -> None:
    error = ServiceException(ErrorCode.C8_AUTH_GET_TOKEN_FAILED, parameters=["locked out"])

    assert "locked out" in str(error)


def test_a_handler_says_how_its_job_is_to_fail() -> None:
    error = ServiceException("later", retries=5, retry_back_off=9000, variables={"seen": 1})

    assert (error.retries, error.retry_back_off, error.variables) == (5, 9000, {"seen": 1})


def test_a_signature_error_shows_its_code_in_front() -> None:
    error = SignatureException("f takes nothing")

    assert str(error) == "C8_WORKER_SIG_FIRST_ARGUMENT_INVALID -> f takes nothing"
    assert WorkerSignatureException is SignatureException


def test_a_business_error_keeps_its_variables() -> None:
    error = CamundaBusinessException("NO_FUNDS", "the account is empty", {"left": 0})

    assert str(error) == "NO_FUNDS -> the account is empty"
    assert error.variables == {"left": 0}


def test_a_configuration_error_is_a_value_error_as_well() -> None:
    assert issubclass(ConfigurationError, ValueError)
    assert issubclass(ConfigurationError, ServiceException)


class OwnError(ServiceException):
    """As users write them: with arguments of their own."""

    def __init__(self, order: int) -> None:
        super().__init__(message=f"order {order} failed", status=503)
        self.order = order


@pytest.mark.parametrize(
    "error",
    [
        ServiceException(ErrorCode.C8_JOB_WITH_ERROR, "m", ["a"], status=500, title="T", detail="D", retries=1),
        SignatureException("no"),
        ConfigurationError("no", option="api.baseUrl", problems=[("api.baseUrl", "is missing")]),
        ConnectionFailed("no", maybe_applied=True, reason="reset"),
        CamundaBusinessException("C", "m", {"x": [1]}),
        OwnError(7),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_pickling_with_all_it_carries(error: Any) -> None:
    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
