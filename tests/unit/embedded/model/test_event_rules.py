"""What is wrong with compensation and conditions is refused in the words of Camunda's validators (8.6.0 and 8.9.0)."""

# ruff: noqa: E501 - a model reads better in one line

from __future__ import annotations

import re

import pytest

from camunda_client.embedded import Engine, Rejection

DEFINITIONS = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="t">'
    '<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>{}</bpmn:process></bpmn:definitions>'
)
TASK, HANDLER = '<bpmn:task id="t"/>', '<bpmn:task id="undo" isForCompensation="true"/>'
BOUNDARY = '<bpmn:boundaryEvent id="b" attachedToRef="t" {}>{}<bpmn:compensateEventDefinition/></bpmn:boundaryEvent>'
LINK = '<bpmn:association sourceRef="b" targetRef="{}"/>'
LISTENER = '<zeebe:executionListeners><zeebe:executionListener eventType="end" type="l"/></zeebe:executionListeners>'
MAPPING = '<zeebe:ioMapping><zeebe:output source="=1" target="a"/></zeebe:ioMapping>'
FAULT = '<bpmn:boundaryEvent id="f" attachedToRef="undo"><bpmn:outgoing>out</bpmn:outgoing><bpmn:errorEventDefinition/></bpmn:boundaryEvent>'


def document(nodes: str) -> tuple[str, str]:
    """Return a model; associations stand behind all else, as the schema has it."""
    links = re.findall(r"<bpmn:association [^>]*/>", nodes)
    return "model.bpmn", DEFINITIONS.format(re.sub(r"<bpmn:association [^>]*/>", "", nodes) + "".join(links))


def flow(source: str, target: str, name: str = "out") -> str:
    return f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}"/>'


def extended(extension: str) -> str:
    return f"<bpmn:extensionElements>{extension}</bpmn:extensionElements>"


def throw(attributes: str, tag: str = "intermediateThrowEvent") -> str:
    return f'<bpmn:{tag} id="c"><bpmn:compensateEventDefinition {attributes}/></bpmn:{tag}>'


def undone(boundary: str = "", attributes: str = "", handler: str = HANDLER, link: str = LINK.format("undo")) -> str:
    return TASK + BOUNDARY.format(attributes, boundary) + handler + link


def catch(condition: str, inner: str = "", name: str = "c") -> str:
    definition = f"<bpmn:conditionalEventDefinition>{inner}<bpmn:condition>{condition}</bpmn:condition></bpmn:conditionalEventDefinition>"
    return f'<bpmn:intermediateCatchEvent id="{name}">{definition}</bpmn:intermediateCatchEvent>'


def filtered(attributes: str) -> str:
    return extended(f"<zeebe:conditionalFilter {attributes}/>")


@pytest.mark.parametrize(
    ("nodes", "element_id", "words"),
    [
        (undone(link=""), "b", "Must have an association to exactly one activity that is marked as for compensation, found 0"),
        (undone(link=LINK.format("s")), "b", "exactly one activity that is marked as for compensation, found 0"),
        (undone(handler='<bpmn:task id="undo"/>'), "b", "exactly one activity that is marked as for compensation, found 0"),
        (undone(handler=HANDLER + HANDLER.replace("undo", "other"), link=LINK.format("undo") + LINK.format("other")), "b", "found 2"),
        (undone("<bpmn:outgoing>out</bpmn:outgoing>") + flow("b", "s"), "b", "Compensation boundary events must have a compensation association and no outgoing sequence flows"),
        (undone(attributes='cancelActivity="false"'), "b", "Non-interrupting events of this type are not allowed"),
        (undone(extended(LISTENER)), "b", "Execution listeners of type 'start' and 'end' are not supported by [compensation] boundary events"),
        (undone(extended(MAPPING)), "b", "Mappings of a compensation boundary event are not supported"),
        (undone() + flow("t", "undo"), "undo", "A compensation handler should have no incoming sequence flows"),
        (undone() + flow("undo", "t"), "undo", "A compensation handler should have no outgoing sequence flows"),
        (undone() + FAULT + flow("f", "t"), "undo", "A compensation handler should have no boundary events"),
        (throw('waitForCompletion="false"'), "c", "A compensation intermediate throwing event waitForCompletion attribute must be true or not present"),
        (throw('waitForCompletion="false"', "endEvent"), "c", "A compensation end event waitForCompletion attribute must be true or not present"),
        (throw('activityRef="nothing"'), "c", "The referenced compensation activity 'nothing' doesn't exist"),
        (TASK + throw('activityRef="t"'), "c", "The referenced compensation activity 't' must have either a compensation boundary event or be a subprocess"),
        (f'<bpmn:subProcess id="u"><bpmn:startEvent id="us"/>{undone()}</bpmn:subProcess>'.replace(LINK.format("undo"), "") + throw('activityRef="t"'), "c", "The referenced compensation activity 't' must be in the same scope as the compensation throw event"),
        (throw("", "startEvent"), "p", "A process can't start with an event of the type compensation"),
        (throw("", "intermediateCatchEvent"), "c", "Event definition must be one of"),
        (catch(""), "c", "Attribute 'condition' must be present and not empty"),
        (catch("x"), "c", "Expected expression but found static value 'x'"),
        (catch("=x +"), "c", "in 'x +'"),
        (catch("=x", filtered('variableEvents="create, delete"')), "c", "Variable event 'delete' is not valid. Must be one of: create, update or a comma-separated list of both."),
        (catch("=x", filtered('variableNames="x"')), "c", "The attribute 'variableNames' of the extension zeebe:conditionalFilter is not supported"),
        ('<bpmn:eventBasedGateway id="g"/>' + catch("=x") + catch("=x", name="c2") + flow("g", "c") + flow("g", "c2", "out2"), "g", "Multiple conditional event definitions with the same condition expression '=x' are not allowed."),
        (catch("=x").replace("intermediateCatchEvent", "startEvent") + catch("=x", name="c2").replace("intermediateCatchEvent", "startEvent"), "p", "Multiple conditional event definitions with the same condition expression '=x' are not allowed."),
    ],
)  # fmt: skip
def test_it_is_refused_with_the_reason(nodes: str, element_id: str, words: str) -> None:
    with pytest.raises(Rejection) as refused:
        Engine(dialect="8.9").deploy(document(nodes))

    assert words in refused.value.reason
    assert f"Element: {element_id}\n" in refused.value.reason


def test_a_flow_out_of_a_compensation_boundary_event_is_never_taken_before_8_9() -> None:
    """The validators of 8.6.0 take it."""
    nodes = undone("<bpmn:outgoing>out</bpmn:outgoing>") + flow("b", "t")

    assert Engine(dialect="8.6").deploy(document(nodes)).processes


@pytest.mark.parametrize("place", ["t", "u"])
def test_an_event_sub_process_may_refer_to_what_is_around_it(place: str) -> None:
    around = f'{undone()}<bpmn:subProcess id="u"><bpmn:startEvent id="us"/></bpmn:subProcess>'
    start = '<bpmn:startEvent id="es"><bpmn:errorEventDefinition/></bpmn:startEvent>'
    inner = f'<bpmn:subProcess id="e" triggeredByEvent="true">{start}{throw(f"""activityRef="{place}" """)}</bpmn:subProcess>'

    assert Engine().deploy(document(around + inner)).processes
