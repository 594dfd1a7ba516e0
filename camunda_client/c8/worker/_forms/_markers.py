"""What a handler's parameter may ask for, said by ``Annotated``: more than the variable of its own name.

def charge(order_id: Annotated[str, Variable("orderId")], region: Annotated[str, Header("region")]) -> dict:
...
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Client", "DocumentContent", "Header", "JobField", "Variable", "Variables"]


@dataclass(frozen=True, slots=True)
class Variable:
    """The parameter is the variable of this name; without one, of the parameter's own."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Variables:
    """The parameter is all variables of the job together: a pydantic model, a dataclass, a ``TypedDict`` or a dict."""


@dataclass(frozen=True, slots=True)
class Header:
    """The parameter is the task's custom header of this name; without one, of the parameter's own."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class JobField:
    """The parameter is this attribute of the job, such as ``process_instance_key``; without a name, of its own name."""

    name: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """The parameter is the content of the document that a variable refers to: ``bytes``, or a list of them.

    The download is part of the handler: a document that can't be had fails the job as any exception does.
    """

    name: str | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """The parameter is the API, :mod:`camunda_client.c8.api`, for which a test may pass a double."""
