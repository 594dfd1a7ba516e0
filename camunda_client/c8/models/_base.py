"""What all answers of the engine have in common: read leniently, because 8.6 to 8.10 don't agree.

Keys are integers in 8.6 and strings later; here they are always ``str``. Members the engine has and we
don't know stay reachable under their wire name; members it leaves out or sends as null take their default.
All of that is done by pydantic's compiled core: no Python runs per job for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from camunda_client.utils import JsonBaseModel

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


class Answer(JsonBaseModel):
    """The base of everything the engine sends."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)
