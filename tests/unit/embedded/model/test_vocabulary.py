"""Nothing is skipped in silence: every name of both schemas runs, is refused by name, or is listed as without meaning.

The names are recorded in ``schema_names.json``. What runs is met in a model that a test plays; what is refused is
deployed here, one by one; what has no meaning stands in ``without_meaning.bpmn`` and in docs/embedded.md.
"""

# ruff: noqa: E501 - a model reads better in one line

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import XSD_PATH

from camunda_client.embedded import Engine, Rejection

HERE = Path(__file__).parent
MODELS = HERE.parents[2] / "models"
MEANINGLESS = MODELS / "documented" / "without_meaning.bpmn"
DOCS = HERE.parents[3] / "docs" / "embedded.md"
NAMES = json.loads((HERE / "schema_names.json").read_text())
BPMN, ZEEBE = "http://www.omg.org/spec/BPMN/20100524/MODEL", "http://camunda.org/schema/zeebe/1.0"
XSD = "{http://www.w3.org/2001/XMLSchema}"
DEFINITIONS = (
    f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zeebe="{ZEEBE}" id="d" targetNamespace="t">{{}}</bpmn:definitions>'
)

#: Elements that are executed, each met in a model of ours that is played.
RUNS = {
    "definitions", "process", "sequenceFlow", "conditionExpression", "incoming", "outgoing", "extensionElements",
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent",
    "task", "manualTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask", "userTask",
    "subProcess", "adHocSubProcess", "callActivity", "exclusiveGateway", "inclusiveGateway", "parallelGateway", "eventBasedGateway",
    "multiInstanceLoopCharacteristics", "completionCondition",
    "messageEventDefinition", "signalEventDefinition", "timerEventDefinition", "errorEventDefinition",
    "escalationEventDefinition", "terminateEventDefinition", "linkEventDefinition", "compensateEventDefinition",
    "conditionalEventDefinition", "condition",
    "association",
    "timeCycle", "timeDate", "timeDuration", "message", "signal", "error", "escalation",
}  # fmt: skip
#: Attributes that are read.
READ = {
    "id", "name", "isExecutable", "sourceRef", "targetRef", "default", "attachedToRef", "cancelActivity",
    "isInterrupting", "triggeredByEvent", "isSequential", "messageRef", "signalRef", "errorRef", "escalationRef",
    "errorCode", "escalationCode", "targetNamespace", "isForCompensation", "activityRef",
    "cancelRemainingInstances",
}  # fmt: skip
#: In a process, what is refused.
REFUSED = {
    "transaction": '<bpmn:transaction id="x" method="##Store"/>',
    "complexGateway": '<bpmn:complexGateway id="x"/>',
    "activationCondition": '<bpmn:complexGateway id="x"><bpmn:activationCondition>a</bpmn:activationCondition></bpmn:complexGateway>',
    "implicitThrowEvent": '<bpmn:implicitThrowEvent id="x"/>',
    "callChoreography": '<bpmn:callChoreography id="x" initiatingParticipantRef="a" calledChoreographyRef="b"><bpmn:participantRef>a</bpmn:participantRef><bpmn:participantRef>b</bpmn:participantRef></bpmn:callChoreography>',
    "choreographyTask": '<bpmn:choreographyTask id="x" initiatingParticipantRef="a"><bpmn:participantRef>a</bpmn:participantRef><bpmn:participantRef>b</bpmn:participantRef><bpmn:messageFlowRef>c</bpmn:messageFlowRef></bpmn:choreographyTask>',
    "subChoreography": '<bpmn:subChoreography id="x" initiatingParticipantRef="a"><bpmn:participantRef>a</bpmn:participantRef><bpmn:participantRef>b</bpmn:participantRef></bpmn:subChoreography>',
    "cancelEventDefinition": '<bpmn:endEvent id="x"><bpmn:cancelEventDefinition/></bpmn:endEvent>',
    "eventDefinitionRef": '<bpmn:startEvent id="x"><bpmn:eventDefinitionRef>b</bpmn:eventDefinitionRef></bpmn:startEvent>',
    "event": '<bpmn:task id="x"><bpmn:multiInstanceLoopCharacteristics><bpmn:complexBehaviorDefinition><bpmn:condition/><bpmn:event id="b"/></bpmn:complexBehaviorDefinition></bpmn:multiInstanceLoopCharacteristics></bpmn:task>',
}  # fmt: skip
#: What is refused by another name than its own: that of the element it belongs to, or of its kind.
SAID = {"activationCondition": "complexGateway", "cancelEventDefinition": "cancel"}  # fmt: skip
#: Attributes of what is refused.
OF_REFUSED = {"method", "calledChoreographyRef", "initiatingParticipantRef", "waitForCompletion"}  # fmt: skip
#: What the schema names but puts nowhere.
NOWHERE = {"callableElement", "dataAssociation"}
#: Camunda's extensions that are read; those whose models come with another feature.
EXTENSIONS = {
    "ioMapping", "input", "output", "subscription", "taskHeaders", "header", "taskDefinition", "loopCharacteristics",
    "calledElement", "formDefinition", "userTask", "calledDecision", "assignmentDefinition", "priorityDefinition",
    "taskSchedule", "script", "executionListeners", "executionListener", "versionTag", "conditionalFilter", "adHoc",
    "jobPriorityDefinition", "linkedResources", "linkedResource",
}  # fmt: skip
ELSEWHERE = {"taskListeners", "taskListener"}
EXTENSIONS_REFUSED = {"publishMessage"}


def processes(path: Path) -> Iterator[etree._Element]:
    """Yield the executable processes of a model."""
    yield from etree.parse(path).iterfind(f"{{{BPMN}}}process[@isExecutable='true']")


def names_in(nodes: Iterator[etree._Element], namespace: str) -> set[str]:
    """Return the names of the elements of a namespace."""
    return {etree.QName(node).localname for node in nodes if etree.QName(node).namespace == namespace}


@pytest.fixture(scope="module")
def played() -> list[etree._Element]:
    """Every node of every model of ours; that each is played is a test beside the scenarios."""
    paths = [path for path in MODELS.rglob("*.bpmn") if path != MEANINGLESS]
    return [node for path in paths for node in etree.parse(path).iter(etree.Element)]


def meaningless() -> set[str]:
    """Return BPMN's elements that are neither executed nor refused."""
    return set(NAMES["bpmn"]["elements"]) - RUNS - set(REFUSED) - NOWHERE


def test_the_recorded_names_are_those_of_the_schema() -> None:
    schemas = [etree.parse(Path(XSD_PATH).with_name(name)) for name in ("Semantic.xsd", "BPMN20.xsd")]
    abstract = {
        one.get("name") for schema in schemas for one in schema.iter(f"{XSD}complexType") if one.get("abstract")
    }
    elements = [one for schema in schemas for one in schema.iter(f"{XSD}element") if one.get("name")]
    concrete = {
        one.get("name") for one in elements if one.get("abstract") != "true" and one.get("type") not in abstract
    }

    assert set(NAMES["bpmn"]["elements"]) == concrete
    assert set(NAMES["bpmn"]["attributes"]) == {
        one.get("name") for schema in schemas for one in schema.iter(f"{XSD}attribute") if one.get("name")
    }


def test_what_runs_is_met_in_a_model_that_is_played(played: list[etree._Element]) -> None:
    assert RUNS - names_in(iter(played), BPMN) == set()
    assert EXTENSIONS - names_in(iter(played), ZEEBE) == set()
    assert READ - {name for node in played for name in node.attrib} == set()


@pytest.mark.parametrize("name", REFUSED)
def test_an_element_is_refused_by_name(name: str) -> None:
    process = f'<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>{REFUSED[name]}</bpmn:process>'

    with pytest.raises(Rejection) as refused:
        Engine().deploy(("model.bpmn", DEFINITIONS.format(process)))

    assert "Element: x" in refused.value.reason or "Element: b" in refused.value.reason
    assert SAID.get(name, name) in refused.value.reason


@pytest.mark.parametrize("name", sorted(EXTENSIONS_REFUSED))
def test_an_extension_is_refused_by_name(name: str) -> None:
    task = f'<bpmn:task id="x"><bpmn:extensionElements><zeebe:{name}/></bpmn:extensionElements></bpmn:task>'
    process = f'<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>{task}</bpmn:process>'

    with pytest.raises(Rejection) as refused:
        Engine().deploy(("model.bpmn", DEFINITIONS.format(process)))

    assert f"Element: x\n    - ERROR: The extension zeebe:{name} is not supported" in refused.value.reason


def test_an_attribute_of_an_extension_is_refused_by_name() -> None:
    names = '<bpmn:extensionElements><zeebe:conditionalFilter variableNames="a"/></bpmn:extensionElements>'
    event = (
        f"<bpmn:conditionalEventDefinition>{names}<bpmn:condition>=a</bpmn:condition></bpmn:conditionalEventDefinition>"
    )
    process = (
        f'<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s">{event}</bpmn:startEvent></bpmn:process>'
    )

    with pytest.raises(
        Rejection, match="The attribute 'variableNames' of the extension zeebe:conditionalFilter is not"
    ):
        Engine().deploy(("model.bpmn", DEFINITIONS.format(process)))


def test_what_no_schema_knows_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    job = '<zeebe:taskDefinition type="a" timeout="5"/><zeebe:ioMaping/>'
    task = f'<bpmn:serviceTask id="x"><bpmn:extensionElements>{job}</bpmn:extensionElements></bpmn:serviceTask>'
    process = f'<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>{task}</bpmn:process>'

    Engine().deploy(("model.bpmn", DEFINITIONS.format(process)))

    assert [record.getMessage() for record in caplog.records] == [
        "embedded engine: timeout of zeebe:taskDefinition of x is not known, and changes nothing",
        "embedded engine: zeebe:ioMaping of x is not known, and changes nothing",
    ]


@pytest.mark.parametrize("tag", ["task", "parallelGateway"])
def test_a_condition_is_refused_where_it_is_not_looked_at(tag: str) -> None:
    node = f'<bpmn:{tag} id="x"><bpmn:outgoing>f</bpmn:outgoing></bpmn:{tag}><bpmn:endEvent id="e"/>'
    condition = "<bpmn:conditionExpression>=false</bpmn:conditionExpression>"
    flow = f'<bpmn:sequenceFlow id="f" sourceRef="x" targetRef="e">{condition}</bpmn:sequenceFlow>'
    process = f'<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>{node}{flow}</bpmn:process>'

    with pytest.raises(Rejection, match=r"Element: x\n.*Conditional sequence flows are only supported at exclusive or"):
        Engine().deploy(("model.bpmn", DEFINITIONS.format(process)))


def test_flows_of_a_refused_element_are_no_reason_of_their_own() -> None:
    nodes = '<bpmn:transaction id="x"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="x"/>'
    process = f'<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>{nodes}</bpmn:process>'

    with pytest.raises(Rejection) as refused:
        Engine().deploy(("model.bpmn", DEFINITIONS.format(process)))

    assert refused.value.reason.count("ERROR") == 1


def test_an_extension_of_a_later_release_is_refused_in_the_dialect_of_an_earlier() -> None:
    listeners = '<zeebe:taskListeners><zeebe:taskListener eventType="creating" type="a"/></zeebe:taskListeners>'
    task = f'<bpmn:userTask id="x"><bpmn:extensionElements><zeebe:userTask/>{listeners}</bpmn:extensionElements></bpmn:userTask>'
    process = f'<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>{task}</bpmn:process>'

    with pytest.raises(Rejection, match=r"The extension zeebe:taskListeners is not supported before 8\.8"):
        Engine(dialect="8.6").deploy(("model.bpmn", DEFINITIONS.format(process)))


def test_what_has_no_meaning_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine()
    engine.deploy(MEANINGLESS)

    instance = engine.create_instance("without_meaning")
    (job,) = engine.activate("work")
    engine.complete(job.key)
    engine.publish("ask", "k")

    assert instance.state == "COMPLETED", instance.describe()
    path = ["start", "task", "gateway", "loop", "many", "many", "many", "call", "events", "asked", "end"]
    assert instance.path == path
    assert instance.variables == {"once": 1}
    # Those that BPMN gives a meaning to are named in the log.
    said = [record.getMessage() for record in caplog.records]
    assert [text.split()[2] for text in said] == [
        "bpmn:standardLoopCharacteristics",
        "bpmn:loopCardinality",
        "bpmn:complexBehaviorDefinition",
    ]


def test_every_name_without_meaning_stands_in_the_model_of_them() -> None:
    nodes = list(etree.parse(MEANINGLESS).iter(etree.Element))

    assert meaningless() - names_in(iter(nodes), BPMN) == set()
    assert (
        set(NAMES["bpmn"]["attributes"]) - READ - OF_REFUSED - {name for node in nodes for name in node.attrib} == set()
    )
    known = EXTENSIONS | ELSEWHERE | EXTENSIONS_REFUSED
    assert set(NAMES["zeebe"]["extensions"]) - known - names_in(iter(nodes), ZEEBE) == set()
    attributes = {etree.QName(name).localname for node in nodes for name in node.attrib}
    assert set(NAMES["zeebe"]["attributes"]) - attributes == set()


def test_every_name_without_meaning_is_listed_for_readers() -> None:
    section = DOCS.read_text().partition("## What has no meaning\n")[2].partition("\n## ")[0]
    listed = set(re.findall(r"`([^`]+)`", section))
    extensions = set(NAMES["zeebe"]["extensions"]) - EXTENSIONS - ELSEWHERE - EXTENSIONS_REFUSED
    attributes = set(NAMES["bpmn"]["attributes"]) - READ - OF_REFUSED

    assert meaningless() - listed == set()
    assert {f"zeebe:{name}" for name in extensions} - listed == set()
    assert attributes - listed == set()
