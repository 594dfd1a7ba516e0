"""Process definitions and forms, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import TextCondition
from camunda_client.c8.models.base import Number, ResponseModel, Since, Text

__all__ = ["Form", "ProcessDefinition", "ProcessDefinitionFilter"]


class ProcessDefinition(ResponseModel):
    """A deployed process."""

    name: str | None = None
    resource_name: Text = Field(default="", alias="resourceName")
    version: Number = 0
    version_tag: str | None = Field(default=None, alias="versionTag")
    process_definition_id: Text = Field(default="", alias="processDefinitionId")
    tenant_id: Text = Field(default="", alias="tenantId")
    process_definition_key: Text = Field(default="", alias="processDefinitionKey")
    has_start_form: bool = Field(default=False, alias="hasStartForm")
    state: str | None = None


class Form(ResponseModel):
    """A deployed form."""

    tenant_id: Text = Field(default="", alias="tenantId")
    form_id: Text = Field(default="", alias="formId")
    schema_: Any = Field(default=None, alias="schema")
    version: Number = 0
    form_key: Text = Field(default="", alias="formKey")


class ProcessDefinitionFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    name: TextCondition
    is_latest_version: bool
    resource_name: str
    version: int
    version_tag: str
    process_definition_id: TextCondition
    tenant_id: str
    process_definition_key: str
    has_start_form: bool
    state: Annotated[str, Since("8.9")]
