"""What is played on each model of ours, step by step, on either engine.

A scenario is a function of a subject (``subjects.py``); its docstring is its title in the table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Scenario = Callable[[Any], None]
SCENARIOS: dict[str, Scenario] = {}


def scenario(function: Scenario) -> Scenario:
    SCENARIOS[function.__name__] = function
    return function


@scenario
def service_task(s: Any) -> None:
    """Service tasks with headers (those without a name or value are left out), one after another"""
    s.deploy("service_task.bpmn")
    s.start("service_task", a=1)
    s.complete("service_task.work", b={"c": [2]})
    s.complete("service_task.next", a=2)


@scenario
def send_task(s: Any) -> None:
    """Send task"""
    s.deploy("send_task.bpmn")
    s.start("send_task")
    s.complete("send_task.notify", sent=True)


@scenario
def rule_task_job(s: Any) -> None:
    """Business rule task as a job"""
    s.deploy("rule_task_job.bpmn")
    s.start("rule_task_job")
    s.complete("rule_task_job.decide", verdict="yes", noise=1)


@scenario
def rule_task_decision(s: Any) -> None:
    """Business rule task with a DMN table"""
    s.deploy("rule_task_decision.bpmn", "dish_of_season.dmn")
    s.start("rule_task_decision", season="Winter", guests=5)
    s.start("rule_task_decision", season="Spring", guests=2)
    s.start("rule_task_decision", season="Summer", guests=3)
    s.start("rule_task_decision", season="Summer", guests=9)


@scenario
def script_task(s: Any) -> None:
    """Script tasks: FEEL, and a job"""
    s.deploy("script_task.bpmn")
    s.start("script_task", items=[{"name": "a", "price": 1.5, "count": 2}, {"name": "b", "price": 4, "count": 1}])
    s.complete("script_task.job", done=True)


@scenario
def io_mapping(s: Any) -> None:
    """Input and output mappings: nested targets, texts, missing values"""
    s.deploy("io_mapping.bpmn")
    s.start("io_mapping", order={"id": 7}, result={"kept": True})
    s.complete("io_mapping.work", answer=42, noise=1)
    s.complete("io_mapping.after")


@scenario
def feel_job(s: Any) -> None:
    """Job type and retries by FEEL"""
    s.deploy("feel_job.bpmn")
    s.start("feel_job", kind="fast", tries=4)
    s.complete("feel_job.fast")


@scenario
def feel_job_bad(s: Any) -> None:
    """Job type that is no text: incident, mended, resolved"""
    s.deploy("feel_job_bad.bpmn")
    key = s.start("feel_job_bad", kind=5)
    s.set_variables(key, kind="feel_job_bad.work")
    s.resolve()
    s.complete("feel_job_bad.work")


@scenario
def exclusive_gateway(s: Any) -> None:
    """Exclusive gateway: conditions (the last flow that holds wins), default, merge"""
    s.deploy("exclusive_gateway.bpmn")
    s.start("exclusive_gateway", amount=100, status="ok")
    s.complete("exclusive_gateway.medium")
    s.start("exclusive_gateway", amount=100, status="no")
    s.complete("exclusive_gateway.big")
    s.start("exclusive_gateway", amount=10.5, status="ok")
    s.complete("exclusive_gateway.medium")
    s.start("exclusive_gateway", amount=50, status="no")
    s.complete("exclusive_gateway.small")


@scenario
def exclusive_no_match(s: Any) -> None:
    """Exclusive gateway without a way on: incident, mended, resolved"""
    s.deploy("exclusive_no_match.bpmn")
    key = s.start("exclusive_no_match", x=3)
    s.set_variables(key, x=2)
    s.resolve()
    s.complete("exclusive_no_match.b")


@scenario
def condition_error(s: Any) -> None:
    """Condition that is null: incident, mended, resolved"""
    s.deploy("condition_error.bpmn")
    key = s.start("condition_error")
    s.set_variables(key, x=9)
    s.resolve()
    s.complete("condition_error.a")


@scenario
def parallel_gateway(s: Any) -> None:
    """Parallel gateway: fork of three and join"""
    s.deploy("parallel_gateway.bpmn")
    s.start("parallel_gateway", n=0)
    s.complete("parallel_gateway.b", n=1, b=1)
    s.complete("parallel_gateway.a", n=2, a=1)
    s.complete("parallel_gateway.c", c=1)
    s.complete("parallel_gateway.after")


@scenario
def inclusive_gateway(s: Any) -> None:
    """Inclusive gateway: some, and the default"""
    s.deploy("inclusive_gateway.bpmn")
    s.start("inclusive_gateway", wanted=["a", "b"])
    s.complete("inclusive_gateway.a")
    s.complete("inclusive_gateway.b")
    s.start("inclusive_gateway", wanted=[])
    s.complete("inclusive_gateway.d")


@scenario
def event_gateway_message(s: Any) -> None:
    """Event-based gateway: the message comes first"""
    s.deploy("event_gateway.bpmn")
    s.start("event_gateway", order="eg-1")
    s.publish("event_gateway_paid", "eg-1", amount=5)
    s.complete("event_gateway.ship")


@scenario
def event_gateway_timer(s: Any) -> None:
    """Event-based gateway: the timer comes first"""
    s.deploy("event_gateway.bpmn")
    s.start("event_gateway", order="eg-2")
    s.pass_time(2)
    s.complete("event_gateway.remind")


@scenario
def message_catch(s: Any) -> None:
    """Message catch event with an output mapping; the message was there before"""
    s.deploy("message_catch.bpmn")
    s.publish("message_catch_paid", "mc-1", amount=5, noise=1)
    s.start("message_catch", order="mc-1")
    s.complete("message_catch.after")


@scenario
def message_start(s: Any) -> None:
    """Message start event with an output mapping"""
    s.deploy("message_start.bpmn")
    s.publish("message_start_order", "", order="o-1", noise=1)
    s.complete("message_start.work")


@scenario
def message_boundary(s: Any) -> None:
    """Message boundary event, interrupting"""
    s.deploy("message_boundary.bpmn")
    s.start("message_boundary", order="mb-1")
    s.publish("message_boundary_stop", "mb-1", why="rain")
    s.complete("message_boundary.undo")


@scenario
def message_boundary_many(s: Any) -> None:
    """Message boundary event, non-interrupting, twice"""
    s.deploy("message_boundary_many.bpmn")
    s.start("message_boundary_many", order="mm-1")
    s.publish("message_boundary_many_ping", "mm-1", n=1)
    s.complete("message_boundary_many.pong")
    s.publish("message_boundary_many_ping", "mm-1", n=2)
    s.complete("message_boundary_many.pong")
    s.complete("message_boundary_many.work")


@scenario
def receive_task(s: Any) -> None:
    """Receive task with a computed correlation key"""
    s.deploy("receive_task.bpmn")
    s.start("receive_task", order=77)
    s.publish("receive_task_go", "77", got=True)
    s.complete("receive_task.after")


@scenario
def receive_bad_key(s: Any) -> None:
    """Receive task without a correlation key: incident, mended, resolved"""
    s.deploy("receive_bad_key.bpmn")
    key = s.start("receive_bad_key")
    s.set_variables(key, nothing="rb-1")
    s.resolve()
    s.publish("receive_bad_key_go", "rb-1")


@scenario
def message_throw(s: Any) -> None:
    """Message throw and end events are jobs"""
    s.deploy("message_throw.bpmn")
    s.start("message_throw")
    s.complete("message_throw.tell", told=1)
    s.complete("message_throw.end", ended=1)


@scenario
def signal_events(s: Any) -> None:
    """Signal catch event, thrown with a variable by the same process"""
    s.deploy("signal_events.bpmn")
    s.start("signal_events", volume=11)
    s.complete("signal_events.before")
    s.complete("signal_events.after")


@scenario
def signal_start(s: Any) -> None:
    """Signal start event"""
    s.deploy("signal_start.bpmn")
    s.broadcast("signal_start_go", n=1)
    s.complete("signal_start.work")


@scenario
def signal_boundary(s: Any) -> None:
    """Signal boundary event"""
    s.deploy("signal_boundary.bpmn")
    s.start("signal_boundary", a=1)
    s.broadcast("signal_boundary_stop", b=2)


@scenario
def timer_catch(s: Any) -> None:
    """Timer catch event with a FEEL duration"""
    s.deploy("timer_catch.bpmn")
    s.start("timer_catch", seconds=1)
    s.pass_time(2)
    s.complete("timer_catch.after")


@scenario
def timer_boundary(s: Any) -> None:
    """Timer boundary event, interrupting"""
    s.deploy("timer_boundary.bpmn")
    s.start("timer_boundary")
    s.pass_time(2)
    s.complete("timer_boundary.escalate")


@scenario
def timer_boundary_cycle(s: Any) -> None:
    """Timer boundary event, non-interrupting, twice"""
    s.deploy("timer_boundary_cycle.bpmn")
    s.start("timer_boundary_cycle")
    s.pass_time(1)
    s.complete("timer_boundary_cycle.remind")
    s.pass_time(1)
    s.complete("timer_boundary_cycle.remind")
    s.complete("timer_boundary_cycle.work")


@scenario
def timer_cycle_zero(s: Any) -> None:
    """Timer cycles whose interval is nothing, or less: as often as they say, and then no more"""
    s.deploy("timer_cycle_zero.bpmn")
    s.start("timer_cycle_zero")
    s.pass_time(1)
    for _ in range(5):
        s.complete("timer_cycle_zero.remind")
    s.complete("timer_cycle_zero.work")


@scenario
def timer_start(s: Any) -> None:
    """Timer start event"""
    s.deploy("timer_start.bpmn")
    s.pass_time(2)
    s.complete("timer_start.work")


@scenario
def timer_date(s: Any) -> None:
    """Timer catch event with a date that is past"""
    s.deploy("timer_date.bpmn")
    s.start("timer_date", at="2020-01-01T00:00:00Z")
    s.pass_time(1)


@scenario
def error_boundary(s: Any) -> None:
    """Error boundary events: the code, and any code"""
    s.deploy("error_boundary.bpmn")
    s.start("error_boundary", a=1)
    s.throw("error_boundary.work", "NO_STOCK", lost=1)
    s.complete("error_boundary.handle")
    s.start("error_boundary", a=2)
    s.throw("error_boundary.work", "FIRE", lost=2)
    s.complete("error_boundary.other")


@scenario
def error_mapping(s: Any) -> None:
    """Error boundary event with an output mapping"""
    s.deploy("error_mapping.bpmn")
    s.start("error_mapping")
    s.throw("error_mapping.work", "NO_STOCK", missing_item="nut", noise=1)
    s.complete("error_mapping.handle")


@scenario
def error_end(s: Any) -> None:
    """Error end event, caught at the sub-process"""
    s.deploy("error_end.bpmn")
    s.start("error_end")
    s.complete("error_end.work", v=1)
    s.complete("error_end.handle")


@scenario
def error_uncaught(s: Any) -> None:
    """Job error nobody catches: incident, resolved, completed"""
    s.deploy("error_uncaught.bpmn")
    s.start("error_uncaught")
    s.throw("error_uncaught.work", "OTHER")
    s.resolve()
    s.complete("error_uncaught.work")


@scenario
def error_end_uncaught(s: Any) -> None:
    """Error end event nobody catches: incident"""
    s.deploy("error_end_uncaught.bpmn")
    s.start("error_end_uncaught")


@scenario
def escalation(s: Any) -> None:
    """Escalations: thrown on the way (non-interrupting), and at the end (interrupting)"""
    s.deploy("escalation.bpmn")
    s.start("escalation")
    s.complete("escalation.push")
    s.complete("escalation.go_on")


@scenario
def sub_process(s: Any) -> None:
    """Sub-process with variables of its own"""
    s.deploy("sub_process.bpmn")
    s.start("sub_process", outer=1)
    s.complete("sub_process.inside", found=2, local=3)
    s.complete("sub_process.after")


@scenario
def event_sub_process(s: Any) -> None:
    """Event sub-processes by message: one beside the work, one instead of it"""
    s.deploy("event_sub_process.bpmn")
    s.start("event_sub_process", order="es-1")
    s.publish("event_sub_process_note", "es-1", note="x")
    s.publish("event_sub_process_cancel", "es-1", why="y")
    s.complete("event_sub_process.clean")


@scenario
def event_sub_process_error(s: Any) -> None:
    """Event sub-process by error"""
    s.deploy("event_sub_process_error.bpmn")
    s.start("event_sub_process_error")
    s.throw("event_sub_process_error.work", "BAD", why="z")
    s.complete("event_sub_process_error.mend")


@scenario
def event_sub_process_boundary(s: Any) -> None:
    """Boundary events of a sub-process after an event sub-process has interrupted what was in it"""
    s.deploy("event_sub_process_boundary.bpmn")
    s.start("event_sub_process_boundary", order="eb-1")
    s.publish("event_sub_process_boundary_redo", "eb-1")
    s.fail("event_sub_process_boundary.redo", 1, "not yet")
    s.broadcast("event_sub_process_boundary_tell")
    s.publish("event_sub_process_boundary_note", "eb-1")
    s.publish("event_sub_process_boundary_stop", "eb-1")


@scenario
def call_activity(s: Any) -> None:
    """Call activity: process by FEEL, mapped variables only"""
    s.deploy("call_activity.bpmn")
    s.start("call_activity", order=5, kind="process")
    s.complete("called_process.inside", answer=6, noise=1)
    s.complete("call_activity.after")


@scenario
def call_activity_all(s: Any) -> None:
    """Call activity: all variables, and an error out of the called process"""
    s.deploy("call_activity_all.bpmn")
    s.start("call_activity_all", a=1)
    s.complete("called_all.inside", b=2)
    s.start("call_activity_all", a=2)
    s.throw("called_all.inside", "BAD", why="z")
    s.complete("call_activity_all.handle")


@scenario
def call_activity_missing(s: Any) -> None:
    """Call activity of a process that is not there: incident"""
    s.deploy("call_activity_missing.bpmn")
    s.start("call_activity_missing")


@scenario
def multi_instance_parallel(s: Any) -> None:
    """Multi-instance, parallel, results collected"""
    s.deploy("multi_instance_parallel.bpmn")
    s.start("multi_instance_parallel", items=[1, 2, 3])
    for n in (1, 2, 3):
        s.complete("multi_instance_parallel.each", out=n)
    s.complete("multi_instance_parallel.after")


@scenario
def multi_instance_sequential(s: Any) -> None:
    """Multi-instance, sequential, ended by its condition"""
    s.deploy("multi_instance_sequential.bpmn")
    s.start("multi_instance_sequential", items=["a", "b", "c"], found=False)
    s.complete("multi_instance_sequential.each")
    s.complete("multi_instance_sequential.each", found=True)


@scenario
def multi_instance_early(s: Any) -> None:
    """Multi-instance, parallel, ended by a count of completed ones"""
    s.deploy("multi_instance_early.bpmn")
    s.start("multi_instance_early", items=["a", "b", "c"])
    s.complete("multi_instance_early.each")
    s.complete("multi_instance_early.each")


@scenario
def multi_instance_sub(s: Any) -> None:
    """Multi-instance sub-process"""
    s.deploy("multi_instance_sub.bpmn")
    s.start("multi_instance_sub", items=["a", "b"])
    for step in ("first", "second"):
        for n in (1, 2):
            s.complete(f"multi_instance_sub.{step}", result=n)


@scenario
def multi_instance_empty(s: Any) -> None:
    """Multi-instance of an empty list"""
    s.deploy("multi_instance_parallel.bpmn")
    s.start("multi_instance_parallel", items=[])
    s.complete("multi_instance_parallel.after")


@scenario
def multi_instance_bad(s: Any) -> None:
    """Multi-instance of no list: incident, mended, resolved"""
    s.deploy("multi_instance_bad.bpmn")
    key = s.start("multi_instance_bad")
    s.set_variables(key, items=["a"])
    s.resolve()
    s.complete("multi_instance_bad.each")


@scenario
def terminate_end(s: Any) -> None:
    """Terminate end event"""
    s.deploy("terminate_end.bpmn")
    s.start("terminate_end")
    s.complete("terminate_end.quick")


@scenario
def user_task_job(s: Any) -> None:
    """User task as a job, assignment in its headers"""
    s.deploy("user_task_job.bpmn")
    s.start("user_task_job", boss="ann")
    s.complete("io.camunda.zeebe:userTask", approved=True)


@scenario
def user_task_native(s: Any) -> None:
    """User task of Camunda's own kind"""
    s.deploy("user_task_native.bpmn")
    s.start("user_task_native", boss="ann")
    s.complete_user_task(approved=True)


@scenario
def link_events(s: Any) -> None:
    """Link events"""
    s.deploy("link_events.bpmn")
    s.start("link_events")
    s.complete("link_events.after")


@scenario
def job_retries(s: Any) -> None:
    """Job out of retries: incident, retries raised, resolved"""
    s.deploy("job_retries.bpmn")
    s.start("job_retries")
    s.fail("job_retries.work", 1, "first")
    key = s.fail("job_retries.work", 0, "second")
    s.retries(key, 2)
    s.resolve()
    s.complete("job_retries.work", done=True)


@scenario
def loop(s: Any) -> None:
    """A loop over an exclusive gateway"""
    s.deploy("loop.bpmn")
    s.start("loop", n=0)


@scenario
def execution_listeners(s: Any) -> None:
    """Execution listeners before and after a task"""
    s.deploy("execution_listeners.bpmn")
    s.start("execution_listeners", a=1)
    s.complete("execution_listeners.before", x=1)
    s.complete("execution_listeners.work", y=2)
    s.complete("execution_listeners.after", z=3)
    s.complete("execution_listeners.next")


@scenario
def cancelled(s: Any) -> None:
    """A cancelled instance"""
    s.deploy("cancelled.bpmn")
    key = s.start("cancelled")
    s.complete("cancelled.a")
    s.cancel(key)


@scenario
def plain_tasks(s: Any) -> None:
    """Tasks without work, none throw event"""
    s.deploy("plain_tasks.bpmn")
    s.start("plain_tasks")


@scenario
def implicit_fork(s: Any) -> None:
    """Two flows out of a task, no end events"""
    s.deploy("implicit_fork.bpmn")
    s.start("implicit_fork")
    s.complete("implicit_fork.a")
    s.complete("implicit_fork.b")
    s.complete("implicit_fork.c")


@scenario
def boundary_on_multi(s: Any) -> None:
    """Boundary event of a multi-instance activity"""
    s.deploy("boundary_on_multi.bpmn")
    s.start("boundary_on_multi", order="bm-1", items=[1, 2])
    s.complete("boundary_on_multi.each")
    s.publish("boundary_on_multi_stop", "bm-1", why="x")


@scenario
def error_in_multi(s: Any) -> None:
    """Error out of one iteration ends the whole multi-instance activity"""
    s.deploy("error_in_multi.bpmn")
    s.start("error_in_multi", items=["a", "b"])
    s.throw("error_in_multi.each", "BAD", why="x")


@scenario
def call_local(s: Any) -> None:
    """Call activity that hands over its own variables only"""
    s.deploy("call_local.bpmn")
    s.start("call_local", order=1, secret=2)
    s.complete("called_local.inside", found=3)


@scenario
def nested(s: Any) -> None:
    """Boundary event of a sub-process in which another runs"""
    s.deploy("nested.bpmn")
    s.start("nested", order="ne-1")
    s.publish("nested_stop", "ne-1")


@scenario
def event_sub_process_timer(s: Any) -> None:
    """Event sub-process by a repeating timer, beside the work"""
    s.deploy("event_sub_process_timer.bpmn")
    s.start("event_sub_process_timer", a=1)
    s.pass_time(1)
    s.complete("event_sub_process_timer.remind", r=1)
    s.pass_time(1)
    s.complete("event_sub_process_timer.remind", r=2)
    s.complete("event_sub_process_timer.work")


@scenario
def escalation_variables(s: Any) -> None:
    """Escalation end event with variables of its own"""
    s.deploy("escalation_variables.bpmn")
    s.start("escalation_variables", n=1)
    s.complete("escalation_variables.work", w=1)
    s.complete("escalation_variables.after")


@scenario
def escalation_uncaught(s: Any) -> None:
    """Escalations nobody catches"""
    s.deploy("escalation_uncaught.bpmn")
    s.start("escalation_uncaught")


@scenario
def parallel_loop(s: Any) -> None:
    """Fork and join inside a loop"""
    s.deploy("parallel_loop.bpmn")
    s.start("parallel_loop", n=0)


@scenario
def parallel_stuck(s: Any) -> None:
    """A join that waits for ever, cancelled"""
    s.deploy("parallel_stuck.bpmn")
    key = s.start("parallel_stuck")
    s.cancel(key)


@scenario
def mapped_multi(s: Any) -> None:
    """Multi-instance with mappings of each iteration"""
    s.deploy("mapped_multi.bpmn")
    s.start("mapped_multi", items=[1, 2])
    s.complete("mapped_multi.each", out=10)
    s.complete("mapped_multi.each", out=20)


@scenario
def two_boundaries(s: Any) -> None:
    """Two boundary events: one beside, then one instead"""
    s.deploy("two_boundaries.bpmn")
    s.start("two_boundaries", order="tb-1")
    s.publish("two_boundaries_a", "tb-1", a=1)
    s.broadcast("two_boundaries_b", b=2)


@scenario
def message_start_key(s: Any) -> None:
    """Message start events with one key: the next starts when the first has ended"""
    s.deploy("message_start_key.bpmn")
    s.publish("message_start_key_go", "k-1", n=1)
    s.publish("message_start_key_go", "k-1", n=2)
    s.complete("message_start_key.work")
    s.complete("message_start_key.work")


@scenario
def output_bad(s: Any) -> None:
    """Output mappings without a value"""
    s.deploy("output_bad.bpmn")
    s.start("output_bad", text="x")
    s.complete("output_bad.work", answer=1)


@scenario
def timer_bad(s: Any) -> None:
    """Timer that is no duration: incident, mended, resolved"""
    s.deploy("timer_bad.bpmn")
    key = s.start("timer_bad", later="soon")
    s.set_variables(key, later="PT0S")
    s.resolve()
    s.pass_time(1)


@scenario
def retries_bad(s: Any) -> None:
    """Retries that are no number: incident"""
    s.deploy("retries_bad.bpmn")
    s.start("retries_bad", many=True)


@scenario
def terminate_in_sub(s: Any) -> None:
    """Terminate end event of a sub-process ends only that"""
    s.deploy("terminate_in_sub.bpmn")
    s.start("terminate_in_sub")
    s.complete("terminate_in_sub.after")


@scenario
def event_gateway_signal(s: Any) -> None:
    """Event-based gateway: message with an output mapping, signal"""
    s.deploy("event_gateway_signal.bpmn")
    s.start("sub_message_gateway", order="sg-1")
    s.publish("sub_message_gateway_m", "sg-1", a=1, c=2)
    s.start("sub_message_gateway", order="sg-2")
    s.broadcast("sub_message_gateway_s", d=4)


@scenario
def user_task_bad(s: Any) -> None:
    """User task with properties of wrong types: one incident after another, then the task"""
    s.deploy("user_task_bad.bpmn")
    right = {"boss": "eve", "groups": ["a"], "due": "2030-01-02T03:04:05Z", "urgency": 0}
    for wrong in (
        {"boss": 5}, {"boss": None}, {"groups": 5}, {"groups": "a, b"}, {"groups": ["a", 1]}, {"due": 5},
        {"due": "soon"}, {"urgency": "high"}, {"urgency": None}, {"urgency": 1.5}, {"urgency": 101}, {"urgency": -1},
    ):  # fmt: skip
        s.start("user_task_bad", **{**right, **wrong})
    for harmless in ({"due": None}, {"due": ""}, {"groups": []}, {"urgency": 100}):
        s.start("user_task_bad", **{**right, **harmless})
    key = s.start("user_task_bad", **{**right, "urgency": "high"})
    s.set_variables(key, urgency=1)
    s.resolve()
    s.complete_user_task(approved=True)


@scenario
def user_task_forms(s: Any) -> None:
    """User tasks whose forms are not there or of wrong types: incidents, until there is a form"""
    s.deploy("user_task_forms.bpmn")
    s.start("user_task_forms", kind="key", form="x")
    s.complete("io.camunda.zeebe:userTask")
    s.start("user_task_forms", kind="outside", form="anywhere")
    s.complete_user_task()
    for kind in ("outside", "job", "native"):
        s.start("user_task_forms", kind=kind, form=5)
        s.start("user_task_forms", kind=kind, form=None)
        s.start("user_task_forms", kind=kind, form="missing" if kind != "native" else "user_task_form")
    s.deploy("user_task_form.form")
    s.resolve()
    s.complete_user_task()


@scenario
def rule_task_bad(s: Any) -> None:
    """Decision tables whose outputs don't go together: incidents"""
    s.deploy("rule_task_bad.bpmn", "totals.dmn")
    for kind in ("sum", "max", "count", "list", "unique", "any"):
        for a, b in ((1, None), ("x", 2), (0.1, 0.2), (True, 1)):
            s.start("rule_task_bad", kind=f"total_{kind}", wanted=True, a=a, b=b)
        s.start("rule_task_bad", kind=f"total_{kind}", wanted=False, a=1, b=2)
    key = s.start("rule_task_bad", kind="total_sum", wanted=True, a=1)
    s.set_variables(key, b=2)
    s.resolve()
