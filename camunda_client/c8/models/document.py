"""Documents: what is asked of the engine about them."""

from __future__ import annotations

from pydantic import Field

from camunda_client.c8.models.base import RequestModel

__all__ = ["DocumentLinkRequest"]


class DocumentLinkRequest(RequestModel):
    """Asks for an address under which a document can be read without a token for a while."""

    #: Milliseconds.
    time_to_live: int | None = Field(default=None, alias="timeToLive", ge=1)
