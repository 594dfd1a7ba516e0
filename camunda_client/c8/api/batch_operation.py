"""Batch operations: many commands sent as one."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import Unpack

from camunda_client.c8.api._arguments import key
from camunda_client.c8.api._search import PAGE_SIZE, Sort, search
from camunda_client.c8.api._short import got, send
from camunda_client.c8.models.generated import (
    BatchOperation,
    BatchOperationFilter,
    BatchOperationItem,
    BatchOperationItemFilter,
)

__all__ = [
    "cancel_batch_operation",
    "get_batch_operation",
    "resume_batch_operation",
    "search_batch_operation_items",
    "search_batch_operations",
    "suspend_batch_operation",
]


def search_batch_operations(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[BatchOperationFilter]
) -> Iterator[BatchOperation]:
    """Yield batch operations that fit, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `BatchOperationFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/batch-operations/search.
    """
    return search(
        "/batch-operations/search", BatchOperation, BatchOperationFilter, filters, sort=sort, page_size=page_size
    )


def get_batch_operation(batch_operation_key: str | int) -> BatchOperation:
    """Return a batch operation, with how far it is.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/batch-operations/{batchOperationKey}.
    """
    found = key(batch_operation_key, "batch_operation_key")
    return got(f"/batch-operations/{found}", BatchOperation)


def cancel_batch_operation(batch_operation_key: str | int) -> None:
    """End a batch operation; what it has done so far stays.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/batch-operations/{batchOperationKey}/cancellation.
    """
    _command(batch_operation_key, "cancellation")


def suspend_batch_operation(batch_operation_key: str | int) -> None:
    """Pause a batch operation.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/batch-operations/{batchOperationKey}/suspension.
    """
    _command(batch_operation_key, "suspension")


def resume_batch_operation(batch_operation_key: str | int) -> None:
    """Resume a paused batch operation.

    Raises:
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/batch-operations/{batchOperationKey}/resumption.
    """
    _command(batch_operation_key, "resumption")


def _command(batch_operation_key: str | int, what: str) -> None:
    operation = key(batch_operation_key, "batch_operation_key")
    send("POST", f"/batch-operations/{operation}/{what}")


def search_batch_operation_items(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[BatchOperationItemFilter]
) -> Iterator[BatchOperationItem]:
    """Yield single commands of batch operations that fit, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `BatchOperationItemFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/batch-operation-items/search.
    """
    return search(
        "/batch-operation-items/search",
        BatchOperationItem,
        BatchOperationItemFilter,
        filters,
        sort=sort,
        page_size=page_size,
    )
