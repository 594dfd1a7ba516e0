"""What you learn: a pool of connections serves many jobs at once, and a job is booked once, although its worker dies.

Run, with CAMUNDA_REST_ADDRESS set to your cluster, after pip install 'psycopg[binary,pool]':

    export DATABASE_URL=postgresql://user:password@localhost/shop
    camunda-client deploy examples/bpmn/payments.bpmn
    camunda-client start payments --variables '{"amount": 40}' --count 100
    camunda-client worker examples/04_postgresql.py

What you will see: a hundred times "job.completed", and as many rows in the table payments. Kill the worker in the
middle (kill -9) and start it again: no row is missing, and none is there twice.
"""

import os

from psycopg_pool import ConnectionPool

from camunda_client.c8.models import ActivatedJob
from camunda_client.c8.worker import PostgresStore, camunda_worker, idempotent

URL = os.environ["DATABASE_URL"]

# Jobs share the pool. While one waits for the database, the others go on, as with any driver that waits in Python.
pool = ConnectionPool(URL, min_size=1, max_size=10, open=True)
# Keeps each result under its job's key. A job uses one connection from its first statement until its end.
store = PostgresStore(URL, connections=10)

with pool.connection() as setup:
    setup.execute("create table if not exists payments (job bigint, amount numeric)")


# No more jobs at once than there are connections: the others stay with Camunda, where any worker may take them.
@camunda_worker(job_type="book-payment", resource="shop database", limit=10)
@idempotent(store)
def book_payment(job: ActivatedJob) -> dict[str, int]:
    with pool.connection() as reading:
        found = reading.execute("select count(*) from payments").fetchone()
    # Committed together with the result: both are there, or neither is.
    store.connection.execute("insert into payments values (%s, %s)", (job.job_key, job.variables["amount"]))
    return {"payments_before": found[0] if found else 0}
