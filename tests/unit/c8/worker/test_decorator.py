from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import add_job_worker, camunda_worker, clear, register_workers
from camunda_client.c8.worker._handlers import queue
from camunda_client.c8.worker._manager import CamundaWorkerManager
from camunda_client.error import ConfigurationError, SignatureException


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    clear()
    yield
    clear()


def test_a_decorated_function_stays_what_it_was() -> None:
    @camunda_worker(job_type="t")
    def handler(job: ActivatedJob, *, extra: int = 1) -> dict[str, int]:
        """Says what it does."""
        return {"extra": extra}

    job: Any = None
    assert handler(job, extra=7) == {"extra": 7}
    assert (handler.__name__, handler.__doc__) == ("handler", "Says what it does.")


def test_it_is_registered_once_by_register_workers() -> None:
    @camunda_worker(job_type="t")
    def handler(job: ActivatedJob) -> None:
        pass

    assert (len(queue), CamundaWorkerManager().workers) == (1, [])
    register_workers()
    register_workers()

    assert [worker.job_type for worker in CamundaWorkerManager().workers] == ["t"]
    assert queue == []


def test_a_function_is_registered_at_once_with_all_that_a_decorator_takes() -> None:
    add_job_worker("t", lambda job: None, timeout=timedelta(seconds=2), max_jobs_active=3, auto_extend=False)

    [worker] = CamundaWorkerManager().workers
    assert worker.request is not None
    assert (worker.request.timeout, worker.max_jobs_active, worker.auto_extend) == (2000, 3, False)


@pytest.mark.parametrize("job_type", ["", "  ", None, lambda job: None])
def test_a_decorator_without_a_job_type_says_how_to_write_it(job_type: Any) -> None:
    with pytest.raises(SignatureException, match=r"@camunda_worker\(job_type="):
        camunda_worker(job_type)


def test_what_can_not_be_called_with_a_job_is_refused_where_it_is_written() -> None:
    with pytest.raises(SignatureException, match="takes no parameter"):

        @camunda_worker(job_type="t")
        def handler() -> None:
            pass

    assert queue == []


@pytest.mark.parametrize(
    "options",
    [{"timeout": "soon"}, {"with_lease": "perhaps"}, {"auto_extend": "yes"}, {"max_jobs_active": 1.5}],
)
def test_an_option_that_can_not_be_is_named(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        camunda_worker("t", **options)
