"""SQLAlchemy: a ``scoped_session`` is removed when its job ends, which gives its connection back to the pool."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from camunda_client.c8.worker import around_job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from camunda_client.c8.models import ActivatedJob

__all__ = ["install"]


def install(*sessions: Any) -> None:
    """Remove the sessions after each job.

    Args:
        sessions: Each a ``scoped_session``; left out, all that are there now.
    """
    from sqlalchemy.orm import scoped_session

    found = sessions or tuple(thing for thing in gc.get_objects() if _isinstance_of(thing, scoped_session))

    @around_job
    def sessions_of_one_job(_job: ActivatedJob) -> Iterator[None]:
        try:
            yield
        finally:
            for session in found:
                if session.registry.has():
                    session.remove()


def _isinstance_of(thing: object, kind: type) -> bool:
    """Return whether an object is of a class, without asking proxies, which may raise."""
    return issubclass(type(thing), kind)
