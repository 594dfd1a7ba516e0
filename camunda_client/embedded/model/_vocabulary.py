"""What BPMN's schema and Camunda's extensions name, and what becomes of each: it runs, is refused, or has no meaning.

Lists are whole, so that nothing is skipped in silence. An extension that stands in none of them is named in the log,
because Camunda takes it, too. ``tests/unit/embedded/model/test_vocabulary.py`` holds them to both schemas.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.node_parser import DEFAULT_NSMAP

from camunda_client.embedded.model._dialects import since

ZEEBE = "http://camunda.org/schema/zeebe/1.0"
_BPMN = DEFAULT_NSMAP["bpmn"]

#: Parts of elements that are executed. Which flow nodes are is said where they are read, and of events there, too.
PARTS = frozenset({
    "process", "sequenceFlow", "conditionExpression", "incoming", "outgoing", "extensionElements", "association",
    "multiInstanceLoopCharacteristics", "completionCondition", "timeCycle", "timeDate", "timeDuration", "condition",
})  # fmt: skip
EVENT_DEFINITIONS = frozenset(
    f"{kind}EventDefinition"
    for kind in ("cancel", "compensate", "conditional", "error", "escalation", "link", "message", "signal", "terminate",
                 "timer")
)  # fmt: skip
#: What is read by people, drawn, or meant for others; as in Camunda, it changes nothing about how a process runs.
WITHOUT_MEANING = frozenset({
    "documentation", "text", "textAnnotation", "group", "categoryValueRef", "laneSet", "lane", "childLaneSet",
    "partitionElement", "flowNodeRef", "auditing", "monitoring", "rendering", "script", "source", "target", "supports",
    # data
    "dataObject", "dataObjectReference", "dataStoreReference", "dataState", "property", "ioSpecification", "ioBinding",
    "dataInput", "dataOutput", "inputSet", "outputSet", "dataInputRefs", "dataOutputRefs", "inputSetRefs",
    "outputSetRefs", "optionalInputRefs", "optionalOutputRefs", "whileExecutingInputRefs", "whileExecutingOutputRefs",
    "dataInputAssociation", "dataOutputAssociation", "sourceRef", "targetRef", "assignment", "from", "to",
    "transformation",
    # people, interfaces and correlation
    "resourceRole", "performer", "humanPerformer", "potentialOwner", "resourceRef", "resourceParameterBinding",
    "resourceAssignmentExpression", "expression", "formalExpression", "operationRef", "supportedInterfaceRef",
    "correlationSubscription", "correlationPropertyBinding", "dataPath",
    # loops
    "standardLoopCharacteristics", "loopCondition", "loopCardinality", "loopDataInputRef", "loopDataOutputRef",
    "inputDataItem", "outputDataItem", "complexBehaviorDefinition",
})  # fmt: skip
#: Of these, what BPMN itself would give a meaning to: said in the log, because people expect it to do something.
_EXPECTED_TO_MEAN = frozenset({"standardLoopCharacteristics", "loopCardinality", "complexBehaviorDefinition"})
#: Camunda's extensions that are read, with their attributes.
EXTENSIONS: dict[str, tuple[str, ...]] = {
    "ioMapping": (),
    "input": ("source", "target"),
    "output": ("source", "target"),
    "subscription": ("correlationKey",),
    "taskHeaders": (),
    "header": ("id", "key", "value"),
    "taskDefinition": ("type", "retries"),
    "conditionalFilter": ("variableEvents",),
    "loopCharacteristics": ("inputCollection", "inputElement", "outputCollection", "outputElement"),
    "calledElement": ("processId", "propagateAllChildVariables", "propagateAllParentVariables", "bindingType",
                      "versionTag", "businessId"),
    "formDefinition": ("formKey", "formId", "externalReference", "bindingType", "versionTag"),
    "userTask": (),
    "calledDecision": ("decisionId", "resultVariable", "bindingType", "versionTag"),
    "assignmentDefinition": ("assignee", "candidateGroups", "candidateUsers"),
    "priorityDefinition": ("priority",),
    "taskSchedule": ("dueDate", "followUpDate"),
    "script": ("expression", "resultVariable"),
    "executionListeners": (),
    "executionListener": ("eventType", "retries", "type"),
    "taskListeners": (),
    "taskListener": ("eventType", "retries", "type"),
    "adHoc": ("activeElementsCollection", "outputCollection", "outputElement"),
    "versionTag": ("value",),
    "jobPriorityDefinition": ("priority",),
    "linkedResources": (),
    "linkedResource": ("resourceId", "resourceType", "linkName", "bindingType", "versionTag"),
}  # fmt: skip
#: Extensions that a later release brought, so that an earlier one would pass over them.
SINCE = {
    "taskListeners": "8.8", "adHoc": "8.7", "conditionalFilter": "8.9", "jobPriorityDefinition": "8.10",
    "linkedResources": "8.7",
}  # fmt: skip
ATTRIBUTES_SINCE = {("calledElement", "businessId"): "8.10"}
#: Extensions and attributes that Camunda makes something of, and we do not yet.
EXTENSIONS_REFUSED = frozenset({"publishMessage"})
_INSTEAD = {"publishMessage": ": Camunda deploys it and publishes nothing; have a job do it (zeebe:taskDefinition)"}
ATTRIBUTES_REFUSED = frozenset({("conditionalFilter", "variableNames")})
#: Extensions that Camunda itself makes nothing of when a process runs.
EXTENSIONS_WITHOUT_MEANING = frozenset({"properties", "property", "userTaskForm", "agentDefinition"})
#: Attributes that earlier modelers wrote, and what all keep for themselves.
_OLD, _OF_MODELERS = frozenset({"processIdExpression", "retryCounter"}), ("modeler", "{")

log = logging.getLogger(__name__)


def problems_of_vocabulary(root: Any, flow_elements: frozenset[str]) -> Iterator[tuple[Any, str]]:
    """Yield what a process, a message, ... holds that is not known: its node, and what to say of it.

    Args:
        root: The node; everything in it is looked at.
        flow_elements: Names of the elements of scopes, which are looked at where scopes are read.
    """
    for node in root.iter(etree.Element):
        namespace, _, name = node.tag[1:].partition("}")
        if namespace == _BPMN:
            yield from _problems_of_element(node, name, flow_elements)
        elif namespace == ZEEBE and name not in EXTENSIONS_WITHOUT_MEANING:
            yield from ((_owner(node), text) for text in _problems_of_extension(node, name))


def _problems_of_element(node: Any, name: str, flow_elements: frozenset[str]) -> Iterator[tuple[Any, str]]:
    if name in _EXPECTED_TO_MEAN:
        log.warning("embedded engine: bpmn:%s of %s changes nothing, as in Camunda", name, _owner(node).get("id"))
    elif name not in PARTS and name not in WITHOUT_MEANING and name not in EVENT_DEFINITIONS | flow_elements:
        yield _owner(node), f"Elements of type bpmn:{name} are not supported"


def _problems_of_extension(node: Any, name: str) -> Iterator[str]:
    if name in EXTENSIONS_REFUSED:
        yield f"The extension zeebe:{name} is not supported{_INSTEAD.get(name, '')}"
    elif name in SINCE and not since(SINCE[name]):
        yield f"The extension zeebe:{name} is not supported before {SINCE[name]}"
    elif name not in EXTENSIONS:
        log.warning("embedded engine: zeebe:%s of %s is not known, and changes nothing", name, _owner(node).get("id"))
    else:
        yield from _problems_of_attributes(node, name)


def _problems_of_attributes(node: Any, name: str) -> Iterator[str]:
    for attribute in node.attrib:
        if (name, attribute) in ATTRIBUTES_REFUSED:
            yield f"The attribute '{attribute}' of the extension zeebe:{name} is not supported"
        elif (name, attribute) in ATTRIBUTES_SINCE and not since(ATTRIBUTES_SINCE[name, attribute]):
            release = ATTRIBUTES_SINCE[name, attribute]
            yield f"The attribute '{attribute}' of the extension zeebe:{name} is not supported before {release}"
        elif attribute not in EXTENSIONS[name] and attribute not in _OLD and not attribute.startswith(_OF_MODELERS):
            owner = _owner(node).get("id")
            log.warning(
                "embedded engine: %s of zeebe:%s of %s is not known, and changes nothing", attribute, name, owner
            )


def _owner(node: Any) -> Any:
    """Return the nearest element that has an id of BPMN's: extensions have none, or some of their own."""
    at = node
    while at.tag[1:].partition("}")[0] != _BPMN or (at.get("id") is None and at.getparent() is not None):
        at = at.getparent()
    return at
