"""What worker processes say of themselves, and the status port that says it to the world.

A worker writes a line of JSON a second to its parent, and answers what the parent asks (:mod:`._channel`). The parent
keeps what it hears (:mod:`._board`) and answers for all processes over HTTP (:mod:`._server`). The parent never blocks,
so ``/livez`` is right also about a worker whose hub is blocked: it no longer ticks, and its lines stay away.
"""

from camunda_client.cli._status._admin import Admin
from camunda_client.cli._status._board import SILENCE_S, StatusBoard
from camunda_client.cli._status._channel import fill, say_ending, talk_to_parent
from camunda_client.cli._status._history import difference, quantiles
from camunda_client.cli._status._server import CLIENTS, PATIENCE_S, serve

__all__ = [
    "CLIENTS",
    "PATIENCE_S",
    "SILENCE_S",
    "Admin",
    "StatusBoard",
    "difference",
    "fill",
    "quantiles",
    "say_ending",
    "serve",
    "talk_to_parent",
]
