"""Every exception of the package, and what each means.

    Exception
    ├─ CamundaBusinessException      a handler says: this is a BPMN error, take the error's path
    └─ ServiceException              something technical failed; `status`, `title`, `detail` say what the engine said
       ├─ SignatureException         a handler can't be called with a job (alias: WorkerSignatureException)
       ├─ ConfigurationError         a setting is wrong or missing (also a ValueError)
       ├─ InvalidRequestError             an argument can't be right, so nothing was sent (also a ValueError)
       └─ ConnectionFailed           no usable answer came; `maybe_applied` says whether the command may have worked

All of them survive pickling, so that handlers in child processes can raise them.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

__all__ = [
    "CamundaBusinessException",
    "ConfigurationError",
    "ConnectionFailed",
    "ErrorCode",
    "InvalidRequestError",
    "ServiceException",
    "SignatureException",
    "WorkerSignatureException",
    "error_code_message_mapper",
]


class ErrorCode(Enum):
    """What was being done when it failed. The value is a plain int."""

    GENERIC_ERROR = 1
    C8_AUTH_GET_TOKEN_FAILED = 101
    C8_FAILED_TO_ACTIVATE_JOBS = 102
    C8_FAILED_TO_COMPLETE_JOB = 103
    C8_FAILED_TO_MARK_JOB_AS_FAILED = 104
    C8_FAILED_TO_THROW_JOB_ERROR = 105
    C8_JOB_WITH_ERROR = 106
    C8_GET_CLUSTER_TOPOLOGY_FAILED = 107
    C8_FAILED_TO_CREATE_PROCESS_INSTANCE = 108
    C8_FAILED_TO_CANCEL_PROCESS_INSTANCE = 109
    C8_FAILED_TO_MIGRATE_PROCESS_INSTANCE = 110
    C8_FAILED_TO_MODIFY_PROCESS_INSTANCE = 111
    C8_FAILED_TO_PUBLISH_MESSAGE = 112
    C8_FAILED_TO_CORRELATE_MESSAGE = 113
    C8_FAILED_TO_BROADCAST_SIGNAL = 114
    C8_FAILED_TO_DEPLOY_RESOURCES = 115
    C8_FAILED_TO_UPDATE_JOB = 116
    C8_FAILED_TO_RESOLVE_INCIDENT = 117
    C8_FAILED_TO_SET_VARIABLES = 118
    C8_FAILED_TO_DELETE_RESOURCE = 119
    C8_FAILED_TO_EVALUATE_DECISION = 120
    #: Any other call; the message says which.
    C8_REQUEST_FAILED = 121
    C8_WORKER_SIG_TOO_MANY_ARGUMENTS = 201
    C8_WORKER_SIG_FIRST_ARGUMENT_INVALID = 202
    C8_WORKER_SIG_FIRST_ARGUMENT_NOT_JOB = 203
    C8_WORKER_SIG_ARGUMENT_INVALID = 204
    CONFIGURATION_INVALID = 301
    CONNECTION_FAILED = 302


_TEMPLATES = {
    ErrorCode.GENERIC_ERROR: "Unexpected error: {}",
    ErrorCode.C8_AUTH_GET_TOKEN_FAILED: "No access token: {}",
    ErrorCode.C8_FAILED_TO_ACTIVATE_JOBS: "Jobs of type {} were not activated: {}",
    ErrorCode.C8_FAILED_TO_COMPLETE_JOB: "Job {} of type {} was not completed: {}",
    ErrorCode.C8_FAILED_TO_MARK_JOB_AS_FAILED: "Job {} of type {} was not marked as failed: {}",
    ErrorCode.C8_FAILED_TO_THROW_JOB_ERROR: "No BPMN error was thrown for job {} of type {}: {}",
    ErrorCode.C8_JOB_WITH_ERROR: "Job {} of type {} ended with an error: {}",
    ErrorCode.C8_GET_CLUSTER_TOPOLOGY_FAILED: "The cluster did not tell its topology: {}",
    ErrorCode.C8_FAILED_TO_CREATE_PROCESS_INSTANCE: "No process instance was created: {}",
    ErrorCode.C8_FAILED_TO_CANCEL_PROCESS_INSTANCE: "Process instance {} was not cancelled: {}",
    ErrorCode.C8_FAILED_TO_MIGRATE_PROCESS_INSTANCE: "Process instance {} was not migrated: {}",
    ErrorCode.C8_FAILED_TO_MODIFY_PROCESS_INSTANCE: "Process instance {} was not modified: {}",
    ErrorCode.C8_FAILED_TO_PUBLISH_MESSAGE: "The message was not published: {}",
    ErrorCode.C8_FAILED_TO_CORRELATE_MESSAGE: "The message was not correlated: {}",
    ErrorCode.C8_FAILED_TO_BROADCAST_SIGNAL: "The signal was not broadcast: {}",
    ErrorCode.C8_FAILED_TO_DEPLOY_RESOURCES: "Nothing was deployed of {}: {}",
    ErrorCode.C8_FAILED_TO_UPDATE_JOB: "Job {} was not updated: {}",
    ErrorCode.C8_FAILED_TO_RESOLVE_INCIDENT: "Incident {} was not resolved: {}",
    ErrorCode.C8_FAILED_TO_SET_VARIABLES: "Variables of element instance {} were not set: {}",
    ErrorCode.C8_FAILED_TO_DELETE_RESOURCE: "Resource {} was not deleted: {}",
    ErrorCode.C8_FAILED_TO_EVALUATE_DECISION: "The decision was not evaluated: {}",
    ErrorCode.C8_REQUEST_FAILED: "{}: {}",
    ErrorCode.C8_WORKER_SIG_TOO_MANY_ARGUMENTS: "{}.{} takes more than the job: {}",
    ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID: "{}.{} can't take the job as its first argument: {}",
    ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_NOT_JOB: "{}.{} says that its first argument is not an ActivatedJob: {}",
    ErrorCode.C8_WORKER_SIG_ARGUMENT_INVALID: "{}.{} has a parameter that nothing in a job can become: {}",
    ErrorCode.CONFIGURATION_INVALID: "The configuration is wrong: {}",
    ErrorCode.CONNECTION_FAILED: "No answer: {}",
}


def error_code_message_mapper(code: ErrorCode, parameters: Sequence[object] | None = None) -> str:
    """Return the sentence that belongs to a code, with its gaps filled from left to right.

    Args:
        code: What failed.
        parameters: Fillers; gaps that have none become ``n.a.``, surplus ones are dropped.
    """
    template = _TEMPLATES[code]
    fillers = [str(parameter) for parameter in parameters or ()]
    fillers += ["n.a."] * template.count("{}")
    return template.format(*fillers)


def _rebuild(kind: type[BaseException], args: tuple[Any, ...], state: dict[str, Any]) -> BaseException:
    """Make an exception anew without its __init__, which a user's subclass may have changed."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ServiceException(Exception):
    """Something technical failed: the engine refused, could not be reached, or a handler reports trouble.

    Raised in a handler, it fails the job; ``retries`` and ``retry_back_off`` then say how.

    Args:
        error_code: What was being done. A plain string here is taken as the message.
        message: What happened; without one the code's own sentence is used.
        parameters: Fillers for the code's sentence.
        status: The HTTP status of the engine's answer, if there was one.
        title: The engine's short name for the problem, such as ``NOT_FOUND``.
        detail: The engine's own explanation.
        retries: Retries to leave the job with. Default: one fewer than it had.
        retry_back_off: Milliseconds until the job may be tried again. Default: the worker's own back-off.
        variables: Variables to set where the job failed.
    """

    default_code = ErrorCode.GENERIC_ERROR

    def __init__(
        self,
        error_code: ErrorCode | str | None = None,
        message: str | None = None,
        parameters: Sequence[object] | None = None,
        *,
        status: int | None = None,
        title: str | None = None,
        detail: str | None = None,
        retries: int | None = None,
        retry_back_off: int | None = None,
        variables: dict[str, Any] | None = None,
    ) -> None:
        if isinstance(error_code, str):
            message = error_code if message is None else message
            error_code = None
        self.error_code = error_code or self.default_code
        self.message = error_code_message_mapper(self.error_code, parameters) if message is None else message
        self.parameters = list(parameters or ())
        self.status = status
        self.title = title
        self.detail = detail
        self.retries = retries
        self.retry_back_off = retry_back_off
        self.variables = variables
        super().__init__(self.error_code, self.message)

    def get_log_formatted_message(self) -> str:
        """Return the code's name, an arrow and the message, for log lines."""
        return f"{self.error_code.name} -> {self.message}"

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


class SignatureException(ServiceException):
    """A handler can't be called with a job; raised at decoration, never at the first job."""

    default_code = ErrorCode.C8_WORKER_SIG_FIRST_ARGUMENT_INVALID

    def __str__(self) -> str:
        return self.get_log_formatted_message()


#: The class's older name.
WorkerSignatureException = SignatureException


class ConfigurationError(ServiceException, ValueError):
    """One or more settings are wrong or missing. ``option`` names the first of them, such as ``api.baseUrl``."""

    default_code = ErrorCode.CONFIGURATION_INVALID

    def __init__(self, message: str, *, option: str | None = None, problems: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message=message)
        self.option = option
        #: Every problem found, as (option, what is wrong with it and the remedy); the option may be empty.
        self.problems = list(problems) or [("", message)]


class InvalidRequestError(ServiceException, ValueError):
    """An argument can't be right: a key that isn't digits, variables that aren't JSON. Nothing was sent."""


class ConnectionFailed(ServiceException):
    """No usable answer came: none at all, or one that was late, incomplete or not HTTP.

    ``maybe_applied`` is True if bytes of the request may have reached the server, so that the command may
    have been carried out although no answer said so.
    """

    default_code = ErrorCode.CONNECTION_FAILED

    def __init__(
        self, message: str, *, maybe_applied: bool, reason: str = "connection", error_code: ErrorCode | None = None
    ) -> None:
        super().__init__(error_code, message)
        self.maybe_applied = maybe_applied
        #: One word for logs and metrics: refused, dns, tls, timeout, reset, truncated, too_large, bad_response, ...
        self.reason = reason


class CamundaBusinessException(Exception):
    """A handler's way to throw a BPMN error: the engine looks for a boundary event that catches the code.

    Where nothing catches it, the engine raises an incident.

    Args:
        error_code: The code that the boundary event names; not empty.
        error_message: For people; the engine keeps it with the error.
        variables: Set at the boundary event's scope. Without an output mapping there, later tasks don't see them.
    """

    def __init__(self, error_code: str, error_message: str, variables: dict[str, Any] | None = None) -> None:
        super().__init__(error_code, error_message, variables)
        self.error_code = error_code
        self.error_message = error_message
        self.variables = variables

    def __str__(self) -> str:
        return f"{self.error_code} -> {self.error_message}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)
