"""What a worker says of itself, at moments that are given."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import gevent
import pytest

from camunda_client.c8._http import Answer
from camunda_client.c8.worker._custody import Custody
from camunda_client.c8.worker._execution import JobContext
from camunda_client.c8.worker._handlers import camunda_worker, queue
from camunda_client.c8.worker._health import ClusterWatch, handler_of
from camunda_client.c8.worker._pace import Offsets
from camunda_client.c8.worker._poller import Poller
from camunda_client.c8.worker._settings import resolve
from tests.parts.fake_gateway import CONFIG, TOPOLOGY, FakeGateway, held, lost, problem, settings_of
from tests.parts.time_given import Clock, settle

#: Seconds of a poll, as its settings say.
POLL_S = 8.0


def poller(**options: Any) -> Poller:
    commands: Any = FakeGateway()
    custody = Custody(JobContext(), commands, 10, 32, Clock())
    settings = settings_of(timeout=60_000, **{"request_timeout": int(POLL_S * 1000), **options})
    return Poller(settings, commands, custody, Offsets(), 1, lambda: False, Clock())


def test_a_type_that_was_never_answered_is_not_alive() -> None:
    found = poller().health(100.0)

    assert (found.job_type, found.alive, found.answered_s_ago, found.active) == ("t", False, None, 0)


def test_a_type_is_alive_for_three_polls_after_the_last_answer() -> None:
    one = poller()
    one.answered_s = 100.0

    assert one.health(100.0 + 3 * POLL_S - 0.1).alive
    assert not one.health(100.0 + 3 * POLL_S + 0.1).alive
    assert one.health(101.5).answered_s_ago == 1.5


def test_where_polls_are_not_parked_the_pause_between_them_counts() -> None:
    one = poller(request_timeout=-1, polling_interval=20_000)
    one.answered_s = 100.0

    assert one.health(159.0).alive
    assert not one.health(161.0).alive


def test_a_full_type_is_alive_unless_all_that_fills_it_hangs() -> None:
    one = poller(max_jobs_active=2)
    jobs = [held(key, now_s=0.0) for key in (1, 2)]
    one.held.update({job.key: job for job in jobs})
    assert one.health(1e6).alive, "it has no need to poll"

    jobs[0].overdue = True
    assert (one.health(1e6).alive, one.health(1e6).stuck) == (True, 1)
    jobs[1].overdue = True

    assert (one.health(1e6).alive, one.health(1e6).stuck) == (False, 2)


def test_why_polls_fail_is_shown() -> None:
    one = poller()
    one.trouble = "refused"

    assert one.health(100.0).trouble == "refused"


# -- the cluster ------------------------------------------------------------------------------------------------------
def topology(*roles: str, version: str = "8.6.0", gateway: str = "8.6.0") -> Answer:
    partitions = [{"partitionId": number + 1, "role": role} for number, role in enumerate(roles)]
    document = {
        "brokers": [{"version": version, "partitions": partitions}],
        "partitionsCount": len(roles),
        "gatewayVersion": gateway,
    }
    return Answer(status=200, content_type="application/json", body=json.dumps(document).encode())


def looked(answer: Answer | Exception) -> ClusterWatch:
    """Return a watch that has looked once."""
    gateway: Any = FakeGateway()
    gateway.say("topology", answer)
    watch = ClusterWatch(gateway)
    looking = gevent.spawn(watch.run)
    settle()
    watch.stop()
    looking.get(timeout=5)
    return watch


@pytest.mark.parametrize(
    "answer",
    [
        *(
            Answer(status=200, body=body)
            for body in (b'{"brokers":["x"]}', b'{"brokers":7}', b'{"brokers":[{"partitions":[1]}]}', b"<html>")
        ),
        topology("follower"),
        problem(503, "UNAVAILABLE"),
        lost(applied=True),
    ],
)
def test_what_is_no_topology_with_a_leader_shows_none(answer: Answer | Exception) -> None:
    """What was no topology ended the watch: the worker was said to be as alive as before, whatever became of it all."""
    assert looked(answer).leader is False


def test_a_leader_and_the_number_of_partitions_are_seen() -> None:
    watch = looked(topology("follower", "LEADER", "follower"))

    assert (watch.leader, watch.partitions) == (True, 3)


@pytest.mark.parametrize(
    ("version", "gateway", "has"),
    [("8.10.0", "8.10.1", True), ("8.9.0", "8.10.0", False), ("8.10.0", "8.9.9", False), ("9.0.0", "8.10.0", True),
     ("", "8.10.0", False)],
)  # fmt: skip
def test_leases_have_tokens_where_all_of_the_cluster_can_give_them(version: str, gateway: str, has: bool) -> None:
    assert looked(topology("leader", version=version, gateway=gateway)).has_leases is has


def test_before_the_first_look_and_after_a_death_nothing_is_known() -> None:
    gateway: Any = FakeGateway()
    watch = ClusterWatch(gateway)
    assert watch.leader is None
    seen = looked(Answer(status=200, body=json.dumps(TOPOLOGY).encode()))
    assert seen.leader is True

    seen.died()

    assert seen.leader is None


def plain(job: object) -> None: ...


def typed(order_id: str) -> None: ...


@pytest.mark.parametrize(
    ("handler", "options", "name"),
    [
        (plain, {}, "plain"),
        (functools.partial(plain), {}, "plain"),
        (typed, {}, "typed"),
        (plain, {"single_value": "result"}, "plain"),
    ],
    ids=["plain", "partial", "with parameters", "with one result"],
)
def test_a_handler_is_named_as_its_author_knows_it(
    handler: Callable[..., Any], options: dict[str, Any], name: str
) -> None:
    """On the page and in job.stuck and hub.blocked stood the wrapper that gives it its parameters."""
    camunda_worker("t", **options)(handler)

    assert handler_of(resolve(queue[-1], CONFIG)) == f"{__name__}.{name}"
