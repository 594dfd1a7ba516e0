"""What may fail, each with its reason: steps of tours, and exchanges that break the description.

Strict: an entry that nothing needs any more fails the test that would have used it.
"""

from __future__ import annotations

from typing import NamedTuple


class Excuse(NamedTuple):
    """What is excused: the first words of a violation, or a step; in which dialects, and why."""

    what: str
    why: str
    dialects: tuple[str, ...] = ("8.6", "8.7", "8.8", "8.9", "8.10")
    #: Only for clients whose name has this.
    client: str = ""

    def holds_for(self, client: str, dialect: str) -> bool:
        """Tell whether it is excused here."""
        return dialect in self.dialects and self.client in client


#: Steps that fail.
STEPS: tuple[Excuse, ...] = ()
#: Violations of requests or answers.
EXCHANGES: tuple[Excuse, ...] = ()
#: Tours that fail as a whole, by dialect or client.
SHORTFALLS = {
    "8.7": "the embedded gateway has no such dialect",
    "8.9": "the embedded gateway has no such dialect",
    "8.6": "its jobs have key in place of jobKey, as 8.6.0 alone had",
    "8.8": "searches are missing, and jobs have null for userTask",
    "8.10": "searches are missing",
}


def shortfall(client: str, dialect: str) -> str | None:
    """Return why a tour fails as a whole, if it does."""
    return SHORTFALLS.get(dialect)
