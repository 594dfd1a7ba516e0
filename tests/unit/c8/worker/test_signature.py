from __future__ import annotations

import asyncio
import functools
import io
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Annotated, Any, Optional
from unittest import mock

import pytest

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import Header, JobField, Variable
from camunda_client.c8.worker._forms._binding import bind as check_handler
from camunda_client.error import ErrorCode, SignatureException, WorkerSignatureException

if TYPE_CHECKING:
    from camunda_client.c8.models import ActivatedJob as Job
    from camunda_client.c8.models import ActivatedJob as Order


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


def run_to_its_end(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(job: ActivatedJob) -> Any:
        return asyncio.run(function(job))

    return call


def first_of(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return next(function(*args, **kwargs))

    return call


def with_session(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, "a session", **kwargs)

    return call


def with_variables(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(job: ActivatedJob) -> Any:
        return function(job.variables)

    return call


@run_to_its_end
async def awaited(job: ActivatedJob) -> dict[str, Any]:
    return {}


@first_of
def yielded(job: ActivatedJob) -> Generator[dict[str, Any]]:
    yield {}


@with_session
def served(job: ActivatedJob, session: str) -> dict[str, Any]:
    return {}


@with_variables
def adapted(job: dict[str, Any]) -> dict[str, Any]:
    return {}


@mock.patch(f"{__name__}.postponed")
def mocked(job: ActivatedJob, it: Any) -> dict[str, Any]:
    return {}


class KeepsAFunction:
    """Its attribute has the name of a partial's."""

    def __init__(self, func: Any) -> None:
        self.func = func

    def __call__(self, job: ActivatedJob) -> dict[str, Any]:
        return {}


async def of_another_world() -> None: ...


class Proxy:
    """As wrapt makes them: looks like the function that it hides in all but its call."""

    def __init__(self, function: Any) -> None:
        self._function = function

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._function)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)

    def __call__(self, *args: Any) -> Any:
        return self._function(*args, "session")


def proxied(job: ActivatedJob, session: str) -> dict[str, Any]:
    return {}


class OwnMethods:
    @with_session
    def injected(self, job: ActivatedJob, session: str) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize(
    "handler",
    [
        awaited,
        yielded,
        served,
        adapted,
        mocked,
        KeepsAFunction(of_another_world),
        KeepsAFunction(lambda: iter(())),
        functools.partial(served),
        functools.partial(awaited),
        OwnMethods().injected,
        functools.lru_cache(served),
        Proxy(proxied),
        functools.partial(Proxy(proxied)),
    ],
)
def test_a_decorated_function_is_judged_by_what_its_decorator_made_of_it(handler: Any) -> None:
    """Plain functions were refused as async, or for parameters that their decorator fills in."""
    check_handler(handler)


def nothing() -> None: ...


@functools.wraps(served)
async def async_around_plain(job: ActivatedJob) -> None: ...


@functools.wraps(served)
def wrapped_and_greedy(job: ActivatedJob, region: str) -> None: ...


def wrong_hint(job: dict[str, Any]) -> None: ...


def keyword_only(*, job: ActivatedJob) -> None: ...


def stars(*jobs: ActivatedJob) -> None: ...


def double_stars(**job: ActivatedJob) -> None: ...


async def asynchronous(job: ActivatedJob) -> None: ...


def generator(job: ActivatedJob) -> Any:
    yield


FIRST_INVALID = ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID
ARGUMENT_INVALID = ErrorCode.C8_WORKER_SIG_ARGUMENT_INVALID


def two_unhinted(job, region): ...  # type: ignore[no-untyped-def]


def unclear(order, amount: int): ...  # type: ignore[no-untyped-def]


def of_another_time(order: Order) -> None: ...


def of_no_json(order_id: str, stream: io.TextIOBase) -> None: ...


def marked_by_default(order_id: str, region: str = Header("region")) -> None: ...  # type: ignore[assignment]


def of_two_sources(region: Annotated[str, Header(), Variable()]) -> None: ...


def of_no_field(colour: Annotated[str, JobField()]) -> None: ...


class AsyncCallable:
    async def __call__(self, job: ActivatedJob) -> None: ...


@pytest.mark.parametrize(
    ("handler", "says", "code"),
    [
        (nothing, "takes no parameter for the job", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (two_unhinted, "requires more than the job (region)", ErrorCode.C8_WORKER_SIG_TOO_MANY_ARGUMENTS),
        (unclear, "a first parameter order that may be the job or a variable", FIRST_INVALID),
        (of_another_time, "annotates order with Order, which is not there at run time", ARGUMENT_INVALID),
        (of_no_json, "takes stream as", ARGUMENT_INVALID),
        (marked_by_default, "gives region the default Header(name='region')", ARGUMENT_INVALID),
        (of_two_sources, "has more than one source for region", ARGUMENT_INVALID),
        (of_no_field, "asks for 'colour' of the job", ARGUMENT_INVALID),
        (wrong_hint, "but is given an ActivatedJob", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_NOT_JOB),
        (stars, "*jobs", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (double_stars, "**job", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (asynchronous, "is async", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (generator, "is a generator", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (AsyncCallable(), "is async", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (async_around_plain, "is async", ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID),
        (wrapped_and_greedy, "requires more than the job (region)", ErrorCode.C8_WORKER_SIG_TOO_MANY_ARGUMENTS),
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
