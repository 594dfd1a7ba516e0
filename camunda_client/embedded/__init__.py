"""An in-memory Camunda for development, demo and tests. Imports nothing else of this package.

Only :class:`Gateway` needs gevent, and loads ``ssl`` with it; it is imported when it is first asked for, so that
a test plugin that imports the engine comes before nobody's patching.
"""

from typing import TYPE_CHECKING, Any

from camunda_client.embedded._engine import Engine
from camunda_client.embedded._rejections import EngineError, Rejection
from camunda_client.embedded._tenants import DEFAULT_TENANT
from camunda_client.embedded.data._journal import DataError
from camunda_client.embedded.data._storage import Recovery
from camunda_client.embedded.gateway._faults import STATES, Fault, Faults
from camunda_client.embedded.gateway._oidc import IssuerError, Oidc
from camunda_client.embedded.model._deployments import Deployment
from camunda_client.embedded.run._activated_job import ActivatedJob
from camunda_client.embedded.run._clock import Clock
from camunda_client.embedded.run._entrances import Activation
from camunda_client.embedded.run._history import ElementRecord, Incident, InstanceHistory, JobRecord, VariableRecord
from camunda_client.embedded.run._instances import Job, UserTask
from camunda_client.embedded.run._waits import Call, Wait

if TYPE_CHECKING:
    from camunda_client.embedded.gateway._server import Gateway

__all__ = [
    "DEFAULT_TENANT",
    "STATES",
    "ActivatedJob",
    "Activation",
    "Call",
    "Clock",
    "DataError",
    "Deployment",
    "ElementRecord",
    "Engine",
    "EngineError",
    "Fault",
    "Faults",
    "Gateway",
    "Incident",
    "InstanceHistory",
    "IssuerError",
    "Job",
    "JobRecord",
    "Oidc",
    "Recovery",
    "Rejection",
    "UserTask",
    "VariableRecord",
    "Wait",
]


def __getattr__(name: str) -> Any:
    """Load the gateway when it is asked for."""
    if name == "Gateway":
        from camunda_client.embedded.gateway._server import Gateway

        return Gateway
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
