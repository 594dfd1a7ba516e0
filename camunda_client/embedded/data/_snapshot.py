"""An engine's whole state in one file, so that a log need not begin with the first command for ever.

The state is pickled, but a file does not say what is called when it is read: only the classes below are made, and only
the methods below are found, so that a user's data, sent with a bug report, can be read without trusting them.
"""

from __future__ import annotations

import gc
import hashlib
import io
import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.event import Event as SpiffEvent

from camunda_client import __version__
from camunda_client.embedded.data._journal import DataError, write_atomically
from camunda_client.embedded.feel import YearsMonths
from camunda_client.embedded.model import (
    AdHoc,
    Binding,
    BoxedContext,
    BoxedFunction,
    BoxedList,
    CalledProcess,
    Cycle,
    Decision,
    DecisionRecord,
    Definition,
    Element,
    Evaluated,
    Event,
    Expression,
    Flow,
    FlowNode,
    Form,
    Graph,
    Invocation,
    JobDefinition,
    Knowledge,
    Link,
    Listener,
    Mapping,
    MultiInstance,
    Output,
    Process,
    Relation,
    Resource,
    RootSpec,
    Rule,
    ScopeSpec,
    Table,
)
from camunda_client.embedded.run import (
    Completed,
    ElementInstance,
    Ending,
    Entry,
    Incident,
    InstanceHistory,
    InstanceWorkflow,
    Job,
    Message,
    ProcessInstance,
    Runtime,
    ScopeWorkflow,
    Subscription,
    Token,
    Transition,
    UserTask,
    nothing,
)

FORMAT = 1
SNAPSHOT = "snapshot"
_MARK = "camunda-client engine snapshot"

#: What of each part of an engine is kept. Polls are not: who waited ended with the process.
KEPT = {
    "keys": ("upcoming",),
    "lifecycle": ("processes",),
    "deployments": ("_definitions", "_versions", "_last_version", "_decisions", "_graphs", "_forms", "_resources"),
    "decisions": ("records",),
    "jobs": ("_jobs", "_ready"),
    "messages": ("_waiting", "_buffer", "_starts", "_running"),
    "signals": ("_waiting", "_starts"),
    "starts": ("_timers",),
    "incidents": ("_open",),
    "user_tasks": ("_tasks",),
    "cluster_variables": ("values", "metadata"),
    "schedule": ("_heap", "_number", "_cancelled"),
    "histories": ("by_key", "ended_keys"),
    "runtime": ("settings",),
}
#: What is done when something falls due, or an incident is resolved.
METHODS = frozenset({
    "ad_hocs.decide", "agenda.soon", "changes.ended", "clock.now_ms", "endings.said", "events._timer_due",
    "events.begin_event_subprocess", "events.interrupted", "events.subscribe_scope", "iterating.ended_early",
    "jobs._back_off_ended", "jobs._lease_ended", "jobs._offer", "lifecycle._activate", "lifecycle._complete",
    "lifecycle._go_on_ending", "lifecycle._go_on_starting", "lifecycle.attempt", "lifecycle.check",
    "lifecycle.cleared", "lifecycle.complete_soon", "lifecycle.end_terminated", "messages._expire", "starts._due",
    "user_tasks.begin_anew",
})  # fmt: skip
_OURS: tuple[type, ...] = (
    Decision, DecisionRecord, Evaluated, Graph, Rule, Output, Table,
    BoxedContext, BoxedList, Relation, BoxedFunction, Invocation, Knowledge,
    Definition, Form, Resource, Process,
    AdHoc, Binding, CalledProcess, Element, Event, Flow, JobDefinition, Link, Listener,
    Mapping, MultiInstance, FlowNode, RootSpec, ScopeSpec, Cycle,
    Expression, YearsMonths,
    Incident, InstanceHistory, ElementInstance, Job,
    ProcessInstance, Subscription, UserTask, Transition, Ending, Message, Entry, Completed,
    InstanceWorkflow, ScopeWorkflow, Token,
)  # fmt: skip
_OTHERS: tuple[type, ...] = (
    date, datetime, timedelta, timezone, Decimal, UUID, set, frozenset, partial, SpiffEvent,
)  # fmt: skip
_ALLOWED: dict[tuple[str, str], Any] = {
    **{(one.__module__, one.__qualname__): one for one in (*_OURS, *_OTHERS)},
    (nothing.__module__, nothing.__qualname__): nothing,
}


def layout() -> str:
    """Return what the state is made of; a file of another layout can't be read."""
    shapes = sorted(f"{one.__module__}.{one.__qualname__}{getattr(one, '__slots__', ())}" for one in _OURS)
    return hashlib.sha256(f"{_spiff()} {KEPT} {shapes}".encode()).hexdigest()[:16]


def _spiff() -> str:
    from importlib.metadata import version  # takes its time to load, and is only needed for data that is kept

    return version("SpiffWorkflow")


def parts_of(runtime: Runtime) -> dict[str, Any]:
    """Return what stays where it is: the parts of an engine, which state refers to."""
    return {
        "ad_hocs": runtime.ad_hocs, "agenda": runtime.agenda, "changes": runtime.changes,
        "clock": runtime.clock, "decisions": runtime.decisions,
        "cluster_variables": runtime.lifecycle.variables.of_cluster,
        "deployments": runtime.deployments, "endings": runtime.lifecycle.endings, "iterating": runtime.iterating,
        "events": runtime.events, "histories": runtime.histories, "incidents": runtime.incidents,
        "jobs": runtime.jobs, "keys": runtime.keys, "lifecycle": runtime.lifecycle, "runtime": runtime,
        "messages": runtime.events.messages, "schedule": runtime.schedule, "signals": runtime.events.signals,
        "starts": runtime.starts, "user_tasks": runtime.user_tasks,
    }  # fmt: skip


def _part(name: str) -> Any:
    raise AssertionError(f"only stands for the part {name} in a file")


def _method(name: str) -> Any:
    raise AssertionError(f"only stands for the method {name} in a file")


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, parts: dict[str, Any]) -> None:
        super().__init__(file, protocol=4)
        self._names = {id(part): name for name, part in parts.items()}

    def reducer_override(self, thing: Any) -> Any:
        if type(thing) is MethodType:
            name = f"{self._names.get(id(thing.__self__))}.{thing.__name__}"
            if name not in METHODS:
                raise pickle.PicklingError(f"{name} is not among the methods a snapshot may name")
            return _method, (name,)
        if isinstance(thing, (type, FunctionType)):
            self._check(thing)
        name_of_part = self._names.get(id(thing))
        return NotImplemented if name_of_part is None else (_part, (name_of_part,))

    @staticmethod
    def _check(thing: type | FunctionType) -> None:
        """Refuse what could not be read: now, while the log still has it."""
        if thing not in (_part, _method) and _ALLOWED.get((thing.__module__, thing.__qualname__)) is not thing:
            raise pickle.PicklingError(f"{thing.__module__}.{thing.__qualname__} does not belong into a snapshot")


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, parts: dict[str, Any]) -> None:
        super().__init__(file)
        self._parts = parts

    def find_class(self, module: str, name: str) -> Any:
        if module == __name__ and name == "_part":
            return self._parts.__getitem__
        if module == __name__ and name == "_method":
            return self._method
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} does not belong into a snapshot") from None

    def _method(self, name: str) -> Callable[..., Any]:
        if name not in METHODS:
            raise pickle.UnpicklingError(f"the method {name} does not belong into a snapshot")
        part, _, method = name.partition(".")
        return getattr(self._parts[part], method)  # type: ignore[no-any-return]


def write(path: Path, runtime: Runtime, commands: int) -> None:
    """Write the state after a number of commands; the file is there as a whole or as it was.

    Raises:
        OSError: It can't be written.
        RecursionError: Instances or variables are nested too deeply for it.
    """
    parts = parts_of(runtime)
    state = {name: [getattr(parts[name], attribute) for attribute in kept] for name, kept in KEPT.items()}
    body = io.BytesIO()
    with without_collection():
        _Pickler(body, parts).dump((runtime.clock.state, state))
    content = body.getvalue()
    said = {
        _MARK: FORMAT, "by": f"c8-client {__version__}", "layout": layout(), "commands": commands,
        "at_ms": runtime.clock.now_ms(), "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    write_atomically(path, json.dumps(said).encode() + b"\n" + content)


def read(path: Path, runtime: Runtime) -> tuple[int, int]:
    """Give a new engine the state of a file; return the number of commands that led to it, and when it was.

    Raises:
        DataError: It is not a snapshot, it is damaged, or of another layout.
    """
    first, _, content = path.read_bytes().partition(b"\n")
    said = _header(path, first, content)
    parts = parts_of(runtime)
    try:
        with without_collection():
            clock, state = _Unpickler(io.BytesIO(content), parts).load()
    except pickle.UnpicklingError as error:
        raise DataError(f"{path} can't be read: {error}; name another directory") from error
    for name, kept in KEPT.items():
        for attribute, value in zip(kept, state[name], strict=True):
            setattr(parts[name], attribute, value)
    runtime.clock.restore(clock)
    return int(said["commands"]), int(said["at_ms"])


def _header(path: Path, line: bytes, content: bytes) -> dict[str, Any]:
    remedy = "bring back a copy of the directory, or name another one"
    try:
        said: dict[str, Any] = json.loads(line)
        shape = (said[_MARK], said["layout"])
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{path} is not a snapshot of an engine (it begins with {line[:40]!r}); {remedy}") from None
    if shape != (FORMAT, layout()):
        raise DataError(
            f"{path} was written by {said.get('by')}, whose engine's state is made otherwise (version {shape[0]}, "
            f"layout {shape[1]}) than that of c8-client {__version__} with SpiffWorkflow {_spiff()} "
            f"(version {FORMAT}, layout {layout()}): start that version, or name another directory"
        )
    if said.get("sha256") != hashlib.sha256(content).hexdigest():
        raise DataError(f"{path} is damaged (its checksum is wrong); {remedy}")
    return said


@contextmanager
def without_collection() -> Iterator[None]:
    """Collect no garbage for a while: where little is thrown away, it doubles the time for a large state."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
