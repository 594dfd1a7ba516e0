"""Variables: what instances hold."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import Unpack

from camunda_client.c8.api._arguments import key
from camunda_client.c8.api._search import PAGE_SIZE, Sort, search
from camunda_client.c8.api._short import got
from camunda_client.c8.models.generated import FoundVariable, Variable, VariableFilter

__all__ = ["get_variable", "search_variables"]


def search_variables(
    *, sort: Sort = (), page_size: int = PAGE_SIZE, **filters: Unpack[VariableFilter]
) -> Iterator[FoundVariable]:
    """Yield variables that fit; long values are cut, page by page as they are asked for.

    Args:
        sort: Names of members, the most important first; ``-name`` sorts downwards.
        page_size: Items of one request.
        filters: What must be true of each; see `VariableFilter`.

    Raises:
        InvalidRequestError: A keyword is unknown; nothing was sent.
        ServiceException: The engine refused or could not be asked.

    Source: POST /v2/variables/search.
    """
    return search("/variables/search", FoundVariable, VariableFilter, filters, sort=sort, page_size=page_size)


def get_variable(variable_key: str | int) -> Variable:
    """Return a variable with its whole value.

    Raises:
        ServiceException: There is none with that key (status 404), or the engine could not be asked.

    Source: GET /v2/variables/{variableKey}.
    """
    found = key(variable_key, "variable_key")
    return got(f"/variables/{found}", Variable)
