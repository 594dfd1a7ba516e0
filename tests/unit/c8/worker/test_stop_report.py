from __future__ import annotations

import pytest

from camunda_client.c8.worker import StopReport


@pytest.mark.parametrize(
    ("report", "clean"),
    [
        (StopReport(), True),
        (StopReport(completed=3, handed_back=2), True),
        (StopReport(interrupted=["1"]), False),
        (StopReport(abandoned=["1"]), False),
    ],
)
def test_a_stop_is_clean_if_every_job_was_answered_or_handed_back_untouched(report: StopReport, clean: bool) -> None:
    assert report.clean is clean
