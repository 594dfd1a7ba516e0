"""Drivers that wait in C, or hold a lock while a handler waits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.libraries.conftest import Start
from tests.parts.programs import Program
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: Two jobs are the first to use mappers whose configuration yields, as one that logs may. SQLAlchemy holds a re-entrant
#: lock of its module meanwhile, which it made at its import.
SQLALCHEMY_FIRST = """
from sqlalchemy import ForeignKey, event, orm
from camunda_client import patching
patching.patch()
import time
import gevent

class Base(orm.DeclarativeBase): ...

class Customer(Base):
    __tablename__ = "customer"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    orders: orm.Mapped[list["Order"]] = orm.relationship(back_populates="customer")

class Order(Base):
    __tablename__ = "order"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    customer_id: orm.Mapped[int] = orm.mapped_column(ForeignKey("customer.id"))
    customer: orm.Mapped[Customer] = orm.relationship(back_populates="orders")

@event.listens_for(orm.Mapper, "before_configured")
def yields():
    time.sleep(0.05)

def job():
    return len(Customer(id=1, orders=[Order(id=1)]).orders)

jobs = [gevent.spawn(job) for _ in range(2)]
gevent.joinall(jobs)
print("orders", [one.value for one in jobs])
"""


def test_sqlalchemys_own_locks_are_exchanged(environment: dict[str, str], tmp_path: Path) -> None:
    """With the native lock, which counts by thread, the second job got past it and met half-configured mappers."""
    (tmp_path / "legacy.py").write_text(SQLALCHEMY_FIRST)

    code, output = Program.run("legacy.py", environment=environment, cwd=tmp_path)

    assert code == 0, output
    assert "orders [1, 1]" in output


#: Each remedy that the documentation names for a lock that is held while a handler waits.
SQLITE = {
    "one at a time": (1, 5, "write()"),
    "asking again": (
        20,
        0,
        """
    while True:
        try:
            return write()
        except OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.01)
""",
    ),
}


@pytest.mark.parametrize(("way", "library"), [*zip(SQLITE, ["sqlite3", "sqlalchemy"], strict=True)])
def test_the_remedies_for_sqlites_lock_work(scene: Scene, start: Start, tmp_path: Path, way: str, library: str) -> None:
    """Each handler that waited for the lock froze the one that had it: 1 of 20 jobs in 90 seconds."""
    at_once, timeout_s, body = SQLITE[way]
    write = {
        "sqlite3": f"""
import sqlite3
from sqlite3 import OperationalError
sqlite3.connect("t.db").execute("create table t(i)")
def write():
    connection = sqlite3.connect("t.db", timeout={timeout_s})
    try:
        with connection:
            connection.execute("insert into t values (1)")
            time.sleep(0.02)
    finally:
        connection.close()
""",
        "sqlalchemy": f"""
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
engine = create_engine("sqlite:///t.db", connect_args={{"timeout": {timeout_s}}})
with engine.begin() as connection:
    connection.execute(text("create table t(i)"))
def write():
    with engine.begin() as connection:
        connection.execute(text("insert into t values (1)"))
        time.sleep(0.02)
""",
    }[library]
    source = f"""{write}
@camunda_worker(os.environ["JOB_TYPE"], max_jobs_active={at_once})
def handler(job):
    {body.strip()}
"""
    scene.start(20)
    with start(source):
        scene.completed_once(20)

    assert scene.now("FAILED") == []


def test_sqlites_lock_is_named_with_what_helps(scene: Scene, start: Start) -> None:
    source = """
import sqlite3
sqlite3.connect(":memory:")
@camunda_worker(os.environ["JOB_TYPE"])
def handler(job): pass
"""
    with start(source) as program:
        program.wait_for("workers.started")
        program.wait_for("patch.blocking_module")

    [line] = [json.loads(line) for line in program.lines if "patch.blocking_module" in line and "sqlite3" in line]
    assert "deadlock" in line["remedy"]
    assert "max_jobs_active=1" in line["remedy"]
