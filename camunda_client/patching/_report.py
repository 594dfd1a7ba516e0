"""What a patch did, could not do, and what to do about the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

#: Names shown in one log line; the counts beside them are always complete.
_SHOWN = 20


class PatchError(RuntimeError):
    """Patching was asked for where it cannot be done."""


class PatchedTooLate(PatchError):
    """Strict mode: something was imported before the patch and cannot be re-bound.

    Attributes:
        report: What was re-bound and what was not.
        exit_code: What the command line ends with, 3.
    """

    exit_code = 3

    def __init__(self, report: PatchReport) -> None:
        self.report = report
        named = "; ".join(f"{one.module}.{one.name}: {one.remedy}" for one in report.unmended[:_SHOWN])
        super().__init__(
            f"{len(report.unmended)} object(s) from before the patch cannot be made cooperative: {named}. "
            "Start with `camunda-client worker`, or call camunda_client.patching.patch() first of all, "
            "or leave CAMUNDA_CLIENT_PATCH=strict out to run regardless"
        )


class Unmended(NamedTuple):
    """One thing that still blocks the hub, or would, and what its owner can do."""

    module: str
    name: str
    remedy: str


@dataclass(frozen=True)
class PatchReport:
    """What ``patch()`` found and did.

    Attributes:
        was_patched_already: Everything was patched before this call.
        applied: Blocking I/O is cooperative now; False only under ``CAMUNDA_CLIENT_PATCH=0``.
        mended: ``(module, name)`` of each copy that was re-bound. The standard library's own copies are re-bound
            too and not listed: they say nothing about the order of the user's imports.
        unmended: What could not be, with the remedy.
    """

    was_patched_already: bool
    applied: bool = True
    mended: list[tuple[str, str]] = field(default_factory=list)
    unmended: list[Unmended] = field(default_factory=list)

    @property
    def late(self) -> bool:
        """Whether anything outside the standard library was imported before the patch."""
        return bool(self.mended or self.unmended)

    def log_fields(self) -> dict[str, object]:
        """Return the fields of one ``patch.applied_late`` line: counts, names and remedies."""
        fields: dict[str, object] = {
            "mended": len(self.mended),
            "mended_names": [f"{module}.{name}" for module, name in self.mended[:_SHOWN]],
            "unmended": len(self.unmended),
        }
        if self.unmended:
            fields["unmended_names"] = [f"{one.module}.{one.name}: {one.remedy}" for one in self.unmended[:_SHOWN]]
        return fields
