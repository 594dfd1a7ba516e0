"""What ``@pytest.mark.camunda(start=..., tenants=[...])`` asks for; imports nothing that takes time."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

_FORM = "write it as @pytest.mark.camunda(start=datetime(2030, 1, 31, tzinfo=timezone.utc), tenants=['blue'])"


class Mark(Protocol):
    """A marker as pytest gives it."""

    @property
    def args(self) -> tuple[Any, ...]:
        """What it was given by place."""

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """What it was given by name."""


def options(marks: Iterable[Mark]) -> dict[str, Any]:
    """Return what the markers of one test ask for.

    Args:
        marks: The outermost first, so that a test's own word counts more than its class's.

    Raises:
        ValueError: One of them asks for what can't be.
    """
    found: dict[str, Any] = {}
    for mark in marks:
        try:
            found |= inspect.signature(_options).bind(*mark.args, **mark.kwargs).arguments
        except TypeError as error:
            given = [repr(value) for value in mark.args] + [f"{name}={value!r}" for name, value in mark.kwargs.items()]
            raise ValueError(f"{error} in camunda({', '.join(given)}); {_FORM}") from None
    return _options(**found)


def _options(start: datetime | None = None, tenants: Iterable[str] | None = None) -> dict[str, Any]:
    if not isinstance(start, (datetime, type(None))):
        raise ValueError(f"start is {start!r}, which is not a datetime; {_FORM}")
    # A text is a collection too, of tenants b, l, u and e.
    many = tenants is None or isinstance(tenants, (list, tuple, set, frozenset))
    if not many or not all(isinstance(name, str) for name in tenants or ()):
        raise ValueError(f"tenants is {tenants!r}, which is not a list of names; {_FORM}")
    return {"start": start, "tenants": tenants}
