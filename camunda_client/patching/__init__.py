"""Make blocking I/O cooperative, and re-bind what was imported too early for that.

Patched late, a program breaks in two ways that no loopback test over plain HTTP shows: modules that copied
``ssl.SSLContext`` (requests, urllib3, botocore) answer every HTTPS call with a RecursionError, and modules that copied
``time.sleep`` and its like stop every other job while they wait. ``patch()`` re-binds those copies, says which ones,
and names what cannot be re-bound together with the remedy.

Importing this package loads no gevent and patches nothing.
"""

from camunda_client.patching._alarms import ALARM_REMEDY, tell_of_alarms
from camunda_client.patching._drivers import find_blocking_modules
from camunda_client.patching._event_loops import give_greenlets_event_loops
from camunda_client.patching._failed_greenlets import tell_of_failed_greenlets
from camunda_client.patching._fast_requests import FastRequests, speed_up_requests
from camunda_client.patching._log_locks import share_log_locks
from camunda_client.patching._originals import is_patched, original, patched_modules
from camunda_client.patching._patch import NO_MEND_VARIABLE, is_left_unpatched, leave_unpatched, patch
from camunda_client.patching._psycopg2 import patch_psycopg2
from camunda_client.patching._report import PatchedTooLate, PatchError, PatchReport, Unmended
from camunda_client.patching._signal_calls import get_signal, set_signal, show_signal
from camunda_client.patching._thread_exceptions import give_greenlets_thread_exceptions

#: Drivers that wait in C and can be made to wait cooperatively, and what does that.
DRIVERS = {"psycopg2": patch_psycopg2}

__all__ = [
    "ALARM_REMEDY",
    "DRIVERS",
    "NO_MEND_VARIABLE",
    "FastRequests",
    "PatchError",
    "PatchReport",
    "PatchedTooLate",
    "Unmended",
    "find_blocking_modules",
    "get_signal",
    "give_greenlets_event_loops",
    "give_greenlets_thread_exceptions",
    "is_left_unpatched",
    "is_patched",
    "leave_unpatched",
    "original",
    "patch",
    "patch_psycopg2",
    "patched_modules",
    "set_signal",
    "share_log_locks",
    "show_signal",
    "speed_up_requests",
    "tell_of_alarms",
    "tell_of_failed_greenlets",
]
