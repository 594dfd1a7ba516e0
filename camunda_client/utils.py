"""The base of every model: camelCase on the wire, snake_case in Python, and never a null sent.

Dumps always use the wire's names and always leave out fields that are None, whatever the caller asks for:
a null where the engine expects a value is a 400 without a useful word. None *inside* a plain dict, such as
a process variable, is a value and stays.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ["JsonBaseModel"]

# A name and not written out in the class, because pydantic's mypy plugin would then refuse the wire's names, which
# all examples use. Type checkers know those only; at run time both work.
# Values in error messages could be secrets or a customer's data, so they are never shown.
_BOTH_NAMES = ConfigDict(populate_by_name=True, hide_input_in_errors=True)


class JsonBaseModel(BaseModel):
    """A model that takes its fields by wire name or by Python name."""

    model_config = _BOTH_NAMES

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Return the fields under their wire names, without those that are None."""
        return super().model_dump(**{**options, "by_alias": True, "exclude_none": True})

    def model_dump_json(self, **options: Any) -> str:
        """Return the same as JSON text."""
        return super().model_dump_json(**{**options, "by_alias": True, "exclude_none": True})
