"""Subscriptions to topics, which become handlers of job types."""

from __future__ import annotations

import asyncio
import functools
import inspect
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NoReturn

import gevent
from gevent.event import Event

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


#: Milliseconds until a task that no subscription takes is offered again, here or to another worker.
_HANDED_BACK_MS: Final = 60_000


class TaskFailed(ServiceException):
    """A handler returned ``task.failure(...)``."""


@dataclass
class Subscription:
    """A topic and the function that works its tasks, or those whose variables have certain values."""

    topic: str
    action: Callable[[ExternalTask], Any]
    worker: str
    config: Mapping[str, Any]
    variables: list[str] | None
    #: Names and values of variables that a task must have; ``None``: any task.
    wanted: dict[str, Any] | None = None
    #: Tasks at once.
    at_once: int = 1


@dataclass
class _Book:
    """The subscriptions of this process, by topic."""

    topics: dict[str, list[Subscription]] = field(default_factory=dict)
    process: int = field(default_factory=os.getpid)
    closed: bool = False
    #: When the last one was made, of the monotonic clock.
    latest_s: float = 0.0
    #: The first that could not be made; whoever subscribed in a thread does not see it.
    problem: ConfigurationError | None = None
    #: The greenlets that wait in ``subscribe()``.
    waiting: set[Any] = field(default_factory=set)
    #: Set when the command ends: then ``subscribe()`` ends, too.
    released: Event = field(default_factory=Event)


book = _Book()


class Released(SystemExit):
    """Raised by ``subscribe()`` when the command ends; before, it waits, as Camunda 7's clients do."""


def give_json_as_text(patterns: Iterable[str]) -> None:
    """Give variables of these names that are objects or lists as JSON text, as Camunda 7 gives those of type Json."""
    _variables.as_text += patterns


def subscribe(subscription: Subscription) -> None:
    """Note a subscription down.

    Raises:
        ConfigurationError: The workers run already, or the topic has another function.
    """
    topic = subscription.topic
    if os.getpid() != book.process:
        raise ConfigurationError(
            f"subscribe({topic!r}) was called in a process that the file started; here all subscriptions belong to one "
            "process, and camunda-client worker --processes N starts several"
        )
    if book.closed:
        raise ConfigurationError(
            f"subscribe({topic!r}) came too late: the workers run already; subscribe to all topics first"
        )
    book.latest_s = time.monotonic()
    same = [one for one in book.topics.get(topic, []) if one.wanted == subscription.wanted]
    if same and not _is_same(same[0].action, subscription.action):
        book.problem = ConfigurationError(f"the topic {topic!r} has two functions; keep one")
        raise book.problem
    book.topics.setdefault(topic, []).append(subscription)


def wait_for_release() -> NoReturn:
    """Wait until the command ends.

    Raises:
        Released: It ends.
    """
    waiter = gevent.getcurrent()
    book.waiting.add(waiter)
    try:
        book.released.wait()
    finally:
        book.waiting.discard(waiter)
    raise Released(0)


def register(at_once: int | None = None) -> int:
    """Make handlers of all subscriptions so far, and take no more; return how many they are.

    Args:
        at_once: Tasks of a topic that are worked at once; default as Camunda 7's clients do: one for each subscription.
    """
    book.closed = True
    topics = dict(book.topics)
    book.topics.clear()
    for topic, subscriptions in topics.items():
        first = subscriptions[0]
        _tell_what_is_ignored(first)
        add_job_worker(
            topic,
            routed(subscriptions),
            worker=first.worker,
            timeout=first.config.get("lockDuration"),
            fetch_variables=_fetched(subscriptions),
            max_jobs_active=at_once or sum(one.at_once for one in subscriptions),
            allow_async=True,
        )
    return len(topics)


def _fetched(subscriptions: list[Subscription]) -> list[str] | None:
    """Return the variables that one of the functions asks for, or chooses its tasks by; ``None`` for all."""
    found: set[str] = set()
    for one in subscriptions:
        if one.variables is None:
            return None
        found.update(one.variables, one.wanted or ())
    return sorted(found)


def _is_same(one: Callable[..., Any], other: Callable[..., Any]) -> bool:
    """Tell whether two functions have the same code: methods of several objects, or what a layer makes for each."""
    return one == other or _code(one) is _code(other) is not None


def _code(action: Any) -> Any:
    action = inspect.unwrap(action)
    while isinstance(action, functools.partial):
        action = action.func
    called = action if hasattr(action, "__code__") or inspect.ismethod(action) else type(action).__call__
    return getattr(called, "__code__", None)


def routed(subscriptions: list[Subscription]) -> Callable[[ActivatedJob], Any]:
    """Return a handler that calls the function whose tasks a job is one of."""
    if all(one.wanted is None for one in subscriptions):
        return _shared(subscriptions)
    by_values: dict[str, list[Subscription]] = {}
    # Those that choose come before those that take any.
    for one in sorted(subscriptions, key=lambda one: one.wanted is None):
        by_values.setdefault(repr(one.wanted), []).append(one)
    handlers = [(same[0].wanted or {}, _shared(same)) for same in by_values.values()]

    def route(job: ActivatedJob) -> Any:
        for wanted, handler in handlers:
            if has_values(job, wanted):
                found = handler(job)
                return asyncio.run(found) if inspect.isawaitable(found) else found  # type: ignore[arg-type]
        names = ", ".join(sorted({name for wanted, _ in handlers for name in wanted}))
        raise TaskFailed(
            f"no subscription to {job.job_type!r} takes a task with such values of {names}; it is handed back",
            retries=job.retries,
            retry_back_off=_HANDED_BACK_MS,
        )

    return functools.wraps(subscriptions[0].action)(route)


def has_values(job: ActivatedJob, wanted: Mapping[str, Any]) -> bool:
    """Tell whether a job's variables have these values."""
    return all(name in job.variables and job.variables[name] == value for name, value in wanted.items())


def _shared(subscriptions: list[Subscription]) -> Callable[[ActivatedJob], Any]:
    """Return a handler that calls the least busy of the functions: each may keep a state of its own."""
    actions: list[Callable[[ExternalTask], Any]] = []
    for one in subscriptions:
        if one.action not in actions:
            actions.append(one.action)
    handlers = [handler_of(action) for action in actions]
    if len(handlers) == 1 or inspect.iscoroutinefunction(handlers[0]):
        return handlers[0]
    busy = [0] * len(handlers)

    def call(job: ActivatedJob) -> Any:
        number = busy.index(min(busy))
        busy[number] += 1
        try:
            return handlers[number](job)
        finally:
            busy[number] -= 1

    return functools.wraps(actions[0])(call)


def forget() -> None:
    """Forget all subscriptions, and take new ones; for tests."""
    book.topics.clear()
    book.closed, book.latest_s, book.problem, book.released = False, 0.0, None, Event()
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
        found = action(task)
        return _end(job, task, asyncio.run(found) if inspect.iscoroutine(found) else found)

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
