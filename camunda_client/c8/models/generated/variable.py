"""Variables, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import TextCondition
from camunda_client.c8.models.base import ResponseModel, Text

__all__ = ["FoundVariable", "Variable", "VariableFilter"]


class Variable(ResponseModel):
    """A variable; ``value`` is JSON text."""

    name: Text = ""
    tenant_id: Text = Field(default="", alias="tenantId")
    variable_key: Text = Field(default="", alias="variableKey")
    scope_key: Text = Field(default="", alias="scopeKey")
    process_instance_key: Text = Field(default="", alias="processInstanceKey")
    value: Text = ""
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")


class FoundVariable(ResponseModel):
    """As a search finds it: ``value`` is JSON text, cut if it is long."""

    name: Text = ""
    tenant_id: Text = Field(default="", alias="tenantId")
    variable_key: Text = Field(default="", alias="variableKey")
    scope_key: Text = Field(default="", alias="scopeKey")
    process_instance_key: Text = Field(default="", alias="processInstanceKey")
    value: Text = ""
    is_truncated: bool = Field(default=False, alias="isTruncated")
    root_process_instance_key: str | None = Field(default=None, alias="rootProcessInstanceKey")


class VariableFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    name: TextCondition
    value: TextCondition
    tenant_id: str
    is_truncated: bool
    variable_key: TextCondition
    scope_key: TextCondition
    process_instance_key: TextCondition
