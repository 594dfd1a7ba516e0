"""What a handler says beyond variables is checked where it is made, and is what Camunda takes."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from camunda_client.c8.models import AdHocResult, Completion, Corrections, Denied, UserTaskResult
from camunda_client.error import InvalidRequestError

NOON = datetime(2026, 12, 24, 12, tzinfo=timezone.utc)


def test_a_denial_has_its_reason() -> None:
    assert Denied("only the boss may").document() == {
        "type": "userTask",
        "denied": True,
        "deniedReason": "only the boss may",
    }


def test_none_clears_and_what_is_left_out_stays() -> None:
    result: UserTaskResult = Corrections(assignee=None, due_date=None, candidate_users=None, priority=80)

    corrections = {"assignee": "", "dueDate": "", "candidateUsers": [], "priority": 80}
    assert result.document() == {"type": "userTask", "denied": False, "corrections": corrections}


def test_values_are_sent_as_text_and_lists() -> None:
    result = Corrections(
        assignee="ann", follow_up_date=NOON, due_date="2026-12-24T18:00:00Z", candidate_groups={"b", "a"}
    )

    assert result.document()["corrections"] == {
        "assignee": "ann",
        "dueDate": "2026-12-24T18:00:00Z",
        "followUpDate": "2026-12-24T12:00:00+00:00",
        "candidateGroups": ["a", "b"],
    }


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"assignee": 5}, "assignee of Corrections.. is 5; it must be text, or None"),
        ({"due_date": datetime(2026, 1, 2)}, "due_date of Corrections.*needs a zone"),
        ({"follow_up_date": 17}, "follow_up_date of Corrections.. is 17; it must be a datetime"),
        ({"candidate_users": "ann"}, r"candidate_users of Corrections.. is 'ann'; it must be a list of names"),
        ({"candidate_groups": [5]}, "candidate_groups of Corrections.*must be a list of names"),
        ({"priority": 101}, "priority of Corrections.. is 101; it must be a whole number from 0 to 100"),
        ({"priority": None}, "priority of Corrections.. is None.*can't be cleared"),
        ({"priority": True}, "priority of Corrections.. is True"),
    ],
)
def test_a_correction_that_can_t_be_is_refused_by_name(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidRequestError, match=reason):
        Corrections(**values)


def test_an_element_is_activated_once_for_each_of_its_variables() -> None:
    result = AdHocResult(activate={"search": [{"q": "x"}, {"q": "y"}], "ask": {"who": "ann"}, "report": None})

    assert result.document() == {
        "type": "adHocSubProcess",
        "activateElements": [
            {"elementId": "search", "variables": {"q": "x"}},
            {"elementId": "search", "variables": {"q": "y"}},
            {"elementId": "ask", "variables": {"who": "ann"}},
            {"elementId": "report"},
        ],
        "isCompletionConditionFulfilled": False,
        "isCancelRemainingInstances": False,
    }


def test_ids_alone_activate_without_variables() -> None:
    assert AdHocResult(activate=["a", "b"]).document()["activateElements"] == [{"elementId": "a"}, {"elementId": "b"}]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"activate": "search"}, "activate of AdHocResult.. is 'search'; it must be a dict of variables by element id"),
        ({"activate": {5: {}}}, "AdHocResult.. activates 5; an element is named by its id"),
        ({"activate": ["a"], "completed": True}, "AdHocResult.. activates a and says completed=True"),
        ({"completed": "no"}, "completed of AdHocResult.. is 'no'; it must be True or False"),
    ],
)
def test_an_ad_hoc_result_that_can_t_be_is_refused(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidRequestError, match=reason):
        AdHocResult(**values)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"result": "denied"}, "result of Completion.. is 'denied'; it must be Denied"),
        ({"variables": {"a": 1}, "result": AdHocResult(variables={"b": 1})}, "both have variables"),
        ({"business_id": 5}, "business_id of Completion.. is 5"),
    ],
)
def test_a_completion_that_can_t_be_is_refused(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidRequestError, match=reason):
        Completion(**values)


def test_a_reason_is_text() -> None:
    with pytest.raises(InvalidRequestError, match=r"the reason of Denied.. is None"):
        Denied(None)  # type: ignore[arg-type]
