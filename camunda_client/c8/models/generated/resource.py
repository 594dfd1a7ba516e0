"""Resources, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from camunda_client.c8.models._filters import NumberCondition, TextCondition
from camunda_client.c8.models.base import Number, ResponseModel, Since, Text

__all__ = ["Resource", "ResourceFilter"]


class Resource(ResponseModel):
    """A deployed file that is neither a process, a decision nor a form."""

    resource_name: Text = Field(default="", alias="resourceName")
    version: Number = 0
    version_tag: str | None = Field(default=None, alias="versionTag")
    resource_id: Text = Field(default="", alias="resourceId")
    tenant_id: Text = Field(default="", alias="tenantId")
    resource_key: Text = Field(default="", alias="resourceKey")


class ResourceFilter(TypedDict, total=False):
    """What a search can be narrowed by."""

    resource_key: Annotated[TextCondition, Since("8.9")]
    resource_name: Annotated[TextCondition, Since("8.9")]
    resource_id: Annotated[TextCondition, Since("8.9")]
    version: Annotated[NumberCondition, Since("8.9")]
    version_tag: Annotated[TextCondition, Since("8.9")]
    deployment_key: Annotated[TextCondition, Since("8.9")]
    tenant_id: Annotated[str, Since("8.9")]
