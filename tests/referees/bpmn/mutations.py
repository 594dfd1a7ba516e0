"""Models with one thing changed: what people leave out, confuse, or draw where Camunda takes none.

Each kind of change is made to some of the project's own models, at the first place where it fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from lxml import etree

HERE = Path(__file__).parent
MODELS = HERE.parents[1] / "models"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
_SPACES = {"bpmn": BPMN[1:-1], "zeebe": ZEEBE[1:-1]}
#: Models of one kind that are changed.
EACH = 6

Change = Callable[[etree._Element], bool]


class Changed(NamedTuple):
    """A model, how it was changed, and what became of it."""

    kind: str
    model: str
    document: bytes


def _all(root: etree._Element, path: str) -> list[etree._Element]:
    return list(root.iterfind(f".//{path}", _SPACES))


def without(path: str) -> Change:
    """Leave out the first element of a path."""

    def change(root: etree._Element) -> bool:
        for found in _all(root, path)[:1]:
            parent = found.getparent()
            assert parent is not None
            parent.remove(found)
            return True
        return False

    return change


def setting(path: str, **attributes: str | None) -> Change:
    """Set attributes of the first element of a path; None leaves one out."""

    def change(root: etree._Element) -> bool:
        for found in _all(root, path)[:1]:
            for name, value in attributes.items():
                if value is None:
                    found.attrib.pop(name, None)
                else:
                    found.set(name, value)
            return True
        return False

    return change


def reading(path: str, text: str) -> Change:
    """Write another text into the first element of a path."""

    def change(root: etree._Element) -> bool:
        for found in _all(root, path)[:1]:
            found.text = text
            return True
        return False

    return change


def becoming(path: str, tag: str) -> Change:
    """Turn the first element of a path into another."""

    def change(root: etree._Element) -> bool:
        for found in _all(root, path)[:1]:
            found.tag = BPMN + tag
            return True
        return False

    return change


def with_child(path: str, xml: str, *, first: bool = False) -> Change:
    """Add an element at the end, or at the start, of the first element of a path."""

    def change(root: etree._Element) -> bool:
        for found in _all(root, path)[:1]:
            found.insert(0 if first else len(found), _element(xml))
            return True
        return False

    return change


def extended(path: str, xml: str) -> Change:
    """Add an extension to the first element of a path."""

    def change(root: etree._Element) -> bool:
        for found in _all(root, path)[:1]:
            inside = found.find("bpmn:extensionElements", _SPACES)
            if inside is None:
                inside = etree.Element(f"{BPMN}extensionElements")
                found.insert(0, inside)
            inside.append(_element(xml))
            return True
        return False

    return change


def twice(path: str) -> Change:
    """Repeat the first element of a path, as it is."""

    def change(root: etree._Element) -> bool:
        for found in _all(root, path)[:1]:
            found.addnext(etree.fromstring(etree.tostring(found)))
            return True
        return False

    return change


def defined_by(position: str, xml: str) -> Change:
    """Give the first event of a kind another definition; ``sub-process start`` is that of an event sub-process."""
    path = "bpmn:subProcess[@triggeredByEvent='true']/bpmn:startEvent" if position == "sub-process start" else position

    def change(root: etree._Element) -> bool:
        for found in _all(root, path)[:1]:
            for old in [one for one in found if str(one.tag).endswith("EventDefinition")]:
                found.remove(old)
            if xml:
                found.append(_element(xml))
            return True
        return False

    return change


def _element(xml: str) -> etree._Element:
    spaces = " ".join(f'xmlns:{name}="{space}"' for name, space in _SPACES.items())
    return etree.fromstring(f"<parent {spaces}>{xml}</parent>")[0]


def flowing(source: str, target: str) -> Change:
    """Add a flow from the first element of one path to the last one of another."""

    def change(root: etree._Element) -> bool:
        sources, targets = _all(root, source), _all(root, target)
        if not sources or not targets:
            return False
        flow = f'<bpmn:sequenceFlow id="added" sourceRef="{sources[0].get("id")}" targetRef="{targets[-1].get("id")}"/>'
        parent = sources[0].getparent()
        assert parent is not None
        parent.append(_element(flow))
        _connect(sources[0], targets[-1])
        return True

    return change


def _connect(source: etree._Element, target: etree._Element) -> None:
    for end, name in ((target, "incoming"), (source, "outgoing")):
        reference = etree.Element(BPMN + name)
        reference.text = "added"
        last = [at for at, one in enumerate(end) if one.tag in (f"{BPMN}incoming", f"{BPMN}extensionElements")]
        outgoing = [at for at, one in enumerate(end) if one.tag == f"{BPMN}outgoing"]
        places = last if name == "incoming" else (outgoing or last)
        end.insert(max(places, default=-1) + 1, reference)


#: What an event may be defined by.
DEFINITIONS = {
    "nothing": "",
    "message": '<bpmn:messageEventDefinition id="new"/>',
    "signal": '<bpmn:signalEventDefinition id="new"/>',
    "error": '<bpmn:errorEventDefinition id="new"/>',
    "escalation": '<bpmn:escalationEventDefinition id="new"/>',
    "timer": '<bpmn:timerEventDefinition id="new"><bpmn:timeDuration>PT1S</bpmn:timeDuration>'
    "</bpmn:timerEventDefinition>",
    "empty timer": '<bpmn:timerEventDefinition id="new"/>',
    "timer with a date": '<bpmn:timerEventDefinition id="new"><bpmn:timeDate>2030-01-01T00:00:00Z</bpmn:timeDate>'
    "</bpmn:timerEventDefinition>",
    "timer with a cycle": '<bpmn:timerEventDefinition id="new"><bpmn:timeCycle>R3/PT1H</bpmn:timeCycle>'
    "</bpmn:timerEventDefinition>",
    "conditional": '<bpmn:conditionalEventDefinition id="new"><bpmn:condition>=x > 1</bpmn:condition>'
    "</bpmn:conditionalEventDefinition>",
    "compensation": '<bpmn:compensateEventDefinition id="new"/>',
    "cancel": '<bpmn:cancelEventDefinition id="new"/>',
    "terminate": '<bpmn:terminateEventDefinition id="new"/>',
    "link": '<bpmn:linkEventDefinition id="new" name="there"/>',
}  # fmt: skip
#: Where.
POSITIONS = (
    "bpmn:process/bpmn:startEvent", "bpmn:intermediateCatchEvent", "bpmn:intermediateThrowEvent",
    "bpmn:process/bpmn:endEvent", "bpmn:boundaryEvent", "sub-process start",
)  # fmt: skip
#: Elements in another's place.
ACTIVITIES = (
    "task", "manualTask", "userTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask", "callActivity",
    "subProcess", "transaction", "adHocSubProcess",
)  # fmt: skip
GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway")
_LISTENER = '<zeebe:executionListeners><zeebe:executionListener eventType="start" {}/></zeebe:executionListeners>'
_TASK_LISTENER = '<zeebe:taskListeners><zeebe:taskListener eventType="{}" {}/></zeebe:taskListeners>'

KINDS: dict[str, Change] = {
    "as it is": lambda _root: True,
    # -- left out
    "no task definition": without("bpmn:serviceTask//zeebe:taskDefinition"),
    "no extension": without("bpmn:serviceTask/bpmn:extensionElements"),
    "no job type": setting("zeebe:taskDefinition", type=None),
    "no start event": without("bpmn:process/bpmn:startEvent"),
    "no end event": without("bpmn:process/bpmn:endEvent"),
    "no process id": setting("bpmn:process", id=None),
    "no id of a task": setting("bpmn:serviceTask", id=None),
    "no condition": without("bpmn:conditionExpression"),
    "no message": setting("bpmn:messageEventDefinition", messageRef=None),
    "no message name": setting("bpmn:message", name=None),
    "no correlation key": without("bpmn:message/bpmn:extensionElements"),
    "no signal": setting("bpmn:signalEventDefinition", signalRef=None),
    "no signal name": setting("bpmn:signal", name=None),
    "no error": setting("bpmn:errorEventDefinition", errorRef=None),
    "no error code": setting("bpmn:error", errorCode=None),
    "no escalation code": setting("bpmn:escalation", escalationCode=None),
    "no attached task": setting("bpmn:boundaryEvent", attachedToRef=None),
    "no called element": without("bpmn:callActivity//zeebe:calledElement"),
    "no called process": setting("zeebe:calledElement", processId=None),
    "no script": without("zeebe:script"),
    "no script result": setting("zeebe:script", resultVariable=None),
    "no decision result": setting("zeebe:calledDecision", resultVariable=None),
    "no decision id": setting("zeebe:calledDecision", decisionId=None),
    "no collection": setting("zeebe:loopCharacteristics", inputCollection=None),
    "no loop characteristics": without("bpmn:multiInstanceLoopCharacteristics/bpmn:extensionElements"),
    "no output element": setting("zeebe:loopCharacteristics", outputElement=None),
    "no output collection": setting("zeebe:loopCharacteristics", outputCollection=None),
    "no input source": setting("zeebe:input", source=None),
    "no input target": setting("zeebe:input", target=None),
    "no output source": setting("zeebe:output", source=None),
    "no output target": setting("zeebe:output", target=None),
    "no header key": setting("zeebe:header", key=None),
    "no listener type": setting("zeebe:executionListener", type=None),
    "no listener event": setting("zeebe:executionListener", eventType=None),
    "no flow target": setting("bpmn:sequenceFlow", targetRef=None),
    "no user task form": setting("zeebe:formDefinition", formId=None, formKey=None),
    # -- wrong
    "not executable": setting("bpmn:process", isExecutable="false"),
    "empty job type": setting("zeebe:taskDefinition", type=""),
    "empty retries": setting("zeebe:taskDefinition", retries=""),
    "empty input source": setting("zeebe:input", source=""),
    "empty input target": setting("zeebe:input", target=""),
    "empty called process": setting("zeebe:calledElement", processId=""),
    "empty script": setting("zeebe:script", expression=""),
    "empty collection": setting("zeebe:loopCharacteristics", inputCollection=""),
    "empty message name": setting("bpmn:message", name=""),
    "empty signal name": setting("bpmn:signal", name=""),
    "empty error code": setting("bpmn:error", errorCode=""),
    "empty escalation code": setting("bpmn:escalation", escalationCode=""),
    "unknown message": setting("bpmn:messageEventDefinition", messageRef="nowhere"),
    "unknown attached task": setting("bpmn:boundaryEvent", attachedToRef="nowhere"),
    "unknown flow target": setting("bpmn:sequenceFlow", targetRef="nowhere"),
    "unknown default flow": setting("bpmn:exclusiveGateway", default="nowhere"),
    "unknown binding": setting("zeebe:calledElement", bindingType="somehow"),
    "binding by deployment": setting("zeebe:calledElement", bindingType="deployment"),
    "binding by tag without one": setting("zeebe:calledElement", bindingType="versionTag"),
    "binding by tag": setting("zeebe:calledElement", bindingType="versionTag", versionTag="v1"),
    "decision by tag without one": setting("zeebe:calledDecision", bindingType="versionTag"),
    "timer that is none": reading("bpmn:timeDuration", "soon"),
    "cycle that is none": reading("bpmn:timeCycle", "often"),
    "cron cycle": reading("bpmn:timeCycle", "0 0 9-17 * * MON-FRI"),
    "date that is none": reading("bpmn:timeDate", "tomorrow"),
    "retries that are none": setting("zeebe:taskDefinition", retries="many"),
    "id twice": setting("bpmn:endEvent", id="start"),
    "not interrupting": setting("bpmn:boundaryEvent", cancelActivity="false"),
    "sub-process start not interrupting": setting(
        "bpmn:subProcess[@triggeredByEvent='true']/bpmn:startEvent", isInterrupting="false"
    ),
    "event sub-process": setting("bpmn:subProcess", triggeredByEvent="true"),
    "plain sub-process": setting("bpmn:subProcess[@triggeredByEvent='true']", triggeredByEvent="false"),
    "unknown priority": extended("bpmn:userTask", '<zeebe:priorityDefinition priority="urgent"/>'),
    "priority above 100": extended("bpmn:userTask", '<zeebe:priorityDefinition priority="101"/>'),
    "user task with two forms": extended("bpmn:userTask", '<zeebe:formDefinition formId="a" formKey="b"/>'),
    "user task with an external form": extended("bpmn:userTask", '<zeebe:formDefinition externalReference="a"/>'),
    "Camunda's user task": extended("bpmn:userTask", "<zeebe:userTask/>"),
    # -- too much
    "job type twice": twice("zeebe:taskDefinition"),
    "mappings twice": twice("zeebe:ioMapping"),
    "script twice": twice("zeebe:script"),
    "called element twice": twice("zeebe:calledElement"),
    "two start events": with_child("bpmn:process", '<bpmn:startEvent id="another"/>'),
    "start event in a sub-process twice": with_child("bpmn:subProcess", '<bpmn:startEvent id="another"/>'),
    "empty sub-process": with_child("bpmn:process", '<bpmn:subProcess id="empty"/>'),
    "task without flows": with_child("bpmn:process", '<bpmn:task id="alone"/>'),
    "boundary event twice": with_child(
        "bpmn:process",
        '<bpmn:boundaryEvent id="another" attachedToRef="work"><bpmn:errorEventDefinition id="e"/>'
        "</bpmn:boundaryEvent>",
    ),
    "listener": extended("bpmn:serviceTask", _LISTENER.format('type="l"')),
    "listener without type": extended("bpmn:serviceTask", _LISTENER.format("")),
    "listener on a start event": extended("bpmn:startEvent", _LISTENER.format('type="l"')),
    "listener on a gateway": extended("bpmn:exclusiveGateway", _LISTENER.format('type="l"')),
    "listener on a process": extended("bpmn:process", _LISTENER.format('type="l"')),
    "listener on a boundary event": extended("bpmn:boundaryEvent", _LISTENER.format('type="l"')),
    "job on a throw event": extended("bpmn:intermediateThrowEvent", '<zeebe:taskDefinition type="t"/>'),
    "job on an end event": extended("bpmn:endEvent", '<zeebe:taskDefinition type="t"/>'),
    "job on a manual task": extended("bpmn:manualTask", '<zeebe:taskDefinition type="t"/>'),
    "linked resource": extended(
        "bpmn:serviceTask",
        '<zeebe:linkedResources><zeebe:linkedResource resourceId="r" bindingType="latest"/></zeebe:linkedResources>',
    ),
    "unknown extension": extended("bpmn:serviceTask", '<zeebe:somethingNew value="1"/>'),
    "version tag": extended("bpmn:process", '<zeebe:versionTag value="v1"/>'),
    "properties": extended(
        "bpmn:serviceTask", '<zeebe:properties><zeebe:property name="a" value="b"/></zeebe:properties>'
    ),
    "completion condition": with_child(
        "bpmn:multiInstanceLoopCharacteristics", "<bpmn:completionCondition>=x</bpmn:completionCondition>"
    ),
    "standard loop": with_child("bpmn:serviceTask", '<bpmn:standardLoopCharacteristics id="new"/>'),
    # -- flows
    "flow into a start event": flowing("bpmn:serviceTask", "bpmn:process/bpmn:startEvent"),
    "flow out of an end event": flowing("bpmn:process/bpmn:endEvent", "bpmn:serviceTask"),
    "flow into a boundary event": flowing("bpmn:serviceTask", "bpmn:boundaryEvent"),
    "flow out of a sub-process": flowing("bpmn:subProcess/bpmn:serviceTask", "bpmn:process/bpmn:endEvent"),
    "second flow out of a task": flowing("bpmn:serviceTask", "bpmn:process/bpmn:endEvent"),
    "event gateway to a task": flowing("bpmn:eventBasedGateway", "bpmn:serviceTask"),
    "exclusive gateway without condition": flowing("bpmn:exclusiveGateway", "bpmn:process/bpmn:endEvent"),
    "inclusive gateway joined": flowing("bpmn:process/bpmn:startEvent", "bpmn:inclusiveGateway"),
}
KINDS |= {
    f"task listener: {event}": extended("bpmn:userTask", _TASK_LISTENER.format(event, 'type="l"'))
    for event in ("creating", "assigning", "updating", "completing", "canceling", "create", "sometimes")
}
KINDS["task listener without type"] = extended("bpmn:userTask", _TASK_LISTENER.format("completing", ""))
KINDS |= {
    f"{position.rpartition(':')[2]} with {name}": defined_by(position, xml)
    for position in POSITIONS
    for name, xml in DEFINITIONS.items()
}
KINDS |= {f"service task as {tag}": becoming("bpmn:serviceTask", tag) for tag in ACTIVITIES}
KINDS |= {
    f"{one} as {other}": becoming(f"bpmn:{one}", other) for one in GATEWAYS[:-1] for other in GATEWAYS if one != other
}


def models() -> Iterator[tuple[str, bytes]]:
    """Yield the models, by name."""
    for path in sorted(MODELS.glob("*.bpmn")):
        yield path.stem, path.read_bytes()


def changed() -> Iterator[Changed]:
    """Yield every model that is asked about; those of what 8.6.0 was never asked are only asked about as they are."""
    every = list(models())
    for kind, change in KINDS.items():
        fitting = (found for name, content in every if (found := _changed(kind, change, name, content)) is not None)
        yield from fitting if kind == "as it is" else islice(fitting, EACH)
    for path in sorted((MODELS / "documented").glob("*.bpmn")):
        found = _changed(f"documented: {path.stem}", lambda _root: True, path.stem, path.read_bytes())
        assert found is not None
        yield found


def _changed(kind: str, change: Change, model: str, content: bytes) -> Changed | None:
    root = etree.fromstring(content, etree.XMLParser(remove_blank_text=True))
    return Changed(kind, model, etree.tostring(root)) if change(root) else None
