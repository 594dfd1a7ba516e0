from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Optional

import pytest

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker._signature import check_handler
from camunda_client.error import ErrorCode, SignatureException, WorkerSignatureException

if TYPE_CHECKING:
    from camunda_client.c8.models import ActivatedJob as Job


class OwnJob(ActivatedJob):
    pass


class Handlers:
    def method(self, job: ActivatedJob) -> dict[str, Any]:
        return {}

    @staticmethod
    def static(job: ActivatedJob) -> dict[str, Any]:
        return {}

    @classmethod
    def of_class(cls, job: ActivatedJob) -> dict[str, Any]:
        return {}


class CallableObject:
    def __call__(self, job: ActivatedJob) -> dict[str, Any]:
        return {}


def postponed(job: ActivatedJob) -> dict[str, Any]:
    return {}


def only_for_checkers(job: Job) -> dict[str, Any]:
    return {}


def optional(job: Optional[ActivatedJob]) -> None: ...  # noqa: UP045 - the older spelling is what is tested


def united(job: ActivatedJob | None) -> None: ...


def subclass(job: OwnJob) -> None: ...


def unhinted(job): ...  # type: ignore[no-untyped-def]


def with_default(job: ActivatedJob, region: str = "eu") -> None: ...


def positional_only(job: ActivatedJob, /) -> None: ...


def with_rest(job: ActivatedJob, *args: Any, **kwargs: Any) -> None: ...


def two(job: ActivatedJob, region: str) -> None: ...


@pytest.mark.parametrize(
    "handler",
    [
        postponed,
        only_for_checkers,
        optional,
        united,
        subclass,
        unhinted,
        with_default,
        positional_only,
        with_rest,
        Handlers().method,
        Handlers.static,
        Handlers.of_class,
        CallableObject(),
        functools.partial(two, region="eu"),
        functools.partial(with_default),
        lambda job: {},
    ],
)
def test_plain_callables_that_take_a_job_are_accepted(handler: Any) -> None:
    check_handler(handler)


def nothing() -> None: ...


def wrong_hint(job: dict[str, Any]) -> None: ...


def keyword_only(*, job: ActivatedJob) -> None: ...


def stars(*jobs: ActivatedJob) -> None: ...


def double_stars(**job: ActivatedJob) -> None: ...


async def asynchronous(job: ActivatedJob) -> None: ...


def generator(job: ActivatedJob) -> Any:
    yield


class AsyncCallable:
    async def __call__(self, job: ActivatedJob) -> None: ...


@pytest.mark.parametrize(
    ("handler", "says", "code"),
    [
        (nothing, "takes no parameter for the job", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (two, "requires more than the job (region)", ErrorCode.C8_WORKER_SIG_TOO_MANY_ARGUMENTS),
        (wrong_hint, "but is given an ActivatedJob", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_NOT_JOB),
        (keyword_only, "keyword-only job", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (stars, "*jobs", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (double_stars, "**job", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (asynchronous, "is async", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (generator, "is a generator", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (AsyncCallable(), "is async", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (functools.partial(asynchronous), "is async", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        ("text", "is not callable", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
    ],
)
def test_what_cannot_work_is_refused_with_the_right_form(handler: Any, says: str, code: ErrorCode) -> None:
    with pytest.raises(SignatureException) as refused:
        check_handler(handler)

    assert says in str(refused.value)
    assert "def handler(job: ActivatedJob) -> dict" in str(refused.value)
    assert refused.value.error_code is code
    assert isinstance(refused.value, WorkerSignatureException)
