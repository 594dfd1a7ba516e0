"""An in-memory Camunda for development, demo and tests. Imports nothing else of this package.

Only :class:`Gateway` needs gevent, and loads ``ssl`` with it; it is imported when it is first asked for, so that
a test plugin can import the engine before the program under test is patched.
"""

from typing import TYPE_CHECKING, Any

from camunda_client.embedded._engine import Engine
from camunda_client.embedded._rejections import EngineError, Rejection
from camunda_client.embedded._tenants import DEFAULT_TENANT
from camunda_client.embedded.data import DataError, Recovery
from camunda_client.embedded.gateway import STATES, Fault, Faults, IssuerError, Oidc
from camunda_client.embedded.model import Deployment
from camunda_client.embedded.run import (
    ActivatedJob,
    Activation,
    ActiveCall,
    Clock,
    ElementRecord,
    Incident,
    InstanceHistory,
    Job,
    JobRecord,
    MessageRecord,
    UserTask,
    VariableRecord,
    Wait,
)

if TYPE_CHECKING:
    from camunda_client.embedded.gateway import Gateway

__all__ = [
    "DEFAULT_TENANT",
    "STATES",
    "ActivatedJob",
    "Activation",
    "ActiveCall",
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
    "MessageRecord",
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
        from camunda_client.embedded.gateway import Gateway

        return Gateway
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
