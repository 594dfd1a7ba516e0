"""Message subscriptions: what waits for a message, and what has been handed one."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import Unpack

from camunda_client.c8.api._search import PAGE_SIZE, Sort, search
from camunda_client.c8.models.generated import (
    CorrelatedMessageSubscription,
    CorrelatedMessageSubscriptionFilter,
    MessageSubscription,
    MessageSubscriptionFilter,
)

__all__ = ["search_correlated_message_subscriptions", "search_message_subscriptions"]


def search_message_subscriptions(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[MessageSubscriptionFilter]
) -> Iterator[MessageSubscription]:
    """Yield message subscriptions that fit, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `MessageSubscriptionFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/message-subscriptions/search.
    """
    return search(
        "/message-subscriptions/search",
        MessageSubscription,
        MessageSubscriptionFilter,
        filters,
        sort=sort,
        page_size=page_size,
    )


def search_correlated_message_subscriptions(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[CorrelatedMessageSubscriptionFilter]
) -> Iterator[CorrelatedMessageSubscription]:
    """Yield messages that were handed over, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `CorrelatedMessageSubscriptionFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/correlated-message-subscriptions/search.
    """
    return search(
        "/correlated-message-subscriptions/search",
        CorrelatedMessageSubscription,
        CorrelatedMessageSubscriptionFilter,
        filters,
        sort=sort,
        page_size=page_size,
    )
