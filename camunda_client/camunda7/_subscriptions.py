"""Subscriptions to topics, which become handlers of job types."""

from __future__ import annotations

import functools
import inspect
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from camunda_client.c8 import api
from camunda_client.c8.worker import add_job_worker
from camunda_client.camunda7 import _variables
from camunda_client.camunda7._task import ExternalTask, TaskResult, context_of
from camunda_client.error import CamundaBusinessException, ConfigurationError, ServiceException
from camunda_client.log import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from camunda_client.c8.models import ActivatedJob

log = get_logger(__name__)

#: What says where and how a Camunda 7 is asked, or how often: here, long polls and the configuration say that.
_IGNORED: Final = ("asyncResponseTimeout", "sleepSeconds", "retries", "retryTimeout", "auth_basic", "auth_bearer")


class TaskFailed(ServiceException):
    """A handler returned ``task.failure(...)``."""


@dataclass
class Subscription:
    """A topic and the function that works its tasks."""

    topic: str
    action: Callable[[ExternalTask], Any]
    worker: str
    config: Mapping[str, Any]
    variables: list[str] | None
    #: Tasks at once: one for each worker that has subscribed.
    at_once: int = 1


@dataclass
class _Book:
    """The subscriptions of this process."""

    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    process: int = field(default_factory=os.getpid)
    closed: bool = False
    #: When the last one was made, of the monotonic clock.
    latest_s: float = 0.0


book = _Book()


def give_json_as_text(patterns: Iterable[str]) -> None:
    """Give variables of these names that are objects or lists as JSON text, as Camunda 7 gives those of type Json."""
    _variables.as_text += patterns


def subscribe(subscription: Subscription) -> None:
    """Note a subscription down.

    Raises:
        ConfigurationError: The workers run already, or the topic has another function.
    """
    if os.getpid() != book.process:
        raise ConfigurationError(
            f"subscribe({subscription.topic!r}) was called in a process that the file started; here all subscriptions "
            "belong to one process, and camunda-client worker --processes N starts several"
        )
    if book.closed:
        raise ConfigurationError(
            f"subscribe({subscription.topic!r}) came too late: the workers run already; subscribe to all topics first"
        )
    book.latest_s = time.monotonic()
    known = book.subscriptions.setdefault(subscription.topic, subscription)
    if known is subscription:
        return
    if known.action != subscription.action:
        raise ConfigurationError(f"the topic {subscription.topic!r} has two functions; keep one")
    known.at_once += subscription.at_once


def register(at_once: int | None = None) -> int:
    """Make handlers of all subscriptions so far, and take no more; return how many they are.

    Args:
        at_once: Tasks of a topic that are worked at once; default as Camunda 7's clients do: one for each subscription.
    """
    book.closed = True
    made = list(book.subscriptions.values())
    book.subscriptions.clear()
    for one in made:
        _tell_what_is_ignored(one)
        add_job_worker(
            one.topic,
            handler_of(one.action),
            worker=one.worker,
            timeout=one.config.get("lockDuration"),
            fetch_variables=one.variables,
            max_jobs_active=at_once or one.at_once,
            allow_async=True,
        )
    return len(made)


def forget() -> None:
    """Forget all subscriptions, and take new ones; for tests."""
    book.subscriptions.clear()
    book.closed, book.latest_s = False, 0.0
    _variables.as_text.clear()


def _tell_what_is_ignored(subscription: Subscription) -> None:
    ignored = [name for name in _IGNORED if name in subscription.config]
    if ignored:
        log.info("subscription.settings_ignored", topic=subscription.topic, settings=", ".join(ignored))


def handler_of(action: Callable[[ExternalTask], Any]) -> Callable[[ActivatedJob], Any]:
    """Return a handler of jobs that calls a function of external tasks."""
    if inspect.iscoroutinefunction(action):

        @functools.wraps(action)
        async def wait(job: ActivatedJob) -> dict[str, Any]:
            task = ExternalTask(context_of(job))
            return _end(job, task, await action(task))

        return wait

    @functools.wraps(action)
    def call(job: ActivatedJob) -> dict[str, Any]:
        task = ExternalTask(context_of(job))
        return _end(job, task, action(task))

    return call


def _end(job: ActivatedJob, task: ExternalTask, returned: Any) -> dict[str, Any]:
    """Return the variables of a completion; raise what any other result is."""
    result = task.get_task_result() if returned is None else returned
    # By what it can do, not by its class: handlers may bring their own.
    if not isinstance(result, TaskResult) and not hasattr(result, "is_success"):
        kind = type(result).__name__
        raise TaskFailed(f"the handler returned {kind}; it must return task.complete(), failure() or bpmn_error()")
    if result.is_bpmn_error():
        variables = _variables.plain(result.global_variables)
        raise CamundaBusinessException(str(result.bpmn_error_code), result.error_message or "", variables or None)
    if result.is_failure():
        said = f"{result.error_message}\n{result.error_details}" if result.error_details else result.error_message
        raise TaskFailed(str(said), retries=result.retries, retry_back_off=result.retry_timeout)
    if not result.is_success():
        raise TaskFailed("the handler returned no result; it must return task.complete(), failure() or bpmn_error()")
    local = _variables.plain(result.local_variables)
    if local:
        api.set_variables(job.element_instance_key, local, local=True)
    return _variables.plain(result.global_variables)
