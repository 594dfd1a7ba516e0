from __future__ import annotations

import os

import gevent

from camunda_client.c8.worker._manager import start_anew
from tests.parts.work import until


def test_nothing_of_the_parents_loop_goes_on_in_a_forked_child() -> None:
    """A fork copies every greenlet: in the child they would poll, work and report once more."""
    reader, writer = os.pipe()
    began: list[int] = []

    def of_the_parent() -> None:
        began.append(os.getpid())
        os.write(writer, b"P")

    gevent.spawn_later(0.01, of_the_parent)
    child = os.fork()
    if child == 0:
        start_anew()
        gevent.sleep(0.05)  # a loop of its own, on which it can wait
        os.write(writer, b"C")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    until(lambda: began != [], "it has run here", 10)
    os.close(writer)
    found = os.read(reader, 100)
    os.close(reader)

    assert os.waitstatus_to_exitcode(status) == 0
    assert sorted(found) == sorted(b"CP"), "the parent's greenlet ran in the parent only"
    assert began == [os.getpid()]
