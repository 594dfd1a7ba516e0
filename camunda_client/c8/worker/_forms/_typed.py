"""What type checkers know of handlers: what one may return, and the options of its decorator.

Nothing here is asked while a program runs: what a handler is, and what it returned, is looked at by the worker itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel
from typing_extensions import TypedDict

from camunda_client.c8.models import JobResult

if TYPE_CHECKING:
    from camunda_client.c8.worker._checks import Milliseconds, Names
    from camunda_client.c8.worker._errors import Errors
    from camunda_client.c8.worker._hooks import HookArgument
    from camunda_client.c8.worker._resources import Resource


class Dataclass(Protocol):
    """An object of any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


#: What can become variables, or says more than variables.
Result = Mapping[Any, object] | BaseModel | Dataclass | JobResult | None


class Options(TypedDict, total=False):
    """The keywords of ``camunda_worker``, but for those that decide what a handler may be."""

    max_jobs_active: int | None
    auto_extend: bool | None
    with_lease: Literal["auto", "never", "always"] | None
    handler_timeout: Milliseconds | None
    max_lease: Milliseconds | None
    retry_back_off: Milliseconds | None
    stop_when_lost: bool
    run_in: Literal["greenlet", "process"] | None
    resource: str | Resource | Sequence[str | Resource] | None
    limit: int | None
    rate: Names | None
    pause: Names | None
    per: str | None
    per_limit: int | None
    errors: Errors | None
    variable_names: Literal["as_written", "camelCase"] | None
    retry_unfit: bool | None
    around: HookArgument
    before: HookArgument
    after: HookArgument
    on_failure: HookArgument
