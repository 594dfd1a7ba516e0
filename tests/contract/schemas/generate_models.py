"""Make ``camunda_client/c8/models/generated`` anew: ``python -m tests.contract.schemas.generate_models``.

It reads the schemas of this folder, and nothing else; ``regenerate.py`` makes those. A model has the members of all
versions. One that the engine may send as null, or that is not of every version, is None where it is missing.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tests.contract.schemas.regenerate import NPM, PACKAGES

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "camunda_client/c8/models/generated"
#: Module, its docstring, and for each schema our name and docstring.
MODULES: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "batch_operation": ("Batch operations", {
        "BatchOperationResponse": ("BatchOperation", "Many commands that were given as one."),
        "BatchOperationCreatedResult": ("CreatedBatchOperation", "A batch operation that has only begun."),
        "BatchOperationItemResponse": ("BatchOperationItem", "One of those commands, and what became of it."),
        "BatchOperationFilter": ("BatchOperationFilter", ""),
        "BatchOperationItemFilter": ("BatchOperationItemFilter", ""),
    }),
    "cluster": ("The cluster and who asks it", {
        "LicenseResponse": ("License", "The cluster's licence."),
        "CamundaUserResult": ("Me", "Who the token belongs to."),
    }),
    "cluster_variable": ("Cluster variables", {
        "ClusterVariableResult": ("ClusterVariable", "A variable that all processes of the cluster can read."),
        "ClusterVariableSearchResult": ("FoundClusterVariable", "One as a search finds it: long values are cut."),
        "ClusterVariableSearchQueryFilterRequest": ("ClusterVariableFilter", ""),
    }),
    "decision": ("Decision definitions and instances", {
        "DecisionDefinitionResult": ("DecisionDefinition", "A deployed decision."),
        "DecisionInstanceResult": ("FoundDecisionInstance", "One evaluation of a decision, as a search finds it."),
        "DecisionInstanceGetQueryResult": ("DecisionInstance", "One evaluation of a decision, with inputs and rules."),
        "DecisionDefinitionFilter": ("DecisionDefinitionFilter", ""),
        "DecisionRequirementsResult": ("DecisionRequirements", "A deployed file of decisions."),
        "DecisionInstanceFilter": ("DecisionInstanceFilter", ""),
        "DecisionRequirementsFilter": ("DecisionRequirementsFilter", ""),
    }),
    "document": ("Documents", {
        "DocumentReference": ("DocumentReference", "Where a document is; this is what variables carry."),
        "DocumentMetadata": ("DocumentMetadata", "What is known of a document."),
        "DocumentLink": ("DocumentLink", "An address that gives a document without a token until it expires."),
    }),
    "element_instance": ("Element instances", {
        "ElementInstanceResult": ("ElementInstance", "One run through one element of a process instance."),
        "ElementInstanceFilter": ("ElementInstanceFilter", ""),
    }),
    "expression": ("Expressions and conditions", {
        "ExpressionEvaluationResult": ("EvaluatedExpression", "What an expression comes to."),
        "EvaluateConditionalResult": ("EvaluatedConditionals", "The instances that conditions have started."),
        "ProcessInstanceReference": ("ProcessInstanceReference", "A process instance and its definition."),
    }),
    "incident": ("Incidents", {
        "IncidentResult": ("Incident", "What keeps an instance from going on."),
        "IncidentProcessInstanceStatisticsByErrorResult": (
            "IncidentErrorStatistics", "How many active instances have incidents with one error.",
        ),
        "IncidentProcessInstanceStatisticsByDefinitionResult": (
            "IncidentDefinitionStatistics", "How many active instances of one definition have incidents with an error.",
        ),
        "IncidentFilter": ("IncidentFilter", ""),
    }),
    "job": ("Jobs, as searches find them", {
        "JobSearchResult": ("FoundJob", "A job and what has become of it; it is not activated by this."),
        "GlobalJobStatisticsQueryResult": ("JobStatistics", "How many jobs had a state in a period."),
        "StatusMetric": ("JobCount", "How many, and when last."),
        "JobTypeStatisticsItem": ("JobTypeStatistics", "The same for one job type, with the number of its workers."),
        "JobWorkerStatisticsItem": ("JobWorkerStatistics", "The same for one worker."),
        "JobErrorStatisticsItem": ("JobErrorStatistics", "An error of jobs, and how many workers met it."),
        "JobTimeSeriesStatisticsItem": ("JobTimeSlice", "The same for one part of a period."),
        "JobFilter": ("JobFilter", ""),
    }),
    "message_subscription": ("Message subscriptions", {
        "MessageSubscriptionResult": ("MessageSubscription", "What waits for a message."),
        "CorrelatedMessageSubscriptionResult": ("CorrelatedMessageSubscription", "What a message was handed to."),
        "MessageSubscriptionFilter": ("MessageSubscriptionFilter", ""),
        "CorrelatedMessageSubscriptionFilter": ("CorrelatedMessageSubscriptionFilter", ""),
    }),
    "process_definition": ("Process definitions and forms", {
        "ProcessDefinitionResult": ("ProcessDefinition", "A deployed process."),
        "FormResult": ("Form", "A deployed form."),
        "ProcessDefinitionInstanceStatisticsResult": (
            "ProcessInstanceStatistics", "How many active instances a process has, with and without incidents.",
        ),
        "ProcessDefinitionInstanceVersionStatisticsResult": (
            "ProcessVersionStatistics", "The same for one version of a process.",
        ),
        "ProcessDefinitionMessageSubscriptionStatisticsResult": (
            "MessageSubscriptionStatistics", "How many message subscriptions the instances of a definition have.",
        ),
        "ProcessDefinitionFilter": ("ProcessDefinitionFilter", ""),
        "ProcessDefinitionStatisticsFilter": ("ProcessDefinitionStatisticsFilter", ""),
    }),
    "process_instance": ("Process instances", {
        "ProcessInstanceResult": ("ProcessInstance", "A running or ended instance."),
        "ProcessElementStatisticsResult": ("ElementStatistics", "How many instances of one element there are."),
        "ProcessInstanceSequenceFlowResult": ("SequenceFlow", "A sequence flow that an instance has taken."),
        "ProcessInstanceCallHierarchyEntry": ("CallHierarchyEntry", "An instance on the way from the first caller."),
        "ProcessInstanceFilter": ("ProcessInstanceFilter", ""),
    }),
    "resource": ("Resources", {
        "ResourceResult": ("Resource", "A deployed file that is neither a process, a decision nor a form."),
        "ResourceFilter": ("ResourceFilter", ""),
    }),
    "user_task": ("User tasks", {
        "UserTaskResult": ("UserTask", "A task for a person."),
        "AuditLogResult": ("AuditLogEntry", "Who did what, and when."),
        "UserTaskFilter": ("UserTaskFilter", ""),
        "UserTaskVariableFilter": ("UserTaskVariableFilter", ""),
        "UserTaskAuditLogFilter": ("UserTaskAuditLogFilter", ""),
    }),
    "variable": ("Variables", {
        "VariableResult": ("Variable", "A variable; ``value`` is JSON text."),
        "VariableSearchResult": ("FoundVariable", "As a search finds it: ``value`` is JSON text, cut if it is long."),
        "VariableFilter": ("VariableFilter", ""),
    }),
}  # fmt: skip
HEAD = '''"""{what}, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models.base import JsonObject, NullAs, Number, ResponseModel, Since, Text
from camunda_client.c8.models._filters import NumberCondition, TextCondition

__all__ = {names}
'''
#: JSON types to what a member of an answer is in Python, and its default.
READ = {"string": ("Text", '""'), "integer": ("Number", "0"), "boolean": ("bool", "False")}
#: The same without nulls that mean empty.
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "object": "dict[str, Any]"}
ITEMS = {"string": "str", "integer": "int", "object": "dict[str, Any]"}


def merged(schema: str) -> dict[str, dict[str, Any]]:
    """Return the members of a schema in all versions, each with the first version that has it."""
    found: dict[str, dict[str, Any]] = {}
    for package in sorted(PACKAGES, key=lambda one: [int(part) for part in one.camunda.split(".")]):
        for name, member in json.loads(package.path.read_text())["schemas"].get(schema, {}).items():
            new = {"types": set(), "items": set(), "since": package.camunda}
            kept = found.setdefault(name, new)
            types = set(member["types"])
            if package.name != NPM and kept["types"] & {"string", "integer", "array"}:
                types -= {"object", "any"}  # it has classes and names of its own for some texts and numbers
            kept["types"] |= types
            kept["items"] |= set(member.get("items", ()))
    return found


def snake(name: str) -> str:
    """Return a wire name as Python has it."""
    word = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name.replace(".", "_").replace("$", "")).lower()
    return f"{word}_" if word == "or" or hasattr(BaseModel, word) else word


def model(schema: str, name: str, says: str) -> str:
    """Return the class of an answer."""
    lines = [f'class {name}(ResponseModel):\n    """{says}"""\n']
    for wire, member in merged(schema).items():
        kind, default = read_as(member)
        python = snake(wire)
        if python == wire and not default.startswith("default_factory"):
            lines.append(f"    {python}: {kind} = {default}")
        else:
            given = default if default.startswith("default_factory") else f"default={default}"
            alias = "" if python == wire else f', alias="{wire}"'
            lines.append(f"    {python}: {kind} = Field({given}{alias})")
    return "\n".join(lines)


def read_as(member: dict[str, Any]) -> tuple[str, str]:
    """Return the Python type of a member, and its default."""
    types = member["types"] - {"null", "any"}
    if len(types) != 1:
        return "Any", "None"
    (kind,) = types
    maybe = "null" in member["types"] or member["since"] != "8.8"
    if kind == "array":
        items = ITEMS[next(iter(member["items"]))] if len(member["items"]) == 1 else "Any"
        return (
            (f"list[{items}] | None", "None")
            if maybe
            else (f"Annotated[list[{items}], NullAs(list)]", "default_factory=list")
        )
    if kind == "object" and not maybe:
        return "JsonObject", "default_factory=dict"
    return (f"{PLAIN[kind]} | None", "None") if maybe else READ[kind]


def filter_of(schema: str, name: str) -> str:
    """Return the keywords of a search."""
    lines = [f'class {name}(TypedDict, total=False):\n    """What a search can be narrowed by."""\n']
    for wire, member in merged(schema).items():
        if wire == "$or":
            continue
        kind = asked_as(member)
        lines.append(
            f"    {snake(wire)}: "
            + (kind if member["since"] == "8.8" else f'Annotated[{kind}, Since("{member["since"]}")]')
        )
    return "\n".join(lines)


def asked_as(member: dict[str, Any]) -> str:
    """Return what a keyword takes."""
    types = member["types"] - {"null", "any"}
    if "array" in types:
        items = ITEMS[next(iter(member["items"]))] if len(member["items"]) == 1 else "Any"
        return f"list[{items}]"
    if {"object", "string"} <= types:
        return "TextCondition"
    if "object" in types and types & {"integer", "number"}:
        return "NumberCondition"
    return PLAIN[next(iter(types))] if len(types) == 1 else "Any"


def text(module: str) -> str:
    """Return a module's source."""
    what, schemas = MODULES[module]
    names = sorted(name for name, _ in schemas.values())
    parts = [
        filter_of(schema, name) if not says else model(schema, name, says) for schema, (name, says) in schemas.items()
    ]
    source = HEAD.format(what=what, names=json.dumps(names)) + "\n\n" + "\n\n\n".join(parts) + "\n"
    return tidied(module, source)


def tidied(module: str, source: str) -> str:
    """Return source without unused imports, sorted and formatted."""
    for command in (
        ["check", "--fix", "--quiet", "--select", "I,RUF022" if module == "__init__" else "F401,I,RUF022"],
        ["format", "--quiet"],
    ):
        ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(FOLDER / f"{module}.py"), "-"]
        source = subprocess.run(ruff, input=source, capture_output=True, text=True, check=True, cwd=ROOT).stdout
    return source


def main() -> None:
    """Write every module."""
    FOLDER.mkdir(exist_ok=True)
    for module in MODULES:
        (FOLDER / f"{module}.py").write_text(text(module), encoding="utf-8")
    lines = ['"""Models made from Camunda\'s schemas, which are under the Apache License 2.0."""\n']
    for module, (_, schemas) in sorted(MODULES.items()):
        names = ", ".join(sorted(name for name, _ in schemas.values()))
        lines.append(f"from camunda_client.c8.models.generated.{module} import {names}")
    everything = sorted(name for _, schemas in MODULES.values() for name, _ in schemas.values())
    source = "\n".join(lines) + f"\n\n__all__ = {json.dumps(everything)}\n"
    (FOLDER / "__init__.py").write_text(tidied("__init__", source), encoding="utf-8")


if __name__ == "__main__":
    main()
