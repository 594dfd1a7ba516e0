"""The workers of ``camunda-external-task-client-python3``: here they only note down who works which topic."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from camunda_client.c8 import api
from camunda_client.camunda7 import _subscriptions
from camunda_client.camunda7._fetching import may_fetch
from camunda_client.camunda7._subscriptions import Subscription, has_values, routed
from camunda_client.error import CamundaBusinessException, ServiceException

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from camunda_client.c8.models import ActivatedJob

_DEFAULT_LOCK_MS = 300_000
#: Seconds between two looks whether the command ends.
_LOOK_S = 0.2
#: Milliseconds that ``fetch_and_execute()`` waits for a task; the gateway takes less than 30 s.
_LONGEST_WAIT_MS = 25_000


class NoExternalTaskFound(Exception):
    """``fetch_and_execute()`` found no task."""


class ExternalTaskWorker:
    """Subscribes functions to topics, which the command works."""

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
        """Have a function work the tasks of topics, and wait until the command ends, as Camunda 7's client does.

        Raises:
            ConfigurationError: It is too late, or the topic has another function.
        """
        for topic in _several(topic_names):
            _subscriptions.subscribe(self._subscription(topic, action, process_variables, variables))
        _subscriptions.wait_for_release()

    def _subscription(
        self,
        topic: str,
        action: Callable[[Any], Any],
        process_variables: Mapping[str, Any] | None,
        variables: Iterable[str] | None,
    ) -> Subscription:
        names = None if variables is None else list(variables)
        wanted = dict(process_variables) if process_variables else None
        return Subscription(topic, action, str(self.worker_id), self.config, names, wanted)

    def fetch_and_execute(
        self,
        topic_names: str | Iterable[str],
        action: Callable[[Any], Any],
        process_variables: Mapping[str, Any] | None = None,
        variables: Iterable[str] | None = None,
    ) -> bool:
        """Work the tasks that are there, at most ``maxTasks`` of each topic, and return.

        Those that have other values of ``process_variables`` are handed back.

        Raises:
            NoExternalTaskFound: There was none.
        """
        may_fetch()
        names = None if variables is None else sorted({*variables, *(process_variables or ())})
        topics = _several(topic_names)
        handler = routed([self._subscription(topic, action, process_variables, names) for topic in topics[:1]])
        jobs = [job for topic in topics for job in self._fetch(topic, names)]
        completed = [_work(handler, job) for job in jobs]
        if not [job for job in jobs if has_values(job, process_variables or {})]:
            raise NoExternalTaskFound(f"no task for {topic_names}")
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
        for topic, action in topic_handlers.items():
            one = self._subscription(topic, action, process_variables, variables)
            one.at_once = int(self.config.get("maxConcurrentTasks", 10))
            _subscriptions.subscribe(one)
        while not _subscriptions.book.released.is_set():
            await asyncio.sleep(_LOOK_S)
        raise _subscriptions.Released(0)

    def stop(self) -> None:
        """Do nothing: the command stops its workers."""


def _several(topic_names: str | Iterable[str]) -> list[str]:
    return [topic_names] if isinstance(topic_names, str) else list(topic_names)


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
