"""C extensions that never yield to the hub, patched early or late."""

from __future__ import annotations

import sys

#: For drivers without transactions.
_ALONE = "run the handlers that use it in child processes, @camunda_worker(..., run_in='process')"
#: A driver that blocks while another job holds a lock and waits is not slow, it is a deadlock: that job can't go on to
#: let go of it. In child processes each job has a thread.
_APART = (
    f"{_ALONE}, or set max_jobs_active=1 if one job type uses it (two jobs at once can deadlock over the database's "
    "locks)"
)

#: Module: what to do. Only modules that talk to something slow; a C library that merely computes is the
#: handler's own affair.
_REMEDIES = {
    "MySQLdb": f"use PyMySQL, or {_APART}",
    "_mysql_connector": f"connect with use_pure=True, or {_APART}",
    "confluent_kafka": f"poll with timeout 0, or {_ALONE}",
    "cx_Oracle": f"use python-oracledb in thin mode, or {_APART}",
    "duckdb": _APART,
    "grpc": "call grpc.experimental.gevent.init_gevent() right after the patch",
    "ibm_db": _APART,
    "psycopg2": "camunda-client worker --patch psycopg2 (camunda_client.patching.patch_psycopg2()) makes it wait "
    f"cooperatively; or use psycopg 3, or {_APART}",
    "pycurl": f"use requests, or {_ALONE}",
    "pymssql": _APART,
    "pyodbc": _APART,
    "sqlite3": "a job that waits while it holds the write lock deadlocks with the next that writes: commit before "
    "anything else is waited for, or connect with timeout=0 and try again after time.sleep(), or set max_jobs_active=1 "
    f"if one job type writes, or {_ALONE}",
    "uvloop": "it waits in C: asyncio.run() in handlers takes the standard library's loop, whatever the policy; "
    "do not call uvloop.run() or uvloop.new_event_loop() there, and start uvicorn beside workers with loop='asyncio'",
    "zmq": f"import zmq.green as zmq, or {_ALONE}",
}


def find_blocking_modules() -> list[tuple[str, str]]:
    """Return the known blocking drivers that are imported now, each as ``(module, remedy)``.

    A driver that is set to yield (psycopg2 with a wait callback, grpc with its gevent mode) is left out. Handlers
    import late, so ask again once they are registered.
    """
    return [
        (name, remedy) for name, remedy in sorted(_REMEDIES.items()) if name in sys.modules and not _told_to_yield(name)
    ]


def _told_to_yield(name: str) -> bool:
    if name == "psycopg2":
        extensions = sys.modules.get("psycopg2.extensions")
        return extensions is not None and extensions.get_wait_callback() is not None
    if name == "grpc":
        # Only programs that call its init_gevent() load this module.
        return "grpc.experimental.gevent" in sys.modules
    if name == "zmq":
        return "zmq.green" in sys.modules
    return False
