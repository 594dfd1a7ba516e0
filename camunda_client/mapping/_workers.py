"""A whole map: read, checked against the functions that it names, and made into workers."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from camunda_client.c8.worker import add_job_worker
from camunda_client.error import ConfigurationError, SignatureException
from camunda_client.mapping import _functions, _handlers
from camunda_client.mapping._document import OPTIONS, Document, known_keys
from camunda_client.mapping._yaml import read

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.mapping._check import Lines, Place
    from camunda_client.mapping._document import Argument, Rule

    Rules = list[tuple[tuple[type[BaseException], ...], Rule]]


@dataclass(frozen=True)
class MappedWorker:
    """One job type of a map, with the handler made for it.

    Attributes:
        job_type: The type in the BPMN task's ``zeebe:taskDefinition``.
        call: The function's dotted name, as the map has it.
        parameters: Those of the function's parameters that jobs fill.
        place: ``file:line``.
    """

    job_type: str
    call: str
    parameters: list[str]
    place: str
    handler: Callable[..., Any] = field(repr=False)
    options: dict[str, Any] = field(repr=False)

    def register(self) -> None:
        """Register it with this process's workers.

        Raises:
            ConfigurationError: An option or a parameter's type can't be; names the line.
        """
        try:
            add_job_worker(self.job_type, self.handler, **self.options)
        except SignatureException as error:
            raise ConfigurationError(f"{self.place}: {error.message.partition('; write it as')[0]}") from error
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.place}: {error.message}") from error


@dataclass(frozen=True)
class WorkerMap:
    """A map that fits its functions."""

    workers: list[MappedWorker]

    def register(self) -> None:
        """Register all of its workers with this process.

        Raises:
            ConfigurationError: As for one.
        """
        for worker in self.workers:
            worker.register()


def load_map(path: Path) -> WorkerMap:
    """Read a map, import what it names, and check that they fit.

    Modules are looked for in the working directory, in the map's folder and in its ``path``.

    Raises:
        MapError: Names every line that is wrong.
        Exception: Whatever the modules and factories that it names raise, with a note of the line.
    """
    found, lines = read(path)
    try:
        document = Document.model_validate(found)
    except ValidationError as error:
        raise lines.of_validation(error.errors(include_url=False), known_keys()) from error
    folders = [Path.cwd(), path.resolve().parent, *(path.resolve().parent / folder for folder in document.path)]
    sys.path[:0] = [str(folder) for folder in folders if str(folder) not in sys.path]
    return WorkerMap(_Reading(document, lines).workers())


#: What stands for something that is not there, until all problems are found.
_FAILED = object()


class _Reading:
    """Finds what a map names, and notes all that is not there."""

    def __init__(self, document: Document, lines: Lines) -> None:
        self._document, self._lines = document, lines
        self._problems: list[tuple[Place, str]] = []
        self._objects: dict[str, Any] = {}

    def workers(self) -> list[MappedWorker]:
        """Return all workers.

        Raises:
            MapError: Something doesn't fit.
        """
        common = self._rules(("errors",), self._document.errors)
        for name, made in self._document.objects.items():
            place: Place = ("objects", name, "factory")
            self._objects[name] = self._tried(place, partial(_made, made), _FAILED)
        found = [self._worker(name, one, common) for name, one in self._document.workers.items()]
        if self._problems:
            raise self._lines.error(self._problems)
        return [worker for worker in found if worker is not None]

    def _tried(self, place: Place, find: Callable[[], Any], otherwise: Any) -> Any:
        try:
            return find()
        except _functions.NotThere as problem:
            self._problems.append((place, str(problem)))
            return otherwise
        except Exception as error:
            if sys.version_info >= (3, 11):
                error.add_note(f"for {self._lines.at(place)}, {'.'.join(map(str, place))}")
            raise

    def _rules(self, place: Place, rules: list[Rule]) -> Rules:
        found: Rules = []
        for index, rule in enumerate(rules):
            kinds = [
                self._tried((*place, index, "raises"), partial(_functions.exception, name), Exception)
                for name in rule.raises
            ]
            found.append((tuple(kinds), rule))
        return found

    def _worker(self, job_type: str, entry: Any, common: Rules) -> MappedWorker | None:
        place: Place = ("workers", job_type)
        rules = [*self._rules((*place, "errors"), entry.errors), *common]
        if self._objects.get(entry.call.partition(".")[0]) is _FAILED:
            return None  # its object's factory is already a problem
        function = self._tried((*place, "call"), lambda: _function(entry.call, self._objects), None)
        if function is None:
            return None
        where = self._lines.at(place)
        call, parameters = self._call(place, function, entry)
        judged = _handlers.around(call, _handlers.changes(entry.result), rules)
        handler = _handlers.named(judged, function, entry.call, where)
        return MappedWorker(job_type, entry.call, parameters, where, handler, self._options(entry))

    def _call(self, place: Place, function: Callable[..., Any], entry: Any) -> tuple[Callable[..., Any], list[str]]:
        if entry.arguments == "job":
            return _handlers.with_job(function), ["job"]
        place = (*place, "call" if entry.arguments is None else "arguments")
        parameters = self._tried(place, lambda: _handlers.parameters_of(function, entry.arguments), [])
        constants = {
            name: self._tried((*place, name), partial(_functions.constant, argument), _FAILED)
            for name, argument in (entry.arguments or {}).items()
            if argument.source in ("value", "environment")
        }
        return _handlers.handler_of(function, parameters, constants), [parameter.name for parameter in parameters]

    def _options(self, entry: Any) -> dict[str, Any]:
        defaults, own = self._document.defaults, entry
        chosen = {name: getattr(own if getattr(own, name) is not None else defaults, name) for name in OPTIONS}
        return {name: value for name, value in chosen.items() if value is not None}


def _function(dotted: str, objects: dict[str, Any]) -> Callable[..., Any]:
    found = _functions.function(dotted, objects)
    body: Any = found
    while isinstance(body, partial):
        body = body.func
    if not inspect.isroutine(body) and not inspect.isclass(body):
        body = type(body).__call__
    if inspect.iscoroutinefunction(body) or inspect.isasyncgenfunction(body):
        raise _functions.NotThere(f"{dotted} is async; a map takes plain functions, which may block")
    if inspect.isgeneratorfunction(body):
        raise _functions.NotThere(f"{dotted} is a generator (it contains yield), which by itself runs nothing")
    return found


def _made(made: Any) -> Any:
    """Return an object from its factory."""
    arguments: dict[str, Argument] = made.arguments
    factory = _functions.function(made.factory, {})
    return factory(**{name: _functions.constant(argument)() for name, argument in arguments.items()})
