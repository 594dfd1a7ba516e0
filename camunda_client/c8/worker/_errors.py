"""What an exception comes to, said once for many handlers: a BPMN error, a failure with retries, or an incident."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from camunda_client.c8.worker._checks import Arguments
from camunda_client.error import CamundaBusinessException, ConfigurationError, ServiceException

if TYPE_CHECKING:
    from collections.abc import Callable

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._checks import Milliseconds

    #: Exception classes, one or several, and what they come to: an action, or a function that returns one or ``None``.
    Errors = Mapping[type[BaseException] | tuple[type[BaseException], ...], "Action | Decide"]
    Decide = Callable[[ActivatedJob, Any], "Action | None"]


@dataclass(frozen=True)
class BpmnError:
    """Throw a BPMN error, for the process to catch.

    Attributes:
        code: The error code of the boundary event or event sub-process.
        message: Default the exception's own text.
        variables: What the error brings.
    """

    code: str
    message: str | None = None
    variables: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.code, str) or not self.code.strip():
            raise ConfigurationError(f"BpmnError needs an error code that is not empty, got {self.code!r}")

    def exception(self, error: BaseException) -> CamundaBusinessException:
        """Return the exception that a handler would raise to say the same."""
        variables = None if self.variables is None else dict(self.variables)
        return CamundaBusinessException(self.code, str(error) if self.message is None else self.message, variables)


@dataclass(frozen=True)
class Retry:
    """Fail the job, to be tried again.

    Attributes:
        retries: How many tries it gets after its first failure; default one fewer than it had. Further failures leave
            one fewer each, so that none is tried for ever.
        back_off: Milliseconds, or a ``timedelta``, before the next try; default the handler's own rule.
    """

    retries: int | None = None
    back_off: Milliseconds | None = None

    def __post_init__(self) -> None:
        read = Arguments("", "Retry(...)")
        object.__setattr__(self, "retries", read.count("retries", self.retries))
        object.__setattr__(self, "back_off", read.milliseconds("back_off", self.back_off))


@dataclass(frozen=True)
class Incident:
    """Fail the job without retries: another try changes nothing, and a person has to look."""


Action = BpmnError | Retry | Incident

#: What a handler raises to say by itself what is to happen; a rule for ``Exception`` does not mean it.
_OWN_WORDS = (CamundaBusinessException, ServiceException)


class ErrorRules:
    """Exception classes, and what they come to."""

    def __init__(self, errors: Errors | None = None, whose: str = "errors") -> None:
        """Take the rules.

        Raises:
            ConfigurationError: One is for something else than exceptions, or says something else than an action.
        """
        self._rules: dict[type[BaseException], Action | Decide] = {}
        if errors is not None:
            self.add(errors, whose)

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, errors: Errors, whose: str = "map_errors()") -> None:
        """Add rules; one for the same class takes the place of the earlier.

        Raises:
            ConfigurationError: See above.
        """
        if not isinstance(errors, Mapping):
            raise ConfigurationError(f"{whose} needs a dict such as {{KeyError: Incident()}}, got {errors!r}")
        for classes, action in errors.items():
            for one in classes if isinstance(classes, tuple) else (classes,):
                self._rules[_checked_class(one, whose)] = _checked_action(action, one, whose)

    def clear(self) -> None:
        """Forget all rules."""
        self._rules.clear()

    def action(self, job: ActivatedJob, error: BaseException) -> Action | None:
        """Return what the rule of the nearest class says, ``None`` if there is none or it says so."""
        if not self._rules:
            return None
        own_words = isinstance(error, _OWN_WORDS)
        for one in type(error).__mro__:
            found = self._rules.get(one)
            if found is not None and (not own_words or issubclass(one, _OWN_WORDS)):
                return found if isinstance(found, (BpmnError, Retry, Incident)) else found(job, error)
        return None


@dataclass(frozen=True)
class ErrorChain:
    """Rules of one handler, then those of its registry, then those of all handlers: the first that says something."""

    levels: tuple[ErrorRules, ...]

    def __bool__(self) -> bool:
        return any(self.levels)

    def action(self, job: ActivatedJob, error: BaseException) -> Action | None:
        """Return what an exception comes to, ``None`` for what it always does."""
        for rules in self.levels:
            action = rules.action(job, error)
            if action is not None:
                return action
        return None


#: The rules of all handlers of this process.
everywhere = ErrorRules()


def map_errors(errors: Errors) -> None:
    """Say for all handlers what exceptions come to.

        map_errors({requests.Timeout: Retry(back_off=30_000), (KeyError, ValueError): Incident()})

    The rule of the nearest class counts; those of a handler (``errors=``) come first, then those of its registry, then
    these. ``CamundaBusinessException`` and ``ServiceException`` say by themselves what is to happen: only a rule for
    them or their subclasses changes that.

    Args:
        errors: Exception classes, or tuples of them, and for each a :class:`BpmnError`, :class:`Retry`,
            :class:`Incident`, or a function of the job and the exception that returns one, or ``None`` for no rule.

    Raises:
        ConfigurationError: A rule that can't be.
    """
    everywhere.add(errors)


def _checked_class(one: object, whose: str) -> type[BaseException]:
    if not inspect.isclass(one) or not issubclass(one, BaseException):
        raise ConfigurationError(f"{whose} has a rule for {one!r}; it must be an exception class, or a tuple of them")
    return one


def _checked_action(action: object, one: object, whose: str) -> Any:
    if isinstance(action, (BpmnError, Retry, Incident)):
        return action
    if inspect.isclass(action) or not callable(action) or inspect.iscoroutinefunction(action):
        raise ConfigurationError(
            f"{whose} says {action!r} for {getattr(one, '__name__', one)}; it must be BpmnError('CODE'), Retry(), "
            "Incident(), or a function of (job, exception) that returns one"
        )
    return action


def class_names(error: BaseException) -> list[str]:
    """Return the names of an exception's classes, its own first: the same in a worker and in its child processes."""
    return [class_name(kind) for kind in type(error).__mro__]


def class_name(kind: type) -> str:
    """Return the name of one class."""
    # A child process runs the worker's main script under another name.
    module = "__main__" if kind.__module__ == "__mp_main__" else kind.__module__
    return f"{module}:{kind.__qualname__}"
