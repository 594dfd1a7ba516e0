"""Commands for many instances or jobs: what is asked of the engine."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from camunda_client.c8.models.base import Key, RequestModel, Since
from camunda_client.c8.models.job import JobChangeset
from camunda_client.c8.models.process_instance import MappingInstructions

__all__ = ["BatchRequest", "MigrateInstancesRequest", "MigrationPlan", "MoveInstancesRequest", "UpdateJobsRequest"]


class MigrationPlan(RequestModel):
    """Which definition instances are moved to, and what becomes of their elements."""

    target_process_definition_key: Key = Field(alias="targetProcessDefinitionKey")
    mapping_instructions: list[MappingInstructions] = Field(alias="mappingInstructions", min_length=1)


class BatchRequest(RequestModel):
    """A command for all that fit a filter."""

    filter: dict[str, Any]
    operation_reference: Annotated[int | None, Since("8.9")] = Field(default=None, alias="operationReference", ge=1)


class MigrateInstancesRequest(BatchRequest):
    """Moves process instances to another definition."""

    migration_plan: MigrationPlan = Field(alias="migrationPlan")


class MoveInstancesRequest(BatchRequest):
    """Moves what is active in process instances to other elements."""

    move_instructions: list[MappingInstructions] = Field(alias="moveInstructions", min_length=1)


class UpdateJobsRequest(BatchRequest):
    """Changes jobs."""

    changeset: JobChangeset
