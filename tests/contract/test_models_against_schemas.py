"""Our models and the schemas that Camunda publishes for 8.8, 8.9 and 8.10 say the same: names and types.

The schemas are facts taken from Apache-2.0 packages (``schemas/``). What is known to differ is in ``KNOWN``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from camunda_client.c8 import models
from camunda_client.c8.models import generated
from camunda_client.c8.models.base import Since
from camunda_client.utils import JsonBaseModel
from tests.contract.schemas import generate_tables
from tests.contract.schemas.generate_models import FOLDER, MODULES, text
from tests.contract.schemas.regenerate import ANSWERS as ANSWER_SCHEMAS
from tests.contract.schemas.regenerate import EVERY, FILTERS, PACKAGES
from tests.contract.schemas.regenerate import REQUESTS as REQUEST_SCHEMAS

SCHEMAS: dict[str, dict[str, Any]] = {
    package.path.stem: json.loads(package.path.read_text(encoding="utf-8"))["schemas"] for package in PACKAGES
}
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
    "UserTaskProperties": models.UserTaskProperties,
    **{
        schema: getattr(generated, name)
        for _, schemas in MODULES.values()
        for schema, (name, says) in schemas.items()
        if says
    },
}
REQUESTS: dict[str, type[JsonBaseModel]] = {
    "JobActivationRequest": models.ActivateJobRequest,
    "JobCompletionRequest": models.CompleteJobRequest,
    "JobFailRequest": models.JobFailedRequest,
    "JobErrorRequest": models.ThrowErrorForJobRequest,
    "JobUpdateRequest": models.UpdateJobRequest,
    "JobChangeset": models.JobChangeset,
    "ProcessInstanceCreationInstruction": models.CreateProcessInstanceRequest,
    "ProcessInstanceCreationStartInstruction": models.ProcessInstanceStartInstructions,
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
    "UserTaskCompletionRequest": models.CompleteUserTaskRequest,
    "UserTaskAssignmentRequest": models.AssignUserTaskRequest,
    "UserTaskUpdateRequest": models.UpdateUserTaskRequest,
    "Changeset": models.UserTaskChanges,
    "ClockPinRequest": models.PinClockRequest,
    "DocumentLinkRequest": models.DocumentLinkRequest,
    "ProcessInstanceCreationTerminateInstruction": models.RuntimeInstruction,
    "ProcessInstanceModificationMoveInstruction": models.MoveInstructions,
    "AdHocSubProcessActivateActivitiesInstruction": models.ActivateAdHocRequest,
    "AdHocSubProcessActivateActivityReference": models.AdHocActivity,
    "ProcessInstanceCancellationBatchOperationRequest": models.BatchRequest,
    "ProcessInstanceIncidentResolutionBatchOperationRequest": models.BatchRequest,
    "ProcessInstanceDeletionBatchOperationRequest": models.BatchRequest,
    "ProcessInstanceSuspensionBatchOperationRequest": models.BatchRequest,
    "ProcessInstanceResumptionBatchOperationRequest": models.BatchRequest,
    "DecisionInstanceDeletionBatchOperationRequest": models.BatchRequest,
    "ProcessInstanceMigrationBatchOperationRequest": models.MigrateInstancesRequest,
    "ProcessInstanceMigrationBatchOperationPlan": models.MigrationPlan,
    "ProcessInstanceModificationBatchOperationRequest": models.MoveInstancesRequest,
    "ProcessInstanceModificationMoveBatchOperationInstruction": models.MappingInstructions,
    "JobBatchUpdateRequest": models.UpdateJobsRequest,
    "ExpressionEvaluationRequest": models.EvaluateExpressionRequest,
    "ConditionalEvaluationInstruction": models.EvaluateConditionalsRequest,
}
#: Requests that have no model: members that a function takes as they are, or none, or what handlers return.
PLAIN = {
    "CreateClusterVariableRequest", "UpdateClusterVariableRequest", "DeleteProcessInstanceRequest",
    "DeleteDecisionInstanceRequest", "JobResult", "JobResultCorrections", "JobResultActivateElement",
}  # fmt: skip
_SINCE_8_10 = {
    "JobBatchUpdateRequest", "ProcessInstanceSuspensionBatchOperationRequest",
    "ProcessInstanceResumptionBatchOperationRequest",
}  # fmt: skip
#: What a package of 8.9 has no schema for: what came later, and (npm) what it only has inside of others.
MISSING = {"8.9-npm": {*_SINCE_8_10, "ResourceFilter"}, "8.9-pypi": _SINCE_8_10}
#: (schema, member) to why it differs. One that no longer differs must be taken out.
KNOWN: dict[tuple[str, str], str] = {
    ("ProcessInstanceCreationTerminateInstruction", "type"): "what tells it from others; 8.8 describes that elsewhere",
    ("ProcessInstanceModificationTerminateInstruction", "elementInstanceKey"): "8.9 also takes elementId; one is sent",
}
Check = Callable[[str, str], set[str]]
EVERY_ANSWER = [(package, schema) for package in SCHEMAS for schema in ANSWERS if schema in SCHEMAS[package]]
EVERY_REQUEST = [(package, schema) for package in SCHEMAS for schema in REQUESTS if schema in SCHEMAS[package]]
#: A value of each JSON type, text also where it has to be a key.
SAMPLES: dict[str, Any] = {
    "string": "7", "integer": 7, "number": 7, "boolean": True, "null": None, "array": [], "object": {}, "any": {},
}  # fmt: skip


def wire_names(model: type[JsonBaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def required(model: type[JsonBaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items() if field.is_required()}


def unread(package: str, schema: str) -> set[str]:
    """Return the members of an answer that its model has no attribute for."""
    return set(SCHEMAS[package][schema]) - wire_names(ANSWERS[schema])


def samples(member: dict[str, Any], kind: str) -> list[Any]:
    """Return values of one type of a member; lists hold an item of each type, if its items are not objects."""
    if kind != "array":
        return [SAMPLES[kind]]
    return [[], *([SAMPLES[item]] for item in member.get("items", []) if item != "object")]


def misread(package: str, schema: str) -> set[str]:
    """Return the members of an answer that have a described type which its model does not read as what it is."""
    described, model = SCHEMAS[package][schema], ANSWERS[schema]
    names = {(field.alias or name): name for name, field in model.model_fields.items()}
    plain = {
        name: SAMPLES[member["types"][-1]]
        for name, member in described.items()
        if member["required"] or name in required(model)
    }
    wrong = set()
    for name, member in described.items():
        for value in [value for kind in member["types"] for value in samples(member, kind)]:
            try:
                read = getattr(model.model_validate({**plain, name: value}), names.get(name, name))
            except ValidationError:
                wrong.add(name)
                continue
            # A null may be read as an empty value, and an object as a model, which is compared by itself.
            if value is not None and not isinstance(read, BaseModel) and (type(read), read) != (type(value), value):
                wrong.add(name)
    return wrong


def insisted_on(package: str, schema: str) -> set[str]:
    """Return the members that a model insists on, and that an answer may leave out."""
    always = {name for name, member in SCHEMAS[package][schema].items() if member["required"]}
    return required(ANSWERS[schema]) - always


def types_of(property_: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Return the JSON types of a property on the wire, and those of its items (nulls are never sent)."""
    kinds: set[str] = set()
    items: set[str] = set()
    for part in property_.get("anyOf", [property_]):
        kind = "object" if "$ref" in part else str(part.get("type", "any"))
        if kind != "null":
            kinds.add(kind)
        if kind == "array":
            items |= types_of(part["items"])[0]
    return kinds, items


def allowed(sent: set[str], described: list[str]) -> bool:
    """Whether all that is sent is described."""
    taken = {*described, *({"integer"} if "number" in described else set())}
    return "any" in taken or sent <= taken


def mistyped(package: str, schema: str) -> set[str]:
    """Return the members of a request that are sent with a type that is not described."""
    found = REQUESTS[schema].model_json_schema(by_alias=True, mode="serialization")
    described = SCHEMAS[package][schema]
    wrong = set()
    for name, property_ in found["properties"].items():
        if name in described:
            kinds, items = types_of(property_)
            member = described[name]
            if not allowed(kinds, member["types"]) or ("items" in member and not allowed(items, member["items"])):
                wrong.add(name)
    return wrong


def unknown_there(package: str, schema: str) -> set[str]:
    """Return the members of a request that the engine has no word for, although they claim to need nothing newer."""
    newer = {name for name, version in since(schema).items() if number(version) > number(package)}
    return wire_names(REQUESTS[schema]) - newer - set(SCHEMAS[package][schema])


def since(schema: str) -> dict[str, str]:
    """Return the members of a request that need a version, by their marks."""
    return {
        field.alias or name: mark.version
        for name, field in REQUESTS[schema].model_fields.items()
        for mark in field.metadata
        if isinstance(mark, Since)
    }


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.partition("-")[0].split("."))


def needs_less(package: str, schema: str) -> set[str]:
    """Return the members that this version knows, although they claim to need a newer one."""
    return {
        name
        for name, version in since(schema).items()
        if name in SCHEMAS[package][schema] and number(version) > number(package)
    }


def unsent(package: str, schema: str) -> set[str]:
    """Return the members of a request that can't be sent."""
    return set(SCHEMAS[package][schema]) - wire_names(REQUESTS[schema])


def optional_here(package: str, schema: str) -> set[str]:
    """Return the members of a request that the engine insists on, and that we may leave out."""
    fields = {field.alias or name: field for name, field in REQUESTS[schema].model_fields.items()}
    always = {name for name, member in SCHEMAS[package][schema].items() if member["required"]}
    return {
        name
        for name in always
        if name not in fields or (not fields[name].is_required() and fields[name].get_default() is None)
    }


OF_ANSWERS: tuple[Check, ...] = (unread, misread, insisted_on)
OF_REQUESTS: tuple[Check, ...] = (mistyped, unknown_there, optional_here, needs_less, unsent)


def unforeseen(check: Check, package: str, schema: str) -> set[str]:
    """Return what a check finds, without what is known."""
    return {name for name in check(package, schema) if (schema, name) not in KNOWN}


@pytest.mark.parametrize(("package", "schema"), EVERY_ANSWER)
def test_every_member_of_an_answer_has_its_attribute(package: str, schema: str) -> None:
    assert unforeseen(unread, package, schema) == set()


@pytest.mark.parametrize(("package", "schema"), EVERY_ANSWER)
def test_every_member_of_an_answer_is_read_as_what_it_is(package: str, schema: str) -> None:
    assert unforeseen(misread, package, schema) == set()


@pytest.mark.parametrize(("package", "schema"), EVERY_ANSWER)
def test_an_answer_may_leave_out_what_its_description_lets_it(package: str, schema: str) -> None:
    assert unforeseen(insisted_on, package, schema) == set()


@pytest.mark.parametrize(("package", "schema"), EVERY_REQUEST)
def test_a_request_is_sent_with_the_described_types(package: str, schema: str) -> None:
    assert unforeseen(mistyped, package, schema) == set()


@pytest.mark.parametrize(("package", "schema"), EVERY_REQUEST)
def test_nothing_is_sent_that_the_engine_has_no_word_for(package: str, schema: str) -> None:
    assert unforeseen(unknown_there, package, schema) == set()


@pytest.mark.parametrize(("package", "schema"), EVERY_REQUEST)
def test_a_member_needs_no_newer_version_than_the_first_that_knows_it(package: str, schema: str) -> None:
    assert unforeseen(needs_less, package, schema) == set()


@pytest.mark.parametrize(("package", "schema"), EVERY_REQUEST)
def test_every_member_of_a_request_can_be_sent(package: str, schema: str) -> None:
    assert unforeseen(unsent, package, schema) == set()


@pytest.mark.parametrize(("package", "schema"), EVERY_REQUEST)
def test_what_the_engine_insists_on_we_insist_on_or_always_send(package: str, schema: str) -> None:
    assert unforeseen(optional_here, package, schema) == set()


def test_every_known_difference_is_still_there() -> None:
    found = {
        (schema, name)
        for checks, every in ((OF_ANSWERS, EVERY_ANSWER), (OF_REQUESTS, EVERY_REQUEST))
        for check in checks
        for package, schema in every
        for name in check(package, schema)
    }

    assert set(KNOWN) - found == set()


def test_every_schema_is_compared() -> None:
    for package, schemas in SCHEMAS.items():
        assert set(schemas) - {*FILTERS, "SearchQueryPageResponse"} <= {*ANSWERS, *REQUESTS, *PLAIN}
        assert {*ANSWER_SCHEMAS, *REQUEST_SCHEMAS} <= set(schemas)
        assert package.startswith("8.8") or {*EVERY} - set(schemas) == MISSING.get(package, set())
        assert all(schemas.values())


@pytest.mark.long
def test_the_generated_models_are_those_of_the_schemas() -> None:
    for module in MODULES:
        assert (FOLDER / f"{module}.py").read_text(encoding="utf-8") == text(module), "run generate_models.py"


def test_the_table_of_requests_is_that_of_the_schemas() -> None:
    assert generate_tables.TABLE.read_text(encoding="utf-8") == generate_tables.text(), "run generate_tables.py"
