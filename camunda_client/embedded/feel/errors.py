"""What FEEL raises: a text that is not an expression, and a value that does not exist.

FEEL makes null of most mistakes. These are the few that it does not.
"""

from __future__ import annotations


class FeelError(Exception):
    """The root of all errors of this package."""


class FeelSyntaxError(FeelError, ValueError):
    """The text is not a FEEL expression, or uses a part of FEEL that is not supported."""


class EvaluationError(FeelError):
    """The expression has no value, not even null. The text says why."""


class NoInputError(EvaluationError):
    """``?`` is asked for where no input is tested."""

    def __init__(self) -> None:
        super().__init__("No input value available. '?' can only be used inside an unary-test expression.")


class NotANumberError(EvaluationError):
    """A calculation has no result, or an infinite one. It ends the whole expression; the text is that of Java."""


class AssertionFailedError(EvaluationError):
    """The condition of ``assert()`` does not hold."""


class TooDeepError(EvaluationError):
    """The expression, or what its functions call, is nested more deeply than Python's stack."""


__all__ = [
    "AssertionFailedError",
    "EvaluationError",
    "FeelError",
    "FeelSyntaxError",
    "NoInputError",
    "NotANumberError",
    "TooDeepError",
]
