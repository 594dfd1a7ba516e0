"""Which release of Camunda models are read for: what it does not know yet is refused by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Versions that can be spoken, oldest first; 8.6 is what 8.6.0's patches made of it.
DIALECTS = ("8.6.0", "8.6", "8.7", "8.8", "8.9", "8.10")
_DIALECT: ContextVar[str] = ContextVar("DIALECT", default=DIALECTS[0])


@contextmanager
def reading(dialect: str) -> Iterator[None]:
    """Read models as that release does; those read outside are read as by the oldest."""
    token = _DIALECT.set(dialect)
    try:
        yield
    finally:
        _DIALECT.reset(token)


def since(dialect: str) -> bool:
    """Whether models are read for that release or a later one."""
    return DIALECTS.index(_DIALECT.get()) >= DIALECTS.index(dialect)
