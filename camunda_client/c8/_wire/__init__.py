"""The worker's own connections: what a job costs on the way is decided here; beside it, ``_http`` for all the rest."""

from camunda_client.c8._wire._lanes import Lane, Route, Wire, too_late
from camunda_client.c8._wire._tls import tls_contexts

__all__ = ["Lane", "Route", "Wire", "tls_contexts", "too_late"]
