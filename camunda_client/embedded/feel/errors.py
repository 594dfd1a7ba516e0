"""What FEEL raises: a text that is no expression, and a value that can not be had.

FEEL makes null of most mistakes. These are the few that it does not.
"""

from __future__ import annotations


class FeelError(Exception):
    """The root of all errors of this package."""


class FeelSyntaxError(FeelError, ValueError):
    """The text is no FEEL expression, or uses a part of FEEL that is not supported."""


class EvaluationError(FeelError):
    """The expression has no value, not even null. The text says why."""


__all__ = ["EvaluationError", "FeelError", "FeelSyntaxError"]
