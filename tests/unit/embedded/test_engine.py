"""The engine as a whole: time, history, versions, changes of what runs."""

from __future__ import annotations

import gc
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from camunda_client.embedded import Activation, Clock, Engine, EngineError, Rejection
from camunda_client.embedded.run import Entry

MODELS = Path(__file__).parents[2] / "models"
START = datetime(2030, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def engine() -> Engine:
    return Engine(clock=Clock(START))


def test_a_timer_of_a_day_is_over_when_time_has_moved_by_a_day(engine: Engine) -> None:
    engine.deploy(MODELS / "timer_catch.bpmn")
    history = engine.create_instance("timer_catch", {"seconds": 86_400})

    engine.advance(timedelta(hours=23))
    before = list(history.path)
    engine.advance(timedelta(hours=1))

    assert before == ["start", "wait"]
    assert history.path == ["start", "wait", "after"]
    assert engine.now() == START + timedelta(days=1)


def test_what_falls_due_on_the_way_happens_at_its_own_moment(engine: Engine) -> None:
    engine.deploy(MODELS / "timer_boundary_cycle.bpmn")
    history = engine.create_instance("timer_boundary_cycle")

    engine.advance(timedelta(minutes=1))

    ticks = [record.at_ms for record in history.elements if (record.element_id, record.state) == ("tick", "ACTIVATED")]
    assert [at_ms - int(START.timestamp() * 1000) for at_ms in ticks] == [1000, 2000]


def test_an_endless_cycle_of_nothing_lets_time_go_on(engine: Engine) -> None:
    """Every command hung from the first moment on."""
    model = (MODELS / "timer_cycle_zero.bpmn").read_text().replace("R3/PT0S", "R/PT0S").replace("R2/-PT1S", "R/-PT1S")
    engine.deploy(("zero.bpmn", model))

    history = engine.create_instance("timer_cycle_zero")
    engine.advance(timedelta(seconds=1))

    assert history.path.count("tick") == history.path.count("tock") == 11


def test_time_does_not_move_backward(engine: Engine) -> None:
    with pytest.raises(ValueError, match="only moves forward"):
        engine.clock.move(timedelta(seconds=-1))


def test_a_running_clock_goes_on_after_it_was_moved() -> None:
    clock = Clock()
    before = clock.now_ms()

    clock.move(timedelta(hours=1))

    assert not clock.frozen
    assert 3_600_000 <= clock.now_ms() - before < 3_610_000


def test_the_same_content_stays_the_same_version_and_another_becomes_the_next(engine: Engine) -> None:
    content = (MODELS / "service_task.bpmn").read_bytes()

    first = engine.deploy(("a.bpmn", content)).processes[0]
    same = engine.deploy(("a.bpmn", content)).processes[0]
    changed = engine.deploy(("a.bpmn", content.replace(b"kg", b"lb"))).processes[0]

    assert same is first
    assert (changed.version, changed.key != first.key) == (2, True)
    assert engine.create_instance("service_task").version == 2
    assert engine.create_instance("service_task", version=1).version == 1


def test_only_the_latest_version_listens_for_its_start_event(engine: Engine) -> None:
    content = (MODELS / "message_start.bpmn").read_bytes()
    engine.deploy(("a.bpmn", content))
    engine.deploy(("a.bpmn", content + b"\n"))

    engine.publish("message_start_order", variables={"order": 1})

    assert [history.version for history in engine.instances] == [2]


def entries() -> int:
    """Return how many entries of schedules are in memory."""
    gc.collect()
    return sum(isinstance(thing, Entry) for thing in gc.get_objects())


def test_a_start_by_a_cycle_leaves_nothing_of_its_past(engine: Engine) -> None:
    """Each time it fired one more entry was kept, until the next version."""
    plain = (MODELS / "plain_tasks.bpmn").read_text()
    cycle = "<bpmn:timerEventDefinition><bpmn:timeCycle>R/PT1S</bpmn:timeCycle></bpmn:timerEventDefinition>"
    engine.deploy(("cycle.bpmn", plain.replace("</bpmn:startEvent>", f"{cycle}</bpmn:startEvent>", 1)))

    before = entries()  # engines of other tests may still be there
    engine.advance(timedelta(seconds=200))

    assert len(engine.instances) == 200
    assert entries() - before < 100


def test_a_deleted_process_can_not_be_started(engine: Engine) -> None:
    definition = engine.deploy(MODELS / "signal_start.bpmn").processes[0]

    engine.delete_resource(definition.key)
    engine.broadcast("signal_start_go")

    assert engine.instances == []
    with pytest.raises(Rejection, match="none found"):
        engine.create_instance("signal_start")


def test_a_message_waits_for_its_time_to_live_and_no_longer(engine: Engine) -> None:
    engine.deploy(MODELS / "message_catch.bpmn")
    engine.publish("message_catch_paid", "k", {"amount": 1}, ttl=timedelta(minutes=1))

    early = engine.create_instance("message_catch", {"order": "k"})
    engine.publish("message_catch_paid", "k", {"amount": 2}, ttl=timedelta(minutes=1))
    engine.advance(timedelta(minutes=2))
    late = engine.create_instance("message_catch", {"order": "k"})

    assert early.variables["paid"] == {"amount": 1}
    assert late.active == ["paid"]


def test_a_message_goes_to_each_process_once(engine: Engine) -> None:
    engine.deploy(MODELS / "message_catch.bpmn")
    instances = [engine.create_instance("message_catch", {"order": "k"}) for _ in range(2)]

    engine.publish("message_catch_paid", "k", {"amount": 1})

    assert [history.active for history in instances] == [["after"], ["paid"]]


def test_an_instance_can_be_moved_to_another_element(engine: Engine) -> None:
    engine.deploy(MODELS / "service_task.bpmn")
    history = engine.create_instance("service_task")
    (job,) = engine.activate("service_task.work")

    engine.modify(
        history.process_instance_key,
        [Activation("next", [("", {"global": 1}), ("next", {"local": 2})])],
        [job.element_instance_key],
    )

    (moved,) = engine.activate("service_task.next")
    assert (history.terminated, history.variables) == (["work"], {"global": 1})
    assert moved.variables == {"global": 1, "local": 2}


def test_an_instance_whose_last_element_is_terminated_ends(engine: Engine) -> None:
    engine.deploy(MODELS / "service_task.bpmn")
    history = engine.create_instance("service_task")
    (job,) = engine.activate("service_task.work")

    engine.modify(history.process_instance_key, terminate=[job.element_instance_key])

    assert history.state == "TERMINATED"


def test_a_called_instance_is_cancelled_with_its_caller_only(engine: Engine) -> None:
    """It was said not to exist."""
    engine.deploy(MODELS / "call_activity_all.bpmn")
    caller = engine.create_instance("call_activity_all", {"a": 1})
    (called,) = (history for history in engine.instances if history is not caller)

    with pytest.raises(Rejection, match=f"Cancel the root process instance '{caller.process_instance_key}' instead"):
        engine.cancel(called.process_instance_key)
    engine.cancel(caller.process_instance_key)

    assert (caller.state, called.state) == ("TERMINATED", "TERMINATED")


def test_a_call_is_told_until_the_called_instance_has_ended(engine: Engine) -> None:
    """Only the engine's inside knew who had called whom."""
    engine.deploy(MODELS / "call_activity_all.bpmn")
    caller = engine.create_instance("call_activity_all", {"a": 1})
    (called,) = (history for history in engine.instances if history is not caller)

    (call,) = engine.calls()
    assert (call.process_instance_key, call.called) == (caller.process_instance_key, called)
    assert call.element_id in caller.active

    engine.cancel(caller.process_instance_key)
    assert engine.calls() == []


def test_a_sub_process_is_opened_for_an_element_inside_it(engine: Engine) -> None:
    engine.deploy(MODELS / "nested.bpmn")

    history = engine.create_instance("nested", {"order": "n"}, start_at=["deep"])
    (job,) = engine.activate("nested.deep")
    engine.complete(job.key)

    assert history.path == ["outer", "inner", "deep", "e3", "e2", "end"]
    assert history.state == "COMPLETED"


def test_a_loop_that_never_waits_is_stopped() -> None:
    engine = Engine(max_steps=300)
    endless = (MODELS / "loop.bpmn").read_text().replace("n &gt;= 3", "n &lt; 0")
    engine.deploy(("endless.bpmn", endless))

    with pytest.raises(EngineError, match="loops without waiting"):
        engine.create_instance("loop", {"n": 0})

    engine.deploy(MODELS / "plain_tasks.bpmn")
    assert engine.create_instance("plain_tasks").state == "COMPLETED"


def test_the_history_tells_the_path_for_a_failing_assertion(engine: Engine) -> None:
    engine.deploy(MODELS / "condition_error.bpmn")

    text = engine.create_instance("condition_error", {"y": 1}).describe()

    assert "path: start" in text
    assert "variables: y=1" in text
    assert "incident at choose (open): EXTRACT_VALUE_ERROR: Expected result of the expression" in text


def test_only_so_many_ended_instances_are_remembered() -> None:
    engine = Engine(history_limit=3)
    engine.deploy(MODELS / "plain_tasks.bpmn")

    keys = [engine.create_instance("plain_tasks").process_instance_key for _ in range(5)]

    assert [history.process_instance_key for history in engine.instances] == keys[2:]
    with pytest.raises(KeyError, match="history_limit=3"):
        engine.instance(keys[0])


def test_threads_may_use_one_engine_at_once(engine: Engine) -> None:
    engine.deploy(MODELS / "job_retries.bpmn")
    done: list[int] = []

    def work() -> None:
        for _ in range(50):
            engine.create_instance("job_retries")
            for job in engine.activate("job_retries.work", max_jobs=2):
                engine.complete(job.key)
                done.append(job.key)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(done) == len(set(done))
    assert {history.state for history in engine.instances} == {"COMPLETED"}
