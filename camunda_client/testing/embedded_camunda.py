"""A Camunda in memory for one test: its time stands still until it is moved, and nothing happens by itself.

Needs the extra ``c8-client[embedded]``. The pytest fixture ``camunda`` is one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from camunda_client.embedded import DEFAULT_TENANT, Clock, Engine, Rejection
from camunda_client.testing._histories import Histories
from camunda_client.testing._instance import ProcessInstance
from camunda_client.testing._jobs import WaitingJob, through_json
from camunda_client.testing._user_tasks import WaitingUserTask

if TYPE_CHECKING:
    from camunda_client.embedded import Gateway, Incident, InstanceHistory
    from camunda_client.testing.worker_session import WorkerSession

__all__ = ["EmbeddedCamunda"]

_T = TypeVar("_T")
_NO_TIME = timedelta(0)


class EmbeddedCamunda:
    """Deploy, start, publish, move time, and look at what happened."""

    def __init__(
        self, *, folder: Path | None = None, start: datetime | None = None, tenants: Iterable[str] | None = None
    ) -> None:
        """Make a new engine.

        Args:
            folder: Where files are looked for first; then in the working directory.
            start: Where the engine's clock stands; now when left out.
            tenants: Names of tenants; left out, there is only the default one.
        """
        now = start or datetime.now().astimezone()
        #: The engine underneath, for what is not offered here.
        self.engine = Engine(clock=Clock(start=now), tenants=tenants)
        #: Runs the handlers, if there is one.
        self.session: WorkerSession | None = None
        self._folder = folder
        self._gateway: Gateway | None = None
        self._histories = Histories(self.engine, lambda: self.session)

    # -- doing ------------------------------------------------------------------------------------------------------
    def deploy(self, *files: str | Path | tuple[str, bytes | str], tenant_id: str = DEFAULT_TENANT) -> None:
        """Deploy BPMN, DMN and form files together; a pair of name and text will do for a file.

        Args:
            files: Paths, relative to the test's folder or to the working directory.
            tenant_id: Whose they are.

        Raises:
            FileNotFoundError: Says where was looked.
            Rejection: Something in them is wrong or not supported; nothing was deployed.
        """
        __tracebackhide__ = True
        found: list[Path | tuple[str, bytes | str]] = []
        for file in files:  # a comprehension would be a frame of its own under the test's failing line
            found.append(file if isinstance(file, tuple) else self._find(Path(file)))
        _plainly(lambda: self.engine.deploy(*found, tenant_id=tenant_id))

    def _find(self, file: Path) -> Path:
        __tracebackhide__ = True
        places = [place / file for place in (self._folder, Path.cwd()) if place is not None]
        for place in places:
            if place.is_file():
                return place
        raise FileNotFoundError(f"there is no file {' and no file '.join(dict.fromkeys(map(str, places)))}")

    def start(
        self,
        process_id: str,
        variables: Mapping[str, Any] | None = None,
        *,
        version: int | None = None,
        start_at: Iterable[str] = (),
        tenant_id: str = DEFAULT_TENANT,
    ) -> ProcessInstance:
        """Start a process, and return the instance.

        Args:
            process_id: The id of the ``<process>`` element.
            variables: The first variables.
            version: A certain version instead of the latest.
            start_at: Ids of elements to begin with, instead of the start event.
            tenant_id: Whose instance it is.

        Raises:
            Rejection: There is no such process, version or element.
        """
        __tracebackhide__ = True
        history = _plainly(
            lambda: self.engine.create_instance(
                process_id, through_json(variables), version=version, start_at=start_at, tenant_id=tenant_id
            )
        )
        return self._shown(history)

    def publish(
        self,
        name: str,
        correlation_key: str | int = "",
        variables: Mapping[str, Any] | None = None,
        *,
        ttl: timedelta = _NO_TIME,
        message_id: str = "",
        tenant_id: str = DEFAULT_TENANT,
    ) -> None:
        """Publish a message; it starts or continues whatever waits for it, or is kept for ``ttl``.

        Args:
            name: The message's name.
            correlation_key: Which of those that wait; a whole number is taken for its text, as Camunda does.
            variables: They become the instance's.
            ttl: How long it is kept if nothing waits for it.
            message_id: While a message is kept, another with its id is refused.
            tenant_id: Whose message it is.

        Raises:
            TypeError: The correlation key is neither text nor a whole number.
            Rejection: The id is taken.
        """
        __tracebackhide__ = True
        if isinstance(correlation_key, bool) or not isinstance(correlation_key, (str, int)):
            found = f"{type(correlation_key).__name__} {correlation_key!r}"
            raise TypeError(f"a correlation key is a text or a whole number, not {found}; write it as text")
        key = str(correlation_key)
        content = through_json(variables)
        _plainly(lambda: self.engine.publish(name, key, content, ttl=ttl, message_id=message_id, tenant_id=tenant_id))

    def broadcast(
        self, name: str, variables: Mapping[str, Any] | None = None, *, tenant_id: str = DEFAULT_TENANT
    ) -> None:
        """Broadcast a signal to all that wait for it."""
        self.engine.broadcast(name, through_json(variables), tenant_id=tenant_id)

    def advance(
        self, by: timedelta = _NO_TIME, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Move time forward: timers, back-offs and messages' ends happen on the way, each at its own moment.

        Raises:
            ValueError: The time is missing or negative.
        """
        whole = by + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if whole <= _NO_TIME:
            raise ValueError(f"time only moves forward, as in advance(days=1); asked for {whole}")
        self.engine.advance(whole)

    def cancel(self, instance: ProcessInstance) -> None:
        """Cancel a process instance.

        Raises:
            Rejection: It has ended already.
        """
        __tracebackhide__ = True
        _plainly(lambda: self.engine.cancel(int(instance.key)))

    def resolve(self, incident: Incident, *, retries: int = 1) -> None:
        """Resolve an incident: what failed is tried again, a job with so many retries."""
        if incident.job_key is not None:
            self.engine.update_job(incident.job_key, retries=retries)
        self.engine.resolve_incident(incident.key)

    def run_until_idle(self, *, skip_back_off: bool = False) -> None:
        """Run the handlers of the fixture ``camunda_worker_session`` until no job is left for them.

        Args:
            skip_back_off: Move time past the pauses of jobs that failed and have retries left.

        Raises:
            RuntimeError: The test does not use that fixture; jobs can still be ended by ``job(...)``.
        """
        __tracebackhide__ = True
        if self.session is None:
            raise RuntimeError(
                "nothing runs handlers here: let the test use the fixture camunda_worker_session too, "
                "or end jobs by hand with camunda.job('a-job-type').complete()"
            )
        self.session.run_until_idle(skip_back_off=skip_back_off)

    # -- looking ----------------------------------------------------------------------------------------------------
    @property
    def now(self) -> datetime:
        """The engine's time, in UTC."""
        return self.engine.now()

    @property
    def instances(self) -> list[ProcessInstance]:
        """All process instances, oldest first; those that messages, timers and call activities started too."""
        return [self._shown(history) for history in self.engine.instances]

    def instance(self, process_id: str | None = None) -> ProcessInstance:
        """Return the one instance (of a process), however it was started.

        Raises:
            AssertionError: There is none, or more than one.
        """
        __tracebackhide__ = True
        found = [one for one in self.instances if process_id in (None, one.process_id)]
        return self._the_one("process instance" if process_id is None else f"instance of {process_id}", found)

    @property
    def incidents(self) -> list[Incident]:
        """The open incidents of all instances, oldest first."""
        return self.engine.incidents

    def jobs(self, job_type: str | None = None) -> list[WaitingJob]:
        """Return the jobs that exist (of a type): waiting, leased or failed; oldest first."""
        return [WaitingJob(self.engine, job) for job in self.engine.jobs(job_type)]

    def job(self, job_type: str | None = None, *, element_id: str | None = None) -> WaitingJob:
        """Return the one job there is (of a type, at an element), to look at or to end by hand.

        Raises:
            AssertionError: There is none, or more than one.
        """
        __tracebackhide__ = True
        found = [job for job in self.jobs(job_type) if element_id in (None, job.element_id)]
        of_type, at = f" of type {job_type!r}" if job_type else "", f" at {element_id}" if element_id else ""
        return self._the_one(f"job{of_type}{at}", found)

    def user_tasks(self, element_id: str | None = None) -> list[WaitingUserTask]:
        """Return the open user tasks of Camunda's own kind (at an element), oldest first; others are jobs."""
        found = [WaitingUserTask(self.engine, task) for task in self.engine.user_tasks()]
        return [task for task in found if element_id in (None, task.element_id)]

    def user_task(self, element_id: str | None = None) -> WaitingUserTask:
        """Return the one user task of Camunda's own kind there is (at an element), to look at or to end by hand.

        Raises:
            AssertionError: There is none, or more than one.
        """
        __tracebackhide__ = True
        return self._the_one(f"user task at {element_id}" if element_id else "user task", self.user_tasks(element_id))

    def describe(self) -> str:
        """Return what became of the last instances, as text; a running one that was called is shown with its caller."""
        return "\n".join(self.stories()) or "(no process instance was started)"

    def stories(self) -> list[str]:
        """Return the parts of :meth:`describe`, one for each instance; of many instances only the last."""
        return self._histories.latest()

    def _shown(self, history: InstanceHistory) -> ProcessInstance:
        return ProcessInstance(history, self._histories)

    def _the_one(self, what: str, found: Sequence[_T]) -> _T:
        __tracebackhide__ = True
        if len(found) == 1:
            return found[0]
        raise AssertionError(f"expected one {what}, found {len(found)}\n{self.describe()}")

    # -- over HTTP --------------------------------------------------------------------------------------------------
    @property
    def base_url(self) -> str:
        """An address of this engine's REST API on loopback, for handlers that call Camunda themselves."""
        if self._gateway is None:
            from camunda_client.embedded import Gateway

            self._gateway = Gateway(self.engine).start()
        return self._gateway.base_url

    def close(self) -> None:
        """Close the address, if there is one."""
        if self._gateway is not None:
            self._gateway.stop()
            self._gateway = None

    def __enter__(self) -> EmbeddedCamunda:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _plainly(call: Callable[[], _T]) -> _T:
    """Call the engine; of a refusal show the words, not the engine's inside."""
    __tracebackhide__ = True
    try:
        return call()
    except Rejection as refused:
        raise refused.with_traceback(None) from None
