"""The cluster and who asks it, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from camunda_client.c8.models.base import JsonObject, NullAs, ResponseModel, Text

__all__ = ["License", "Me"]


class License(ResponseModel):
    """The cluster's licence."""

    valid_license: bool = Field(default=False, alias="validLicense")
    license_type: Text = Field(default="", alias="licenseType")
    is_commercial: bool = Field(default=False, alias="isCommercial")
    expires_at: str | None = Field(default=None, alias="expiresAt")


class Me(ResponseModel):
    """Who the token belongs to."""

    username: str | None = None
    display_name: str | None = Field(default=None, alias="displayName")
    email: str | None = None
    authorized_components: Annotated[list[str], NullAs(list)] = Field(
        default_factory=list, alias="authorizedComponents"
    )
    tenants: Annotated[list[dict[str, Any]], NullAs(list)] = Field(default_factory=list)
    groups: Annotated[list[str], NullAs(list)] = Field(default_factory=list)
    roles: Annotated[list[str], NullAs(list)] = Field(default_factory=list)
    sales_plan_type: str | None = Field(default=None, alias="salesPlanType")
    c8_links: JsonObject = Field(default_factory=dict, alias="c8Links")
    can_logout: bool = Field(default=False, alias="canLogout")
