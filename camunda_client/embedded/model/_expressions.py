"""The expressions of models: FEEL, with the engine's chance, whose errors are failures of a step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from typing import Any

from camunda_client.embedded import feel
from camunda_client.embedded._chance import chance
from camunda_client.embedded._failures import Failure

log = logging.getLogger("camunda_client.embedded")


class Expression(feel.Expression):
    """An expression of a model."""

    __slots__ = ()

    def evaluate(
        self,
        context: Mapping[str, Any],
        warnings: list[str] | None = None,
        now: Callable[[], datetime] | None = None,
        random: Callable[[], Random] | None = None,
    ) -> Any:
        """Return a JSON value; null where FEEL has none.

        Raises:
            Failure: It has no value, or we failed to find it.
        """
        try:
            return super().evaluate(context, warnings, now, random or chance)
        except Exception as error:
            raise self._failed(error) from error

    def raw(
        self,
        context: Mapping[str, Any],
        warnings: list[str] | None = None,
        now: Callable[[], datetime] | None = None,
        random: Callable[[], Random] | None = None,
    ) -> Any:
        """Return the value before it is made JSON. Otherwise like :meth:`evaluate`."""
        try:
            return super().raw(context, warnings, now, random or chance)
        except Exception as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> Failure:
        """Return the failure of a step; what is a fault of ours is told in the log, too."""
        if isinstance(error, feel.TooDeepError):
            error = RecursionError(str(error))
        elif isinstance(error, feel.EvaluationError):
            return Failure("EXTRACT_VALUE_ERROR", str(error))
        log.error("embedded engine: the expression %r failed", self.text, exc_info=error)
        return Failure.unknown(error)


__all__ = ["Expression"]
