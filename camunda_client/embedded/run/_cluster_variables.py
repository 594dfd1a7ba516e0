"""Cluster variables: values that the expressions of all processes, or of a tenant's, can read; from Camunda 8.9 on."""

from __future__ import annotations

from typing import Any

from camunda_client.embedded._rejections import Rejection, not_found

#: A tenant, or empty for all, and a name.
Place = tuple[str, str]


class ClusterVariables:
    """The values there are, by where they are."""

    def __init__(self) -> None:
        self.values: dict[Place, Any] = {}
        #: What is known of them beside; no expression sees it.
        self.metadata: dict[Place, dict[str, Any]] = {}

    def create(self, place: Place, value: Any, metadata: dict[str, Any]) -> None:
        """Keep a new one.

        Raises:
            Rejection: ALREADY_EXISTS.
        """
        if place in self.values:
            raise Rejection("CREATE", "ALREADY_EXISTS", f"Expected to create {_named(place)}, but it exists already")
        self.values[place], self.metadata[place] = value, metadata

    def update(self, place: Place, value: Any, metadata: dict[str, Any] | None) -> None:
        """Give one another value, and if there are any, other metadata.

        Raises:
            Rejection: NOT_FOUND.
        """
        self.values[self._there("UPDATE", place)] = value
        if metadata is not None:
            self.metadata[place] = metadata

    def delete(self, place: Place) -> None:
        """Forget one.

        Raises:
            Rejection: NOT_FOUND.
        """
        del self.values[self._there("DELETE", place)], self.metadata[place]

    def _there(self, command: str, place: Place) -> Place:
        if place not in self.values:
            raise not_found(command, f"Expected to {command.lower()} {_named(place)}, but there is none")
        return place

    def context(self, tenant_id: str) -> dict[str, Any]:
        """Return what expressions of a tenant see beside their variables: nothing where there are none.

        ``camunda.vars.env`` has both kinds, and a tenant's own hides one for all of its name.
        """
        if not self.values:
            return {}
        for_all, own = (
            {name: value for (at, name), value in self.values.items() if at == of} for of in ("", tenant_id)
        )
        return {"camunda": {"vars": {"cluster": for_all, "tenant": own, "env": {**for_all, **own}}}}


def _named(place: Place) -> str:
    tenant_id, name = place
    return f"cluster variable '{name}'" + (f" of tenant '{tenant_id}'" if tenant_id else "")
