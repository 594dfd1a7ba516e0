"""The listeners of a user task: jobs before something happens to it, which deny or correct that (8.8)."""

from __future__ import annotations

from typing import Any

from camunda_client.embedded.model._element import Element, JobDefinition, Listener
from camunda_client.embedded.model._reading import DEFAULT_RETRIES, ElementError, expression

#: What may happen to a user task, in the order of its life.
TASK_EVENTS = ("creating", "assigning", "updating", "completing", "canceling")
#: Their names before 8.8 was released, which it still takes.
_EARLIER = dict(zip(("create", "assignment", "update", "complete", "cancel"), TASK_EVENTS, strict=True))


def fill(element: Element, node: Any, namespaces: dict[str, str]) -> None:
    """Read the listeners below a node into its element.

    Raises:
        ElementError: One lacks something, or there is no user task that could call it.
        FeelSyntaxError: An expression can't be parsed.
    """
    found = node.findall("bpmn:extensionElements/zeebe:taskListeners/zeebe:taskListener", namespaces)
    if found and not (element.user_task or {}).get("native"):
        raise ElementError("Task listeners are only called for user tasks with a 'zeebe:userTask' extension element")
    element.task_listeners = [_listener(item) for item in found]


def _listener(item: Any) -> Listener:
    for name in ("type", "eventType"):
        if not item.get(name):
            raise ElementError(f"Attribute '{name}' must be present and not empty")
    given = item.get("eventType")
    event = _EARLIER.get(given, given)
    if event not in TASK_EVENTS:
        raise ElementError(f"Attribute 'eventType' must be one of: {', '.join(TASK_EVENTS)}; found '{given}'")
    return Listener(
        event, JobDefinition(expression(item.get("type")), expression(item.get("retries") or DEFAULT_RETRIES))
    )
