"""An in-memory Camunda for development, demo and tests. Imports nothing else of this package."""

from camunda_client.embedded._clock import Clock
from camunda_client.embedded._engine import DEFAULT_TENANT, ActivatedJob, Engine
from camunda_client.embedded._gateway import Gateway
from camunda_client.embedded._history import ElementRecord, InstanceHistory, VariableRecord
from camunda_client.embedded._incidents import Incident
from camunda_client.embedded._jobs import Job
from camunda_client.embedded._rejections import EngineError, Rejection

__all__ = [
    "DEFAULT_TENANT",
    "ActivatedJob",
    "Clock",
    "ElementRecord",
    "Engine",
    "EngineError",
    "Gateway",
    "Incident",
    "InstanceHistory",
    "Job",
    "Rejection",
    "VariableRecord",
]
