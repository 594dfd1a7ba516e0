"""One BPMN node and its ``zeebe:`` extensions into an :class:`Element`; and what makes it undeployable."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from camunda_client.embedded.model._dialects import since
from camunda_client.embedded.model._element import (
    BEFORE_ALL,
    INT32,
    LATEST,
    PRIORITIES,
    Binding,
    CalledProcess,
    Element,
    JobDefinition,
    Link,
    Listener,
    Mapping,
)
from camunda_client.embedded.model._expressions import Expression
from camunda_client.embedded.model._ids import local_id
from camunda_client.embedded.model._iso8601 import moment
from camunda_client.embedded.model._reader import ElementError, Reader, expression, required_expression

__all__ = ["ElementError", "expression", "fill", "fill_process", "required_expression"]

#: A task without ``retries`` has three.
DEFAULT_RETRIES = "3"
#: What a mapping may write to, in 8.6.0's words.
_PATH = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*")
_RESERVED = ("null", "true", "false", "function", "if", "then", "else", "for", "between", "instance", "of")
_BINDINGS = ("deployment", "latest", "versionTag")
_WHOLE = re.compile(r"-?\d{1,9}")
_INTEGER = re.compile(r"[+-]?[0-9]{1,12}")


def fill(element: Element, node: Any, namespaces: dict[str, str]) -> None:
    """Read everything below a node into its element.

    Raises:
        ElementError: Something is missing or not supported.
        FeelSyntaxError: An expression can't be parsed.
    """
    reader = Reader(node, namespaces)
    element.default = node.get("default")
    for path in ("taskHeaders", "ioMapping", "executionListeners"):
        reader.one(f"zeebe:{path}")
    element.headers = _headers(reader.all("zeebe:taskHeaders/zeebe:header"))
    element.inputs = [_mapping(node, expression) for node in reader.all("zeebe:ioMapping/zeebe:input")]
    element.outputs = [_mapping(node, required_expression) for node in reader.all("zeebe:ioMapping/zeebe:output")]
    element.listeners = _listeners(reader)
    element.for_compensation = node.get("isForCompensation") == "true"
    element.attached_to = local_id(node.get("attachedToRef"))
    element.interrupting = node.get("cancelActivity", "true") == "true" and node.get("isInterrupting", "true") == "true"
    element.event = reader.event(element)
    element.multi_instance = reader.multi_instance()
    _check_listeners(element)
    for definition in reader.all("zeebe:taskDefinition")[:1]:
        if not definition.get("type"):
            raise ElementError("Attribute 'type' must be present and not empty")
        element.job = JobDefinition(
            expression(definition.get("type")), expression(definition.get("retries", DEFAULT_RETRIES)),
            _job_priority(reader),
        )  # fmt: skip
    if element.job is not None and element.kind != "SERVICE_TASK" and reader.all("zeebe:linkedResources"):
        raise ElementError("The extension zeebe:linkedResources is only supported at service tasks")
    read = _READERS.get(element.kind)
    if read is not None:
        read(reader, element)


def fill_process(element: Element, node: Any, namespaces: dict[str, str]) -> None:
    """Read the extensions of a process into its element.

    Raises:
        ElementError: Something is missing or not supported.
        FeelSyntaxError: An expression can't be parsed.
    """
    reader = Reader(node, namespaces)
    for path in ("taskHeaders", "executionListeners"):
        reader.one(f"zeebe:{path}")
    if since("8.8"):  # before that a process had none (camunda/camunda#35585)
        element.headers = _headers(reader.all("zeebe:taskHeaders/zeebe:header"))
    element.listeners = _listeners(reader)
    _check_listeners(element)
    tags = reader.all("zeebe:versionTag")
    if len(tags) > 1 and since("8.9"):
        raise ElementError("Must have exactly one 'zeebe:versionTag' extension element when exists")
    element.version_tag = tags[0].get("value") or "" if tags else ""
    element.job_priority = _job_priority(reader)


def _job_priority(reader: Reader) -> Expression | None:
    """Return what a job's priority is; one without a value is 0."""
    definitions = reader.all("zeebe:jobPriorityDefinition")
    if not definitions:
        return None
    if len(definitions) > 1:
        raise ElementError("Must have exactly one 'zeebe:jobPriorityDefinition'")
    text = definitions[0].get("priority") or "0"
    if not text.startswith("=") and not (_INTEGER.fullmatch(text) and int(text) in INT32):
        expected = "Expected 'priority' to be a literal integer or a FEEL expression (starting with '=')"
        raise ElementError(f"{expected}, but got '{text}'.")
    return expression(text)


def _mapping(node: Any, read: Callable[[str | None], Expression]) -> Mapping:
    source, target = node.get("source"), node.get("target")
    if not source and read is expression and since("8.8"):
        source = "=null"
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


def _listeners(reader: Reader) -> list[Listener]:
    return [
        Listener(
            item.get("eventType"),
            JobDefinition(expression(item.get("type")), expression(item.get("retries", DEFAULT_RETRIES))),
            _headers_of_listener(item.findall("zeebe:taskHeaders/zeebe:header", reader.namespaces)),
        )
        for item in reader.all("zeebe:executionListeners/zeebe:executionListener")
    ]


def _headers_of_listener(nodes: list[Any]) -> dict[str, str]:
    if nodes and not since("8.10"):
        raise ElementError("Headers of an execution listener are not supported before 8.10")
    return _headers(nodes)


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
    if not element.listeners:
        return
    times = Counter((listener.event, listener.job.type.source) for listener in element.listeners)
    for (event, job_type), count in times.items():
        if not job_type:
            raise ElementError("Attribute 'type' must be present and not empty")
        if not event:
            raise ElementError("Attribute 'eventType' must be present and not empty")
        if event not in (known := ("start", "end", BEFORE_ALL) if since("8.10") else ("start", "end")):
            raise ElementError(f"Attribute 'eventType' must be one of: {', '.join(known)}; found '{event}'")
        if event == BEFORE_ALL and element.multi_instance is None:
            raise ElementError(f"Execution listeners of type '{event}' are only supported by multi-instance activities")
        if count > 1:
            both = f"eventType[{event}] and type[{job_type}]"
            raise ElementError(f"Found '{count}' duplicates based on {both}, these combinations should be unique.")
        if event == "start" and element.kind in ("START_EVENT", "BOUNDARY_EVENT"):
            whom = element.kind.lower().replace("_", " ")
            raise ElementError(f"Execution listeners of type 'start' are not supported by {whom}s")
        if event == "end" and element.kind.endswith("_GATEWAY"):
            raise ElementError("Execution listeners of type 'end' are not supported by gateway element")


def _job_task(reader: Reader, _element: Element) -> None:
    if len(reader.all("zeebe:taskDefinition")) != 1:
        raise ElementError("Must have exactly one 'zeebe:taskDefinition' extension element")


def _service(reader: Reader, element: Element) -> None:
    _job_task(reader, element)
    reader.one("zeebe:linkedResources")
    element.links = [_link(node) for node in reader.all("zeebe:linkedResources/zeebe:linkedResource")]


def _link(node: Any) -> Link:
    for name in ("resourceId", "resourceType"):
        if not node.get(name):
            raise ElementError(f"Attribute '{name}' must be present and not empty")
    resource_id, kind, tag = node.get("resourceId"), node.get("bindingType", LATEST.type), node.get("versionTag") or ""
    if kind not in _BINDINGS:
        raise ElementError(f"Attribute 'bindingType' must be one of: {', '.join(_BINDINGS)}")
    if resource_id.startswith("="):
        raise ElementError(f"Expressions as the id of a linked resource are not supported: '{resource_id}'")
    return Link(expression(resource_id), node.get("resourceType"), node.get("linkName"), Binding(kind, tag))


def _throw(reader: Reader, element: Element) -> None:
    if element.event.kind == "message":
        _job_task(reader, element)
    also = {"error", "terminate"} if element.kind == "END_EVENT" else {"link"}
    _only(element, {"none", "message", "signal", "escalation", "compensation"} | also)


def _only(element: Element, kinds: set[str]) -> None:
    if element.event.kind not in kinds:
        raise ElementError(f"Event definition must be one of: {', '.join(sorted(kinds))}; found {element.event.kind}")


def _script(reader: Reader, element: Element) -> None:
    script = reader.one_or_job("zeebe:script")
    if script is None:
        return
    element.script = required_expression(script.get("expression"))
    element.result_variable = script.get("resultVariable") or ""
    if not element.result_variable:
        raise ElementError("Attribute 'resultVariable' must be present and not empty")


def _rule(reader: Reader, element: Element) -> None:
    decision = reader.one_or_job("zeebe:calledDecision")
    if decision is None:
        return
    element.binding = _binding(decision, by_expression=since("8.10"))
    element.decision = expression(decision.get("decisionId"))
    element.result_variable = decision.get("resultVariable") or ""
    if not element.result_variable or not decision.get("decisionId"):
        raise ElementError("'zeebe:calledDecision' must have a decisionId and a resultVariable")


def _user(reader: Reader, element: Element) -> None:
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
        element.binding = _binding(form)
        found |= _form(form, native=native)
    for name, given in found.items():
        if isinstance(given, Expression) and given.static:
            _check_static(name, given.text)
    element.user_task = found


def _form(node: Any, *, native: bool) -> dict[str, Any]:
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


def _binding(node: Any, *, by_expression: bool = False) -> Binding:
    kind, tag = node.get("bindingType", LATEST.type), node.get("versionTag") or ""
    if kind not in _BINDINGS:
        raise ElementError(f"Attribute 'bindingType' must be one of: {', '.join(_BINDINGS)}")
    if kind == "versionTag" and not tag.strip():
        raise ElementError("Attribute 'versionTag' must be present and not empty if 'bindingType' is 'versionTag'")
    if kind != "versionTag" and tag.strip():
        raise ElementError("Attribute 'versionTag' may only be used if 'bindingType' is 'versionTag'")
    if kind != "versionTag":
        return Binding(kind)
    return Binding(kind, expression(tag) if by_expression and tag.startswith("=") else tag)


def _called(reader: Reader, element: Element) -> None:
    (called, *others) = reader.all("zeebe:calledElement") or [None]
    if called is None or others or not called.get("processId"):
        raise ElementError("Must have exactly one 'zeebe:calledElement' extension element with a processId")
    element.binding = _binding(called)
    element.called = CalledProcess(
        expression(called.get("processId")),
        called.get("propagateAllChildVariables", "true") == "true",
        called.get("propagateAllParentVariables", "true") == "true",
        None if called.get("businessId") is None else expression(called.get("businessId")),
    )


def _sub(reader: Reader, element: Element) -> None:
    if reader.node.get("triggeredByEvent") == "true":
        element.kind = "EVENT_SUB_PROCESS"


def _catch(_reader: Reader, element: Element) -> None:
    _only(element, {"message", "signal", "timer", "link", "conditional"})


def _boundary(reader: Reader, element: Element) -> None:
    if element.event.kind != "compensation" and reader.node.find("bpmn:outgoing", reader.namespaces) is None:
        raise ElementError("Must have at least one outgoing sequence flow or association")
    _only(element, {"message", "signal", "timer", "error", "escalation", "compensation", "conditional"})
    if element.event.kind in ("error", "compensation") and not element.interrupting:
        raise ElementError("Non-interrupting events of this type are not allowed")


_READERS = {
    "SERVICE_TASK": _service,
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
