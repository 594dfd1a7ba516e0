"""Bytes on one socket pair, with a deadline that is given as a moment and not as a wait."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gevent
import pytest
from gevent import socket

from camunda_client.c8._wire._channel import Deadlines, PlainChannel, wait_for_any


class Room:
    def __init__(self) -> None:
        ours, self.theirs = socket.socketpair()
        self.channel = PlainChannel(ours, Deadlines())

    def close(self) -> None:
        self.channel.close()
        self.theirs.close()


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.close()


def soon() -> float:
    return time.monotonic() + 60.0


def test_what_is_sent_arrives_and_what_comes_is_returned(room: Room) -> None:
    room.channel.begin(soon())
    room.channel.send(b"question")
    assert room.theirs.recv(100) == b"question"

    room.theirs.sendall(b"answer")

    assert room.channel.receive() == b"answer"
    room.channel.end()


def test_more_than_the_sockets_hold_arrives_whole(room: Room) -> None:
    data = b"x" * 5_000_000
    room.channel.begin(soon())
    sending = gevent.spawn(room.channel.send, data)

    found = 0
    while found < len(data):
        found += len(room.theirs.recv(1 << 20))

    sending.get(timeout=10)
    assert found == len(data)


def test_the_other_sides_end_is_nothing_to_read(room: Room) -> None:
    room.channel.begin(soon())
    room.theirs.close()

    assert room.channel.receive() == b""


def test_a_deadline_that_is_over_ends_a_wait_for_bytes(room: Room) -> None:
    room.channel.begin(time.monotonic() - 1.0)

    with pytest.raises(TimeoutError):
        room.channel.receive()


def test_a_deadline_that_is_over_ends_a_wait_for_room(room: Room) -> None:
    room.channel.begin(time.monotonic() - 1.0)

    with pytest.raises((TimeoutError, BrokenPipeError)):
        room.channel.send(b"x" * 5_000_000)


def test_a_deadline_that_ended_in_time_ends_nothing_later(room: Room) -> None:
    deadlines = Deadlines()
    room.channel.close()
    ours, theirs = socket.socketpair()
    channel = PlainChannel(ours, deadlines)
    channel.begin(time.monotonic() + 0.02)
    channel.end()
    other_ours, other_theirs = socket.socketpair()
    other = PlainChannel(other_ours, deadlines)
    other.begin(time.monotonic() + 0.03)

    with pytest.raises(TimeoutError):
        other.receive()
    theirs.sendall(b"late")

    assert channel.receive() == b"late"
    for one in (channel, other, theirs, other_theirs):
        one.close()


def test_an_idle_connection_is_quiet_until_something_comes_or_it_ends(room: Room) -> None:
    assert room.channel.is_quiet()

    room.theirs.sendall(b"unasked")

    assert not room.channel.is_quiet()
    assert room.channel.receive() == b"unasked"
    assert room.channel.is_quiet()
    room.theirs.close()
    assert not room.channel.is_quiet()


def test_what_came_while_nobody_waited_is_read_afterwards(room: Room) -> None:
    room.channel.begin(soon())
    room.theirs.sendall(b"one")
    assert room.channel.receive() == b"one"
    room.theirs.sendall(b"two")
    for _ in range(5):
        gevent.sleep(0)  # the watcher sees it, and nobody waits

    assert room.channel.receive() == b"two"


def test_several_descriptors_are_waited_for_at_once() -> None:
    (one, other), (third, fourth) = socket.socketpair(), socket.socketpair()
    fourth.sendall(b"x")

    assert wait_for_any([one.fileno(), third.fileno()], 5.0)
    assert not wait_for_any([one.fileno()], 0.0)
    for sock in (one, other, third, fourth):
        sock.close()
