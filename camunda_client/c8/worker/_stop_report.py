"""What became of the jobs in hand when workers were stopped."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class StopReport:
    """What became of the jobs of a worker that stopped."""

    #: Jobs whose outcome Camunda took since the stop began.
    completed: int = 0
    #: Jobs given back untouched, for others to take at once.
    handed_back: int = 0
    #: Keys of jobs whose handler was stopped at the deadline; they were handed back and will be worked anew.
    interrupted: list[str] = field(default_factory=list)
    #: Keys of jobs that Camunda could not be told about, or may not have been; they come back when their lease ends.
    abandoned: list[str] = field(default_factory=list)
    #: Seconds that the stop took.
    duration_s: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether every job in hand was answered, or handed back untouched."""
        return not self.interrupted and not self.abandoned
