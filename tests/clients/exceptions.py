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
STEPS: tuple[Excuse, ...] = (
    Excuse(
        "evaluateDecision",
        "8.8 has to name a decision that failed, by a pattern that no empty text fits, also where none failed",
        ("8.8",),
        "orchestration-cluster-api",
    ),
    Excuse(
        "searchDecisionInstances",
        "8.8 describes the key of a decision instance as digits, and its own documentation has 2251799813684367-1",
        ("8.8",),
        "orchestration-cluster-api",
    ),
    Excuse(
        "searchDecisionInstances",
        "it parses the key of the process instance as a number also where that is null, as 8.9 describes it",
        ("8.9",),
        "camunda-client-java",
    ),
)
#: Violations of requests or answers.
EXCHANGES: tuple[Excuse, ...] = (
    Excuse(
        "POST /process-instances request: unknown runtimeInstructions.type",
        "it tells one kind of instruction from others; the schemas of 8.8 describe it outside of the member's own",
        ("8.8",),
        "orchestration-cluster-api",
    ),
    Excuse(
        "POST /message-subscriptions/search answer 200: unknown",
        "the client for Python describes these members in 8.9 and insists on them; that for JavaScript has none",
        ("8.9",),
    ),
)
