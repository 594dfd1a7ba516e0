"""Faults that this package once had, put back in: the exploration is worth what it finds of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from camunda_client.c8.worker import _extender, _lease
from camunda_client.c8.worker._custody import Custody
from camunda_client.c8.worker._extender import LeaseExtender
from camunda_client.c8.worker._lease import Lease
from camunda_client.c8.worker._reporter import Reporter

if TYPE_CHECKING:
    import pytest

    from camunda_client.c8.models import ActivatedJob
    from camunda_client.c8.worker._lease import HeldJob
    from camunda_client.c8.worker._outcome import Outcome
    from camunda_client.c8.worker._settings import WorkerSettings


def counted_from_the_answer_of_the_poll(patch: pytest.MonkeyPatch) -> None:
    """A lease begins when the poll's answer is read, however late that is."""
    accept = Custody.accept

    def believed(self: Custody, job: ActivatedJob, settings: WorkerSettings, ends_s: float, received_s: float) -> None:
        accept(self, job, settings, received_s + settings.lease_s, received_s)

    patch.setattr(Custody, "accept", believed)


def a_time_out_beyond_what_is_left(patch: pytest.MonkeyPatch) -> None:
    """An extension is sent at half a lease and waited for 10 s, before another is sent."""
    due_s = Lease.due_s

    def after_the_first(self: Lease, usual_s: float | None) -> float:
        waits = self.is_unanswered and not self.has_failed
        return self.asked_s + _lease.LONGEST_TRY_S if waits else due_s(self, usual_s)

    _at_half_a_lease(patch)
    patch.setattr(Lease, "try_s", lambda _self, _now_s: _lease.LONGEST_TRY_S)
    patch.setattr(Lease, "due_s", after_the_first)


def counted_from_the_answer_of_the_extension(patch: pytest.MonkeyPatch) -> None:
    """The next extension follows half a lease after the answer to the one before."""

    def granted(self: Lease, _asked_s: float, now_s: float) -> bool:
        self.ends_s = now_s + self.length_s
        return True

    _at_half_a_lease(patch)
    patch.setattr(Lease, "granted", granted)


def eight_connections_for_all_extensions(patch: pytest.MonkeyPatch) -> None:
    """However many jobs there are, and however long an extension takes."""
    init = LeaseExtender.__init__
    patch.setattr(
        LeaseExtender, "__init__", lambda self, commands, back, _most, *more: init(self, commands, back, 8, *more)
    )
    patch.setattr(LeaseExtender, "room", lambda *_arguments: float("inf"))


def sent_again_whatever_became_of_it(patch: pytest.MonkeyPatch) -> None:
    """A failure or hand-back whose answer was lost is repeated."""

    def unproven(_self: Reporter, _held: HeldJob, _outcome: Outcome, _sent_s: float) -> None:
        return None

    patch.setattr(Reporter, "_prove", unproven)


def _at_half_a_lease(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_lease, "pause_s", lambda length_s, _usual_s: length_s / 2)
    patch.setattr(_extender, "pause_s", lambda length_s, _usual_s: length_s / 2)


MUTANTS = (
    counted_from_the_answer_of_the_poll,
    a_time_out_beyond_what_is_left,
    counted_from_the_answer_of_the_extension,
    eight_connections_for_all_extensions,
    sent_again_whatever_became_of_it,
)
