"""The ``EngineClient`` of ``camunda-external-task-client-python3``, as far as Camunda 8 has the same."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NoReturn

from camunda_client.c8 import api
from camunda_client.c8.models import CorrelateMessageRequest, CreateProcessInstanceRequest
from camunda_client.camunda7 import _variables
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

ENGINE_LOCAL_BASE_URL = "http://localhost:8080/engine-rest"


class EngineClient:
    """Starts process instances and correlates messages; where and as whom, the configuration says."""

    def __init__(self, engine_base_url: str = ENGINE_LOCAL_BASE_URL, config: Mapping[str, Any] | None = None) -> None:
        """Keep what was given; it belongs to a Camunda 7 and is not used."""
        self.engine_base_url = engine_base_url
        self.config = dict(config or {})

    def start_process(
        self,
        process_key: str,
        variables: Mapping[str, Any] | None = None,
        tenant_id: str | None = None,
        business_key: str | None = None,
    ) -> dict[str, Any]:
        """Start an instance of the latest version of a process; a business key becomes the variable ``businessKey``.

        Returns:
            As of Camunda 7: ``id``, ``definitionId``, ``businessKey`` and ``tenantId``.
        """
        known = {} if business_key is None else {"businessKey": business_key}
        request = CreateProcessInstanceRequest(
            processDefinitionId=process_key,
            variables={**_variables.plain(variables), **known},
            tenantId=tenant_id,
        )
        started = api.create_process_instance(request)
        return {
            "id": started.process_instance_key,
            "definitionId": started.process_definition_key,
            "businessKey": business_key,
            "tenantId": started.tenant_id,
            "ended": False,
            "suspended": False,
        }

    def correlate_message(
        self,
        message_name: str,
        process_instance_id: str | None = None,
        tenant_id: str | None = None,
        business_key: str | None = None,
        process_variables: Mapping[str, Any] | None = None,
    ) -> list[dict[str, Any]]:
        """Correlate a message; the business key is the correlation key.

        Raises:
            ConfigurationError: A process instance is named, which Camunda 8 does not correlate by.
        """
        if process_instance_id is not None:
            raise ConfigurationError(
                "correlate_message(process_instance_id=...): Camunda 8 correlates by a key of the model's own "
                "(zeebe:subscription correlationKey); pass it as business_key"
            )
        request = CorrelateMessageRequest(
            name=message_name,
            correlationKey=business_key or "",
            variables=_variables.plain(process_variables),
            tenantId=tenant_id,
        )
        found = api.correlate_message(request)
        return [{"resultType": "Execution", "execution": {"processInstanceId": found.process_instance_key}}]

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise ConfigurationError(
            f"EngineClient.{name} has no counterpart here; camunda_client.c8.api has Camunda 8's own (docs/api.md)"
        )


def log_with_context(
    message: str, context: Mapping[str, Any] | None = None, log_level: str = "info", **kwargs: Any
) -> None:
    """Log a message with a context in front of it; the job's fields are on the line anyway."""
    prefix = "".join(f"[{name}:{value}]" for name, value in (context or {}).items())
    level = getattr(logging, log_level.upper(), logging.INFO)
    logging.getLogger("camunda.utils.log_utils").log(level, f"{prefix} {message}".strip(), **kwargs)
