"""Process instances: start, cancel, migrate and modify them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, overload

from pydantic import Field, model_validator

from camunda_client.c8.models.base import (
    DEFAULT_TENANT,
    JsonObject,
    Key,
    KeyOrNone,
    Number,
    RequestModel,
    ResponseModel,
    Since,
    Tenant,
    Text,
)

__all__ = [
    "ActivateInstructions",
    "AncestorScope",
    "CancelProcessInstanceRequest",
    "CreateProcessInstanceRequest",
    "CreateProcessInstanceResponse",
    "MappingInstructions",
    "MigrateProcessInstanceRequest",
    "ModifyProcessInstanceRequest",
    "MoveInstructions",
    "ProcessInstanceStartInstructions",
    "RuntimeInstruction",
    "SourceElement",
    "TerminateInstructions",
    "VariableInstruction",
]


class ProcessInstanceStartInstructions(RequestModel):
    """Start at this element instead of the start event."""

    element_id: str = Field(alias="elementId", min_length=1)

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, elementId: str,
        ) -> None: ...
        @overload
        def __init__(
            self, *, element_id: str,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class RuntimeInstruction(RequestModel):
    """Ends the instance when this element has been completed or terminated; Camunda 8.8 and later."""

    type: Literal["TERMINATE_PROCESS_INSTANCE"] = "TERMINATE_PROCESS_INSTANCE"
    after_element_id: str = Field(alias="afterElementId", min_length=1)

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, type: Literal["TERMINATE_PROCESS_INSTANCE"] = ..., afterElementId: str,
        ) -> None: ...
        @overload
        def __init__(
            self, *, type: Literal["TERMINATE_PROCESS_INSTANCE"] = ..., after_element_id: str,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class CreateProcessInstanceRequest(RequestModel):
    """Starts an instance of a process, by the process's id (its newest version, or the one given) or by key."""

    process_definition_id: str | None = Field(default=None, alias="processDefinitionId")
    #: Left out or -1: the newest.
    process_definition_version: int | None = Field(default=None, alias="processDefinitionVersion")
    variables: dict[str, Any] | None = None
    tenant_id: str | None = Field(default=None, alias="tenantId")
    operation_reference: int | None = Field(default=None, alias="operationReference", ge=1)
    start_instructions: list[ProcessInstanceStartInstructions] | None = Field(default=None, alias="startInstructions")
    #: Answer only when the instance has ended. Camunda 8.6 gives up after 15 s, whatever the request timeout.
    await_completion: bool = Field(default=False, alias="awaitCompletion")
    fetch_variables: list[str] = Field(default_factory=list, alias="fetchVariables")
    #: Milliseconds to wait for the end; 0 is the engine's own default.
    request_timeout: int = Field(default=0, alias="requestTimeout")
    process_definition_key: Key | None = Field(default=None, alias="processDefinitionKey")
    #: What happens on the way; Camunda 8.8 and later.
    runtime_instructions: Annotated[list[RuntimeInstruction] | None, Since("8.8")] = Field(
        default=None, alias="runtimeInstructions"
    )
    #: Camunda 8.8 and later.
    tags: Annotated[list[str] | None, Since("8.8")] = None
    #: Camunda 8.9 and later: no second instance with the same one.
    business_id: Annotated[str | None, Since("8.9")] = Field(default=None, alias="businessId")

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, processDefinitionId: str | None = ..., processDefinitionVersion: int | None = ...,
            variables: dict[str, Any] | None = ..., tenantId: str | None = ..., operationReference: int | None = ...,
            startInstructions: list[ProcessInstanceStartInstructions] | None = ..., awaitCompletion: bool = ...,
            fetchVariables: list[str] = ..., requestTimeout: int = ..., processDefinitionKey: Key | None = ...,
            runtimeInstructions: Annotated[list[RuntimeInstruction] | None, Since("8.8")] = ...,
            tags: Annotated[list[str] | None, Since("8.8")] = ...,
            businessId: Annotated[str | None, Since("8.9")] = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, process_definition_id: str | None = ..., process_definition_version: int | None = ...,
            variables: dict[str, Any] | None = ..., tenant_id: str | None = ..., operation_reference: int | None = ...,
            start_instructions: list[ProcessInstanceStartInstructions] | None = ..., await_completion: bool = ...,
            fetch_variables: list[str] = ..., request_timeout: int = ..., process_definition_key: Key | None = ...,
            runtime_instructions: Annotated[list[RuntimeInstruction] | None, Since("8.8")] = ...,
            tags: Annotated[list[str] | None, Since("8.8")] = ...,
            business_id: Annotated[str | None, Since("8.9")] = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on

    @model_validator(mode="after")
    def _one_definition(self) -> CreateProcessInstanceRequest:
        if (self.process_definition_id is None) == (self.process_definition_key is None):
            found = "neither" if self.process_definition_id is None else "both"
            raise ValueError(f"give exactly one of processDefinitionId and processDefinitionKey; {found} is set")
        return self


class CreateProcessInstanceResponse(ResponseModel):
    """The instance that was started; ``variables`` only holds something if its end was awaited."""

    process_definition_id: Text = Field(default="", alias="processDefinitionId")
    process_definition_version: Number = Field(default=0, alias="processDefinitionVersion")
    tenant_id: Tenant = Field(default=DEFAULT_TENANT, alias="tenantId")
    variables: JsonObject = Field(default_factory=dict)
    process_definition_key: Text = Field(default="", alias="processDefinitionKey")
    process_instance_key: str = Field(alias="processInstanceKey")
    tags: list[str] | None = None
    business_id: str | None = Field(default=None, alias="businessId")


class MappingInstructions(RequestModel):
    """Which element of the target definition an element becomes."""

    source_element_id: str = Field(alias="sourceElementId")
    target_element_id: str = Field(alias="targetElementId")

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, sourceElementId: str, targetElementId: str,
        ) -> None: ...
        @overload
        def __init__(
            self, *, source_element_id: str, target_element_id: str,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class MigrateProcessInstanceRequest(RequestModel):
    """Moves a running instance to another definition."""

    operation_reference: int | None = Field(default=None, alias="operationReference", ge=1)
    target_process_definition_key: Key = Field(alias="targetProcessDefinitionKey")
    mapping_instructions: list[MappingInstructions] = Field(alias="mappingInstructions", min_length=1)

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, operationReference: int | None = ..., targetProcessDefinitionKey: Key,
            mappingInstructions: list[MappingInstructions],
        ) -> None: ...
        @overload
        def __init__(
            self, *, operation_reference: int | None = ..., target_process_definition_key: Key,
            mapping_instructions: list[MappingInstructions],
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class VariableInstruction(RequestModel):
    """Variables to set before an element is activated; an empty scope is the process instance itself."""

    scope_id: str = Field(default="", alias="scopeId")
    variables: dict[str, Any]

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, scopeId: str = ..., variables: dict[str, Any],
        ) -> None: ...
        @overload
        def __init__(
            self, *, scope_id: str = ..., variables: dict[str, Any],
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class ActivateInstructions(RequestModel):
    """Start an element in a running instance."""

    element_id: str = Field(alias="elementId")
    variable_instructions: list[VariableInstruction] = Field(default_factory=list, alias="variableInstructions")
    #: Left out or -1: the engine finds the scope by itself.
    ancestor_element_instance_key: KeyOrNone | None = Field(default=None, alias="ancestorElementInstanceKey")

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, elementId: str, variableInstructions: list[VariableInstruction] = ...,
            ancestorElementInstanceKey: KeyOrNone | None = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, element_id: str, variable_instructions: list[VariableInstruction] = ...,
            ancestor_element_instance_key: KeyOrNone | None = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on

    @property
    def ancestorElementInstanceKey(self) -> str | None:  # noqa: N802
        """The same, as it was spelled in 8.7."""
        return self.ancestor_element_instance_key

    @ancestorElementInstanceKey.setter
    def ancestorElementInstanceKey(self, key: str | None) -> None:  # noqa: N802
        self.ancestor_element_instance_key = key


class TerminateInstructions(RequestModel):
    """End one element instance, or (Camunda 8.9 and later) all of an element."""

    element_instance_key: Key | None = Field(default=None, alias="elementInstanceKey")
    element_id: Annotated[str | None, Since("8.9")] = Field(default=None, alias="elementId", min_length=1)

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, elementInstanceKey: Key | None = ..., elementId: Annotated[str | None, Since("8.9")] = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, element_instance_key: Key | None = ..., element_id: Annotated[str | None, Since("8.9")] = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on

    @model_validator(mode="after")
    def _one_way(self) -> TerminateInstructions:
        if (self.element_instance_key is None) == (self.element_id is None):
            found = "neither" if self.element_id is None else "both"
            raise ValueError(f"give exactly one of elementInstanceKey and elementId; {found} is set")
        return self


class SourceElement(RequestModel):
    """What is to be moved: all instances of an element, or one."""

    source_type: Literal["byId", "byKey"] = Field(alias="sourceType")
    source_element_id: str | None = Field(default=None, alias="sourceElementId")
    source_element_instance_key: Key | None = Field(default=None, alias="sourceElementInstanceKey")

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, sourceType: Literal["byId", "byKey"], sourceElementId: str | None = ...,
            sourceElementInstanceKey: Key | None = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, source_type: Literal["byId", "byKey"], source_element_id: str | None = ...,
            source_element_instance_key: Key | None = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on

    @model_validator(mode="after")
    def _fits_its_type(self) -> SourceElement:
        by_id = self.source_type == "byId"
        if by_id != (self.source_element_id is not None) or by_id == (self.source_element_instance_key is not None):
            name = "sourceElementId" if by_id else "sourceElementInstanceKey"
            raise ValueError(f"a source of type {self.source_type} has {name} and nothing else")
        return self


class AncestorScope(RequestModel):
    """Where the new element instance belongs: found by the engine, where the source was, or one that is named."""

    ancestor_scope_type: Literal["direct", "inferred", "sourceParent"] = Field(alias="ancestorScopeType")
    #: For ``direct``.
    ancestor_element_instance_key: KeyOrNone | None = Field(default=None, alias="ancestorElementInstanceKey")

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, ancestorScopeType: Literal["direct", "inferred", "sourceParent"],
            ancestorElementInstanceKey: KeyOrNone | None = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, ancestor_scope_type: Literal["direct", "inferred", "sourceParent"],
            ancestor_element_instance_key: KeyOrNone | None = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class MoveInstructions(RequestModel):
    """End one element instance, or all of an element, and start another element for each; Camunda 8.9 and later."""

    source_element_instruction: SourceElement = Field(alias="sourceElementInstruction")
    target_element_id: str = Field(alias="targetElementId", min_length=1)
    ancestor_scope_instruction: AncestorScope | None = Field(default=None, alias="ancestorScopeInstruction")
    variable_instructions: list[VariableInstruction] | None = Field(default=None, alias="variableInstructions")

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, sourceElementInstruction: SourceElement, targetElementId: str,
            ancestorScopeInstruction: AncestorScope | None = ...,
            variableInstructions: list[VariableInstruction] | None = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, source_element_instruction: SourceElement, target_element_id: str,
            ancestor_scope_instruction: AncestorScope | None = ...,
            variable_instructions: list[VariableInstruction] | None = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class ModifyProcessInstanceRequest(RequestModel):
    """Activates and terminates elements of a running instance, in one step."""

    operation_reference: int | None = Field(default=None, alias="operationReference", ge=1)
    activate_instructions: list[ActivateInstructions] = Field(default_factory=list, alias="activateInstructions")
    terminate_instructions: list[TerminateInstructions] = Field(default_factory=list, alias="terminateInstructions")
    #: Camunda 8.9 and later.
    move_instructions: Annotated[list[MoveInstructions] | None, Since("8.9")] = Field(
        default=None, alias="moveInstructions"
    )

    # Signatures: python -m tests.signatures
    # fmt: off
    if TYPE_CHECKING:
        @overload
        def __init__(
            self, *, operationReference: int | None = ..., activateInstructions: list[ActivateInstructions] = ...,
            terminateInstructions: list[TerminateInstructions] = ...,
            moveInstructions: Annotated[list[MoveInstructions] | None, Since("8.9")] = ...,
        ) -> None: ...
        @overload
        def __init__(
            self, *, operation_reference: int | None = ..., activate_instructions: list[ActivateInstructions] = ...,
            terminate_instructions: list[TerminateInstructions] = ...,
            move_instructions: Annotated[list[MoveInstructions] | None, Since("8.9")] = ...,
        ) -> None: ...
        def __init__(self, **arguments: Any) -> None: ...
    # fmt: on


class CancelProcessInstanceRequest(RequestModel):
    """Ends a running instance."""

    operation_reference: int | None = Field(default=None, alias="operationReference", ge=1)
