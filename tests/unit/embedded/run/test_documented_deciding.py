"""Jobs that decide, as Camunda 8.8 documents them: those of ad-hoc sub-processes, and of listeners of user tasks."""

from __future__ import annotations

from typing import Any

from tests.unit.embedded.run.documented import Play


def said(play: Play, job_type: str, *, variables: dict[str, Any] | None = None, **result: Any) -> dict[str, Any]:
    """Complete the job that waits with a result, and return the variables it came with."""
    engine = play.engine
    (job,) = engine.activate(job_type)
    engine.complete(job.key, variables, result=result or None)
    return dict(job.variables)


def activated(element_id: str, **variables: Any) -> dict[str, Any]:
    return {"elementId": element_id, "variables": variables}


def test_an_agent_calls_its_tools_turn_by_turn(play: Play) -> None:
    play.deploy("ad_hoc_agent.bpmn")
    play.start("ad_hoc_agent")

    offered = said(play, "agent", activateElements=[activated("search", toolCall={"text": "order 5"})])
    assert [(one["elementId"], one["elementName"]) for one in offered["adHocSubProcessElements"]] == [
        ("search", "Search"), ("ask", "Ask"),
    ]  # fmt: skip
    assert play.done("search", found="sent")["text"] == "order 5"
    assert play.waiting() == ["read"]
    play.done("read")

    assert said(play, "agent", activateElements=[activated("ask")])["results"] == ["sent"]
    play.done("ask", toolCallResult="yes")
    last = said(play, "agent", variables={"answer": 5}, isCompletionConditionFulfilled=True)

    assert last["results"] == ["sent", "yes"]
    assert play.instance().state == "COMPLETED"
    assert play.instance().variables == {"answer": 5, "results": ["sent", "yes"], "toolCallResult": "yes"}
    assert play.states()["agent COMPLETED"] == 1
    assert [play.states()[f"{one} COMPLETED"] for one in ("search", "read", "ask", "end")] == [1, 1, 1, 1]


def test_an_agent_that_is_done_cancels_what_still_runs(play: Play) -> None:
    play.deploy("ad_hoc_agent.bpmn")
    play.start("ad_hoc_agent")
    said(play, "agent", activateElements=[activated("search", toolCall={"text": "x"}), activated("ask")])
    play.done("ask")

    said(play, "agent", isCompletionConditionFulfilled=True, isCancelRemainingInstances=True)

    assert play.states()["search TERMINATED"] == 1
    assert (play.waiting(), play.instance().state) == ([], "COMPLETED")


def test_an_error_of_an_agents_job_is_caught_around_it(play: Play) -> None:
    play.deploy("ad_hoc_agent.bpmn")
    play.start("ad_hoc_agent")
    said(play, "agent", activateElements=[activated("ask")])
    play.done("ask")

    play.failed("agent", "GAVE_UP")

    assert play.states()["without COMPLETED"] == 1
    assert play.instance().state == "COMPLETED"


def test_each_event_of_a_user_task_is_heard_in_its_turn(play: Play) -> None:
    play.deploy("task_listeners.bpmn")
    play.start("task_listeners")

    heard = []
    for event in ("creating", "assigning"):
        heard.append(play.waiting())
        said(play, event)
    key = play.engine.user_tasks()[0].key
    play.engine.update_user_task(key, {"priority": 80})
    heard.append(play.waiting())
    said(play, "updating", corrections={"priority": 90})
    play.engine.complete_user_task(key, {"approved": True})
    heard.append(play.waiting())
    said(play, "completing", denied=True, deniedReason="not yet")

    assert heard == [["creating"], ["assigning"], ["updating"], ["completing"]]
    task = play.engine.user_tasks()[0]
    assert (task.assignee, task.priority, task.state) == ("ada", 90, "CREATED")


def test_what_interrupts_a_user_task_lets_its_last_listener_be_heard(play: Play) -> None:
    play.deploy("task_listeners.bpmn")
    play.start("task_listeners")
    said(play, "creating")
    said(play, "assigning")

    play.advance(3600)
    assert play.waiting() == ["canceling"]
    said(play, "canceling")

    assert play.states()["approve TERMINATED"] == 1
    assert play.states()["given-up COMPLETED"] == 1
    assert (play.engine.user_tasks(), play.instance().state) == ([], "COMPLETED")
