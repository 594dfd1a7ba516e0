"""The variables of the cluster that an engine stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from camunda_client.embedded._executor import Executor
from camunda_client.embedded.run import Commands, Runtime


class EngineVariables:
    """The part of an engine that keeps cluster variables."""

    _executor: Executor
    _runtime: Runtime
    _commands: Commands
    _run: Callable[..., Any]

    def cluster_variables(self, tenant_id: str = "") -> dict[str, Any]:
        """Return the cluster variables of a tenant, or those for all, as expressions see them."""
        with self._executor.looking():
            found = self._runtime.lifecycle.variables.of_cluster.values
            return {name: value for (at, name), value in found.items() if at == tenant_id}

    def create_cluster_variable(
        self, name: str, value: Any, *, tenant_id: str = "", metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Let expressions read a value as ``camunda.vars.env.NAME``, of a tenant or (without one) of all.

        Raises:
            Rejection: ALREADY_EXISTS.
        """
        self._run(self._commands.create_cluster_variable, tenant_id, name, value, dict(metadata or {}))

    def update_cluster_variable(
        self, name: str, value: Any, *, tenant_id: str = "", metadata: Mapping[str, Any] | None = None
    ) -> None:
        """Give a cluster variable another value.

        Raises:
            Rejection: NOT_FOUND.
        """
        kept = None if metadata is None else dict(metadata)
        self._run(self._commands.update_cluster_variable, tenant_id, name, value, kept)

    def delete_cluster_variable(self, name: str, *, tenant_id: str = "") -> None:
        """Forget a cluster variable.

        Raises:
            Rejection: NOT_FOUND.
        """
        self._run(self._commands.delete_cluster_variable, tenant_id, name)
