"""The headers of an authenticated request, as users send them by themselves."""

from __future__ import annotations

from pydantic import Field, field_validator

from camunda_client.utils import JsonBaseModel

__all__ = ["C8ApiHeaders"]


class C8ApiHeaders(JsonBaseModel):
    """What to send with a request to the engine; dumps to the headers' own names."""

    auth_token: str = Field(alias="Authorization", repr=False)
    content_type: str = Field(default="application/json", alias="Content-Type")

    @field_validator("auth_token")
    @classmethod
    def _is_bearer(cls, value: str) -> str:
        if not value.startswith("Bearer "):
            raise ValueError("must begin with 'Bearer '")
        return value
