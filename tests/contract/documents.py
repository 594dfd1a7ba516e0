"""Documents a Camunda refuses or takes when they are deployed, each with what is special about it.

What 8.6.0 said of each is in ``recorded/documents.json``. The words of a refusal are the embedded engine's; those of
8.6.0's own rules are alike, those of its XML parser and of Java's casts are not.
"""

# ruff: noqa: E501 - a document reads better in one line

from __future__ import annotations

START, END = '<bpmn:startEvent id="s"/>', '<bpmn:endEvent id="e"/>'
JOB = '<zeebe:taskDefinition type="x"/>'


def document(
    *nodes: str, roots: str = "", head: str = "", process: str = 'id="p" isExecutable="true"', attributes: str = ""
) -> str:
    """Return a document of one process, and what comes before (``head``) and behind it (``roots``)."""
    return (
        f'{head}<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
        'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
        'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xmlns:modeler="http://camunda.org/schema/modeler/1.0" xmlns:other="urn:other" '
        f'id="d" targetNamespace="t" {attributes}><bpmn:process {process}>{"".join(nodes)}</bpmn:process>{roots}</bpmn:definitions>'
    )


def flow(source: str, target: str, condition: str = "") -> str:
    """Return a flow, whose id is made of its ends."""
    return f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{condition}</bpmn:sequenceFlow>'


def extended(*extensions: str) -> str:
    return f"<bpmn:extensionElements>{''.join(extensions)}</bpmn:extensionElements>"


def element(tag: str, inner: str = "", attributes: str = "", name: str = "t") -> str:
    return f'<bpmn:{tag} id="{name}" {attributes}>{inner}</bpmn:{tag}>'


def around(node: str, *more: str, roots: str = "") -> str:
    """Return a document of a start, a node of id ``t`` and an end."""
    return document(START, node, END, flow("s", "t"), flow("t", "e"), *more, roots=roots)


def service(before: str = "", after: str = "", attributes: str = "", extensions: str = extended(JOB)) -> str:
    """Return a document of a service task, with what stands before and after its extensions."""
    return around(element("serviceTask", f"{before}{extensions}{after}", attributes))


def diagram(shape: str = "", edge: str = "") -> str:
    """Return a document with a diagram, given the inside of its shape and of its edge."""
    edges = f'<bpmndi:BPMNEdge id="edge" bpmnElement="s_e">{edge}</bpmndi:BPMNEdge>' if edge else ""
    drawn = f'<bpmndi:BPMNShape id="shape" bpmnElement="s">{shape or BOUNDS}</bpmndi:BPMNShape>{edges}'
    return document(*PLAIN, roots=DIAGRAM.format(drawn))


PLAIN = (START, END, flow("s", "e"))
BOUNDS = '<dc:Bounds x="1" y="1" width="1" height="1"/>'
DIAGRAM = '<bpmndi:BPMNDiagram id="diagram"><bpmndi:BPMNPlane id="plane" bpmnElement="p">{}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
LANES = "<bpmn:laneSet><bpmn:lane><bpmn:flowNodeRef>s</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
MESSAGE = f'<bpmn:message id="m" name="m">{extended("""<zeebe:subscription correlationKey="=k"/>""")}</bpmn:message>'
CONDITION = "<bpmn:conditionExpression>=true</bpmn:conditionExpression>"
MANY = f"<bpmn:multiInstanceLoopCharacteristics>{extended('''<zeebe:loopCharacteristics inputCollection='=[1]'/>''')}</bpmn:multiInstanceLoopCharacteristics>"
INTERNAL_DTD = '<!DOCTYPE bpmn:definitions [<!ENTITY who "World">]>'

#: What the schema refuses: a name, the document, and words of the refusal.
BY_SCHEMA = {
    "lanes behind a flow": (document(*PLAIN, LANES), "Element 'bpmn:laneSet': This element is not expected behind"),
    "lanes behind a task of a drawing": (document(*PLAIN, roots=f'<bpmn:process id="q"><bpmn:task id="t"/>{LANES}</bpmn:process>'), "not expected behind 'bpmn:task'"),
    "documentation at the end": (document(*PLAIN, "<bpmn:documentation/>"), "Element 'bpmn:documentation': This element is not expected"),
    "extensions at the end": (document(*PLAIN, extended()), "Element 'bpmn:extensionElements': This element is not expected"),
    "an annotation before flow elements": (document("<bpmn:textAnnotation/>", *PLAIN), "Element 'bpmn:startEvent': This element is not expected"),
    "an import behind a root": (document(*PLAIN, roots='<bpmn:import namespace="a" location="b" importType="c"/>'), "'bpmn:import'"),
    "an extension behind a root": (document(*PLAIN, roots="<bpmn:extension/>"), "Element 'bpmn:extension': This element is not expected behind 'bpmn:process'"),
    "a message flow behind an annotation": (document(*PLAIN, roots='<bpmn:collaboration><bpmn:participant/><bpmn:textAnnotation/><bpmn:messageFlow sourceRef="s" targetRef="e"/></bpmn:collaboration>'), "not expected behind 'bpmn:textAnnotation'"),
    "a message behind the diagram": (document(*PLAIN, roots=DIAGRAM.format("") + MESSAGE), "Element 'bpmn:message': This element is not expected"),
    "outgoing before extensions": (service(before="<bpmn:outgoing>t_e</bpmn:outgoing>"), "Element 'bpmn:extensionElements': This element is not expected"),
    "outgoing before incoming": (service(after="<bpmn:outgoing>t_e</bpmn:outgoing><bpmn:incoming>s_t</bpmn:incoming>"), "Element 'bpmn:incoming': This element is not expected"),
    "documentation behind extensions": (service(after="<bpmn:documentation/>"), "Element 'bpmn:documentation': This element is not expected"),
    "a loop before outgoing": (service(after=MANY + "<bpmn:outgoing>t_e</bpmn:outgoing>"), "Element 'bpmn:outgoing': This element is not expected"),
    "extensions twice": (service(after=extended()), "Element 'bpmn:extensionElements': This element is not expected"),
    "two loops": (service(after=MANY + MANY), "'bpmn:multiInstanceLoopCharacteristics'"),
    "two conditions": (document(START, END, flow("s", "e", CONDITION * 2)), "'bpmn:conditionExpression'"),
    "a date and a duration": (around(element("intermediateCatchEvent", "<bpmn:timerEventDefinition><bpmn:timeDate>2030-01-01T00:00:00Z</bpmn:timeDate><bpmn:timeDuration>PT1S</bpmn:timeDuration></bpmn:timerEventDefinition>")), "Element 'bpmn:timeDuration': This element is not expected"),
    "an unknown attribute": (service(attributes='colour="red"'), "The attribute 'colour' is not allowed"),
    "an unknown attribute of a flow": (document(*PLAIN).replace("<bpmn:sequenceFlow", '<bpmn:sequenceFlow colour="red"'), "The attribute 'colour' is not allowed"),
    "an attribute with a prefix too many": (service(attributes='bpmn:name="n"'), "The attribute 'bpmn:name' is not allowed"),
    "a default of a start event": (document(START.replace("/>", ' default="s_e"/>'), *PLAIN[1:]), "The attribute 'default' is not allowed"),
    "a default of a parallel gateway": (around(element("parallelGateway", attributes='default="t_e"')), "The attribute 'default' is not allowed"),
    "a boolean that is none": (document(START.replace("/>", ' isInterrupting="maybe"/>'), *PLAIN[1:]), "'maybe' is not a valid value of the atomic type 'xs:boolean'"),
    "a boolean in capitals": (document(*PLAIN, process='id="p" isExecutable="TRUE"'), "'TRUE' is not a valid value of the atomic type 'xs:boolean'"),
    "a number that is none": (service(attributes='startQuantity="x"'), "'x' is not a valid value of the atomic type 'xs:integer'"),
    "a choice that is none": (document(*PLAIN, process='id="p" isExecutable="true" processType="Odd"'), "The value 'Odd' is not an element of the set"),
    "a reference that is no name": (around(element("receiveTask", attributes='messageRef="a b"')), "'a b' is not a valid value of the atomic type 'xs:QName'"),
    "a reference of an unknown prefix": (around(element("receiveTask", attributes='messageRef="q:m"'), roots=MESSAGE), "'q:m' is not a valid value of the atomic type 'xs:QName'"),
    "an unknown element": (document(*PLAIN, '<bpmn:foo id="x"/>'), "Element 'bpmn:foo': This element is not expected"),
    "an unknown element in a task": (service(after="<bpmn:foo/>"), "Element 'bpmn:foo': This element is not expected"),
    "an unknown root": (document(*PLAIN, roots="<bpmn:foo/>"), "Element 'bpmn:foo': This element is not expected"),
    "an element of another namespace": (document(*PLAIN, "<other:foo/>"), "Element 'other:foo': This element is not expected"),
    "an extension outside of extensions": (service(extensions=JOB), "Element 'zeebe:taskDefinition': This element is not expected"),
    "an element without a namespace": (document(*PLAIN, "<foo/>"), "Element 'foo': This element is not expected"),
    "a task as a root": (document(*PLAIN, roots='<bpmn:task id="t"/>'), "Element 'bpmn:task': This element is not expected"),
    "a message in a process": (document(*PLAIN, '<bpmn:message id="m"/>'), "Element 'bpmn:message': This element is not expected"),
    "BPMN as an extension": (service(extensions=extended(JOB, '<bpmn:task id="q"/>')), "Element 'bpmn:task': This element is not expected"),
    "text between elements": (document(*PLAIN, "stray"), "Character content other than whitespace is not allowed"),
    "a condition of the type of a task": (document(START, END, flow("s", "e", CONDITION.replace("n>=", 'n xsi:type="bpmn:tTask">=', 1))), "'bpmn:conditionExpression'"),
    "a condition with a language but no type": (document(START, END, flow("s", "e", CONDITION.replace("n>=", 'n language="feel">=', 1))), "The attribute 'language' is not allowed"),
    "an import from nowhere": (document(*PLAIN).replace("<bpmn:process", '<bpmn:import namespace="a" importType="c"/><bpmn:process', 1), "The attribute 'location' is required but missing"),
    "a link without a name": (document(*PLAIN, element("intermediateCatchEvent", "<bpmn:linkEventDefinition/>")), "The attribute 'name' is required but missing"),
    "no target namespace": (document(*PLAIN).replace(' targetNamespace="t"', ""), "The attribute 'targetNamespace' is required but missing"),
    "a coordinate that is no number": (diagram('<dc:Bounds x="abc" y="1" width="1" height="1"/>'), "'abc' is not a valid value of the atomic type 'xs:double'"),
    "an empty coordinate": (diagram('<dc:Bounds x="" y="1" width="1" height="1"/>'), "'' is not a valid value of the atomic type 'xs:double'"),
    "a coordinate with a comma": (diagram('<dc:Bounds x="1,5" y="1" width="1" height="1"/>'), "'1,5' is not a valid value"),
    "a coordinate as Python writes it": (diagram('<dc:Bounds x="1_0" y="1" width="1" height="1"/>'), "'1_0' is not a valid value"),
    "bounds without a width": (diagram('<dc:Bounds x="1" y="1" height="1"/>'), "The attribute 'width' is required but missing"),
    "a shape without bounds": (diagram("<bpmndi:BPMNLabel/>"), "'bpmndi:BPMNLabel'"),
    "an edge of one point": (diagram(edge='<di:waypoint x="1" y="1"/>'), "Element 'bpmndi:BPMNEdge': Missing child element(s)"),
    "a diagram without a plane": (document(*PLAIN, roots='<bpmndi:BPMNDiagram id="diagram"/>'), "Element 'bpmndi:BPMNDiagram': Missing child element(s)"),
    "a diagram before the process": (document(*PLAIN).replace("<bpmn:process", DIAGRAM.format("") + "<bpmn:process", 1), "Element 'bpmn:process': This element is not expected"),
    "a correlation property as bpmn.io writes it": (document(*PLAIN, roots='<bpmn:correlationProperty id="c"><bpmn:correlationPropertyRetrievalExpression messageRef="m"><bpmn:formalExpression/></bpmn:correlationPropertyRetrievalExpression></bpmn:correlationProperty>'), "'bpmn:formalExpression'"),
    "a document type": (document(*PLAIN, head="<!DOCTYPE bpmn:definitions>"), "DOCTYPE"),
    "an entity": (document("<bpmn:documentation>&who;</bpmn:documentation>", *PLAIN, head=INTERNAL_DTD), "DOCTYPE"),
    "a default from the document type": (document(*PLAIN, process='id="p"', head='<!DOCTYPE bpmn:definitions [<!ATTLIST bpmn:process isExecutable CDATA "true">]>'), "DOCTYPE"),
}  # fmt: skip

ERROR = '<bpmn:error id="er" errorCode="x"/>'
SIGNAL = '<bpmn:signal id="si" name="x"/>'


def catching(kind: str, reference: str, roots: str) -> str:
    """Return a document with an event that waits for a message, a signal, ..."""
    definition = f'<bpmn:{kind}EventDefinition {kind}Ref="{reference}"/>'
    return around(element("intermediateCatchEvent", definition), roots=roots)


def bound(definition: str, *more: str, roots: str = "", to: str = "t", attributes: str = "", host: str = "") -> str:
    """Return a document with a boundary event, at a service task unless told otherwise."""
    boundary = element(
        "boundaryEvent", f"<bpmn:outgoing>b_e</bpmn:outgoing>{definition}", f'attachedToRef="{to}" {attributes}', "b"
    )
    return around(host or element("serviceTask", extended(JOB)), boundary, flow("b", "e"), *more, roots=roots)


#: References to what is there, but of another kind.
BY_KIND = {
    "a message that is an error": (catching("message", "er", ERROR), "Must reference a message, but 'er' is an error"),
    "a message that is a task": (catching("message", "s", ""), "Must reference a message, but 's' is a startEvent"),
    "a signal that is a message": (catching("signal", "m", MESSAGE), "Must reference a signal, but 'm' is a message"),
    "a receive task's message that is a signal": (around(element("receiveTask", attributes='messageRef="si"'), roots=SIGNAL), "Must reference a message, but 'si' is a signal"),
    "a caught error that is a message": (bound('<bpmn:errorEventDefinition errorRef="m"/>', roots=MESSAGE), "Must reference an error, but 'm' is a message"),
    "a thrown error that is a message": (document(START, element("endEvent", '<bpmn:errorEventDefinition errorRef="m"/>'), flow("s", "t"), roots=MESSAGE), "Must reference an error, but 'm' is a message"),
    "a thrown escalation that is an error": (document(START, element("endEvent", '<bpmn:escalationEventDefinition escalationRef="er"/>'), flow("s", "t"), roots=ERROR), "Must reference an escalation, but 'er' is an error"),
    "a flow from a message": (document(START, END, flow("m", "e"), roots=MESSAGE), "Must connect two elements"),
    "a flow to an annotation": (document(*PLAIN, flow("s", "n"), '<bpmn:textAnnotation id="n"/>'), "Must connect two elements"),
    "a boundary event of a gateway": (bound("<bpmn:errorEventDefinition/>", host=element("exclusiveGateway")), "Must be attached to an activity"),
    "a boundary event of a flow": (bound("<bpmn:errorEventDefinition/>", to="s_t"), "Must be attached to an activity"),
    "a default that is an event": (around(element("exclusiveGateway", attributes='default="e"')), "Default flow must start at gateway"),
    "a default that leads to its gateway": (around(element("exclusiveGateway", attributes='default="s_t"')), "Default flow must start at gateway"),
}  # fmt: skip


def catches(definition: str, reference: str) -> str:
    """Return the definition of an event."""
    return f'<bpmn:{definition}EventDefinition {definition}Ref="{reference}"/>'


def twice_bound(definition: str, roots: str = "", host: str = "") -> str:
    """Return a document with an element that has two boundary events for the same."""
    other = element("boundaryEvent", f"<bpmn:outgoing>b2_e</bpmn:outgoing>{definition}", 'attachedToRef="t"', "b2")
    return bound(definition, other, flow("b2", "e"), roots=roots, host=host)


def on_event(definition: str, name: str = "u", attributes: str = "") -> str:
    """Return an event sub-process."""
    start = element("startEvent", definition, attributes, f"{name}_start")
    return element("subProcess", start, 'triggeredByEvent="true"', name)


def either(*definitions: str, roots: str = "") -> str:
    """Return a document with an event-based gateway."""
    names = [f"c{number}" for number in range(len(definitions))]
    events = "".join(
        element("intermediateCatchEvent", given, name=name) for given, name in zip(definitions, names, strict=True)
    )
    outgoing = "".join(f"<bpmn:outgoing>t_{name}</bpmn:outgoing>" for name in names)
    return document(
        START,
        element("eventBasedGateway", outgoing),
        events,
        flow("s", "t"),
        *(flow("t", name) for name in names),
        roots=roots,
    )


ESCALATION = '<bpmn:escalation id="es" escalationCode="x"/>'
INNER = element("subProcess", element("startEvent", name="inner"))
CATCH_M, CATCH_SI, CATCH_ER, CATCH_ES = (
    catches(*pair) for pair in (("message", "m"), ("signal", "si"), ("error", "er"), ("escalation", "es"))
)
CATCH_ANY = "<bpmn:errorEventDefinition/>"
SAME_NAME = MESSAGE.replace('id="m"', 'id="m2"')
RECEIVE = element("receiveTask", attributes='messageRef="m"')
ONLY_SCOPES = "An escalation boundary event should only be attached to a subprocess, or a call activity"

#: Events that could be caught twice in a scope, or not at all.
BY_SCOPE = {
    **{f"an escalation boundary event of a {tag}": (bound(CATCH_ES, host=element(tag, extended(JOB)), roots=ESCALATION), ONLY_SCOPES) for tag in ("serviceTask", "task", "userTask", "scriptTask", "sendTask", "businessRuleTask", "manualTask")},
    "an escalation boundary event that does not interrupt a task": (bound(CATCH_ES, attributes='cancelActivity="false"', roots=ESCALATION), ONLY_SCOPES),
    "two boundary events for one error code": (twice_bound(CATCH_ER, ERROR), "Multiple error catch events with the same error code 'x'"),
    "two boundary events for any error": (twice_bound(CATCH_ANY), "The same scope can not contain more than one of: an error catch event without error code"),
    "two boundary events for one escalation": (twice_bound(CATCH_ES, ESCALATION, INNER), "Multiple escalation catch events with the same escalation code 'x'"),
    "two boundary events for one message": (twice_bound(CATCH_M, MESSAGE), "Multiple message event definitions with the same name 'm'"),
    "two boundary events for one signal": (twice_bound(CATCH_SI, SIGNAL), "Multiple signal event definitions with the same name 'x'"),
    "two event sub-processes for one error": (document(*PLAIN, on_event(CATCH_ER), on_event(CATCH_ER, "v"), roots=ERROR), "Element: p\n    - ERROR: Multiple error catch events"),
    "two event sub-processes for one message": (document(*PLAIN, on_event(CATCH_M), on_event(CATCH_M, "v"), roots=MESSAGE), "Multiple message event definitions with the same name 'm'"),
    "two ways for one message": (either(CATCH_M, catches("message", "m2"), roots=MESSAGE + SAME_NAME), "Multiple message event definitions with the same name 'm'"),
    "a way for a link": (either(CATCH_M, '<bpmn:linkEventDefinition id="l" name="l"/>', roots=MESSAGE), "Event-based gateway must not have an outgoing sequence flow to other elements"),
    "a receive task with a boundary event for its message": (bound(CATCH_M, host=RECEIVE, roots=MESSAGE), "Cannot reference the same message name as a boundary event"),
    "an error code to catch that is an expression": (bound(CATCH_ER, roots=ERROR.replace('"x"', '"=x"')), "The errorCode of the error catch event is not allowed to be an expression"),
    "an escalation code to catch that is an expression": (bound(CATCH_ES, host=INNER, roots=ESCALATION.replace('"x"', '"=x"')), "The escalationCode of the escalation catch event is not allowed to be an expression"),
    "an error that does not interrupt a process": (document(*PLAIN, on_event(CATCH_ER, attributes='isInterrupting="false"'), roots=ERROR), "Non-interrupting events of this type are not allowed"),
}  # fmt: skip


def with_form(attributes: str, *, native: bool) -> str:
    """Return a document of a user task."""
    form = f"<zeebe:formDefinition {attributes}/>"
    return around(element("userTask", extended("<zeebe:userTask/>" * native, form)))


OF_NATIVE = (
    "Exactly one of the attributes 'formId, externalReference' must be present and not blank for native user tasks"
)
OF_JOB = "Exactly one of the attributes 'formId, formKey' must be present and not blank"

#: Forms of user tasks.
BY_FORM = {
    **{f"a native task with {given or 'no form'}": (with_form(given, native=True), OF_NATIVE) for given in ("", 'formKey="k"', 'formId=""', 'formId=" "', 'externalReference=""', 'formId="i" externalReference="e"')},
    **{f"a task with {given or 'no form'}": (with_form(given, native=False), OF_JOB) for given in ("", 'formKey=""', 'formId=""', 'externalReference="e"', 'formId="i" formKey="k"')},
}  # fmt: skip

LISTENER = '<zeebe:executionListener eventType="start" type="a"/>'


def listening(*listeners: str, tag: str = "serviceTask") -> str:
    """Return a document with execution listeners at an element."""
    of = f"<zeebe:executionListeners>{''.join(listeners)}</zeebe:executionListeners>"
    return around(element(tag, extended(*[JOB] * (tag == "serviceTask"), of)))


def given_twice(tag: str, extension: str, *others: str) -> str:
    """Return a document with an element that has an extension twice."""
    return around(element(tag, extended(*others, extension, extension)))


SCRIPT = '<zeebe:script expression="=1" resultVariable="r"/>'
DECISION = '<zeebe:calledDecision decisionId="d" resultVariable="r"/>'
NATIVE = "<zeebe:userTask/>"

#: Extensions that are there twice, or contradict each other.
BY_EXTENSION = {
    "two job definitions": (given_twice("serviceTask", JOB), "Must have exactly one 'zeebe:taskDefinition' extension element"),
    "two mappings": (given_twice("serviceTask", "<zeebe:ioMapping/>", JOB), "Must have at most one 'zeebe:ioMapping' extension element"),
    "two groups of headers": (given_twice("serviceTask", "<zeebe:taskHeaders/>", JOB), "Must have at most one 'zeebe:taskHeaders' extension element"),
    "two groups of listeners": (given_twice("serviceTask", "<zeebe:executionListeners/>", JOB), "Must have at most one 'zeebe:executionListeners' extension element"),
    "two assignments": (given_twice("userTask", '<zeebe:assignmentDefinition assignee="a"/>'), "Must have at most one 'zeebe:assignmentDefinition' extension element"),
    "two schedules": (given_twice("userTask", '<zeebe:taskSchedule dueDate="2030-01-01T00:00:00Z"/>'), "Must have at most one 'zeebe:taskSchedule' extension element"),
    "two priorities": (given_twice("userTask", '<zeebe:priorityDefinition priority="3"/>', NATIVE), "Must have at most one 'zeebe:priorityDefinition' extension element"),
    "two forms": (given_twice("userTask", '<zeebe:formDefinition formId="f"/>'), "Must have at most one 'zeebe:formDefinition' extension element"),
    "native twice": (given_twice("userTask", NATIVE), "Must have at most one 'zeebe:userTask' extension element"),
    "two scripts": (given_twice("scriptTask", SCRIPT), "Must have either one 'zeebe:script' or one 'zeebe:taskDefinition' extension element"),
    "a script and a job": (around(element("scriptTask", extended(SCRIPT, JOB))), "Must have either one 'zeebe:script' or one 'zeebe:taskDefinition' extension element"),
    "two decisions": (given_twice("businessRuleTask", DECISION), "Must have either one 'zeebe:calledDecision' or one 'zeebe:taskDefinition' extension element"),
    "a decision and a job": (around(element("businessRuleTask", extended(DECISION, JOB))), "Must have either one 'zeebe:calledDecision' or one 'zeebe:taskDefinition' extension element"),
    "two called processes": (given_twice("callActivity", '<zeebe:calledElement processId="q"/>'), "Must have exactly one 'zeebe:calledElement' extension element"),
    "two loops in one": (service(after=MANY.replace("<zeebe:loop", "<zeebe:loopCharacteristics inputCollection='=[1]'/><zeebe:loop")), "Must have exactly one 'zeebe:loopCharacteristics' extension element"),
    "two subscriptions": (catching("message", "m", MESSAGE.replace("<zeebe:sub", '<zeebe:subscription correlationKey="=k"/><zeebe:sub')), "Must have exactly one zeebe:subscription extension element"),
    "a header twice": (service(extensions=extended(JOB, '<zeebe:taskHeaders><zeebe:header key="a" value="1"/><zeebe:header key="a" value="2"/></zeebe:taskHeaders>')), "Headers contain duplicate entries for key 'a'"),
    "a listener twice": (listening(LISTENER, LISTENER), "Found '2' duplicates based on eventType[start] and type[a]"),
    "a listener of no type": (listening(LISTENER.replace(' type="a"', "")), "Attribute 'type' must be present and not empty"),
    "a listener of nothing": (listening(LISTENER.replace('eventType="start"', "")), "Attribute 'eventType' must be present and not empty"),
    "a listener of something odd": (listening(LISTENER.replace("start", "odd")), "Attribute 'eventType' must be one of: start, end"),
    "a listener before a start event": (document(element("startEvent", extended(f"<zeebe:executionListeners>{LISTENER}</zeebe:executionListeners>"))), "Execution listeners of type 'start' are not supported by start events"),
    "a listener before a boundary event": (bound(f"{CATCH_ANY}").replace("<bpmn:outgoing>b_e", extended(f"<zeebe:executionListeners>{LISTENER}</zeebe:executionListeners>") + "<bpmn:outgoing>b_e"), "Execution listeners of type 'start' are not supported by boundary events"),
    **{f"a listener behind a {tag}": (listening(LISTENER.replace("start", "end"), tag=tag), "Execution listeners of type 'end' are not supported by gateway element") for tag in ("exclusiveGateway", "parallelGateway", "inclusiveGateway")},
}  # fmt: skip


def circle(*tags: str, roots: str = "") -> str:
    """Return a document whose elements follow each other in a circle."""
    names = [f"n{number}" for number in range(len(tags))]
    nodes = [
        PARTS.get(tag, element(tag)).replace('id="t"', f'id="{name}"') for tag, name in zip(tags, names, strict=True)
    ]
    return document(
        START,
        *nodes,
        flow("s", "n0"),
        *(flow(one, other) for one, other in zip(names, [*names[1:], "n0"], strict=True)),
        roots=roots,
    )


PARTS = {
    "subProcess": INNER,
    "serviceTask": element("serviceTask", extended(JOB)),
    "scriptTask": element("scriptTask", extended(SCRIPT)),
    "a signal": element("intermediateThrowEvent", CATCH_SI),
    "a wait": element("intermediateCatchEvent", CATCH_SI),
    "multi": element("task", MANY),
}
STRAIGHT = "Processes are not allowed to contain a straight-through processing loop: "
TO_ITSELF = element("callActivity", extended('<zeebe:calledElement processId="p"/>'))

#: Loops that never wait.
BY_LOOP = {
    **{f"a loop of {' and '.join(tags)}": (circle(*tags, roots=SIGNAL), STRAIGHT) for tags in (("task",), ("manualTask", "task"), ("task", "parallelGateway"), ("task", "inclusiveGateway"), ("intermediateThrowEvent",), ("a signal",), ("multi",))},
    "a loop of a task and a sub-process": (circle("task", "subProcess"), STRAIGHT + "n0 > n1 > inner > n0"),
    "a loop with a way out": (around(element("task"), element("exclusiveGateway", attributes='default="g_e"', name="g"), flow("t", "g"), flow("g", "e"), flow("g", "t", CONDITION)), STRAIGHT + "t > g > t"),
    "a loop that nothing leads to": (document(*PLAIN, element("task"), flow("t", "t")), STRAIGHT + "t > t"),
    "a loop in an event sub-process": (document(*PLAIN, on_event(CATCH_SI).replace("</bpmn:subProcess>", element("task") + flow("t", "t") + "</bpmn:subProcess>"), roots=SIGNAL), STRAIGHT + "t > t"),
    "a call of itself": (around(TO_ITSELF), STRAIGHT + "t > s > t"),
    "a call of itself by way of another": (around(TO_ITSELF.replace('"p"', '"q"'), roots=f'<bpmn:process id="q" isExecutable="true">{element("startEvent", name="s2")}{TO_ITSELF.replace(chr(34) + "t", chr(34) + "t2")}{flow("s2", "t2")}</bpmn:process>'), STRAIGHT + "t > s2 > t2 > s > t"),
}  # fmt: skip

#: All that is refused: the document, and some words of the embedded engine's reason.
REFUSED: dict[str, tuple[str, str]] = {**BY_SCHEMA, **BY_KIND, **BY_SCOPE, **BY_FORM, **BY_EXTENSION, **BY_LOOP}

#: What the schema lets pass, and 8.6.0 deploys.
TAKEN: dict[str, str | bytes] = {
    "flows first": document(flow("s", "e"), END, START),
    "lanes in lanes": document(LANES.replace("</bpmn:lane>", "<bpmn:childLaneSet><bpmn:lane/></bpmn:childLaneSet></bpmn:lane><bpmn:lane/>"), *PLAIN),
    "documentation twice": service(before="<bpmn:documentation/><bpmn:documentation/>"),
    "blanks around a boolean": document(*PLAIN, process='id="p" isExecutable=" true "'),
    "attributes of other namespaces": service(attributes='other:colour="red" zeebe:modelerTemplate="x" zeebe:modelerTemplateVersion="8"'),
    "as Camunda's modeler signs it": document(*PLAIN, attributes='exporter="Camunda Modeler" exporterVersion="5.30.0" modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.6.0"'),
    "unknown extensions": service(extensions=extended(JOB, '<zeebe:foo a="1"/><other:foo b="2"><other:bar/>text</other:foo>')),
    "a schema's place": document(*PLAIN, attributes='xsi:schemaLocation="http://www.omg.org/spec/BPMN/20100524/MODEL BPMN20.xsd"'),
    "a condition with its type": document(START, END, flow("s", "e", CONDITION.replace("n>=", 'n xsi:type="bpmn:tFormalExpression" language="feel">=', 1))),
    "a duration with its type": around(element("intermediateCatchEvent", '<bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1S</bpmn:timeDuration></bpmn:timerEventDefinition>')),
    "a call of Camunda 7": around(element("callActivity", extended('<zeebe:calledElement processId="other"/>'), 'calledElement="q:x y"')),
    "a group and its category": document(*PLAIN, '<bpmn:group id="g" categoryValueRef="v"/>', roots='<bpmn:category id="c"><bpmn:categoryValue id="v" value="x"/></bpmn:category>'),
    "a person in words": around(element("userTask", "<bpmn:potentialOwner/>")),
    "a collaboration": document(*PLAIN, roots='<bpmn:collaboration id="c"><bpmn:participant id="a" processRef="p"/><bpmn:participant id="b"/><bpmn:messageFlow id="f" sourceRef="b" targetRef="s"/><bpmn:textAnnotation id="n"><bpmn:text/></bpmn:textAnnotation></bpmn:collaboration>'),
    "coordinates beyond all paper": diagram('<dc:Bounds x="NaN" y="-INF" width="1e400" height=" .5 "/>'),
    "labels and points": diagram(BOUNDS + "<bpmndi:BPMNLabel/>", '<di:waypoint x="1" y="-1"/><di:waypoint x="1.5" y="1"/><bpmndi:BPMNLabel/>'),
    "a shape of nothing": diagram().replace('bpmnElement="s"', 'bpmnElement="gone"'),
    "colours": diagram().replace('id="shape"', 'id="shape" xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" bioc:stroke="#fff"'),
    "the default namespace": document(*PLAIN).replace("xmlns:bpmn=", "xmlns=").replace("<bpmn:", "<").replace("</bpmn:", "</"),
    "in two bytes": document(*PLAIN, head='<?xml version="1.0" encoding="UTF-16"?>').encode("utf-16"),
    "in Latin-1": document(*PLAIN, head='<?xml version="1.0" encoding="ISO-8859-1"?>').replace('"e"/>', '"e" name="Größe"/>').encode("latin-1"),
    "with a byte order mark": b"\xef\xbb\xbf" + document(*PLAIN).encode(),
    "references with prefixes": bound('<bpmn:errorEventDefinition errorRef="bpmn:er"/>', to="bpmn:t", host=element("receiveTask", attributes='messageRef="bpmn:m"'), roots=MESSAGE + ERROR),
    "a reference with another prefix": catching("signal", "other:si", SIGNAL),
    "a caught error that is nowhere": bound('<bpmn:errorEventDefinition errorRef="nowhere"/>'),
    "a sent message that is an error": around(element("sendTask", extended(JOB), 'messageRef="er"'), roots=ERROR),
    "escalation boundary events of scopes": bound(CATCH_ES, host=INNER, roots=ESCALATION),
    "an escalation boundary event of a call": bound(CATCH_ES, host=element("callActivity", extended('<zeebe:calledElement processId="other"/>')), roots=ESCALATION),
    "an error and any error": bound(CATCH_ER, element("boundaryEvent", f"<bpmn:outgoing>b2_e</bpmn:outgoing>{CATCH_ANY}", 'attachedToRef="t"', "b2"), flow("b2", "e"), roots=ERROR),
    "one message inside and outside": bound(CATCH_M, host=element("subProcess", element("startEvent", name="inner") + on_event(CATCH_M)), roots=MESSAGE),
    "an error code to throw that is an expression": document(START, element("endEvent", CATCH_ER), flow("s", "t"), roots=ERROR.replace('"x"', '"=x"')),
    "two ways": either(CATCH_M, CATCH_SI, roots=MESSAGE + SIGNAL),
    "a native task with an id and a key": with_form('formId="i" formKey="k"', native=True),
    "a native task with a place and a key": with_form('externalReference="e" formKey="k"', native=True),
    "a task with an id and a place": with_form('formId="i" externalReference="e"', native=False),
    "a key that is no expression": with_form('formKey="=1 +"', native=False),
    "properties twice": given_twice("serviceTask", "<zeebe:properties/>", JOB),
    "two priorities of a job": given_twice("userTask", '<zeebe:priorityDefinition priority="3"/>'),
    "a job definition of a user task": given_twice("userTask", JOB, NATIVE),
    "a header without a key": service(extensions=extended(JOB, '<zeebe:taskHeaders><zeebe:header value="1"/><zeebe:header key="a"/></zeebe:taskHeaders>')),
    "listeners of one type": listening(LISTENER, LISTENER.replace("start", "end"), LISTENER.replace('"a"', '"b"')),
    **{f"a circle of {' and '.join(tags)}": circle(*tags, roots=SIGNAL) for tags in (("exclusiveGateway",), ("parallelGateway",), ("subProcess",), ("task", "serviceTask"), ("task", "scriptTask"), ("task", "userTask"), ("task", "a wait"))},
    "a call of itself behind a job": document(START, element("serviceTask", extended(JOB), name="w"), TO_ITSELF, flow("s", "w"), flow("w", "t")),
    "a call of itself by an expression": around(TO_ITSELF.replace('"p"', "'=\"p\"'")),
    "a comment": document("<!-- \u00df -->", "<?odd ?>", *PLAIN),
}  # fmt: skip
