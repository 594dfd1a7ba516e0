"""``run_in="process"``: handlers that can't yield, run in child processes that are not patched."""

from camunda_client.c8.worker._offload import _frames as frames
from camunda_client.c8.worker._offload._plan import Loader, Plan, Wanted, shown_name
from camunda_client.c8.worker._offload._pool import HandlerProcessDied, Offload, try_children

__all__ = ["HandlerProcessDied", "Loader", "Offload", "Plan", "Wanted", "frames", "shown_name", "try_children"]
