"""Our models and the OpenAPI descriptions that Camunda publishes for 8.8 and 8.9 say the same.

The descriptions come from Maven, with Camunda's licence, and are not kept here.
"""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from camunda_client.c8 import models
from camunda_client.testing._maven import cache_folder
from camunda_client.testing._part import MissingPartError
from camunda_client.utils import JsonBaseModel
from tests.parts.need import needed

VERSIONS = ("8.8.9", "8.9.0-rc1")

ANSWERS: dict[str, type[JsonBaseModel]] = {
    "ActivatedJobResult": models.ActivatedJob,
    "CreateProcessInstanceResult": models.CreateProcessInstanceResponse,
    "MessagePublicationResult": models.PublishMessageResponse,
    "MessageCorrelationResult": models.CorrelateMessageResponse,
    "SignalBroadcastResult": models.BroadcastSignalResponse,
    "TopologyResponse": models.ClusterTopology,
    "BrokerInfo": models.Broker,
    "Partition": models.Partition,
    "DeploymentResult": models.DeployResourcesResponse,
    "DeploymentMetadataResult": models.DeploymentEntry,
    "DeploymentProcessResult": models.DeployedProcess,
    "DeploymentDecisionResult": models.DeployedDecision,
    "DeploymentDecisionRequirementsResult": models.DeployedDecisionRequirements,
    "DeploymentFormResult": models.DeployedForm,
    "DeploymentResourceResult": models.DeployedResource,
    "EvaluateDecisionResult": models.EvaluateDecisionResponse,
}
REQUESTS: dict[str, type[JsonBaseModel]] = {
    "JobActivationRequest": models.ActivateJobRequest,
    "JobCompletionRequest": models.CompleteJobRequest,
    "JobFailRequest": models.JobFailedRequest,
    "JobErrorRequest": models.ThrowErrorForJobRequest,
    "JobUpdateRequest": models.UpdateJobRequest,
    "JobChangeset": models.JobChangeset,
    "ProcessInstanceCreationInstruction": models.CreateProcessInstanceRequest,
    "CancelProcessInstanceRequest": models.CancelProcessInstanceRequest,
    "ProcessInstanceMigrationInstruction": models.MigrateProcessInstanceRequest,
    "MigrateProcessInstanceMappingInstruction": models.MappingInstructions,
    "ProcessInstanceModificationInstruction": models.ModifyProcessInstanceRequest,
    "ProcessInstanceModificationActivateInstruction": models.ActivateInstructions,
    "ProcessInstanceModificationTerminateInstruction": models.TerminateInstructions,
    "ModifyProcessInstanceVariableInstruction": models.VariableInstruction,
    "MessagePublicationRequest": models.PublishMessageRequest,
    "MessageCorrelationRequest": models.CorrelateMessageRequest,
    "SignalBroadcastRequest": models.BroadcastSignalRequest,
    "SetVariableRequest": models.SetVariablesRequest,
    "IncidentResolutionRequest": models.ResolveIncidentRequest,
    "DeleteResourceRequest": models.DeleteResourceRequest,
    "DecisionEvaluationInstruction": models.EvaluateDecisionRequest,
}
#: Sent only to engines that know it; older descriptions don't have it.
NEWER = {"8.8.9": {"businessId"}, "8.9.0-rc1": set[str]()}


@cache
def schemas(version: str) -> dict[str, Any]:
    """Return all schemas of one version's description."""
    jar = cache_folder() / "openapi" / f"zeebe-gateway-protocol-{version}.jar"
    if not jar.is_file():
        _fetch(version, jar.parent)
    found: dict[str, Any] = {}
    with zipfile.ZipFile(jar) as archive:
        for name in archive.namelist():
            if name == "rest-api.yaml" or (name.startswith("v2/") and name.endswith(".yaml")):
                content = yaml.load(archive.read(name), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
                found |= (content.get("components") or {}).get("schemas") or {}
    return found


def _fetch(version: str, folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise MissingPartError("the OpenAPI descriptions need Maven (mvn) to be fetched; install it")
    command = [maven, "-q", "-B", "dependency:copy", f"-DoutputDirectory={folder}",
               f"-Dartifact=io.camunda:zeebe-gateway-protocol:{version}:jar"]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise MissingPartError(f"Maven could not get the OpenAPI description of {version}: {done.stdout[-300:]}")


def members(version: str, schema: str) -> set[str]:
    """Return the names of a schema's members, those of its parts included."""
    described = schemas(version)[schema]
    names = set(described.get("properties") or {})
    for part in [part for kind in ("allOf", "oneOf", "anyOf") for part in described.get(kind) or []]:
        inner = part.get("$ref", "").rpartition("/")[2]
        names |= members(version, inner) if inner else set(part.get("properties") or {})
    return names


def wire_names(model: type[JsonBaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    """Return a version whose description is at hand."""
    with needed():
        schemas(request.param)
    return str(request.param)


@pytest.mark.parametrize("schema", ANSWERS)
def test_every_member_of_an_answer_has_its_attribute(version: str, schema: str) -> None:
    assert members(version, schema) - wire_names(ANSWERS[schema]) == set()


@pytest.mark.parametrize("schema", REQUESTS)
def test_nothing_is_sent_that_the_engine_has_no_word_for(version: str, schema: str) -> None:
    assert wire_names(REQUESTS[schema]) - members(version, schema) - NEWER[version] == set()


@pytest.mark.parametrize("schema", REQUESTS)
def test_what_the_engine_insists_on_we_insist_on_or_always_send(version: str, schema: str) -> None:
    model = REQUESTS[schema]
    required = set(schemas(version)[schema].get("required") or [])
    fields = {field.alias or name: field for name, field in model.model_fields.items()}

    optional = {name for name in required if not fields[name].is_required() and fields[name].get_default() is None}
    assert optional == set()
