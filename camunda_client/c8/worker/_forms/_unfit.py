"""Says why a job's variables don't fit its handler: the field, the reason, and no value of a field that is secret."""

from __future__ import annotations

import dataclasses
import typing
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel, Secret, SecretBytes, SecretStr

from camunda_client.error import ServiceException
from camunda_client.log import is_secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic_core import ErrorDetails

__all__ = ["Misfit", "UnfitVariables", "hides_secret", "misfits_of"]

#: Characters of a value that are shown.
_SHOWN = 60
_SECRETS = (SecretStr, SecretBytes, Secret)
_REMEDY = "Another try changes nothing: correct the variables, then resolve the incident"


class Misfit(NamedTuple):
    """One field that doesn't fit. ``field`` is its path, such as ``order.lines[0].price``."""

    field: str
    reason: str


class UnfitVariables(ServiceException):
    """A job's variables don't fit its handler's parameters, which was therefore not called.

    By default the job fails with no retries left.

    Attributes:
        misfits: Each field with the reason.
    """

    def __init__(self, handler: str, misfits: Iterable[Misfit], *, retry: bool) -> None:
        self.misfits = list(misfits)
        # Not "field: reason": what follows a password and a colon is taken for the password, and redacted.
        found = "; ".join(f"{misfit.field} ({misfit.reason})" for misfit in self.misfits)
        remedy = "" if retry else f". {_REMEDY}"
        message = f"the job does not fit the parameters of {handler}: {found}{remedy}"
        super().__init__(message=message, retries=None if retry else 0)


def misfits_of(field: str, errors: Sequence[ErrorDetails], *, secret: bool) -> list[Misfit]:
    """Return what pydantic found wrong with one parameter.

    Args:
        field: The name of the variable or header.
        errors: Pydantic's own list.
        secret: Whether something in the parameter's type is secret: then no value is shown, nor a validator's text.
    """
    return [_misfit(field, error, secret) for error in errors]


def _misfit(field: str, error: ErrorDetails, secret: bool) -> Misfit:
    path = field + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"])
    if error["type"] == "missing":
        return Misfit(path, "is missing")
    if secret or any(is_secret(part) for part in (field, *error["loc"])):
        # The kind of the error is a constant; its text may cite the value.
        return Misfit(path, f"{error['type'].replace('_', ' ')}; its value is not shown")
    return Misfit(path, f"{error['msg']}{_got(error['input'])}")


def _got(value: object) -> str:
    """Return a scalar for display. Objects may hold secrets further down, and are long."""
    if not isinstance(value, (str, int, float, bool, type(None))):
        return f", got {type(value).__name__}"
    shown = "null" if value is None else repr(value)
    return f", got {shown if len(shown) <= _SHOWN else shown[:_SHOWN] + '…'}"


def hides_secret(kind: Any, name: object = "") -> bool:
    """Tell whether a type, or a field in it at any depth, is secret: by ``SecretStr`` and its like, or by its name."""
    return is_secret(name) or _hides(kind, set())


def _hides(kind: Any, seen: set[int]) -> bool:
    if id(kind) in seen:
        return False
    seen.add(id(kind))
    if isinstance(kind, type) and issubclass(kind, _SECRETS):
        return True
    parts = (typing.get_origin(kind), *typing.get_args(kind))
    fields = _fields_of(kind)
    return (
        any(is_secret(name) for name in fields)
        or any(_hides(part, seen) for part in fields.values())
        or any(_hides(part, seen) for part in parts if part is not None)
    )


def _fields_of(kind: Any) -> dict[str, Any]:
    """Return the fields of a model, a dataclass or a ``TypedDict``, with their types."""
    if not isinstance(kind, type):
        return {}
    if issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    if not dataclasses.is_dataclass(kind) and not typing.is_typeddict(kind):
        return {}
    try:
        return typing.get_type_hints(kind)
    except Exception:  # noqa: BLE001 - a hint may be any expression; pydantic has understood it by other means
        return dict.fromkeys(kind.__annotations__, SecretStr)
