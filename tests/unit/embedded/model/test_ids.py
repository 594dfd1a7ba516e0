"""Ids and references are held to what BPMN's schema asks; each answer here is a real Camunda 8.6.0's, too."""

# ruff: noqa: E501 - a model reads better in one line

from __future__ import annotations

import pytest

from camunda_client.embedded import Engine, Rejection

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e" name="Done"/>'
FLOW = '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/>'
DRAWN = '<bpmn:process id="q">{}</bpmn:process>'
LANE = "<bpmn:laneSet><bpmn:lane><bpmn:flowNodeRef>{}</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
DIAGRAM = (
    '<di:BPMNDiagram xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC">'
    '<di:BPMNPlane bpmnElement="p"><di:BPMNShape id="{}" bpmnElement="gone"><dc:Bounds x="1" y="1" width="1" height="1"/>'
    "</di:BPMNShape></di:BPMNPlane></di:BPMNDiagram>"
)


def document(*nodes: str, roots: str = "", process: str = 'id="p"') -> str:
    """Return a document of one executable process, and what comes behind it."""
    return (
        '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">\n'
        f'<bpmn:process {process} isExecutable="true">\n'
        + "\n".join(nodes)
        + f"</bpmn:process>{roots}</bpmn:definitions>"
    )


def gateway(default: str) -> str:
    return document(
        START,
        f'<bpmn:exclusiveGateway id="g" default="{default}"/>',
        END,
        FLOW.replace('"e"', '"g"'),
        '<bpmn:sequenceFlow id="h" sourceRef="g" targetRef="e"/>',
    )


def refusal(model: str) -> str:
    """Return why a model is refused."""
    with pytest.raises(Rejection) as refused:
        Engine().deploy(("model.bpmn", model))
    assert refused.value.code == "INVALID_ARGUMENT"
    assert "'model.bpmn': " in refused.value.reason
    return refused.value.reason


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (document(START, END, END, FLOW), "Element: e ('Done')\n    - ERROR: Must have an id of its own, but 'e' is the id of the endEvent in line 4 and the endEvent in line 5"),
        (document(START, END, FLOW, FLOW), "Element: f\n    - ERROR: Must have an id of its own"),
        (document(START, END, FLOW.replace('"f"', '"e"')), "the endEvent in line 4 and the sequenceFlow in line 5"),
        (document(START, '<bpmn:subProcess id="p"><bpmn:startEvent id="i"/></bpmn:subProcess>'), "the process in line 2 and the subProcess in line 4"),
        (document(START, '<bpmn:subProcess id="u"><bpmn:startEvent id="s"/></bpmn:subProcess>'), "'s' is the id of"),
        (document(START, roots='<bpmn:message id="s" name="m"/>'), "the startEvent in line 3 and the message in line 3"),
        (document(START, roots=DRAWN.format(START)), "'s' is the id of"),
        (document(START, process='id="d"'), "the definitions in line 1 and the process in line 2"),
        (document(START, roots=DIAGRAM.format("s")), "the startEvent in line 3 and the BPMNShape in line 3"),
    ],
)  # fmt: skip
def test_an_id_is_borne_once(model: str, words: str) -> None:
    """Two end events of one id were a KeyError, a sub-process with the process's id never ended, two flows were deployed."""
    assert words in refusal(model)


@pytest.mark.parametrize("name", ["s t", "1s", "-s", "a:s", "", "s\u00b2", "s\U0001f600", "\U00020000", "\u218f", "\uff21", "\ufb01", "\u093f"])  # fmt: skip
def test_an_id_that_xml_does_not_allow_is_refused(name: str) -> None:
    assert f"attribute 'id': '{name}' is not a valid value" in refusal(document(f'<bpmn:startEvent id="{name}"/>'))


@pytest.mark.parametrize("name", ["_s.-1", "s\u00e4", "\u958b\u59cb", "e\u0301\u0939\u093f", "a\u00b7", "\u30c7\u30fc", "\u3042\ud55c\u0416", " s\n"])  # fmt: skip
def test_an_id_that_xml_allows_is_an_element_s(name: str) -> None:
    """Blanks around it, and around what refers to it, are no part of it."""
    engine = Engine()
    engine.deploy(
        ("model.bpmn", document(f'<bpmn:startEvent id="{name}"/>', END, FLOW.replace('"s"', f'"\t{name.strip()} "')))
    )

    assert engine.create_instance("p").path == [name.strip(), "e"]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (document(START, process=""), "Element: process\n    - ERROR: Must have an id, but the process in line 2 has none"),
        (document(START, '<bpmn:serviceTask name="Pay"><bpmn:extensionElements><zeebe:taskDefinition type="x"/></bpmn:extensionElements></bpmn:serviceTask>'), "Element: serviceTask ('Pay')\n    - ERROR: Must have an id, but the serviceTask in line 4 has none"),
        (document(START, END, '<bpmn:sequenceFlow sourceRef="s" targetRef="e"/>'), "the sequenceFlow in line 5 has none"),
        (document(START, '<bpmn:subProcess id="u"><bpmn:startEvent/></bpmn:subProcess>'), "the startEvent in line 4 has none"),
        (document(START, roots='<bpmn:message name="m"/>'), "the message in line 3 has none"),
        (document(START, roots='<bpmn:error errorCode="m"/>'), "the error in line 3 has none"),
    ],
)  # fmt: skip
def test_what_is_executed_needs_an_id(model: str, words: str) -> None:
    """They were deployed, and called None; messages and errors were a private error of Spiff's."""
    assert words in refusal(model)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (gateway("zz"), "Element: g\n    - ERROR: The default 'zz' leads nowhere"),
        (gateway(""), "Element: g\n    - ERROR: The default '' leads nowhere"),
        (gateway("e"), "Element: g\n    - ERROR: Default flow must start at gateway"),
        (gateway("f"), "Element: g\n    - ERROR: Default flow must start at gateway"),
        (document(START, '<bpmn:task id="t" default="zz"/>'), "Element: t\n    - ERROR: The default 'zz' leads nowhere"),
        (document(START, roots=DRAWN.format('<bpmn:exclusiveGateway id="g" default="zz"/>')), "The default 'zz' leads nowhere"),
        (document(START, END, FLOW.replace('"e"', '"zz"')), "Element: f\n    - ERROR: The targetRef 'zz' leads nowhere"),
        (document(START, END, FLOW.replace('"s"', '"zz"')), "Element: f\n    - ERROR: The sourceRef 'zz' leads nowhere"),
        (document(START, '<bpmn:sequenceFlow id="f" targetRef="s"/>'), "Line=4: Element 'bpmn:sequenceFlow': The attribute 'sourceRef' is required but missing"),
        (document(START, '<bpmn:boundaryEvent id="b"/>'), "Line=4: Element 'bpmn:boundaryEvent': The attribute 'attachedToRef' is required but missing"),
        (document(START, '<bpmn:boundaryEvent id="b" attachedToRef="s"><bpmn:outgoing>f</bpmn:outgoing><bpmn:errorEventDefinition/></bpmn:boundaryEvent>', END, FLOW), "Element: b\n    - ERROR: Must be attached to an activity"),
        (document('<bpmn:startEvent id="s"><bpmn:outgoing>zz</bpmn:outgoing></bpmn:startEvent>'), "Element: s\n    - ERROR: The outgoing 'zz' leads nowhere"),
        (document('<bpmn:startEvent id="s"><bpmn:outgoing>e</bpmn:outgoing></bpmn:startEvent>', END), "Element: s\n    - ERROR: The outgoing 'e' leads nowhere"),
        (document(LANE.format("zz"), START), "Element: flowNodeRef\n    - ERROR: The flowNodeRef 'zz' leads nowhere"),
        (document(START, '<bpmn:dataObjectReference id="o" dataObjectRef="zz"/>'), "Element: o\n    - ERROR: The dataObjectRef 'zz'"),
        (document('<bpmn:extensionElements><zeebe:userTaskForm id="zz">{}</zeebe:userTaskForm></bpmn:extensionElements>', START, '<bpmn:task id="t" default="zz"/>'), "The default 'zz' leads nowhere"),
    ],
)  # fmt: skip
def test_a_reference_leads_somewhere(model: str, words: str) -> None:
    """A default that led nowhere was deployed, and its gateway took no flow or the wrong one."""
    assert words in refusal(model)


@pytest.mark.parametrize(
    "model",
    [
        document(START).replace('id="d" ', ""),
        document(START, roots="<bpmn:process><bpmn:startEvent/><bpmn:task/></bpmn:process><bpmn:process/>"),
        document(START, roots='<bpmn:dataStore/><bpmn:collaboration><bpmn:participant processRef="zz"/></bpmn:collaboration>'),
        document(LANE.format("\n s "), START, "<bpmn:dataObject/><bpmn:textAnnotation/>"),
        document(START, '<bpmn:textAnnotation id="a"/><bpmn:association id="b" sourceRef="zz" targetRef="a"/>'),
        document('<bpmn:startEvent id="s"><bpmn:outgoing> bpmn:f </bpmn:outgoing></bpmn:startEvent>', '<bpmn:endEvent id="e"><bpmn:incoming>zz</bpmn:incoming></bpmn:endEvent>', FLOW),
        document('<bpmn:extensionElements><zeebe:userTaskForm id="s">{}</zeebe:userTaskForm><zeebe:properties><zeebe:property id="1 2"/></zeebe:properties></bpmn:extensionElements>', START),
        document(START, roots=DIAGRAM.format("shape")),
    ],
)  # fmt: skip
def test_what_the_schema_leaves_free_is_left_free(model: str) -> None:
    """Two drawn processes without ids were a private error of Spiff's."""
    engine = Engine()
    engine.deploy(("model.bpmn", model))

    assert engine.create_instance("p").state == "COMPLETED"
