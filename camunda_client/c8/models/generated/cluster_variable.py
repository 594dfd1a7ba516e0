"""Cluster variables, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import TextCondition
from camunda_client.c8.models.base import ResponseModel, Since

__all__ = ["ClusterVariable", "ClusterVariableFilter", "FoundClusterVariable"]


class ClusterVariable(ResponseModel):
    """A variable that all processes of the cluster can read."""

    name: str | None = None
    scope: str | None = None
    tenant_id: str | None = Field(default=None, alias="tenantId")
    value: str | None = None
    metadata: dict[str, Any] | None = None
    kind: str | None = None


class FoundClusterVariable(ResponseModel):
    """One as a search finds it: long values are cut."""

    name: str | None = None
    scope: str | None = None
    tenant_id: str | None = Field(default=None, alias="tenantId")
    value: str | None = None
    is_truncated: bool | None = Field(default=None, alias="isTruncated")
    metadata: dict[str, Any] | None = None
    kind: str | None = None


class ClusterVariableFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    name: Annotated[TextCondition, Since("8.9")]
    value: Annotated[TextCondition, Since("8.9")]
    scope: Annotated[TextCondition, Since("8.9")]
    tenant_id: Annotated[TextCondition, Since("8.9")]
    is_truncated: Annotated[bool, Since("8.9")]
    metadata: Annotated[dict[str, Any], Since("8.10")]
    kind: Annotated[TextCondition, Since("8.10")]
