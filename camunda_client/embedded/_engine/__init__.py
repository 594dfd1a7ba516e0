"""What can be asked of an embedded engine."""

from camunda_client.embedded._engine._facade import Engine

__all__ = ["Engine"]
