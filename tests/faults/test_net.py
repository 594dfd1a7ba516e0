"""Area A, the network: answers lost, late, cut and forged between worker and engine."""

from __future__ import annotations

import logging
import time
from itertools import pairwise
from typing import Any

import gevent
import gevent.monkey
import pytest
from gevent.event import Event

from camunda_client import metrics
from camunda_client.c8.models import ActivatedJob
from tests.faults.conftest import Events
from tests.parts import proxy as broken
from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.plain_http import Request
from tests.parts.proxy import Fault, FaultProxy
from tests.parts.scene import Scene
from tests.parts.work import Tally, felt_pauses, until, working

COMPLETION = "POST .*/completion"
ACTIVATION = "POST .*/jobs/activation"
HTML = b"<html><body><h1>Bad Gateway</h1></body></html>"
#: What a load balancer, a gateway under load and a partition between two leaders say.
UNAVAILABLE = {
    "title": "java.net.ConnectException",
    "status": 503,
    "detail": "Expected to handle REST API request, but there was a connection error with one of the brokers",
}
EXHAUSTED = {"title": "RESOURCE_EXHAUSTED", "status": 503, "detail": "the request limit is exhausted"}


@pytest.mark.fault(1)
def test_an_engine_that_comes_up_later_is_found_without_help(scene: Scene, proxy: FaultProxy, events: Events) -> None:
    tally = Tally()
    scene.start(5)
    proxy.refuse()

    with working(proxy.base_url, {scene.job_type: tally}, polling_interval=500):
        until(lambda: len(events.named("poll.failed")) >= 4, "it was tried some times")
        proxy.start()
        scene.completed_once(5)

    assert set(tally.runs.values()) == {1}
    assert len(events.named("poll.failed", logging.WARNING)) == 1, "one line per change of state, not per try"
    assert "reason=refused" in events.named("poll.failed", logging.WARNING)[0]
    assert len(events.named("poll.recovered")) == 1
    assert not [line for line in events.loud() if "poll.failed" not in line]


@pytest.mark.fault(4)
@pytest.mark.parametrize("fault", [broken.reset(), broken.close()], ids=["reset", "closed before any byte"])
def test_a_completion_that_never_arrived_is_sent_again(
    scene: Scene, proxy: FaultProxy, events: Events, fault: Fault
) -> None:
    proxy.on(COMPLETION, fault, times=3)
    tally = Tally(lambda job: {"worked": True})
    scene.start()

    with working(proxy.base_url, {scene.job_type: tally}):
        [job] = scene.completed_once()

    assert job["variables"] == {"worked": True}
    assert tally.runs == {0: 1}
    assert len(proxy.seen(COMPLETION)) == 4
    assert len(events.named("report.retried")) == 3
    assert events.loud() == []


@pytest.mark.fault(5, 16)
@pytest.mark.parametrize(
    "fault",
    [broken.lose_answer(), broken.respond(504, HTML, applied=True), broken.respond(502, HTML, applied=True)],
    ids=["answer lost", "504", "502"],
)
def test_a_completion_whose_answer_was_lost_counts_as_done(
    scene: Scene, proxy: FaultProxy, events: Events, fault: Fault
) -> None:
    proxy.on(COMPLETION, fault, times=1)
    tally = Tally()
    scene.start()

    with working(proxy.base_url, {scene.job_type: tally}):
        scene.completed_once()
        until(lambda: events.named("job.completed") != [], "it is told")

    assert tally.runs == {0: 1}
    assert "outcome=assumed" in events.named("job.completed")[0]
    assert proxy.seen("POST .*/(failure|error)") == []
    assert events.loud() == []


@pytest.mark.fault(5)
@pytest.mark.parametrize("lost", [1, 2], ids=["one answer lost", "two answers lost"])
def test_a_failure_whose_answer_was_lost_counts_once(
    scene: Scene, proxy: FaultProxy, events: Events, lost: int
) -> None:
    """Its second attempt is a 409, for the job waits for its back-off; once it was told as an outcome given up."""
    proxy.on("POST .*/failure", broken.lose_answer(), times=lost)
    scene.start()

    def handler(job: ActivatedJob) -> None:
        if job.retries == 3:
            raise KeyError("no such sku")

    with working(proxy.base_url, {scene.job_type: handler}, timeout=2000, retry_back_off=3000):
        scene.completed_once()

    [failed] = scene.now("FAILED")
    assert failed["retries"] == 2
    [told] = events.named("job.failed")
    assert "outcome=assumed" in told
    assert "no such sku" in events.text
    assert events.loud() == [told]


@pytest.mark.fault(7, 78)
def test_a_cancelled_instance_gets_nothing_more(scene: Scene, proxy: FaultProxy, events: Events) -> None:
    go_on, tally = Event(), Tally(lambda job: go_on.wait(60) and None)
    [key] = scene.start()
    gone = metrics.jobs_gone[scene.job_type]

    with working(proxy.base_url, {scene.job_type: tally}):
        until(lambda: tally.at_once == 1, "it runs")
        status, _ = rest.call(scene.camunda.base_url, "POST", f"/v2/process-instances/{key}/cancellation", {})
        go_on.set()
        until(lambda: events.named("job.gone") != [], "it is told")

    assert status == 204
    assert len(proxy.seen("POST .*/(completion|failure|error)")) == 1
    assert len(events.named("job.gone", logging.WARNING)) == 1
    assert "Traceback" not in events.text
    assert metrics.jobs_gone[scene.job_type] == gone + 1
    assert scene.now("COMPLETED") == []
    assert scene.now("FAILED") == []


@pytest.mark.fault(8)
def test_a_job_that_threw_an_error_elsewhere_is_left_alone(scene: Scene, proxy: FaultProxy, events: Events) -> None:
    go_on, seen = Event(), []

    def handler(job: ActivatedJob) -> None:
        seen.append(job.job_key)
        go_on.wait(60)

    scene.start()
    with working(proxy.base_url, {scene.job_type: handler}):
        until(lambda: seen != [], "it runs")
        rest.call(scene.camunda.base_url, "POST", f"/v2/jobs/{seen[0]}/error", {"errorCode": "ELSEWHERE"})
        go_on.set()
        until(lambda: events.named("report.given_up") != [], "it is told")

    assert len(seen) == 1
    assert len(proxy.seen("POST .*/(completion|failure|error)")) == 1
    assert "status=409" in events.named("report.given_up")[0]
    assert scene.now("COMPLETED") == []


@pytest.mark.slow
@pytest.mark.fault(9, 11)
def test_a_completion_without_an_answer_is_sent_again_on_a_new_connection(
    scene: Scene, proxy: FaultProxy, events: Events
) -> None:
    """One is swallowed, the other's answer comes a byte at a time; both together, since each takes its time-out."""
    proxy.on(COMPLETION, broken.go_silent(), times=1)
    proxy.on(COMPLETION, broken.drip(0.5), times=1)
    tally = Tally()
    scene.start(2)

    with working(proxy.base_url, {scene.job_type: tally}):
        started_s = time.monotonic()
        scene.completed_once(2)
        until(lambda: len(events.named("job.completed")) == 2, "both are told")
        took_s = time.monotonic() - started_s

    assert tally.runs == {0: 1, 1: 1}
    assert took_s < 14, "given up after 10 s"
    assert len(proxy.seen(COMPLETION)) == 4
    assert events.loud() == []


@pytest.mark.fault(13, 17, 32)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (broken.cut_head(), "reset"),
        (broken.cut_body(), "reset"),
        (broken.respond(200, b"<html>Please sign in</html>"), "not_json"),
        (broken.respond(200, b"", "application/json"), "not_json"),
        (broken.respond(200, b'{"jobs": [', "application/json"), "not_json"),
        (broken.respond(200, {"items": []}, "application/json"), "not_json"),
        (broken.respond(502, HTML), "status"),
        (broken.respond(307, b"", headers={"Location": "http://127.0.0.1:9/elsewhere"}), "status"),
        (broken.respond(404, b"<html>no such route</html>"), "status"),
    ],
    ids=["head cut", "body cut", "login page", "empty", "half JSON", "other JSON", "502", "redirect", "no route"],
)
def test_what_is_no_answer_to_a_poll_is_never_taken_for_no_jobs(
    scene: Scene, proxy: FaultProxy, events: Events, fault: Fault, reason: str
) -> None:
    rule = proxy.on(ACTIVATION, fault, times=4)
    tally = Tally()
    # A cut answer may have brought the job: it is back after its lease.
    scene.start()

    with working(proxy.base_url, {scene.job_type: tally}, timeout=1000, polling_interval=400):
        until(lambda: rule.left == 0, "it was tried again")
        scene.completed_once()

    polls = [request.at_s for request in proxy.seen(ACTIVATION)][:5]
    pauses = [later - earlier for earlier, later in pairwise(polls)]
    assert pauses[3] > pauses[0] / 2 > 0.01, "it backs off"
    [told] = events.named("poll.failed", logging.WARNING)
    assert f"reason={reason}" in told
    assert "<html>" not in events.text
    assert len(events.named("poll.recovered")) == 1
    assert tally.runs == {0: 1}


@pytest.mark.fault(14)
def test_connections_that_the_server_closes_cost_no_job(scene: Scene, proxy: FaultProxy, events: Events) -> None:
    def answer_and_close(exchange: broken.Exchange) -> bool:
        return not broken.pass_on(exchange)

    proxy.on(".*", answer_and_close)
    tally = Tally(lambda job: gevent.sleep(job.variables["number"] * 0.01))
    scene.start(60)

    with working(proxy.base_url, {scene.job_type: tally}, max_jobs_active=5):
        scene.completed_once(60)

    assert set(tally.runs.values()) == {1}
    assert events.loud() == []


@pytest.mark.fault(15)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_proxys_page_for_a_completion_is_no_end(scene: Scene, proxy: FaultProxy, events: Events, status: int) -> None:
    proxy.on(COMPLETION, broken.respond(status, HTML * 1000), times=2)
    tally = Tally()
    scene.start()

    with working(proxy.base_url, {scene.job_type: tally}):
        scene.completed_once()

    assert tally.runs == {0: 1}
    assert len(proxy.seen(COMPLETION)) == 3
    retried = events.named("report.retried")
    assert all(f"status={status}" in line and len(line) < 600 for line in retried)
    assert "<h1>" not in events.text
    assert events.loud() == []


@pytest.mark.fault(17, 32)
@pytest.mark.parametrize(
    "fault",
    [
        broken.respond(200, b"<html>Please sign in</html>"),
        broken.respond(302, b"", headers={"Location": "http://127.0.0.1:9/login?code=one-time"}),
        broken.respond(307, b"", headers={"Location": "http://127.0.0.1:9/login?code=one-time"}),
    ],
    ids=["200 with a login page", "302", "307"],
)
def test_a_login_page_is_no_answer_to_a_completion(
    scene: Scene, proxy: FaultProxy, events: Events, fault: Fault
) -> None:
    proxy.on(COMPLETION, fault, times=3)
    tally = Tally()
    scene.start()

    with working(proxy.base_url, {scene.job_type: tally}):
        scene.completed_once()

    assert tally.runs == {0: 1}
    assert len(proxy.seen(COMPLETION)) == 4
    assert "one-time" not in events.text
    # Said once; with "requests" a redirect is an error that names itself.
    assert events.loud() == events.named("report.intercepted", logging.WARNING)
    assert len(events.loud()) <= 1


@pytest.mark.fault(20)
@pytest.mark.parametrize(
    ("asked", "at_least_s", "at_most_s"),
    [("2", 1.9, 4.0), ("99999", 0.4, 4.0), ("soon", 0.0, 2.0), ("Wed, 21 Oct 2099 07:28:00 GMT", 0.0, 2.0)],
)
def test_a_poll_is_as_patient_as_asked_and_no_more(
    scene: Scene, proxy: FaultProxy, events: Events, asked: str, at_least_s: float, at_most_s: float
) -> None:
    proxy.on(ACTIVATION, broken.respond(503, EXHAUSTED, headers={"Retry-After": asked}), times=1)
    tally = Tally()
    scene.start()

    with working(proxy.base_url, {scene.job_type: tally}, polling_interval=3000):
        scene.completed_once()

    first, second = [request.at_s for request in proxy.seen(ACTIVATION)][:2]
    assert at_least_s <= second - first < at_most_s
    assert events.loud() == [], "back-pressure is no alarm"


@pytest.mark.fault(20)
def test_a_report_outlives_back_pressure(scene: Scene, proxy: FaultProxy, events: Events) -> None:
    proxy.on(COMPLETION, broken.respond(503, EXHAUSTED, headers={"Retry-After": "99999"}), times=3)
    proxy.on(COMPLETION, broken.respond(429, {"title": "RESOURCE_EXHAUSTED", "status": 429}), times=3)
    tally = Tally()
    scene.start()

    with working(proxy.base_url, {scene.job_type: tally}, timeout=1000):
        scene.completed_once(timeout_s=20)

    assert tally.runs == {0: 1}
    assert events.loud() == []


@pytest.mark.fault(22, 23)
@pytest.mark.parametrize("megabytes", [2.5, 8])
def test_a_result_that_is_too_large_fails_its_job_and_is_sent_once(
    scene: Scene, proxy: FaultProxy, events: Events, megabytes: float
) -> None:
    scene.start()

    def handler(job: ActivatedJob) -> dict[str, str] | None:
        return {"big": "x" * int(megabytes * 1_000_000)} if job.retries == 3 else None

    with working(proxy.base_url, {scene.job_type: handler}, retry_back_off=0):
        scene.completed_once()

    [failed] = scene.now("FAILED")
    assert failed["retries"] == 2
    assert "Camunda refused the handler's result" in failed["errorMessage"]
    assert len(proxy.seen(COMPLETION)) == 2
    [told] = events.named("job.result_refused", logging.ERROR)
    assert "bytes=" in told
    assert len(told) < 1000


@pytest.mark.fault(26, 27)
@pytest.mark.parametrize("status", [400, 403])
def test_a_type_that_camunda_refuses_stops_no_other(
    scene: Scene, proxy: FaultProxy, events: Events, status: int
) -> None:
    problem = {"title": "FORBIDDEN", "status": status, "detail": "not for you"}
    proxy.on(ACTIVATION, broken.respond(status, problem), only=lambda request: b'"forbidden"' in request.body)
    tally = Tally()
    scene.start(20)

    def refused() -> list[Request]:
        return [request for request in proxy.seen(ACTIVATION) if b'"forbidden"' in request.body]

    handlers = {"forbidden": lambda job: None, scene.job_type: tally}
    with working(proxy.base_url, handlers, polling_interval=500):
        scene.completed_once(20)
        until(lambda: len(refused()) >= 7, "it goes on asking")

    first, *_, seventh = refused()[:7]
    assert seventh.at_s - first.at_s > 0.5, "but not in a loop"
    [told] = events.named("poll.failed", logging.WARNING)
    assert f"status={status}" in told
    assert "not for you" in told


@pytest.mark.fault(28)
def test_a_name_that_cannot_be_resolved_for_a_while_is_looked_up_again(
    scene: Scene, proxy: FaultProxy, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket as constants

    real, lookups, up = gevent.monkey.get_original("socket", "getaddrinfo"), [], [False]

    def resolver(host: Any, *args: Any) -> Any:
        if host != "camunda.test":
            return real(host, *args)
        lookups.append(host)
        if not up[0]:
            raise constants.gaierror(constants.EAI_AGAIN, "Temporary failure in name resolution")
        return real("127.0.0.1", *args)

    monkeypatch.setitem(gevent.monkey.saved["socket"], "getaddrinfo", resolver)
    tally = Tally()
    scene.start()

    url = proxy.base_url.replace("127.0.0.1", "camunda.test")
    with working(url, {scene.job_type: tally}, polling_interval=300):
        until(lambda: len(lookups) >= 4, "it was looked up some times")
        up[0] = True
        scene.completed_once()

    assert "reason=dns" in events.named("poll.failed", logging.WARNING)[0]
    assert len(events.named("poll.failed", logging.WARNING)) == 1
    assert tally.runs == {0: 1}


@pytest.mark.fault(29)
def test_handlers_that_wait_for_names_delay_no_report(
    scene: Scene, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow look-ups fill the ten native threads that gevent has for names; ours must not queue there."""
    sleep = gevent.monkey.get_original("time", "sleep")
    ended_s: list[float] = []

    def handler(job: ActivatedJob) -> None:
        if job.variables["number"]:
            gevent.get_hub().threadpool.apply(sleep, (1.0,))  # what getaddrinfo() of a slow name does
        ended_s.append(time.monotonic())

    scene.start(26)
    url = proxy.base_url.replace("127.0.0.1", "localhost")
    with working(url, {scene.job_type: handler}):
        scene.completed_once(26)

    completions = sorted(request.at_s for request in proxy.seen(COMPLETION))
    late_s = [sent - ended for sent, ended in zip(completions, sorted(ended_s), strict=True)]
    assert max(late_s) < 1.0
    assert completions[-1] - completions[0] > 2, "the names were slow"


@pytest.mark.fault(30)
def test_an_address_of_ipv6_is_an_address(scene: Scene, camunda: EngineProcess) -> None:
    tally = Tally()
    scene.start(3)

    with FaultProxy(camunda.base_url, "::1") as proxy, working(proxy.base_url, {scene.job_type: tally}):
        scene.completed_once(3)

    assert proxy.seen(COMPLETION)[0].headers["host"].startswith("[::1]:")
    assert set(tally.runs.values()) == {1}


@pytest.mark.fault(31)
def test_a_proxy_named_in_the_environment_sees_nothing(
    scene: Scene, proxy: FaultProxy, camunda: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultProxy(camunda.base_url) as trap:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, trap.base_url)
        scene.start()
        with working(proxy.base_url, {scene.job_type: lambda job: None}):
            scene.completed_once()

    assert trap.connections == 0


@pytest.mark.fault(31)
def test_a_proxy_that_is_configured_is_used(scene: Scene, proxy: FaultProxy, camunda: EngineProcess) -> None:
    """Plain HTTP goes through a proxy with the whole address in its request line."""
    scene.start()

    def to_origin(exchange: broken.Exchange) -> bool:
        request = exchange.request
        path = request.path.replace(camunda.base_url, "")
        inner = broken.Exchange(Request(request.method, path, request.headers, request.body), exchange.client, netloc)
        return broken.pass_on(inner)

    netloc = camunda.base_url.partition("://")[2]
    proxy.on(".*", to_origin)
    with working(camunda.base_url, {scene.job_type: lambda job: None}, api={"proxy": proxy.base_url}):
        scene.completed_once()

    assert len(proxy.seen("POST http://.*/completion")) == 1


@pytest.mark.fault(33)
def test_a_flood_is_cut_at_a_limit_and_does_not_stop_the_others(
    scene: Scene, proxy: FaultProxy, events: Events
) -> None:
    rule = proxy.on(ACTIVATION, broken.flood(300), times=1, only=lambda request: b'"flooded"' in request.body)
    scene.start(5)
    handlers = {"flooded": lambda job: None, scene.job_type: lambda job: None}
    with felt_pauses() as pauses_s, working(proxy.base_url, handlers, polling_interval=500):
        scene.completed_once(5)
        until(lambda: events.named("poll.failed") != [], "the flood was noticed")

    assert rule.happened == 1
    assert "reason=too_large" in events.named("poll.failed", logging.WARNING)[0]
    assert max(pauses_s) < 2.0, "unbounded, it blocks for about seven seconds"


@pytest.mark.fault(33)
def test_a_compressed_answer_is_refused_unopened(scene: Scene, proxy: FaultProxy, events: Events) -> None:
    """Nobody asked for compression; unpacking a bomb took seconds of the whole process."""
    bomb = broken.respond(200, b"\x1f\x8b" + b"\0" * 1000, "application/json", {"Content-Encoding": "gzip"})
    proxy.on(ACTIVATION, bomb, times=1)
    scene.start()

    with working(proxy.base_url, {scene.job_type: lambda job: None}, polling_interval=500):
        scene.completed_once()

    assert "reason=bad_response" in events.named("poll.failed", logging.WARNING)[0]


@pytest.mark.fault(36)
def test_a_load_balancer_that_cuts_quiet_polls_is_found_out(scene: Scene, proxy: FaultProxy, events: Events) -> None:
    """It is said once, with the remedy. Polls that learnt from it stayed short for ever after three unlucky resets."""
    proxy.idle_cut_s = 2.0
    tally = Tally()

    with working(proxy.base_url, {scene.job_type: tally}, timeout=10_000, request_timeout=5000, polling_interval=200):
        until(lambda: events.named("poll.cut_short") != [], "it is said", 30)
        cuts = len(events.named("poll.failed"))

    assert cuts >= 3
    [told] = events.named("poll.cut_short", logging.WARNING)
    assert "set request_timeout" in told


@pytest.mark.slow
@pytest.mark.parametrize("cap", [1, 100])
def test_a_poll_whose_connection_went_silent_is_replaced(
    scene: Scene, proxy: FaultProxy, events: Events, cap: int
) -> None:
    """Also when it asked for all the room there is, which is what an idle worker does."""
    proxy.on(ACTIVATION, broken.go_silent(), times=1)
    tally = Tally()
    scene.start(3)

    with working(proxy.base_url, {scene.job_type: tally}, request_timeout=1000, max_jobs_active=cap):
        scene.completed_once(3)

    first, second = [request.at_s for request in proxy.seen(ACTIVATION)][:2]
    assert second - first < 1 + 5
    assert "reason=silent" in events.named("poll.failed", logging.WARNING)[0]
    assert len(events.named("poll.recovered")) == 1
    assert set(tally.runs.values()) == {1}


@pytest.mark.slow
@pytest.mark.fault(63)
def test_jobs_of_a_late_poll_beyond_the_cap_are_handed_back_unharmed(
    scene: Scene, proxy: FaultProxy, events: Events
) -> None:
    """A stuck broker answers 15 s late; the next poll has brought work by then."""

    def late(exchange: broken.Exchange) -> bool:
        reply = exchange.forward()
        until(lambda: tally.at_once == 1, "the next poll's job runs")
        return exchange.answer(reply) is None

    proxy.on(ACTIVATION, late, times=1)
    tally = Tally(lambda job: until(lambda: scene.now("FAILED") != [], "the late poll's job is handed back"))
    scene.start(1)

    with working(proxy.base_url, {scene.job_type: tally}, timeout=30_000, request_timeout=1000, max_jobs_active=1):
        scene.jobs("ACTIVATED", 1)
        scene.start(1)
        scene.completed_once(2)

    [returned] = scene.now("FAILED")
    assert returned["retries"] == 3
    assert tally.peak == 1
    assert all(b'"maxJobsToActivate":1,' in request.body for request in proxy.seen(ACTIVATION))
    assert sum(tally.runs.values()) == 2


@pytest.mark.fault(141)
def test_parked_polls_take_no_connection_from_reports(scene: Scene, proxy: FaultProxy) -> None:
    """A pool shared with eight polls made completions wait for seconds."""
    scene.start(30)
    idle = {f"idle-{scene.run}-{number}": lambda job: None for number in range(8)}
    settings = {"maxConnections": 1}

    with working(proxy.base_url, {**idle, scene.job_type: Tally()}, settings=settings, request_timeout=5000):
        until(lambda: len(proxy.seen(ACTIVATION)) >= 9, "all polls are out")
        started_s = time.monotonic()
        scene.completed_once(30)
        took_s = time.monotonic() - started_s

    assert took_s < 4


@pytest.mark.fault(140)
def test_a_hundred_jobs_in_flight_need_few_connections(scene: Scene, proxy: FaultProxy, events: Events) -> None:
    scene.start(100)
    everybody, tally = Event(), Tally(lambda job: everybody.wait(60) and None)

    with working(proxy.base_url, {scene.job_type: tally}):
        until(lambda: tally.at_once == 100, "all are in flight")
        everybody.set()
        scene.completed_once(100)

    # 32 for reports, 8 for leases, one for the poll, and one more each time that a hundred requests are over.
    assert proxy.connections <= 32 + 8 + 1 + 4
    assert events.loud() == []
