"""Make the schemas of this folder anew: ``python -m tests.contract.schemas.regenerate`` (needs npm and pip).

They are made from packages that Camunda publishes under the Apache License 2.0, and reduced to what is compared: the
names of members, their JSON types, and whether they must be there. Descriptions stay behind.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
NPM, PYPI = "@camunda8/orchestration-cluster-api", "camunda-orchestration-sdk"
ANSWERS = (
    "ActivatedJobResult", "CreateProcessInstanceResult", "MessagePublicationResult", "MessageCorrelationResult",
    "SignalBroadcastResult", "TopologyResponse", "BrokerInfo", "Partition", "DeploymentResult",
    "DeploymentMetadataResult", "DeploymentProcessResult", "DeploymentDecisionResult",
    "DeploymentDecisionRequirementsResult", "DeploymentFormResult", "DeploymentResourceResult",
    "EvaluateDecisionResult",
)  # fmt: skip
REQUESTS = (
    "JobActivationRequest", "JobCompletionRequest", "JobFailRequest", "JobErrorRequest", "JobUpdateRequest",
    "JobChangeset", "ProcessInstanceCreationInstruction", "ProcessInstanceCreationStartInstruction",
    "CancelProcessInstanceRequest", "ProcessInstanceMigrationInstruction", "MigrateProcessInstanceMappingInstruction",
    "ProcessInstanceModificationInstruction", "ProcessInstanceModificationActivateInstruction",
    "ProcessInstanceModificationTerminateInstruction", "ModifyProcessInstanceVariableInstruction",
    "MessagePublicationRequest", "MessageCorrelationRequest", "SignalBroadcastRequest", "SetVariableRequest",
    "IncidentResolutionRequest", "DeleteResourceRequest", "DecisionEvaluationInstruction",
)  # fmt: skip
#: What searches find and endpoints tell; camunda_client/c8/models/generated is made of these (generate_models.py).
FOUND = (
    "UserTaskResult", "VariableResult", "VariableSearchResult", "IncidentResult", "ProcessInstanceResult",
    "ProcessDefinitionResult", "ElementInstanceResult", "JobSearchResult", "DecisionDefinitionResult",
    "DecisionInstanceResult", "DecisionInstanceGetQueryResult", "MessageSubscriptionResult",
    "CorrelatedMessageSubscriptionResult", "DocumentReference", "DocumentMetadata", "DocumentLink",
    "BatchOperationResponse", "LicenseResponse", "CamundaUserResult", "ClusterVariableResult",
    "ClusterVariableSearchResult", "FormResult", "ProcessElementStatisticsResult", "GlobalJobStatisticsQueryResult",
    "StatusMetric", "SearchQueryPageResponse", "ProcessInstanceSequenceFlowResult",
    "ProcessInstanceCallHierarchyEntry", "DecisionRequirementsResult", "BatchOperationItemResponse",
    "JobTypeStatisticsItem", "JobWorkerStatisticsItem", "JobErrorStatisticsItem", "JobTimeSeriesStatisticsItem",
    "BatchOperationCreatedResult", "AuditLogResult", "UserTaskProperties", "ResourceResult",
    "ExpressionEvaluationResult",
    "EvaluateConditionalResult", "ProcessInstanceReference", "IncidentProcessInstanceStatisticsByErrorResult",
    "IncidentProcessInstanceStatisticsByDefinitionResult", "ProcessDefinitionInstanceStatisticsResult",
    "ProcessDefinitionInstanceVersionStatisticsResult", "ProcessDefinitionMessageSubscriptionStatisticsResult",
)  # fmt: skip
FILTERS = (
    "UserTaskFilter", "VariableFilter", "UserTaskVariableFilter", "IncidentFilter", "ProcessInstanceFilter",
    "ProcessDefinitionFilter", "ElementInstanceFilter", "JobFilter", "DecisionDefinitionFilter",
    "DecisionInstanceFilter", "MessageSubscriptionFilter", "CorrelatedMessageSubscriptionFilter",
    "BatchOperationFilter", "ClusterVariableSearchQueryFilterRequest", "ProcessDefinitionStatisticsFilter",
    "DecisionRequirementsFilter", "BatchOperationItemFilter", "JobTypeStatisticsFilter", "JobWorkerStatisticsFilter",
    "JobErrorStatisticsFilter", "JobTimeSeriesStatisticsFilter", "UserTaskAuditLogFilter", "ResourceFilter",
    "IncidentProcessInstanceStatisticsByDefinitionFilter", "ProcessDefinitionInstanceVersionStatisticsFilter",
)  # fmt: skip
#: Requests of the functions beside those searches.
SENT = (
    "UserTaskCompletionRequest", "UserTaskAssignmentRequest", "UserTaskUpdateRequest", "Changeset", "ClockPinRequest",
    "CreateClusterVariableRequest", "UpdateClusterVariableRequest", "DocumentLinkRequest",
    "ProcessInstanceCreationTerminateInstruction", "ProcessInstanceModificationMoveInstruction",
    "AdHocSubProcessActivateActivitiesInstruction", "AdHocSubProcessActivateActivityReference",
    "ProcessInstanceCancellationBatchOperationRequest", "ProcessInstanceIncidentResolutionBatchOperationRequest",
    "ProcessInstanceMigrationBatchOperationRequest", "ProcessInstanceMigrationBatchOperationPlan",
    "ProcessInstanceModificationBatchOperationRequest", "ProcessInstanceModificationMoveBatchOperationInstruction",
    "ProcessInstanceDeletionBatchOperationRequest", "DecisionInstanceDeletionBatchOperationRequest",
    "DeleteProcessInstanceRequest", "DeleteDecisionInstanceRequest", "JobBatchUpdateRequest",
    "ProcessInstanceSuspensionBatchOperationRequest", "ProcessInstanceResumptionBatchOperationRequest",
    "ExpressionEvaluationRequest", "ConditionalEvaluationInstruction", "JobResult", "JobResultCorrections",
    "JobResultActivateElement",
)  # fmt: skip
EVERY = (*ANSWERS, *REQUESTS, *FOUND, *FILTERS, *SENT)
#: Schemas that are one of several, which the Python package only has one by one.
ONE_OF = {
    "ProcessInstanceCreationInstruction": ["ProcessCreationById", "ProcessCreationByKey"],
    "ProcessInstanceModificationTerminateInstruction": [
        "ProcessInstanceModificationTerminateByIdInstruction",
        "ProcessInstanceModificationTerminateByKeyInstruction",
    ],
    "JobResult": ["JobResultUserTask", "JobResultAdHocSubProcess"],
    "DecisionEvaluationInstruction": ["DecisionEvaluationByID", "DecisionEvaluationByKey"],
}
Members = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Package:
    """A package and the version of Camunda that it describes."""

    camunda: str
    name: str
    version: str

    @property
    def path(self) -> Path:
        """Where its schemas are."""
        kind = "npm" if self.name == NPM else "pypi"
        return FOLDER / f"{self.camunda}-{kind}.json"


PACKAGES = (
    Package("8.8", NPM, "8.8.4"),
    Package("8.9", NPM, "9.1.5"),
    Package("8.9", PYPI, "9.0.1"),
    Package("8.10", PYPI, "10.0.1"),
)


def one_of(parts: list[Members]) -> Members:
    """Return the members that any of several schemas has; those must be there that must in all of them."""
    found: Members = {}
    for name in [name for part in parts for name in part]:
        of = [part[name] for part in parts if name in part]
        required = len(of) == len(parts) and all(member["required"] for member in of)
        found[name] = {"types": sorted({kind for member in of for kind in member["types"]}), "required": required}
        items = sorted({kind for member in of for kind in member.get("items", [])})
        if items:
            found[name]["items"] = items
    return found


def members(schema: dict[str, Any]) -> Members:
    """Return the members of a JSON schema of an object."""
    required = schema.get("required", [])
    found: Members = {}
    for name, inner in schema.get("properties", {}).items():
        found[name] = {"types": sorted(types(inner)), "required": name in required}
        items = set().union(*(types(part["items"]) for part in _parts(inner) if "items" in part))
        if items:
            found[name]["items"] = sorted(items)
    for part in schema.get("allOf", []):
        found |= members(part)
    choices = schema.get("oneOf") or schema.get("anyOf")
    return found | one_of([members(choice) for choice in choices]) if choices else found


def _parts(schema: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [part for kind in ("oneOf", "anyOf", "allOf") for part in schema.get(kind, [])]
    return [found for part in inner for found in _parts(part)] if inner else [schema]


def types(schema: dict[str, Any]) -> set[str]:
    """Return the JSON types that a schema allows."""
    found: set[str] = set()
    for part in _parts(schema):
        kinds = part.get("type", "string" if "const" in part or "enum" in part else "any")
        found |= {kinds} if isinstance(kinds, str) else set(kinds)
    return found


def of_npm(version: str, folder: Path) -> dict[str, Members]:
    """Return the schemas of a version of the npm package."""
    _run("npm", "install", "--silent", "--no-save", "--ignore-scripts", "--prefix", folder, f"{NPM}@{version}")
    found = json.loads(_run("node", FOLDER / "zod.mjs", folder / "node_modules" / NPM))
    return {name: members(found[name]) for name in EVERY if name in found}


def of_pypi(version: str, folder: Path) -> dict[str, Members]:
    """Return the schemas of a version of the PyPI package."""
    _run(sys.executable, "-m", "venv", folder)
    _run(folder / "bin/python", "-m", "pip", "install", "--quiet", f"{PYPI}=={version}")
    names = {name: "|".join(ONE_OF.get(name, [name])) for name in EVERY}
    found = json.loads(_run(folder / "bin/python", FOLDER / "sdk.py", *names.values()))
    return {name: one_of(found[parts]) for name, parts in names.items() if parts in found}


def _run(*command: str | Path) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Write the file of each package."""
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as folder:
            read = of_npm if package.name == NPM else of_pypi
            schemas = read(package.version, Path(folder))
        head = {
            "source": f"{package.name} {package.version} ({'npm' if package.name == NPM else 'PyPI'})",
            "describes": f"Camunda {package.camunda}",
            "license": "Apache License 2.0 (LICENSE in this folder)",
            "changes": "reduced to names, types and whether a member must be there, by regenerate.py",
        }
        text = json.dumps({**head, "schemas": schemas}, indent=1)
        package.path.write_text(_on_one_line(text) + "\n", encoding="utf-8")
        print(f"wrote {package.path.name}")


def _on_one_line(text: str) -> str:
    """Put each member on a line of its own, so that differences are read easily."""
    return re.sub(r'\{\s*"types"[^}]*\}', lambda found: json.dumps(json.loads(found[0])), text)


if __name__ == "__main__":
    main()
