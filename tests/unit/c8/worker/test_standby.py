"""Leases that are extended from outside the hub while the extender is late; the extender's time is given."""

from __future__ import annotations

import gevent.socket
import pytest
from gevent.server import StreamServer

from camunda_client import patching
from camunda_client.c8.worker._commands import Extension
from camunda_client.c8.worker._extender import LeaseExtender
from camunda_client.c8.worker._held import Held, Stage
from camunda_client.c8.worker._lease import Loss
from camunda_client.c8.worker._standby import Standby
from tests.parts.fake_gateway import FakeGateway, held, settings_of
from tests.parts.plain_http import Reply, read_request
from tests.parts.time_given import Clock, settle
from tests.parts.work import until

LEASE_S = 10.0


class Gate:
    """Answers extensions on loopback, and is how they get there."""

    secure = False
    host = "127.0.0.1"

    def __init__(self) -> None:
        self.status = 204
        self.keys: list[str] = []
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()

    def extension(self, job_key: str, body: bytes) -> Extension:
        return b"PATCH /v2/jobs/%b HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (job_key.encode(), len(body), body)

    def addresses(self) -> list[tuple[int, tuple[str, int]]]:
        return [(gevent.socket.AF_INET, ("127.0.0.1", self._server.server_port))]

    def stop(self) -> None:
        self._server.stop(timeout=0)

    def _serve(self, sock: gevent.socket.socket, _address: object) -> None:
        surplus = bytearray()
        while (request := read_request(sock, surplus)) is not None:
            self.keys.append(request.path.rpartition("/")[2])
            sock.sendall(Reply(self.status).encoded())


class Room:
    def __init__(self) -> None:
        self.clock, self.gate = Clock(), Gate()
        commands: object = FakeGateway()
        self.extender = LeaseExtender(commands, lambda one: None, 32, self.clock)  # type: ignore[arg-type]
        self.jobs: list[Held] = []
        self.standby = Standby(self.gate, lambda: self.jobs, self.extender, 0.1, self.clock)  # type: ignore[arg-type]

    def hold(self, **options: object) -> Held:
        one = held(len(self.jobs) + 1, now_s=self.clock(), settings=settings_of(timeout=10_000, **options))
        one.stage = Stage.RUNNING
        self.jobs.append(one)
        self.extender.watch(one)
        return one

    def looked(self, times: int = 3) -> None:
        """Wait until the thread has looked so often."""
        seen = self.clock.asked
        until(lambda: self.clock.asked >= seen + times, "the thread looks", 10)
        settle()


@pytest.fixture
def room() -> Room:
    made = Room()
    yield made
    made.standby.stop()
    made.gate.stop()


def test_what_is_due_is_extended_while_the_extender_is_late(room: Room) -> None:
    one = room.hold()
    room.extender.look()
    room.standby.start()
    room.looked()
    assert room.gate.keys == [], "it is not late"

    moment = room.clock.advance(LEASE_S / 2)
    until(lambda: one.lease.ends_s > moment + LEASE_S - 1, "it is extended from outside", 10)

    assert list(room.extender.kept_outside) == [one]
    room.extender.look()
    assert not room.extender.kept_outside, "the extender counts it, and goes on"


def test_the_most_urgent_goes_first(room: Room) -> None:
    room.hold()
    room.clock.advance(0.1)
    room.hold()
    room.jobs.reverse()
    room.extender.look()

    room.clock.advance(LEASE_S / 2)
    room.standby.start()
    until(lambda: len(room.gate.keys) >= 2, "both are extended", 10)

    assert room.gate.keys[:2] == ["1", "2"]


def test_what_is_over_settled_or_not_to_be_extended_is_left_alone(room: Room) -> None:
    over, settled, limited, lost, due = (room.hold(auto_extend=number != 2) for number in range(5))
    room.extender.look()
    settled.stage = Stage.SETTLED
    lost.lease.lose(Loss.REFUSED)
    over.lease.ends_s = room.clock() + 1.0

    room.clock.advance(LEASE_S / 2)
    room.standby.start()
    until(lambda: room.gate.keys != [], "the one is extended", 10)
    room.looked()

    assert set(room.gate.keys) == {due.key}
    assert limited.lease.ends_s < due.lease.ends_s


@pytest.mark.parametrize("status", [404, 200, 503])
def test_only_camundas_204_extends(room: Room, status: int) -> None:
    room.gate.status = status
    one = room.hold()
    room.extender.look()
    ends_s = one.lease.ends_s

    room.clock.advance(LEASE_S / 2)
    room.standby.start()
    until(lambda: room.gate.keys != [], "it is tried", 10)
    room.looked()

    assert one.lease.ends_s == ends_s
    assert one.lease.loss is None, "the extender asks again, and judges"
    assert not room.extender.kept_outside


def test_a_gateway_that_is_not_there_ends_no_thread(room: Room) -> None:
    one = room.hold()
    room.extender.look()
    room.gate.stop()
    room.standby.start()

    room.clock.advance(LEASE_S / 2)
    until(lambda: one.lease.has_failed, "it is tried", 10)
    room.looked()

    assert one.lease.loss is None


def test_jobs_that_change_while_it_looks_end_no_thread() -> None:
    looks: list[int] = []

    def changing() -> list[Held]:
        looks.append(1)
        raise RuntimeError("dictionary changed size during iteration")

    room = Room()
    room.hold()
    room.extender.look()
    standby = Standby(room.gate, changing, room.extender, 0.1, room.clock)  # type: ignore[arg-type]
    room.clock.advance(LEASE_S / 2)
    standby.start()

    until(lambda: len(looks) >= 2, "it looks again", 10)
    standby.stop()
    room.gate.stop()


def test_it_looks_as_often_as_the_shortest_lease_needs_in_a_thread_of_its_own(room: Room) -> None:
    threads: list[int] = []
    get_ident = patching.original("_thread", "get_ident")
    asked = room.clock.now_s

    class Watched(Clock):
        def __call__(self) -> float:
            threads.append(get_ident())
            return asked

    standby = Standby(room.gate, list, room.extender, 0.1, Watched())  # type: ignore[arg-type]
    standby.start()
    until(lambda: len(threads) >= 3, "it looks", 10)
    standby.stop()

    assert get_ident() not in threads
