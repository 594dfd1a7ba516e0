"""What all requests, and all answers, have in common: requests are strict, answers are read leniently.

An unknown argument of a request is an error: dropped, it would start an instance without its variables. Answers are
read leniently, because 8.6 to 8.10 don't agree.

Keys are integers in 8.6 and strings later; here they are always ``str``. Members the engine has and we
don't know stay reachable under their wire name; members it leaves out or sends as null take their default.
All of that is done by pydantic's compiled core: no Python runs per job for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from camunda_client.utils import JsonBaseModel

__all__ = [
    "DEFAULT_TENANT",
    "JsonObject",
    "Key",
    "KeyOrNone",
    "NullAs",
    "Number",
    "RequestModel",
    "ResponseModel",
    "Since",
    "Tenant",
    "Text",
]

#: Where everything lives that was not given to a tenant.
DEFAULT_TENANT = "<default>"


@dataclass(frozen=True, slots=True)
class NullAs:
    """Marks a field whose null means an empty value. Spelled as a schema, so that it costs nothing per job."""

    empty: Callable[[], Any]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        # A strict bool refuses None, which is what makes the default step in; only None gets that far.
        replaced = core_schema.with_default_schema(
            core_schema.bool_schema(strict=True), default_factory=self.empty, on_error="default"
        )
        null = core_schema.chain_schema([core_schema.none_schema(), replaced])
        return core_schema.union_schema([handler(source), null], mode="left_to_right")


Text = Annotated[str, NullAs(str)]
Tenant = Annotated[str, NullAs(lambda: DEFAULT_TENANT)]
Number = Annotated[int, NullAs(int)]
JsonObject = Annotated[dict[str, Any], NullAs(dict)]
#: A key in a request. Integers, as 8.6 has them, become text.
Key = Annotated[str, Field(coerce_numbers_to_str=True, pattern="^[0-9]+$")]
#: The same where Camunda takes -1 for "none".
KeyOrNone = Annotated[str, Field(coerce_numbers_to_str=True, pattern="^(-1|[0-9]+)$")]


class ResponseModel(JsonBaseModel):
    """The base of everything the engine sends."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)


@dataclass(frozen=True, slots=True)
class Since:
    """Marks a member of a request that older engines refuse; ``version`` is Camunda's, such as ``8.9``."""

    version: str


class RequestModel(JsonBaseModel):
    """The base of everything sent to the engine."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _known(cls, arguments: Any) -> Any:
        """Refuse unknown names. Pydantic's own message would not say which name was meant."""
        if isinstance(arguments, dict):
            names = {name: field.alias or name for name, field in cls.model_fields.items()}
            known = {*names, *names.values()}
            unknown = [name for name in arguments if name not in known]
            if unknown:
                what = ", ".join(_with_nearest(str(name), known) for name in unknown)
                # Names only, and never values, which may be a customer's data.
                raise PydanticCustomError(
                    "unknown_argument", "{request} has no argument {what}", {"request": cls.__name__, "what": what}
                )
        return arguments


def _with_nearest(name: str, known: set[str]) -> str:
    nearest = get_close_matches(name, sorted(known), n=1)
    return f"{name[:80]!r}" + (f" (did you mean {nearest[0]!r}?)" if nearest else "")
