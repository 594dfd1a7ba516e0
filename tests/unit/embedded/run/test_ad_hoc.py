"""Ad-hoc sub-processes, as Camunda 8.7 and 8.8 document them, driven by the model, by a job, or by command."""

# ruff: noqa: E501 - models read better in one line
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import Engine, InstanceHistory, Rejection

MODELS = Path(__file__).parents[3] / "models" / "documented"
MODEL = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" '
    'targetNamespace="t"><bpmn:message id="m" name="stop"><bpmn:extensionElements>'
    '<zeebe:subscription correlationKey="=1"/></bpmn:extensionElements></bpmn:message>'
    '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>'
    '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="x"/>{}<bpmn:endEvent id="e"/>'
    '<bpmn:sequenceFlow id="f2" sourceRef="x" targetRef="e"/></bpmn:process></bpmn:definitions>'
)
TASK = (
    '<bpmn:serviceTask id="{0}" name="The {0}"><bpmn:documentation>Does {0}</bpmn:documentation>'
    '<bpmn:extensionElements><zeebe:taskDefinition type="{0}"/>{1}</bpmn:extensionElements></bpmn:serviceTask>'
)
#: Two tools; of search, another task is behind it.
INSIDE = (
    TASK.format("search", "") + TASK.format("read", "") + TASK.format("write", "")
    + '<bpmn:sequenceFlow id="i1" sourceRef="search" targetRef="read"/>'
)  # fmt: skip
CONDITION = '<bpmn:completionCondition xsi:type="bpmn:tFormalExpression">={}</bpmn:completionCondition>'
ACTIVE = '<zeebe:adHoc activeElementsCollection="=active" {}/>'
JOB = '<zeebe:taskDefinition type="agent" retries="2"/>'
OUTPUT = 'outputCollection="results" outputElement="=result"'


def ad_hoc(extension: str = "", *, inside: str = INSIDE, condition: str = "", attributes: str = "") -> str:
    extensions = f"<bpmn:extensionElements>{extension}</bpmn:extensionElements>" if extension else ""
    end = CONDITION.format(condition) if condition else ""
    return f'<bpmn:adHocSubProcess id="x" {attributes}>{extensions}{inside}{end}</bpmn:adHocSubProcess>'


def play(node: str, *, dialect: str = "8.8", **variables: Any) -> tuple[Engine, InstanceHistory]:
    engine = Engine(dialect=dialect)
    engine.deploy(("p.bpmn", MODEL.format(node)))
    return engine, engine.create_instance("p", variables)


def work(engine: Engine, job_type: str, variables: dict[str, Any] | None = None) -> None:
    """Complete the oldest job of a type."""
    [job] = engine.activate(job_type)
    engine.complete(job.key, variables)


def decide(engine: Engine, variables: dict[str, Any] | None = None, **result: Any) -> dict[str, Any]:
    """Complete the job of the sub-process; return the variables it saw."""
    [job] = engine.activate("agent")
    assert job.kind == "AD_HOC_SUB_PROCESS"
    engine.complete(job.key, variables, result={"type": "adHocSubProcess", **result})
    return job.variables


def activating(*elements: str | tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    pairs = [(one, {}) if isinstance(one, str) else one for one in elements]
    return [{"elementId": element_id, "variables": variables} for element_id, variables in pairs]


def waiting(engine: Engine) -> list[str]:
    return [job.type for job in engine.jobs()]


# -- by the model ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("dialect", ["8.7", "8.8", "8.9", "8.10"])
def test_it_completes_when_all_that_was_activated_is_done(dialect: str) -> None:
    engine, instance = play(ad_hoc(ACTIVE.format("")), dialect=dialect, active=["search", "write"])

    assert waiting(engine) == ["search", "write"]
    work(engine, "search")
    work(engine, "write")
    assert instance.state == "ACTIVE"
    work(engine, "read")

    assert instance.state == "COMPLETED"
    assert instance.path == ["s", "x", "search", "write", "read", "e"]


@pytest.mark.parametrize("dialect", ["8.7", "8.8"])
def test_nothing_to_activate_leaves_it_active(dialect: str) -> None:
    for extension, variables in (("", {}), (ACTIVE.format(""), {"active": []})):
        engine, instance = play(ad_hoc(extension), dialect=dialect, **variables)

        assert (instance.active, waiting(engine)) == (["x"], [])


def test_an_element_has_a_scope_of_its_own_from_8_8_on() -> None:
    engine, instance = play(ad_hoc(ACTIVE.format("")), active=["write", "write"])

    scopes = [record for record in instance.elements if record.kind == "AD_HOC_SUB_PROCESS_INNER_INSTANCE"]
    assert [record.state for record in scopes] == ["ACTIVATED", "ACTIVATED"]
    assert {record.element_id for record in scopes} == {"x#innerInstance"}
    first, second = engine.activate("write", max_jobs=2)
    engine.complete(first.key)
    engine.complete(second.key)
    assert instance.completed == ["s", "write", "write", "x", "e"]


@pytest.mark.parametrize("active", [["search", "nothing"], ["read"], [5], "search", None])
def test_a_collection_of_other_things_than_ids_to_activate_is_an_incident(active: Any) -> None:
    engine, instance = play(ad_hoc(ACTIVE.format("")), active=active)

    [incident] = instance.open_incidents
    assert (incident.element_id, incident.error_type) == ("x", "EXTRACT_VALUE_ERROR")
    engine.set_variables(instance.process_instance_key, {"active": ["write"]})
    engine.resolve_incident(incident.key)
    work(engine, "write")
    assert instance.state == "COMPLETED"


def test_a_condition_that_holds_ends_the_rest() -> None:
    node = ad_hoc(ACTIVE.format(""), condition="done = true")
    engine, instance = play(node, active=["search", "write", "write"])

    work(engine, "write")
    assert instance.state == "ACTIVE"
    work(engine, "write", {"done": True})

    assert instance.state == "COMPLETED"
    assert instance.terminated == ["search"]
    assert waiting(engine) == []


def test_a_condition_that_holds_may_wait_for_the_rest() -> None:
    node = ad_hoc(ACTIVE.format(""), condition="done = true", attributes='cancelRemainingInstances="false"')
    engine, instance = play(node, active=["search", "write"])
    work(engine, "write", {"done": True})

    assert (instance.state, waiting(engine)) == ("ACTIVE", ["search"])
    work(engine, "search")
    work(engine, "read")
    assert (instance.state, instance.terminated) == ("COMPLETED", [])


def test_a_condition_that_never_holds_leaves_it_active() -> None:
    engine, instance = play(ad_hoc(ACTIVE.format(""), condition="done = true"), active=["write"])
    work(engine, "write")

    assert (instance.active, waiting(engine)) == (["x"], [])


def test_a_condition_that_is_no_boolean_is_an_incident() -> None:
    node = ad_hoc(ACTIVE.format(OUTPUT), condition="done")
    engine, instance = play(node, active=["write"], done="maybe", result=None)
    work(engine, "write", {"result": 1})

    [incident] = instance.open_incidents
    assert incident.error_type == "EXTRACT_VALUE_ERROR"
    engine.set_variables(instance.process_instance_key, {"done": True})
    engine.resolve_incident(incident.key)
    assert (instance.state, instance.variables["results"]) == ("COMPLETED", [1])


def test_the_outputs_of_flows_are_collected_and_handed_on() -> None:
    engine, instance = play(ad_hoc(ACTIVE.format(OUTPUT)), active=["write", "write"])
    work(engine, "write", {"result": "a"})
    assert "results" not in instance.variables
    work(engine, "write", {"result": "b"})

    assert instance.variables["results"] == ["a", "b"]


def test_a_multi_instance_one_runs_once_for_each_item() -> None:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics "
        'inputCollection="=[1, 2]"/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>'
    )
    engine, instance = play(ad_hoc(ACTIVE.format(""), inside=loop + INSIDE), active=["write"])
    for job in engine.activate("write", max_jobs=5):
        engine.complete(job.key)

    assert instance.state == "COMPLETED"
    assert instance.path.count("write") == 2


# -- by its job -----------------------------------------------------------------------------------------------------
def test_a_job_decides_in_turns_what_is_next() -> None:
    engine, instance = play(ad_hoc(JOB + ACTIVE.format("").replace('activeElementsCollection="=active"', OUTPUT)))

    seen = decide(
        engine, {"turn": 1}, activateElements=activating(("search", {"query": "x"}), ("write", {"result": 0}))
    )
    assert [one["elementId"] for one in seen["adHocSubProcessElements"]] == ["search", "write"]
    assert seen["results"] == []
    [job] = engine.activate("search")
    assert (job.variables["query"], job.variables["turn"]) == ("x", 1)
    engine.complete(job.key, {"query": "y"})
    assert waiting(engine) == ["write", "read"]

    work(engine, "write", {"result": "written"})
    assert waiting(engine) == ["read", "agent"]
    work(engine, "read", {"result": "read"})
    assert waiting(engine) == ["agent"]
    assert decide(engine, isCompletionConditionFulfilled=True)["results"] == ["written", "read"]

    assert instance.state == "COMPLETED"
    assert instance.variables == {"results": ["written", "read"], "result": "read"}
    assert [record.state for record in instance.jobs if record.kind == "AD_HOC_SUB_PROCESS"] == [
        "CREATED", "ACTIVATED", "COMPLETED", "CREATED", "CANCELED", "CREATED", "ACTIVATED", "COMPLETED",
    ]  # fmt: skip


def test_what_there_is_to_activate_is_described() -> None:
    extension = (
        '<zeebe:ioMapping><zeebe:input source="=fromAi(toolCall.query, &quot;What to look for&quot;, '
        '&quot;string&quot;, {enum: [&quot;a&quot;]})" target="query"/></zeebe:ioMapping>'
        '<zeebe:properties><zeebe:property name="safe" value="yes"/></zeebe:properties>'
    )
    engine, _ = play(ad_hoc(JOB, inside=TASK.format("search", extension)))

    [element] = decide(engine)["adHocSubProcessElements"]

    assert element == {
        "elementId": "search", "elementName": "The search", "documentation": "Does search",
        "properties": {"safe": "yes"},
        "parameters": [
            {"name": "query", "description": "What to look for", "type": "string", "schema": {"enum": ["a"]}}
        ],
    }  # fmt: skip


def test_a_job_that_is_done_may_wait_for_the_rest_or_end_it() -> None:
    for cancel, terminated in ((False, []), (True, ["search"])):
        engine, instance = play(ad_hoc(JOB))
        decide(engine, activateElements=activating("search", "write"))
        work(engine, "write")

        decide(engine, isCompletionConditionFulfilled=True, isCancelRemainingInstances=cancel)

        if not cancel:
            assert (instance.state, waiting(engine)) == ("ACTIVE", ["search"])
            work(engine, "search")
            work(engine, "read")
        assert (instance.state, instance.terminated) == ("COMPLETED", terminated)


def test_a_job_may_end_the_rest_and_activate_anew() -> None:
    engine, instance = play(ad_hoc(JOB))
    decide(engine, activateElements=activating("search", "write"))
    work(engine, "write")

    decide(engine, activateElements=activating("write"), isCancelRemainingInstances=True)

    assert (instance.terminated, waiting(engine)) == (["search"], ["write"])


def test_a_job_that_decides_nothing_waits_for_what_is_active() -> None:
    engine, _ = play(ad_hoc(JOB))
    decide(engine, activateElements=activating("search", "write"))
    work(engine, "write")
    [job] = engine.activate("agent")
    engine.complete(job.key)

    assert waiting(engine) == ["search"]
    work(engine, "search")
    work(engine, "read")
    assert waiting(engine) == ["agent"]


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"type": "userTask"}, "its result is of the type 'userTask'"),
        ({"activateElements": [{"elementId": "read"}]}, "it has no element 'read' to activate; there are 'search', 'write'"),
        (
            {"activateElements": [{"elementId": "search"}], "isCompletionConditionFulfilled": True},
            "it activates elements and fulfills the completion condition at once",
        ),
    ],
)  # fmt: skip
def test_what_a_job_can_t_decide_is_refused(result: dict[str, Any], reason: str) -> None:
    engine, _ = play(ad_hoc(JOB))
    [job] = engine.activate("agent")

    with pytest.raises(Rejection, match=reason) as refused:
        engine.complete(job.key, result=result)

    assert refused.value.code == "INVALID_ARGUMENT"
    decide_again = engine.jobs()
    assert [one.key for one in decide_again] == [job.key]


def test_a_job_without_retries_is_an_incident() -> None:
    engine, instance = play(ad_hoc(JOB))
    [job] = engine.activate("agent")
    assert job.retries == 2
    engine.fail(job.key, retries=0, message="no model")

    [incident] = instance.open_incidents
    assert (incident.error_type, incident.message) == ("AD_HOC_SUB_PROCESS_NO_RETRIES", "no model")


def test_a_job_may_throw_an_error_to_the_boundary() -> None:
    boundary = (
        '<bpmn:boundaryEvent id="b" attachedToRef="x"><bpmn:outgoing>f3</bpmn:outgoing><bpmn:errorEventDefinition id="be"/>'
        '</bpmn:boundaryEvent><bpmn:endEvent id="failed"/><bpmn:sequenceFlow id="f3" sourceRef="b" targetRef="failed"/>'
    )
    engine, instance = play(ad_hoc(JOB) + boundary)
    [job] = engine.activate("agent")
    engine.throw_error(job.key, "NO")

    assert (instance.state, instance.path) == ("COMPLETED", ["s", "x", "b", "failed"])


def event_sub_process(*, interrupting: bool) -> str:
    return (
        f'<bpmn:subProcess id="esp" triggeredByEvent="true"><bpmn:startEvent id="es" isInterrupting="{str(interrupting).lower()}">'
        '<bpmn:messageEventDefinition id="em" messageRef="m"/></bpmn:startEvent>'
        + TASK.format("tidy", "")
        + '<bpmn:sequenceFlow id="e1" sourceRef="es" targetRef="tidy"/></bpmn:subProcess>'
    )


def test_an_event_sub_process_that_interrupts_completes_it_without_its_job() -> None:
    engine, instance = play(ad_hoc(JOB, inside=INSIDE + event_sub_process(interrupting=True)))
    decide(engine, activateElements=activating("search", "write"))
    work(engine, "write")
    engine.publish("stop", "1")

    assert waiting(engine) == ["tidy"]
    work(engine, "tidy")
    assert (instance.state, instance.terminated) == ("COMPLETED", ["search"])


def test_an_event_sub_process_beside_it_gives_the_job_another_turn() -> None:
    engine, _ = play(ad_hoc(JOB, inside=INSIDE + event_sub_process(interrupting=False)))
    decide(engine, activateElements=activating("search"))
    engine.publish("stop", "1")
    work(engine, "tidy")

    assert waiting(engine) == ["search", "agent"]


# -- by command -----------------------------------------------------------------------------------------------------
def test_elements_are_activated_by_command() -> None:
    engine, instance = play(ad_hoc())
    [key] = [record.key for record in instance.elements if record.element_id == "x"]

    engine.activate_in_ad_hoc(key, [("search", {"query": "x"})])
    assert engine.activate("search")[0].variables["query"] == "x"
    engine.activate_in_ad_hoc(key, [("write", {})], cancel=True)
    assert waiting(engine) == ["write"]
    with pytest.raises(Rejection, match="it has no element 'read' to activate"):
        engine.activate_in_ad_hoc(key, [("read", {})])
    work(engine, "write")

    assert instance.state == "COMPLETED"
    with pytest.raises(Rejection, match="no such ad-hoc sub-process was found"):
        engine.activate_in_ad_hoc(key, [("write", {})])


def test_modification_and_start_inside_of_one_are_refused_by_name() -> None:
    engine, instance = play(ad_hoc(JOB))
    from camunda_client.embedded import Activation

    with pytest.raises(Rejection, match="inside an ad-hoc sub-process"):
        engine.modify(instance.process_instance_key, [Activation("search")])
    with pytest.raises(Rejection, match="inside an ad-hoc sub-process"):
        engine.create_instance("p", start_at=["search"])


# -- what is refused ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("dialect", "node", "reason"),
    [
        ("8.6.0", ad_hoc(), "bpmn:adHocSubProcess are not supported before 8.7"),
        ("8.6", ad_hoc(ACTIVE.format("")), "bpmn:adHocSubProcess are not supported before 8.7"),
        ("8.7", ad_hoc(JOB), "Ad-hoc sub-processes with a job are not supported before 8.8"),
        ("8.7", ad_hoc(condition="true"), "with a completion condition are not supported before 8.8"),
        ("8.7", ad_hoc(ACTIVE.format(OUTPUT)), "with an output collection are not supported before 8.8"),
        ("8.8", ad_hoc(JOB + ACTIVE.format("")), "has no active elements collection and no completion condition"),
        ("8.8", ad_hoc(JOB, condition="true"), "has no active elements collection and no completion condition"),
        ("8.8", ad_hoc(ACTIVE.format("") * 2), "at most one 'zeebe:adHoc'"),
        ("8.8", ad_hoc('<zeebe:adHoc outputCollection="r"/>'), "'outputElement' must be present"),
        ("8.8", ad_hoc('<zeebe:adHoc outputElement="=r"/>'), "'outputCollection' must be present"),
        ("8.8", ad_hoc('<zeebe:adHoc activeElementsCollection="a"/>'), "found static value 'a'"),
        ("8.8", ad_hoc(inside=""), "Must have at least one activity"),
        ("8.8", ad_hoc(inside=INSIDE + '<bpmn:startEvent id="i"/>'), "Must not contain a start event"),
        ("8.8", ad_hoc(inside=INSIDE + '<bpmn:endEvent id="i"/>'), "Must not contain an end event"),
    ],
)
def test_a_model_that_could_not_run_is_refused(dialect: str, node: str, reason: str) -> None:
    with pytest.raises(Rejection, match=reason):
        Engine(dialect=dialect).deploy(("p.bpmn", MODEL.format(node)))


def test_an_engine_that_comes_back_goes_on_with_the_next_turn(tmp_path: Path) -> None:
    for number, condense in enumerate((False, True)):
        folder = tmp_path / str(number)
        engine = Engine(data=folder, dialect="8.8")
        engine.deploy(("p.bpmn", MODEL.format(ad_hoc(JOB))))
        instance = engine.create_instance("p")
        decide(engine, activateElements=activating("search", "write"))
        work(engine, "write")
        if condense:
            engine._executor._storage._next_snapshot = 0  # type: ignore[union-attr]
            engine.next_key()
        engine.close()

        engine = Engine(data=folder, dialect="8.8")
        decide(engine, isCompletionConditionFulfilled=True)
        work(engine, "search")
        work(engine, "read")

        assert engine.instance(instance.process_instance_key).state == "COMPLETED"
        engine.close()


# -- the model that others play, too --------------------------------------------------------------------------------
def test_the_documented_model_ends_when_two_flows_have_a_result() -> None:
    engine = Engine()
    engine.deploy(MODELS / "ad_hoc.bpmn")
    instance = engine.create_instance("ad_hoc", {"wanted": ["search", "count", "search"]})
    first, second = engine.activate("ad_hoc.search", max_jobs=5)
    engine.complete(first.key)
    work(engine, "ad_hoc.read", {"result": "read"})
    assert instance.state == "ACTIVE"  # it waits for the rest
    engine.complete(second.key)
    work(engine, "ad_hoc.read", {"result": "more"})

    assert (instance.state, instance.terminated) == ("COMPLETED", [])
    assert instance.variables["results"] == [3, "read", "more"]
