"""The workers of ``camunda-external-task-client-python3``: here they only note down who works which topic."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from camunda_client.c8 import api
from camunda_client.camunda7 import _subscriptions
from camunda_client.camunda7._subscriptions import Subscription, handler_of
from camunda_client.error import CamundaBusinessException, ConfigurationError, ServiceException

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from camunda_client.c8.models import ActivatedJob

_DEFAULT_LOCK_MS = 300_000
#: Milliseconds that ``fetch_and_execute()`` waits for a task; the gateway takes less than 30 s.
_LONGEST_WAIT_MS = 25_000


class NoExternalTaskFound(Exception):
    """``fetch_and_execute()`` found no task."""


class ExternalTaskWorker:
    """Subscribes functions to topics. ``subscribe()`` returns: the command works the topics when the file has run."""

    def __init__(
        self, worker_id: Any = "camunda7", base_url: str = "", config: Mapping[str, Any] | None = None
    ) -> None:
        """Keep the name and the settings; ``base_url`` is a Camunda 7's, and the configuration says where ours is."""
        self.worker_id = worker_id
        self.base_url = base_url
        self.config = dict(config or {})

    def subscribe(
        self,
        topic_names: str | Iterable[str],
        action: Callable[[Any], Any],
        process_variables: Mapping[str, Any] | None = None,
        variables: Iterable[str] | None = None,
    ) -> None:
        """Have a function work the tasks of topics.

        Raises:
            ConfigurationError: It is too late, the topic has another function, or the tasks are to be filtered.
        """
        _refuse_filter(process_variables)
        for topic in _several(topic_names):
            _subscriptions.subscribe(self._subscription(topic, action, variables))

    def _subscription(
        self, topic: str, action: Callable[[Any], Any], variables: Iterable[str] | None, at_once: int = 1
    ) -> Subscription:
        names = None if variables is None else list(variables)
        return Subscription(topic, action, str(self.worker_id), self.config, names, at_once)

    def fetch_and_execute(
        self,
        topic_names: str | Iterable[str],
        action: Callable[[Any], Any],
        process_variables: Mapping[str, Any] | None = None,
        variables: Iterable[str] | None = None,
    ) -> bool:
        """Work the tasks that are there, at most ``maxTasks`` of each topic, and return.

        Raises:
            NoExternalTaskFound: There was none.
        """
        _refuse_filter(process_variables)
        names = None if variables is None else list(variables)
        handler = handler_of(action)
        jobs = [job for topic in _several(topic_names) for job in self._fetch(topic, names)]
        if not jobs:
            raise NoExternalTaskFound(f"no task for {topic_names}")
        completed = [_work(handler, job) for job in jobs]
        return all(completed)

    def _fetch(self, topic: str, variables: list[str] | None) -> list[ActivatedJob]:
        found = api.activate_jobs(
            topic,
            worker=str(self.worker_id),
            max_jobs_to_activate=int(self.config.get("maxTasks", 1)),
            timeout=int(self.config.get("lockDuration", _DEFAULT_LOCK_MS)),
            request_timeout=min(int(self.config.get("asyncResponseTimeout", 5000)), _LONGEST_WAIT_MS) or -1,
            fetch_variables=variables,
        )
        return list(found.jobs)


class AsyncExternalTaskWorker(ExternalTaskWorker):
    """The same for coroutines: ``await subscribe({topic: coroutine function})``."""

    async def subscribe(  # type: ignore[override]
        self,
        topic_handlers: Mapping[str, Callable[[Any], Any]],
        process_variables: Mapping[str, Any] | None = None,
        variables: Iterable[str] | None = None,
    ) -> None:
        """Have functions work the tasks of topics, ``maxConcurrentTasks`` (10) of each at once."""
        _refuse_filter(process_variables)
        at_once = int(self.config.get("maxConcurrentTasks", 10))
        for topic, action in topic_handlers.items():
            _subscriptions.subscribe(self._subscription(topic, action, variables, at_once))

    def stop(self) -> None:
        """Do nothing: the command stops its workers."""


def _several(topic_names: str | Iterable[str]) -> list[str]:
    return [topic_names] if isinstance(topic_names, str) else list(topic_names)


def _refuse_filter(process_variables: Mapping[str, Any] | None) -> None:
    if process_variables:
        raise ConfigurationError(
            f"subscribe(process_variables={', '.join(process_variables)}) filters tasks by variables, which Camunda 8 "
            "can't: it would hand out all jobs of the type; give the tasks a job type of their own in the model"
        )


def _work(handler: Callable[[Any], Any], job: ActivatedJob) -> bool:
    """Work one job, tell Camunda, and return whether it is completed."""
    try:
        variables = handler(job)
        if inspect.iscoroutine(variables):
            variables = asyncio.run(variables)
    except CamundaBusinessException as error:
        api.throw_error_for_job(job, error)
    except ServiceException as error:
        retries = job.retries - 1 if error.retries is None else error.retries
        api.fail_job(job, retries=max(retries, 0), error_message=str(error), retry_back_off=error.retry_back_off or 0)
    else:
        api.complete_job(job, variables)
        return True
    return False
