"""Keep a job's result under its key, so that a second run returns the first's instead of doing it again.

A job runs a second time when its worker died, or could not tell Camunda of the result, after it had done its work.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import from_json

from camunda_client.c8.models import ActivatedJob, Completion
from camunda_client.c8.worker._checks import is_async, name_of
from camunda_client.c8.worker._idempotency._stores import AlreadyKept
from camunda_client.c8.worker._outcome import completed, thrown
from camunda_client.error import CamundaBusinessException, ConfigurationError, SignatureException
from camunda_client.log import get_logger, job_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8.worker._idempotency._stores import Store

log = get_logger(__name__)

_F = TypeVar("_F", bound="Callable[..., Any]")
#: What stands before an outcome that is a result, and before one that is a BPMN error.
_RESULT, _ERROR = b"result:", b"error:"


def idempotent(store: Store, *, key: Callable[[ActivatedJob], str] | None = None) -> Callable[[_F], _F]:
    """Have a second run of a job return the first's result, or throw its BPMN error again, without running the handler.

        @camunda_worker(job_type="charge-card")
        @idempotent(store)
        def charge_card(job: ActivatedJob) -> dict: ...

    What the handler writes by ``store.connection`` (SQLite, PostgreSQL) is committed together with its result: it is
    there once, whenever the process dies. Anything else that it does may be done twice, if the process dies between
    that and the commit (docs/idempotency.md). Failures are not kept: the job is tried again.

    Args:
        store: :class:`SqliteStore`, :class:`PostgresStore`, :class:`RedisStore`, or what has their ``session()``.
        key: Returns what the result is kept under; default the job's key. By a key of the business, such as an order's
            number, jobs of several process instances have one result.

    Returns:
        The decorator; it belongs below ``@camunda_worker``.

    Raises:
        ConfigurationError: ``store`` has no ``session()``, or ``key`` can't be called.
    """
    if not callable(getattr(store, "session", None)):
        raise ConfigurationError(f"idempotent needs a store such as SqliteStore('results.db'), got {store!r}")
    if key is not None and not callable(key):
        raise ConfigurationError(f"key of idempotent must be a function of the job that returns text, got {key!r}")

    def decorate(handler: _F) -> _F:
        if is_async(handler):
            raise SignatureException(f"{name_of(handler)} is async; idempotent needs a plain function")

        @functools.wraps(handler)
        def call(*args: Any, **kwargs: Any) -> Any:
            job = _job_of(args)
            return _once(store, job, _kept_under(job, key), lambda: handler(*args, **kwargs))

        return call  # type: ignore[return-value]

    return decorate


def _job_of(args: tuple[Any, ...]) -> ActivatedJob:
    context = job_context.get()
    job = args[0] if args and isinstance(args[0], ActivatedJob) else context and context.job
    if not isinstance(job, ActivatedJob):
        raise RuntimeError("a handler with @idempotent runs for a job only; call it with an ActivatedJob")
    return job


def _kept_under(job: ActivatedJob, key: Callable[[ActivatedJob], str] | None) -> str:
    if key is None:
        return f"{job.job_type}:{job.job_key}"
    own = key(job)
    if own is None or not str(own):
        raise ConfigurationError(f"key of idempotent returned {own!r} for this job; it must return text")
    return f"{job.job_type}:{own}"


def _once(store: Store, job: ActivatedJob, key: str, run: Callable[[], Any]) -> Any:
    error: CamundaBusinessException | None = None
    result: Any = None
    try:
        with store.session() as session:
            kept = session.get(key)
            if kept is None:
                try:
                    result = run()
                except CamundaBusinessException as thrown_error:
                    # An outcome like any other: the session is committed, and then it is raised.
                    error = thrown_error
                session.put(key, _outcome_of(job, result, error))
    except AlreadyKept as first:
        # It ran twice at the same time; what this run wrote by the store's connection is undone.
        kept = first.outcome
    if kept is not None:
        log.info("job.result_kept", key=key)
        return _again(kept)
    if error is not None:
        raise error
    return result


def _outcome_of(job: ActivatedJob, result: object, error: CamundaBusinessException | None) -> bytes:
    return _RESULT + completed(result, job).body if error is None else _ERROR + thrown(error, job).body


def _again(kept: bytes) -> Any:
    """Return or raise what the first run came to."""
    if kept.startswith(_RESULT):
        done = from_json(kept[len(_RESULT) :])
        if done.keys() == {"variables"}:
            return done["variables"]
        return Completion(variables=done["variables"], result=done.get("result"), business_id=done.get("businessId"))
    said = from_json(kept[len(_ERROR) :])
    raise CamundaBusinessException(said["errorCode"], said.get("errorMessage"), said.get("variables"))
