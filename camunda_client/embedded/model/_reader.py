"""Finds what stands below one BPMN node, and reads its events and its loop; and what makes it undeployable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from camunda_client.embedded._failures import Failure
from camunda_client.embedded.model._dialects import since
from camunda_client.embedded.model._element import Element, Event, MultiInstance
from camunda_client.embedded.model._expressions import Expression
from camunda_client.embedded.model._ids import local_id
from camunda_client.embedded.model._timers import first_due

_CHANGES = ("create", "update")
_EVENTS = {"message", "signal", "timer", "error", "escalation", "terminate", "link", "compensate", "conditional"}


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


class Reader:
    """Finds things below one node."""

    def __init__(self, node: Any, namespaces: dict[str, str]) -> None:
        self.node = node
        self.namespaces = namespaces
        #: Looked up once: some ten extensions are asked for of every element, and most elements have none.
        self._extensions = list(node.iterfind("bpmn:extensionElements/*", namespaces))

    def all(self, path: str) -> list[Any]:
        if not self._extensions:
            return []
        name, *inner = path.split("/", 1)
        prefix, _, local = name.partition(":")
        tag = f"{{{self.namespaces[prefix]}}}{local}"
        found = [one for one in self._extensions if one.tag == tag]
        return [below for one in found for below in one.iterfind(inner[0], self.namespaces)] if inner else found

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
        if kind == "conditional":
            return self.conditional(definition)
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

    def conditional(self, definition: Any) -> Event:
        if not since("8.9"):
            raise ElementError("Event definitions of type conditional are not supported before 8.9")
        text = (definition.findtext("bpmn:condition", namespaces=self.namespaces) or "").strip()
        if not text:
            raise ElementError("Attribute 'condition' must be present and not empty")
        condition = required_expression(text)
        filters = definition.findall("bpmn:extensionElements/zeebe:conditionalFilter", self.namespaces)
        changes = {change for one in filters for change in _changes(one.get("variableEvents") or "")}
        return Event(
            "conditional", condition=condition, variables=frozenset(_names(condition.tree)),
            changes=frozenset(changes or _CHANGES),
        )  # fmt: skip

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


def _changes(text: str) -> list[str]:
    found = [change.strip() for change in text.split(",") if change.strip()]
    for change in found:
        if change not in _CHANGES:
            known = "Must be one of: create, update or a comma-separated list of both."
            raise ElementError(f"Variable event '{change}' is not valid. {known}")
    return found


def _names(tree: Any) -> Iterator[str]:
    """Yield the names in a FEEL expression; more than are variables of a process, but all that are."""
    if isinstance(tree, tuple) and len(tree) == 2 and tree[0] == "name" and isinstance(tree[1], str):
        yield tree[1]
    elif isinstance(tree, (tuple, list)):
        for part in tree:
            yield from _names(part)
    elif isinstance(tree, dict):
        yield from _names(list(tree.values()))


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
