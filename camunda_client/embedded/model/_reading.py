"""One BPMN node and its ``zeebe:`` extensions into an :class:`Element`; and what makes it undeployable."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded.model._element import (
    PRIORITIES,
    CalledProcess,
    Element,
    Event,
    JobDefinition,
    Listener,
    Mapping,
    MultiInstance,
)
from camunda_client.embedded.model._expressions import Expression
from camunda_client.embedded.model._ids import local_id
from camunda_client.embedded.model._iso8601 import moment
from camunda_client.embedded.model._timers import first_due

#: A task without ``retries`` has three.
DEFAULT_RETRIES = "3"
#: What a mapping may write to, in 8.6.0's words.
_PATH = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*")
_RESERVED = ("null", "true", "false", "function", "if", "then", "else", "for", "between", "instance", "of")
_WHOLE = re.compile(r"-?\d{1,9}")
_EVENTS = {"message", "signal", "timer", "error", "escalation", "terminate", "link", "compensate"}


class ElementError(ValueError):
    """An element lacks something, or asks for something we don't execute."""


def expression(text: str | None) -> Expression:
    """Return the expression a model's text stands for."""
    return Expression((text or "").strip())


def required_expression(text: str | None) -> Expression:
    """Return the expression of a place where 8.6.0 takes no plain text.

    Raises:
        ElementError: There is none, or the equals sign was forgotten.
    """
    if not text:
        raise ElementError("Expected expression but not found.")
    found = expression(text)
    if found.static:
        raise ElementError(
            f"Expected expression but found static value '{text}'. An expression must start with '=' (e.g. '={text}')."
        )
    return found


def fill(element: Element, node: Any, namespaces: dict[str, str]) -> None:
    """Read everything below a node into its element.

    Raises:
        ElementError: Something is missing or not supported.
        FeelSyntaxError: An expression can't be parsed.
    """
    reader = _Reader(node, namespaces)
    element.default = node.get("default")
    for path in ("taskHeaders", "ioMapping", "executionListeners"):
        reader.one(f"zeebe:{path}")
    element.headers = _headers(reader.all("zeebe:taskHeaders/zeebe:header"))
    element.inputs = [_mapping(node, expression) for node in reader.all("zeebe:ioMapping/zeebe:input")]
    element.outputs = [_mapping(node, required_expression) for node in reader.all("zeebe:ioMapping/zeebe:output")]
    element.listeners = listeners(node, namespaces)
    _check_listeners(element)
    element.for_compensation = node.get("isForCompensation") == "true"
    element.attached_to = local_id(node.get("attachedToRef"))
    element.interrupting = node.get("cancelActivity", "true") == "true" and node.get("isInterrupting", "true") == "true"
    element.event = reader.event(element)
    element.multi_instance = reader.multi_instance()
    for definition in reader.all("zeebe:taskDefinition")[:1]:
        if not definition.get("type"):
            raise ElementError("Attribute 'type' must be present and not empty")
        element.job = JobDefinition(
            expression(definition.get("type")), expression(definition.get("retries", DEFAULT_RETRIES))
        )
    read = _READERS.get(element.kind)
    if read is not None:
        read(reader, element)


def _mapping(node: Any, read: Callable[[str | None], Expression]) -> Mapping:
    source, target = node.get("source"), node.get("target")
    if not source:
        raise ElementError("Expected expression but not found.")
    if not target:
        raise ElementError("Expected path expression but not found.")
    if not _PATH.fullmatch(target):
        raise ElementError(f"Expected path expression '{target}' but doesn't match the pattern '{_PATH.pattern}'.")
    if target in _RESERVED:
        words = ", ".join(_RESERVED)
        raise ElementError(f"Expected path expression '{target}' but is one of the reserved words ({words}).")
    return Mapping(read(source), target)


def listeners(node: Any, namespaces: dict[str, str]) -> list[Listener]:
    """Return the execution listeners of a node."""
    return [
        Listener(
            item.get("eventType"),
            JobDefinition(expression(item.get("type")), expression(item.get("retries", DEFAULT_RETRIES))),
        )
        for item in node.findall("bpmn:extensionElements/zeebe:executionListeners/zeebe:executionListener", namespaces)
    ]


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _headers(nodes: list[Any]) -> dict[str, str]:
    found: dict[str | None, str | None] = {}
    for node in nodes:
        key = node.get("key")
        if key in found:
            raise ElementError(f"Headers contain duplicate entries for key '{key}'")
        found[key] = node.get("value")
    return {key: value for key, value in found.items() if key and value}  # 8.6.0 leaves out what lacks either


def _check_listeners(element: Element) -> None:
    """Refuse listeners that would never be called, or twice."""
    times = Counter((listener.event, listener.job.type.source) for listener in element.listeners)
    for (event, job_type), count in times.items():
        if not job_type:
            raise ElementError("Attribute 'type' must be present and not empty")
        if not event:
            raise ElementError("Attribute 'eventType' must be present and not empty")
        if event not in ("start", "end"):
            raise ElementError(f"Attribute 'eventType' must be one of: start, end; found '{event}'")
        if count > 1:
            both = f"eventType[{event}] and type[{job_type}]"
            raise ElementError(f"Found '{count}' duplicates based on {both}, these combinations should be unique.")
        if event == "start" and element.kind in ("START_EVENT", "BOUNDARY_EVENT"):
            whom = element.kind.lower().replace("_", " ")
            raise ElementError(f"Execution listeners of type 'start' are not supported by {whom}s")
        if event == "end" and element.kind.endswith("_GATEWAY"):
            raise ElementError("Execution listeners of type 'end' are not supported by gateway element")


class _Reader:
    """Finds things below one node."""

    def __init__(self, node: Any, namespaces: dict[str, str]) -> None:
        self.node = node
        self.namespaces = namespaces

    def all(self, path: str) -> list[Any]:
        return list(self.node.findall(f"bpmn:extensionElements/{path}", self.namespaces))

    def one(self, path: str) -> Any:
        """Return the only extension of its kind, or None."""
        found = self.all(path)
        if len(found) > 1:
            raise ElementError(f"Must have at most one '{path}' extension element")
        return found[0] if found else None

    def one_or_job(self, path: str) -> Any:
        """Return the extension that is there instead of a job; None if the job is."""
        found, jobs = self.all(path), self.all("zeebe:taskDefinition")
        if len(found) + len(jobs) != 1:
            raise ElementError(f"Must have either one '{path}' or one 'zeebe:taskDefinition' extension element")
        return found[0] if found else None

    def referred(self, kind: str, reference: str | None) -> Any:
        """Return the message, signal, error or escalation of an id, if there is one."""
        wanted = local_id(reference)
        bpmn = self.node.getroottree().iter(f"{{{self.namespaces['bpmn']}}}*")
        found = next((node for node in bpmn if wanted is not None and node.get("id") == wanted), None)
        if found is not None and (tag := found.tag.rpartition("}")[2]) != kind:
            raise ElementError(f"Must reference {_a(kind)}, but '{wanted}' is {_a(tag)}")
        return found

    def event(self, element: Element) -> Event:
        definitions = [
            child for child in self.node
            if isinstance(child.tag, str) and child.tag.endswith("EventDefinition")
        ]  # fmt: skip
        if element.kind == "RECEIVE_TASK":
            return self.message(element, self.node.get("messageRef"))
        if not definitions:
            return Event()
        if len(definitions) > 1:
            raise ElementError("Must have at most one event definition")
        definition = definitions[0]
        kind = definition.tag.rpartition("}")[2].removesuffix("EventDefinition")
        if kind not in _EVENTS:
            raise ElementError(f"Event definitions of type {kind} are not supported")
        if kind == "message":
            return self.message(element, definition.get("messageRef"))
        if kind == "timer":
            return self.timer(definition, element)
        return self.named(kind, definition, element)

    def named(self, kind: str, definition: Any, element: Element) -> Event:
        if kind == "terminate":
            return Event(kind)
        if kind == "compensate":
            return _compensation(definition, element)
        if kind == "link":
            return Event(kind, Expression(definition.get("name") or ""))
        attribute = {"signal": "name", "error": "errorCode", "escalation": "escalationCode"}[kind]
        referred = self.referred(kind, definition.get(f"{kind}Ref"))
        text = referred.get(attribute) if referred is not None else None
        if not text and (kind == "signal" or element.kind in ("END_EVENT", "INTERMEDIATE_THROW_EVENT")):
            raise ElementError(f"Must reference {_a(kind)} with {_a(attribute)}")
        if (text or "").startswith("=") and element.kind in ("BOUNDARY_EVENT", "START_EVENT") and kind != "signal":
            raise ElementError(f"The {attribute} of the {kind} catch event is not allowed to be an expression")
        return Event(kind, expression(text) if text else None)

    def message(self, element: Element, reference: str | None) -> Event:
        if element.kind in ("END_EVENT", "INTERMEDIATE_THROW_EVENT"):
            return Event("message")  # a job throws it
        message = self.referred("message", reference)
        if message is None or not message.get("name"):
            raise ElementError("Must reference a message with a name")
        subscriptions = message.findall("bpmn:extensionElements/zeebe:subscription", self.namespaces)
        key = subscriptions[0].get("correlationKey") if len(subscriptions) == 1 else None
        at_process_start = element.kind == "START_EVENT" and not self.in_event_subprocess()
        if not key and not at_process_start:
            raise ElementError("Must have exactly one zeebe:subscription extension element with a correlationKey")
        return Event("message", expression(message.get("name")), required_expression(key) if key else None)

    def in_event_subprocess(self) -> bool:
        return bool(self.node.getparent().get("triggeredByEvent") == "true")

    def timer(self, definition: Any, element: Element) -> Event:
        for tag, kind in (("timeDuration", "duration"), ("timeDate", "date"), ("timeCycle", "cycle")):
            node = definition.find(f"bpmn:{tag}", self.namespaces)
            if node is not None and (node.text or "").strip():
                self.check_timer(kind, element)
                timer = expression(node.text)
                if timer.static:
                    self.check_static_timer(kind, timer)
                return Event("timer", timer_kind=kind, timer=timer)
        raise ElementError("Must have exactly one type of timer: timeDuration, timeDate or timeCycle")

    def check_timer(self, kind: str, element: Element) -> None:
        start = element.kind == "START_EVENT"
        if start and not self.in_event_subprocess() and kind == "duration":
            raise ElementError("Must be a time cycle or a time date")
        if kind == "cycle" and (
            element.kind == "INTERMEDIATE_CATCH_EVENT" or (element.kind == "BOUNDARY_EVENT" and element.interrupting)
        ):
            raise ElementError("Interrupting timer events and intermediate ones must not have a time cycle")

    def check_static_timer(self, kind: str, timer: Expression) -> None:
        if kind == "cycle" and not timer.text.startswith("R"):
            raise ElementError(f"Cron expressions are not supported in timers (found '{timer.text}')")
        try:
            first_due(kind, timer.text, timer, now_ms=0)
        except Failure as failure:
            raise ElementError(f"Invalid timer {kind} expression ({failure.message})") from failure

    def multi_instance(self) -> MultiInstance | None:
        node = self.node.find("bpmn:multiInstanceLoopCharacteristics", self.namespaces)
        if node is None:
            return None
        loops = node.findall("bpmn:extensionElements/zeebe:loopCharacteristics", self.namespaces)
        loop = loops[0] if len(loops) == 1 else None
        if loop is None or not loop.get("inputCollection"):
            raise ElementError(
                "Must have exactly one 'zeebe:loopCharacteristics' extension element with an inputCollection"
            )
        condition = node.find("bpmn:completionCondition", self.namespaces)
        output = loop.get("outputElement")
        for given, wanted in (("outputElement", "outputCollection"), ("outputCollection", "outputElement")):
            if loop.get(given) and not loop.get(wanted):
                raise ElementError(f"Attribute '{wanted}' must be present if the attribute '{given}' is set")
        return MultiInstance(
            sequential=node.get("isSequential") == "true",
            collection=required_expression(loop.get("inputCollection")),
            element=loop.get("inputElement") or None,
            output_collection=loop.get("outputCollection") or None,
            output_element=required_expression(output) if output else None,
            completion=expression(condition.text) if condition is not None else None,
        )


def _compensation(definition: Any, element: Element) -> Event:
    throws = {"INTERMEDIATE_THROW_EVENT": "intermediate throwing", "END_EVENT": "end"}.get(element.kind)
    if throws and definition.get("waitForCompletion", "true") != "true":
        raise ElementError(f"A compensation {throws} event waitForCompletion attribute must be true or not present")
    return Event("compensation", activity_id=local_id(definition.get("activityRef")) or "" if throws else "")


def _job_task(reader: _Reader, _element: Element) -> None:
    if len(reader.all("zeebe:taskDefinition")) != 1:
        raise ElementError("Must have exactly one 'zeebe:taskDefinition' extension element")


def _throw(reader: _Reader, element: Element) -> None:
    if element.event.kind == "message":
        _job_task(reader, element)
    also = {"error", "terminate"} if element.kind == "END_EVENT" else {"link"}
    _only(element, {"none", "message", "signal", "escalation", "compensation"} | also)


def _only(element: Element, kinds: set[str]) -> None:
    if element.event.kind not in kinds:
        raise ElementError(f"Event definition must be one of: {', '.join(sorted(kinds))}; found {element.event.kind}")


def _script(reader: _Reader, element: Element) -> None:
    script = reader.one_or_job("zeebe:script")
    if script is None:
        return
    element.script = required_expression(script.get("expression"))
    element.result_variable = script.get("resultVariable") or ""
    if not element.result_variable:
        raise ElementError("Attribute 'resultVariable' must be present and not empty")


def _rule(reader: _Reader, element: Element) -> None:
    decision = reader.one_or_job("zeebe:calledDecision")
    if decision is None:
        return
    _latest_only(decision, "decision")
    element.decision = expression(decision.get("decisionId"))
    element.result_variable = decision.get("resultVariable") or ""
    if not element.result_variable or not decision.get("decisionId"):
        raise ElementError("'zeebe:calledDecision' must have a decisionId and a resultVariable")


def _user(reader: _Reader, element: Element) -> None:
    native = reader.one("zeebe:userTask") is not None
    found: dict[str, Any] = {"native": native}
    nodes = [reader.one("zeebe:assignmentDefinition"), reader.one("zeebe:taskSchedule")]
    # Camunda's own tasks alone have a priority; those of others 8.6.0 does not even count.
    nodes += [reader.one("zeebe:priorityDefinition")] if native else reader.all("zeebe:priorityDefinition")
    for node in nodes:
        if node is not None:
            found |= {key: expression(value) for key, value in node.attrib.items() if value}
    form = reader.one("zeebe:formDefinition")
    if form is not None:
        found |= _form(form, native=native)
    for name, given in found.items():
        if isinstance(given, Expression) and given.static:
            _check_static(name, given.text)
    element.user_task = found


def _form(node: Any, *, native: bool) -> dict[str, Any]:
    _latest_only(node, "form")
    looked_at = ("formId", "externalReference") if native else ("formId", "formKey")
    given = {name: text for name in looked_at if (text := node.get(name, "")).strip()}
    if len(given) != 1:
        names, whose = ", ".join(looked_at), " for native user tasks" if native else ""
        raise ElementError(f"Exactly one of the attributes '{names}' must be present and not blank{whose}")
    # A key is passed on as it is, whatever it looks like.
    return {name: text if name == "formKey" else expression(text) for name, text in given.items()}


def _check_static(name: str, text: str) -> None:
    """Refuse a user task's property that could never be right, in 8.6.0's words."""
    wanted = ""
    if name.startswith("candidate") and not all(part.strip() for part in text.split(",")):
        wanted = "a list of comma-separated values, e.g. 'a,b,c'"
    elif name in ("dueDate", "followUpDate"):
        at = moment(text)
        if at is None or at.tzinfo is None:
            wanted = "a valid DateTime String, e.g. '2023-03-02T15:35+02:00'"
    elif name == "priority" and not _WHOLE.fullmatch(text):
        wanted = "a valid Number between 0 and 100"
    elif name == "priority" and int(text) not in PRIORITIES:
        raise ElementError(f"Priority must be a number between 0 and 100, but was '{text}'.")
    if wanted:
        raise ElementError(f"Expected static value to be {wanted}, but found '{text}'.")


def _latest_only(node: Any, what: str) -> None:
    binding = node.get("bindingType", "latest")
    if binding != "latest":
        raise ElementError(f"Binding type '{binding}' of a {what} is not supported; only 'latest' is")


def _called(reader: _Reader, element: Element) -> None:
    (called, *others) = reader.all("zeebe:calledElement") or [None]
    if called is None or others or not called.get("processId"):
        raise ElementError("Must have exactly one 'zeebe:calledElement' extension element with a processId")
    _latest_only(called, "process")
    element.called = CalledProcess(
        expression(called.get("processId")),
        called.get("propagateAllChildVariables", "true") == "true",
        called.get("propagateAllParentVariables", "true") == "true",
    )


def _sub(reader: _Reader, element: Element) -> None:
    if reader.node.get("triggeredByEvent") == "true":
        element.kind = "EVENT_SUB_PROCESS"


def _catch(_reader: _Reader, element: Element) -> None:
    _only(element, {"message", "signal", "timer", "link"})


def _boundary(reader: _Reader, element: Element) -> None:
    if element.event.kind != "compensation" and reader.node.find("bpmn:outgoing", reader.namespaces) is None:
        raise ElementError("Must have at least one outgoing sequence flow or association")
    _only(element, {"message", "signal", "timer", "error", "escalation", "compensation"})
    if element.event.kind in ("error", "compensation") and not element.interrupting:
        raise ElementError("Non-interrupting events of this type are not allowed")


_READERS = {
    "SERVICE_TASK": _job_task,
    "SEND_TASK": _job_task,
    "SCRIPT_TASK": _script,
    "BUSINESS_RULE_TASK": _rule,
    "USER_TASK": _user,
    "CALL_ACTIVITY": _called,
    "SUB_PROCESS": _sub,
    "END_EVENT": _throw,
    "INTERMEDIATE_THROW_EVENT": _throw,
    "INTERMEDIATE_CATCH_EVENT": _catch,
    "BOUNDARY_EVENT": _boundary,
}
