"""What comes to an engine from outside: messages, signals, and the variables that conditions are about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from camunda_client.embedded._engine._jobs import EngineJobs, given
from camunda_client.embedded._tenants import DEFAULT_TENANT
from camunda_client.embedded.run import InstanceHistory


class EngineEvents(EngineJobs):
    """The part of an engine that events come to."""

    def publish(
        self,
        name: str,
        correlation_key: str = "",
        variables: Mapping[str, Any] | None = None,
        *,
        ttl: timedelta = timedelta(0),
        message_id: str = "",
        tenant_id: str = DEFAULT_TENANT,
    ) -> int:
        """Publish a message and return its key; with a time to live it waits for those who come later.

        Raises:
            Rejection: ALREADY_EXISTS, or INVALID_ARGUMENT: there is no such tenant.
        """
        ttl_ms = ttl // timedelta(milliseconds=1)
        return self._run(
            self._commands.publish, name, correlation_key, dict(variables or {}), ttl_ms, message_id, tenant_id
        )

    def correlate(
        self,
        name: str,
        correlation_key: str = "",
        variables: Mapping[str, Any] | None = None,
        *,
        tenant_id: str = DEFAULT_TENANT,
    ) -> tuple[int, int]:
        """Correlate a message now; return its key and the process instance's.

        Raises:
            Rejection: NOT_FOUND: nothing waits for it; INVALID_ARGUMENT: there is no such tenant.
        """
        return self._run(self._commands.correlate, name, correlation_key, dict(variables or {}), tenant_id)

    def broadcast(
        self, name: str, variables: Mapping[str, Any] | None = None, *, tenant_id: str = DEFAULT_TENANT
    ) -> int:
        """Broadcast a signal and return its key.

        Raises:
            Rejection: INVALID_ARGUMENT: there is no such tenant.
        """
        return self._run(self._commands.broadcast, name, dict(variables or {}), tenant_id)

    def evaluate_conditionals(
        self,
        variables: Mapping[str, Any],
        *,
        definition_key: int | None = None,
        tenant_id: str = DEFAULT_TENANT,
    ) -> tuple[int, list[InstanceHistory]]:
        """Start an instance for each conditional start event of a process whose condition holds (8.9).

        Args:
            variables: What the conditions are about; the instances have them.
            definition_key: Only this version of a process; left out, the latest of all.
            tenant_id: Whose processes.

        Returns:
            The key of the evaluation, and the instances.

        Raises:
            Rejection: NOT_FOUND: there is no such process. INVALID_ARGUMENT: a condition can't be evaluated.
        """
        return self._run(self._commands.evaluate_conditionals, *given(dict(variables), tenant_id, definition_key))
