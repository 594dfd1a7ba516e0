"""Functions whose code must stay as it is, made handlers by a file: job type, function, arguments, result, exceptions.

``camunda-client worker --map workers.yaml`` runs them; docs/map.md says what the file may have.
"""

from camunda_client.mapping._check import MapError
from camunda_client.mapping._document import json_schema
from camunda_client.mapping._draft import draft
from camunda_client.mapping._workers import MappedWorker, WorkerMap, load_map

__all__ = ["MapError", "MappedWorker", "WorkerMap", "draft", "json_schema", "load_map"]
