"""Documents, made from schemas by tests/contract/schemas/generate_models.py: do not edit."""

from __future__ import annotations

from pydantic import Field

from camunda_client.c8.models.base import JsonObject, Number, ResponseModel, Text

__all__ = ["DocumentLink", "DocumentMetadata", "DocumentReference"]


class DocumentReference(ResponseModel):
    """Where a document is; this is what variables carry."""

    camunda_document_type: Text = Field(default="", alias="camunda.document.type")
    store_id: Text = Field(default="", alias="storeId")
    document_id: Text = Field(default="", alias="documentId")
    content_hash: str | None = Field(default=None, alias="contentHash")
    metadata: JsonObject = Field(default_factory=dict)


class DocumentMetadata(ResponseModel):
    """What is known of a document."""

    content_type: Text = Field(default="", alias="contentType")
    file_name: Text = Field(default="", alias="fileName")
    expires_at: Text = Field(default="", alias="expiresAt")
    size: Number = 0
    process_definition_id: Text = Field(default="", alias="processDefinitionId")
    process_instance_key: Text = Field(default="", alias="processInstanceKey")
    custom_properties: JsonObject = Field(default_factory=dict, alias="customProperties")


class DocumentLink(ResponseModel):
    """An address that gives a document without a token until it expires."""

    url: Text = ""
    expires_at: Text = Field(default="", alias="expiresAt")
