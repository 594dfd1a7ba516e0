"""Whatever is done to an engine, it is as it was after a restart, at every command on the way."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camunda_client.embedded import Activation, Clock, Engine, Rejection
from tests.parts.work import until
from tests.unit.embedded.data import state
from tests.unit.embedded.data.state import condense, end, job, process, start

_MESSAGE = (
    '<bpmn:message id="m" name="hello"><bpmn:extensionElements><zeebe:subscription correlationKey="=key"/>'
    '</bpmn:extensionElements></bpmn:message><bpmn:signal id="sg" name="all"/>'
)


def extended(inner: str) -> str:
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>"


def timer(kind: str, text: str) -> str:
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"


def boundary(inner: str, interrupting: str) -> str:
    return (
        f'<bpmn:boundaryEvent id="b" attachedToRef="n1" cancelActivity="{interrupting}">'
        f"<bpmn:outgoing>bf</bpmn:outgoing>{inner}</bpmn:boundaryEvent>"
        '<bpmn:endEvent id="be"/><bpmn:sequenceFlow id="bf" sourceRef="b" targetRef="be"/>'
    )


def catch(inner: str) -> str:
    return f'<bpmn:intermediateCatchEvent id="n1">{inner}</bpmn:intermediateCatchEvent>'


def script(expression: str, number: int = 1) -> str:
    inner = extended(f'<zeebe:script expression="={expression}" resultVariable="r"/>')
    return f'<bpmn:scriptTask id="n{number}">{inner}</bpmn:scriptTask>'


LOOP = extended(
    '<zeebe:loopCharacteristics inputCollection="=[1, 2, 3]" inputElement="item" outputCollection="all" '
    'outputElement="=item"/>'
)
FILES = {
    "job": process("job", start(), job(1, "a"), job(2, "b"), end(3)),
    "timer": process("timer", start(), job(1, "a") + boundary(timer("timeDuration", "PT20S"), "true"), end(2)),
    "cycle": process("cycle", start(), job(1, "b") + boundary(timer("timeCycle", "R3/PT10S"), "false"), end(2)),
    "message": process(
        "message", start(), catch('<bpmn:messageEventDefinition messageRef="m"/>'), end(2), more=_MESSAGE
    ),
    "signal": process("signal", start(), catch('<bpmn:signalEventDefinition signalRef="sg"/>'), end(2), more=_MESSAGE),
    "started": process(
        "started", '<bpmn:startEvent id="n0"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>',
        job(1, "a"), end(2), more=_MESSAGE,
    ),
    "ticking": process(
        "ticking", f'<bpmn:startEvent id="n0">{timer("timeCycle", "R2/PT30S")}</bpmn:startEvent>', job(1, "b"), end(2)
    ),
    "call": process(
        "call", start(), f'<bpmn:callActivity id="n1">{extended("""<zeebe:calledElement processId="job"/>""")}'
        "</bpmn:callActivity>", end(2),
    ),
    "many": process(
        "many", start(), f'<bpmn:serviceTask id="n1">{extended("""<zeebe:taskDefinition type="a"/>""")}'
        f"<bpmn:multiInstanceLoopCharacteristics>{LOOP}</bpmn:multiInstanceLoopCharacteristics></bpmn:serviceTask>",
        end(2),
    ),
    "user": process(
        "user", start(), f'<bpmn:userTask id="n1">{extended("<zeebe:userTask/>")}</bpmn:userTask>', end(2)
    ),
    "chance": process("chance", start(), script("[uuid(), random number(), now()]"), job(2, "b"), end(3)),
    "stuck": (
        "stuck.bpmn",
        process("stuck", start(), '<bpmn:exclusiveGateway id="n1"/>', end(2))[1].replace(
            'targetRef="n2"/>',
            'targetRef="n2"><bpmn:conditionExpression>=open</bpmn:conditionExpression></bpmn:sequenceFlow>',
        ),
    ),
    "inside": process(
        "inside", start(), '<bpmn:subProcess id="n1"><bpmn:startEvent id="i0"/>'
        f'<bpmn:serviceTask id="i1">{extended("""<zeebe:taskDefinition type="b"/>""")}</bpmn:serviceTask>'
        '<bpmn:sequenceFlow id="if" sourceRef="i0" targetRef="i1"/></bpmn:subProcess>', end(2),
    ),
}  # fmt: skip
VARIABLES = st.dictionaries(
    st.sampled_from(["key", "open", "x"]), st.sampled_from([1, 2.5, "one", True, None, [1], {"a": []}]), max_size=3
)
TYPES = st.sampled_from(["a", "b"])
#: Picks one of what is there, when there is any.
INDEX = st.integers(0, 7)
SECONDS = st.integers(0, 40).map(lambda seconds: timedelta(seconds=seconds))


def key_of(things: list[Any], index: int, attribute: str = "key") -> int:
    return int(getattr(things[index % len(things)], attribute)) if things else 5


def of_jobs(engine: Engine, index: int) -> int:
    return key_of(engine.jobs(), index)


def instance(engine: Engine, index: int) -> int:
    return key_of(engine.instances, index, "process_instance_key")


def wait(engine: Engine, job_type: str, number: int) -> None:
    poll = engine.poll(job_type, lambda _: None, max_jobs=number + 1, lease=timedelta(seconds=15), worker=str(number))
    engine.activate_or_wait(poll)


def give_up(engine: Engine, index: int) -> None:
    polls = engine._runtime.jobs.waiting_polls()
    if polls:
        engine.give_up(polls[index % len(polls)])


STEPS: st.SearchStrategy[tuple[Callable[..., Any], tuple[Any, ...]]] = st.one_of(
    *[
        st.tuples(st.just(step), st.tuples(*arguments))
        for step, *arguments in (
            (lambda e, name: e.deploy(FILES[name]), st.sampled_from(sorted(FILES))),
            (lambda e, name: e.deploy((f"{name}.bpmn", FILES[name][1] + "\n")), st.sampled_from(sorted(FILES))),
            (lambda e, name, v: e.deploy(FILES[name]) and e.create_instance(name, v),
             st.sampled_from(sorted(FILES)), VARIABLES),
            (lambda e, name, v: e.deploy(FILES[name]) and e.create_instance(name, v),
             st.sampled_from(sorted(FILES)), VARIABLES),
            (lambda e, name, v: e.create_instance(name, v, start_at=["n1"]), st.sampled_from(sorted(FILES)), VARIABLES),
            (lambda e, t, n, lease: e.activate(t, max_jobs=n + 1, lease=lease), TYPES, INDEX, SECONDS),
            (lambda e, t, n, lease: e.activate(t, max_jobs=n + 1, lease=lease), TYPES, INDEX, SECONDS),
            (lambda e, t, n, lease: e.activate(t, max_jobs=n + 1, lease=lease), TYPES, INDEX, SECONDS),
            (wait, TYPES, INDEX),
            (wait, TYPES, INDEX),
            (give_up, INDEX),
            (lambda e, i, v: e.complete(of_jobs(e, i), v), INDEX, VARIABLES),
            (lambda e, i, v: e.complete(of_jobs(e, i), v), INDEX, VARIABLES),
            (lambda e, i, n, b: e.fail(of_jobs(e, i), retries=n % 3, back_off=b), INDEX, INDEX, SECONDS),
            (lambda e, i: e.throw_error(of_jobs(e, i), "no"), INDEX),
            (lambda e, i, n, lease: e.update_job(of_jobs(e, i), retries=n, lease=lease), INDEX, INDEX, SECONDS),
            (lambda e, k, ttl, v: e.publish("hello", k, v, ttl=ttl), st.sampled_from(["one", "1"]), SECONDS, VARIABLES),
            (lambda e, v: e.correlate("hello", "one", v), VARIABLES),
            (lambda e: e.broadcast("all"),),
            (lambda e, i: e.resolve_incident(key_of(e.incidents, i)), INDEX),
            (lambda e, i, who: e.assign_user_task(key_of(e.user_tasks(), i), who), INDEX, st.sampled_from(["me", ""])),
            (lambda e, i: e.update_user_task(key_of(e.user_tasks(), i), {"priority": 7}), INDEX),
            (lambda e, i, v: e.complete_user_task(key_of(e.user_tasks(), i), v), INDEX, VARIABLES),
            (lambda e, i: e.cancel(instance(e, i)), INDEX),
            (lambda e, i, v: e.set_variables(instance(e, i), v), INDEX, VARIABLES),
            (lambda e, i, v: e.modify(instance(e, i), [Activation("n1", [("", v)])]), INDEX, VARIABLES),
            (lambda e, i: e.migrate(instance(e, i), e.instances[-1].process_definition_key if e.instances else 5,
                                    [("n1", "n1")]), INDEX),
            (lambda e, i: e.delete_resource(key_of(e.instances, i, "process_definition_key")), INDEX),
            (lambda e, by: e.advance(by), SECONDS),
            (lambda e, by: e.advance(by), SECONDS),
            (lambda e, by: e.pin_clock(e.clock.now_ms() + by // timedelta(milliseconds=1)), SECONDS),
            (lambda e: e.reset_clock(),),
            (lambda e: e.next_key(),),
            (condense,),
        )
    ]
)  # fmt: skip


@pytest.mark.long
@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(steps=st.lists(st.tuples(STEPS, st.sampled_from([False] * 5 + [True])), min_size=10, max_size=40))
def test_an_engine_is_as_it_was_at_every_command(steps: list[Any]) -> None:
    noon = datetime(2030, 1, 1, 12)
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        engine = Engine(clock=Clock(start=noon), data=data, history_limit=5)
        for (step, arguments), restart in steps:
            with suppress(Rejection):
                step(engine, *arguments)
            after = state.of(engine)
            back = Engine(clock=Clock(start=noon), data=data, until=engine._executor._journal.last)  # type: ignore[union-attr]
            assert state.of(back) == after
            assert back.now() == engine.now()
            if restart:
                engine.close()
                engine = Engine(clock=Clock(start=noon), data=data, history_limit=5)
                assert state.of(engine) == after
        engine.close()


def test_everything_goes_on_from_a_snapshot_as_without_one(tmp_path: Path) -> None:
    """One of everything is under way; then time passes, news come, and all that can be done is done, to both."""
    engine = Engine(clock=Clock(start=datetime(2030, 1, 1, 12)), data=tmp_path / "data")
    for name, file in FILES.items():
        engine.deploy(file)
        with suppress(Rejection):
            engine.create_instance(name, {"key": "one"})
    engine.publish("hello", "two", {"x": 1}, ttl=timedelta(minutes=1), message_id="only once")
    engine.activate("a", lease=timedelta(seconds=5))
    failed, *_ = engine.activate("b")
    engine.fail(failed.key, retries=1, back_off=timedelta(seconds=3))
    condense(engine)
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    again = Engine(clock=Clock(start=datetime(2030, 1, 1, 12)), data=tmp_path / "copy")
    assert state.of(again) == state.of(engine)

    for one in (engine, again):
        go_on(one)

    assert state.of(again) == state.of(engine)
    assert sum(history.state == "COMPLETED" for history in again.instances) >= len(FILES)


def go_on(engine: Engine) -> None:
    engine.deploy(("ticking.bpmn", FILES["ticking"][1] + "\n"))  # its older version starts no more instances
    with pytest.raises(Rejection, match="already published"):
        engine.publish("hello", "two", ttl=timedelta(minutes=1), message_id="only once")
    engine.broadcast("all")
    for key in ("one", "two"):  # of the process that a message of the key one has started there is no second instance
        engine.publish("hello", key)
    for _ in range(5):
        engine.advance(timedelta(seconds=15))
        for incident in engine.incidents:
            engine.set_variables(incident.process_instance_key, {"open": True})
            engine.resolve_incident(incident.key)
        for task in engine.user_tasks():
            engine.complete_user_task(task.key)
        for waiting in engine.jobs()[::2]:
            with suppress(Rejection):
                engine.complete(waiting.key, {"x": 2})


def test_what_fell_due_by_itself_fell_due_at_its_own_moment(tmp_path: Path) -> None:
    """Nobody gave a command: the gateway's alarm, or a look at the engine, let the timer fire."""
    engine = Engine(data=tmp_path)
    soon = process("soon", start(), catch(timer("timeDuration", "PT0.02S")), job(2, "a"), end(3))
    engine.deploy(soon)
    history = engine.create_instance("soon")
    until(lambda: engine.tick() is None, "the timer has fired")
    fired_ms = history.elements[-1].at_ms
    until(lambda: engine.clock.now_ms() != fired_ms, "a millisecond is over")
    engine.next_key()

    back = Engine(data=tmp_path, until=engine._executor._journal.last)  # type: ignore[union-attr]

    assert state.of(back) == state.of(engine)


@pytest.mark.parametrize("name", FILES)
def test_what_is_done_at_random_can_be_done(name: str) -> None:
    assert Engine().deploy(FILES[name]).processes
