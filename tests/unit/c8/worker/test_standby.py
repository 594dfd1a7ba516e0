"""Leases that are extended from outside the hub while the extender is late; the extender's time is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gevent
import gevent.socket
import pytest
from gevent.server import StreamServer

from camunda_client.c8.worker._extender import LeaseExtender
from camunda_client.c8.worker._lease import HeldJob, Loss, Stage
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
        self.connections = self.open = 0
        self.on_request: Callable[[], object] = lambda: None
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()

    def extension(self, job_key: str, body: bytes) -> bytes:
        return b"PATCH /v2/jobs/%b HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (job_key.encode(), len(body), body)

    def addresses(self) -> list[tuple[int, tuple[str, int]]]:
        return [(gevent.socket.AF_INET, ("127.0.0.1", self._server.server_port))]

    def stop(self) -> None:
        self._server.stop(timeout=0)

    def _serve(self, sock: gevent.socket.socket, _address: object) -> None:
        self.connections += 1
        self.open += 1
        surplus = bytearray()
        while (request := read_request(sock, surplus)) is not None:
            self.keys.append(request.path.rpartition("/")[2])
            self.on_request()
            sock.sendall(Reply(self.status).encoded())
        self.open -= 1


class Room:
    def __init__(self) -> None:
        self.clock, self.gate = Clock(), Gate()
        commands: object = FakeGateway()
        self.extender = LeaseExtender(commands, lambda one: None, 32, self.clock)  # type: ignore[arg-type]
        self.jobs: list[HeldJob] = []
        self.standby = Standby(self.gate, lambda: self.jobs, self.extender, 0.1, self.clock)  # type: ignore[arg-type]

    def hold(self, **options: object) -> HeldJob:
        one = held(len(self.jobs) + 1, now_s=self.clock(), settings=settings_of(timeout=10_000, **options))
        one.stage = Stage.RUNNING
        self.jobs.append(one)
        self.extender.watch(one)
        return one

    def look(self) -> None:
        """Let it look once, in a native thread, while the gate's greenlets go on."""
        gevent.get_hub().threadpool.apply(self.standby.look)
        settle()


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.standby.stop()
    made.gate.stop()


def test_what_is_due_is_extended_while_the_extender_is_late(room: Room) -> None:
    one = room.hold()
    room.extender.look()
    room.look()
    assert room.gate.keys == [], "it is not late"

    moment = room.clock.advance(LEASE_S / 2)
    room.look()

    assert one.lease.ends_s == pytest.approx(moment + LEASE_S)
    [(kept, left_s)] = room.extender.kept_outside
    assert kept is one
    assert 0 < left_s < one.lease.length_s
    room.extender.look()
    assert not room.extender.kept_outside, "the extender counts it, and goes on"


def test_all_that_is_due_goes_over_one_connection_the_most_urgent_first(room: Room) -> None:
    for _ in range(3):
        room.hold()
        room.clock.advance(0.1)
    room.jobs.reverse()
    room.extender.look()

    room.clock.advance(LEASE_S / 2)
    room.look()

    assert (room.gate.keys, room.gate.connections) == (["1", "2", "3"], 1)


def test_it_leaves_off_as_soon_as_the_hub_is_back(room: Room) -> None:
    for _ in range(3):
        room.hold()
    room.extender.look()
    room.clock.advance(LEASE_S / 2)
    room.gate.on_request = room.extender.look

    room.look()

    assert room.gate.keys == ["1"]


def test_what_is_over_settled_or_not_to_be_extended_is_left_alone(room: Room) -> None:
    over, settled, limited, lost, due = (room.hold(auto_extend=number != 2) for number in range(5))
    room.extender.look()
    settled.stage = Stage.SETTLED
    lost.lease.lose(Loss.REFUSED)
    over.lease.ends_s = room.clock() + 1.0

    room.clock.advance(LEASE_S / 2)
    room.look()

    assert room.gate.keys == [due.key]
    assert limited.lease.ends_s < due.lease.ends_s


@pytest.mark.parametrize("status", [404, 200, 503])
def test_only_camundas_204_extends(room: Room, status: int) -> None:
    room.gate.status = status
    one = room.hold()
    room.extender.look()
    ends_s = one.lease.ends_s

    room.clock.advance(LEASE_S / 2)
    room.look()

    assert room.gate.keys == ["1"]
    assert (one.lease.ends_s, one.lease.has_failed) == (ends_s, True)
    assert one.lease.loss is None, "the extender asks again, and judges"
    assert not room.extender.kept_outside


def test_an_answer_that_comes_when_the_lease_is_over_renews_nothing(room: Room) -> None:
    one = room.hold()
    room.extender.look()
    room.clock.advance(LEASE_S / 2)
    room.gate.on_request = lambda: room.clock.advance(LEASE_S)

    room.look()

    assert not one.lease.holds(room.clock())
    assert not room.extender.kept_outside


def test_a_gateway_that_is_not_there_costs_a_try(room: Room) -> None:
    one = room.hold()
    room.extender.look()
    room.gate.stop()

    room.clock.advance(LEASE_S / 2)
    room.look()

    assert (one.lease.has_failed, one.lease.loss) == (True, None)


def test_the_connection_is_closed_when_the_extender_is_back(room: Room) -> None:
    room.hold()
    room.extender.look()
    room.clock.advance(LEASE_S / 2)
    room.look()
    assert room.gate.open == 1

    room.extender.look()
    room.look()

    until(lambda: room.gate.open == 0, "it is closed", 10)


def test_jobs_that_change_while_it_looks_are_looked_at_the_next_time(room: Room) -> None:
    def changing() -> list[HeldJob]:
        raise RuntimeError("dictionary changed size during iteration")

    room.hold()
    room.extender.look()
    room.clock.advance(LEASE_S / 2)
    standby = Standby(room.gate, changing, room.extender, 0.1, room.clock)  # type: ignore[arg-type]

    gevent.get_hub().threadpool.apply(standby.look)


def test_it_looks_in_a_thread_of_its_own_until_it_is_stopped(room: Room) -> None:
    one = room.hold()
    room.extender.look()
    room.clock.advance(LEASE_S / 2)

    room.standby.start()
    until(lambda: one.lease.ends_s > room.clock() + LEASE_S / 2, "it is extended", 10)
    room.standby.stop()

    until(lambda: room.gate.open == 0, "the thread has ended", 10)
