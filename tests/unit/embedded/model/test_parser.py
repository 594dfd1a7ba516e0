"""What can't be executed is refused at deployment, with the element's id and name."""

# ruff: noqa: E501 - a model reads better in one line

from __future__ import annotations

from pathlib import Path

import pytest

from camunda_client.embedded import Engine, Rejection

MODELS = Path(__file__).parents[3] / "models"
DEFINITIONS = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'id="d" targetNamespace="t">{}</bpmn:definitions>'
)


def process(*nodes: str, roots: str = "") -> str:
    """Return a document of one process: start, the nodes, and flows from the start to each node with an id."""
    body = "".join(nodes)
    return DEFINITIONS.format(
        f'{roots}<bpmn:process id="p" isExecutable="true"><bpmn:startEvent id="s"/>{body}</bpmn:process>'
    )


TASK = '<bpmn:serviceTask id="t" name="Pay"><bpmn:extensionElements>{}</bpmn:extensionElements></bpmn:serviceTask>'
JOB = '<zeebe:taskDefinition type="x"/>'


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (process('<bpmn:adHocSubProcess id="a" name="Maybe"/>'), ["Element: a ('Maybe')", "adHocSubProcess"]),
        (process('<bpmn:complexGateway id="c" name="Odd"/>'), ["Element: c ('Odd')", "complexGateway"]),
        (process('<bpmn:transaction id="x" name="All"/>'), ["Element: x ('All')", "transaction"]),
        (process(TASK.format("")), ["Element: t ('Pay')", "zeebe:taskDefinition"]),
        (process(TASK.format('<zeebe:taskDefinition type="= a b"/>')), ["Element: t ('Pay')", "'b'"]),
        (process(TASK.format(JOB).replace("</bpmn:serviceTask>", "<bpmn:multiInstanceLoopCharacteristics/></bpmn:serviceTask>")), ["Element: t", "inputCollection"]),
        (process('<bpmn:endEvent id="e" name="Undo"><bpmn:compensateEventDefinition waitForCompletion="false"/></bpmn:endEvent>'), ["Element: e ('Undo')", "A compensation end event waitForCompletion attribute must be true or not present"]),
        (process('<bpmn:intermediateCatchEvent id="i" name="If"><bpmn:conditionalEventDefinition><bpmn:condition/></bpmn:conditionalEventDefinition></bpmn:intermediateCatchEvent>'), ["Element: i ('If')", "conditional"]),
        (process('<bpmn:intermediateCatchEvent id="i"><bpmn:messageEventDefinition messageRef="m"/></bpmn:intermediateCatchEvent>', roots='<bpmn:message id="m" name="m"/>'), ["Element: i", "correlationKey"]),
        (process('<bpmn:intermediateCatchEvent id="i"><bpmn:timerEventDefinition/></bpmn:intermediateCatchEvent>'), ["Element: i", "timeDuration"]),
        (process('<bpmn:callActivity id="c" name="Call"/>'), ["Element: c ('Call')", "zeebe:calledElement"]),
        (process('<bpmn:boundaryEvent id="b" attachedToRef="nothing"><bpmn:outgoing>f</bpmn:outgoing><bpmn:errorEventDefinition/></bpmn:boundaryEvent><bpmn:sequenceFlow id="f" sourceRef="b" targetRef="s"/>'), ["Element: b", "nothing"]),
        (process('<bpmn:subProcess id="u" name="In"/>'), ["Element: u ('In')", "none start event"]),
        (process('<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="nowhere"/>'), ["Element: f"]),
        (DEFINITIONS.format('<bpmn:process id="p" isExecutable="true"/>'), ["Element: p", "start event"]),
        (DEFINITIONS.format('<bpmn:process id="p"/>'), ["executable process"]),
        (DEFINITIONS.format('<bpmn:process id="p" isExecutable="true"><bpmn:extensionElements><zeebe:executionListeners><zeebe:executionListener eventType="start" type="l"/></zeebe:executionListeners></bpmn:extensionElements><bpmn:startEvent id="s"/></bpmn:process>'), ["Element: p", "execution listeners"]),
        ("<html/>", ["bpmn:definitions"]),
        ("not xml", ["parsing"]),
    ],
)  # fmt: skip
def test_what_can_not_be_executed_is_refused_by_name(document: str, words: list[str]) -> None:
    engine = Engine()

    with pytest.raises(Rejection) as refused:
        engine.deploy(("model.bpmn", document))

    assert refused.value.code == "INVALID_ARGUMENT"
    for word in ["'model.bpmn'", *words]:
        assert word in refused.value.reason


TIMER = '<bpmn:intermediateCatchEvent id="i"><bpmn:timerEventDefinition><bpmn:{0}>{1}</bpmn:{0}></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>'
BOUNDARY = '<bpmn:task id="t"/><bpmn:boundaryEvent id="b" attachedToRef="t" cancelActivity="false"><bpmn:outgoing>f</bpmn:outgoing><bpmn:timerEventDefinition><bpmn:timeCycle>{}</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:boundaryEvent><bpmn:sequenceFlow id="f" sourceRef="b" targetRef="t"/>'
EVENT_SUB_PROCESS = '<bpmn:subProcess id="e" triggeredByEvent="true"><bpmn:startEvent id="b" isInterrupting="false"><bpmn:timerEventDefinition><bpmn:timeCycle>{}</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent></bpmn:subProcess>'


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (process(TIMER.format("timeDuration", "soon")), "Invalid timer duration expression (Invalid duration format 'soon' for expression 'soon'.)"),
        (process(TIMER.format("timeDuration", "P9999999999D")), "Invalid timer duration expression (Invalid duration format"),
        (process(TIMER.format("timeDate", "soon")), "Invalid timer date expression (Invalid date-time format 'soon' for expression 'soon'.)"),
        (process(TIMER.format("timeDate", "2024-01-01T10:00")), "Invalid timer date expression (Invalid date-time format"),
        (process(BOUNDARY.format("R/soon")), "Invalid timer cycle expression"),
        (process(BOUNDARY.format("0 0 9 * * MON")), "Cron expressions are not supported in timers (found '0 0 9 * * MON')"),
        (process(EVENT_SUB_PROCESS.format("@hourly")), "Cron expressions are not supported in timers (found '@hourly')"),
    ],
)  # fmt: skip
def test_a_static_timer_that_can_not_be_read_is_refused(document: str, words: str) -> None:
    """Only start events of processes were looked at; others made incidents of every instance."""
    with pytest.raises(Rejection) as refused:
        Engine().deploy(("model.bpmn", document))

    assert words in refused.value.reason


@pytest.mark.parametrize("binding", ["deployment", "versionTag"])
@pytest.mark.parametrize(
    "document",
    [
        process('<bpmn:callActivity id="t"><bpmn:extensionElements><zeebe:calledElement processId="q" {}/></bpmn:extensionElements></bpmn:callActivity>'),
        process('<bpmn:businessRuleTask id="t"><bpmn:extensionElements><zeebe:calledDecision decisionId="q" resultVariable="r" {}/></bpmn:extensionElements></bpmn:businessRuleTask>'),
        process('<bpmn:userTask id="t"><bpmn:extensionElements><zeebe:userTask/><zeebe:formDefinition formId="q" {}/></bpmn:extensionElements></bpmn:userTask>'),
    ],
)  # fmt: skip
def test_what_is_bound_to_a_version_is_refused(document: str, binding: str) -> None:
    """Decisions and forms were taken in their latest version whatever the model said."""
    document = document.replace("{}", f'bindingType="{binding}" versionTag="v1"')

    with pytest.raises(Rejection, match=f"Binding type '{binding}' of a .* is not supported"):
        Engine().deploy(("model.bpmn", document))


@pytest.mark.parametrize("text", ["strng(x)", "for i in x return strng(i)", "{a: strng(x)}", "x[strng(item)]"])
def test_a_function_that_nobody_defines_is_told_when_it_is_deployed(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is null, as on a real Camunda, which says nothing of it."""
    Engine().deploy(("model.bpmn", process(TASK.format(f'<zeebe:taskDefinition type="= {text}"/>'))))

    assert "no function is called 'strng'" in caplog.text


CONDITION = '<bpmn:exclusiveGateway id="g"/><bpmn:task id="t"/><bpmn:sequenceFlow id="f" sourceRef="g" targetRef="t"><bpmn:conditionExpression>{}</bpmn:conditionExpression></bpmn:sequenceFlow>'
SUBSCRIPTION = '<bpmn:message id="m" name="m"><bpmn:extensionElements><zeebe:subscription correlationKey="{}"/></bpmn:extensionElements></bpmn:message>'
LOOP = '<bpmn:task id="t"><bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements><zeebe:loopCharacteristics {}/></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics></bpmn:task>'
SCRIPT = '<bpmn:scriptTask id="t"><bpmn:extensionElements><zeebe:script expression="{}" resultVariable="r"/></bpmn:extensionElements></bpmn:scriptTask>'


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("amount > 5", process(CONDITION.format("amount &gt; 5"))),
        ("true", process(CONDITION.format("true"))),
        ("orderId", process('<bpmn:receiveTask id="t" messageRef="m"/>', roots=SUBSCRIPTION.format("orderId"))),
        ("items", process(LOOP.format('inputCollection="items"'))),
        ("x", process(LOOP.format('inputCollection="=items" outputCollection="o" outputElement="x"'))),
        ("a", process(TASK.format(JOB + '<zeebe:ioMapping><zeebe:output source="a" target="b"/></zeebe:ioMapping>'))),
        ("x + 1", process(SCRIPT.format("x + 1"))),
    ],
)
def test_a_forgotten_equals_sign_is_refused_in_camundas_words(text: str, document: str) -> None:
    """Such a model was deployed, and its instances had incidents, or went on with the text in place of a value."""
    with pytest.raises(Rejection) as refused:
        Engine().deploy(("model.bpmn", document))

    hint = f"An expression must start with '=' (e.g. '={text}')."
    assert f"ERROR: Expected expression but found static value '{text}'. {hint}" in refused.value.reason


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ('<zeebe:input target="y"/>', "Expected expression but not found."),
        ('<zeebe:input source="" target="y"/>', "Expected expression but not found."),
        ('<zeebe:output source="=x"/>', "Expected path expression but not found."),
        ('<zeebe:output source="=x" target="a b"/>', r"Expected path expression 'a b' but doesn't match the pattern '[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*'."),
        ('<zeebe:input source="x" target="=y"/>', "Expected path expression '=y' but doesn't match"),
        ('<zeebe:output source="=x" target="null"/>', "Expected path expression 'null' but is one of the reserved words (null, true,"),
    ],
)  # fmt: skip
def test_a_mapping_has_a_source_and_a_proper_target(mapping: str, words: str) -> None:
    """Without a source the text '' was written; any target was taken, and none was an AttributeError later."""
    with pytest.raises(Rejection) as refused:
        Engine().deploy(("model.bpmn", process(TASK.format(f"{JOB}<zeebe:ioMapping>{mapping}</zeebe:ioMapping>"))))

    assert words in refused.value.reason


@pytest.mark.parametrize(
    "document",
    [
        process(TASK.format(JOB + '<zeebe:ioMapping><zeebe:output target="b"/></zeebe:ioMapping>')),
        process(SCRIPT.format("")),
    ],
)
def test_a_missing_expression_is_refused(document: str) -> None:
    with pytest.raises(Rejection, match="Expected expression but not found"):
        Engine().deploy(("model.bpmn", document))


def test_an_inputs_source_may_be_a_plain_text() -> None:
    engine = Engine()
    engine.deploy(("p.bpmn", process(
        TASK.format(JOB + '<zeebe:ioMapping><zeebe:input source="x" target="y"/></zeebe:ioMapping>'),
        '<bpmn:sequenceFlow id="f" sourceRef="s" targetRef="t"/>',
    )))  # fmt: skip

    engine.create_instance("p")

    assert engine.activate("x")[0].variables == {"y": "x"}


def test_all_problems_of_a_deployment_are_named_at_once() -> None:
    document = process('<bpmn:complexGateway id="c"/>', TASK.format(""))

    with pytest.raises(Rejection) as refused:
        Engine().deploy(("model.bpmn", document))

    assert "Element: c" in refused.value.reason
    assert "Element: t" in refused.value.reason


def test_a_deployment_is_all_or_nothing() -> None:
    engine = Engine()

    with pytest.raises(Rejection):
        engine.deploy(MODELS / "service_task.bpmn", ("bad.bpmn", "not xml"))

    with pytest.raises(Rejection, match="none found"):
        engine.create_instance("service_task")


def test_an_exclusive_gateway_needs_a_condition_or_a_default_on_every_flow() -> None:
    text = (MODELS / "exclusive_gateway.bpmn").read_text().replace(' default="to_small"', "")

    with pytest.raises(Rejection, match="'to_small' must have a condition or be the default flow"):
        Engine().deploy(("gateway.bpmn", text))


def test_data_objects_lanes_and_notes_are_only_documentation() -> None:
    lanes = '<bpmn:laneSet id="l"><bpmn:lane id="l1"/></bpmn:laneSet>'
    notes = (
        '<bpmn:dataObject id="o"/><bpmn:dataObjectReference id="r" dataObjectRef="o"/>'
        '<bpmn:textAnnotation id="a"><bpmn:text>x</bpmn:text></bpmn:textAnnotation>'
    )
    drawn = process(notes, roots='<bpmn:dataStore id="ds" name="Archive"/>')
    engine = Engine()
    engine.deploy(("p.bpmn", drawn.replace("<bpmn:startEvent", f"{lanes}<bpmn:startEvent", 1)))

    assert engine.create_instance("p").state == "COMPLETED"


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TOP")
    document = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>' + process('<bpmn:task id="t" name="&e;"/>')

    with pytest.raises(Rejection, match="entity") as refused:
        Engine().deploy(("p.bpmn", document))

    assert "TOP" not in refused.value.reason


#: What Spiff calls specs of its own, alone or with the name of a process ("p") or another element ("s") in front.
SPIFF_NAMES = ("Root", "root", "Start", "End", "EndJoin", "p.EndJoin", "s.EndJoin", "Root.EndJoin", "None", "_")


@pytest.mark.parametrize("name", SPIFF_NAMES)
def test_an_element_may_be_called_as_spiff_calls_its_own(name: str) -> None:
    """An element called Root left the engine as a KeyError, though a real Camunda runs the model."""
    inside = f'<bpmn:startEvent id="{name}"/><bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f" sourceRef="{name}" targetRef="e"/>'
    nested = (
        f'<bpmn:subProcess id="u">{inside}</bpmn:subProcess><bpmn:sequenceFlow id="g" sourceRef="s" targetRef="u"/>'
    )
    engine = Engine()
    engine.deploy(
        ("flat.bpmn", DEFINITIONS.format(f'<bpmn:process id="flat" isExecutable="true">{inside}</bpmn:process>')),
        ("nested.bpmn", process(nested)),
        ("task.bpmn", process(inside.replace("startEvent", "task"), f'<bpmn:sequenceFlow id="g" sourceRef="s" targetRef="{name}"/>').replace('id="p"', 'id="task"')),
        ("named.bpmn", process().replace('id="p"', f'id="{name}"')),
    )  # fmt: skip

    paths = [engine.create_instance(process_id).path for process_id in ("flat", "p", "task", name)]

    assert paths == [[name, "e"], ["s", "u", name, "e"], ["s", name, "e"], ["s"]]
    assert {history.state for history in engine.instances} == {"COMPLETED"}
