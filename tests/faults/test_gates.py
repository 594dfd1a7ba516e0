"""Area C, whose word counts: an ingress, a login page or a service mesh answers every command in Camunda's place.

Each page, of every status with every kind of body, is given once (or for ever) for a command of a job of its own. No
finished work may be lost by it, and nothing may count as done that the engine never heard of.
"""

from __future__ import annotations

import http
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gevent.event import Event

from camunda_client import metrics
from camunda_client.c8.worker import health
from camunda_client.embedded import Gateway
from camunda_client.error import CamundaBusinessException, ServiceException
from tests.faults.conftest import Events
from tests.faults.test_lease import ACTIVATION, EXTENSION, FAILURE, Rival, Stage, once_started
from tests.parts import proxy as broken
from tests.parts import rest
from tests.parts.plain_http import Request
from tests.parts.proxy import Exchange, FaultProxy
from tests.parts.work import Tally, start_many, until, working

pytestmark = pytest.mark.slow

#: Every registered status that ends an exchange, and some that gates have made up.
STATUSES = sorted({int(status) for status in http.HTTPStatus if status >= 200} | {299, 399, 420, 444, 499, 520, 599})
BODIES: dict[str, tuple[bytes, str]] = {
    "html": (b"<html><h1>nginx</h1></html>", "text/html"),
    "text": (b"no upstream", "text/plain"),
    "json": (b'{"message":"no Route matched"}', "application/json"),
    "spring": (b'{"type":"about:blank","title":"Not Found","status":404,"detail":"None."}', "application/json"),
    "empty": (b"", "text/plain"),
}
#: A gate's 204 without a body can't be told from Camunda's; and no 204 has one on the wire.
PAGES = [(status, body) for status in STATUSES for body in BODIES if status != 204]


class Gate:
    """Answers a command of each job with a page of the job's own: once, or for ever."""

    def __init__(self, *, for_ever: bool = False) -> None:
        #: By job key.
        self.pages: dict[str, tuple[int, str]] = {}
        self._for_ever = for_ever

    def __call__(self, exchange: Exchange) -> bool:
        key = job_key(exchange.request)
        is_first = key not in self.pages
        status, body = self.pages.setdefault(key, PAGES[len(self.pages) % len(PAGES)])
        if is_first or self._for_ever:
            return broken.respond(status, *BODIES[body])(exchange)
        return broken.pass_on(exchange)


def job_key(request: Request) -> str:
    """Return the key in ``/v2/jobs/{key}`` or ``/v2/jobs/{key}/{command}``."""
    return request.path.split("/")[3]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Gateway(dialect="8.6") as gateway, FaultProxy(gateway.base_url) as proxy:
        yield Stage(gateway, proxy)


def fails_at_first(back_off_ms: int) -> Callable[[Any], None]:
    def handler(job: Any) -> None:
        if job.retries == 3:
            raise ServiceException("no", retries=2, retry_back_off=back_off_ms)

    return handler


def said_now_and_then(events: Events) -> bool:
    """It is said anew when Camunda itself has answered in between, but not for each page."""
    return 1 <= len(events.named("report.intercepted", logging.WARNING)) < len(PAGES)


@pytest.mark.fault(211)
def test_no_page_ends_a_completion(stage: Stage, events: Events) -> None:
    """A 405 of nginx discarded finished work at the first try, and any text with a 200 counted as done."""
    gate = Gate()
    stage.proxy.on("POST .*/completion", gate)
    stage.start(len(PAGES))
    tally = Tally(lambda job: {"worked": True})
    done = metrics.jobs_completed[stage.job_type]

    with stage.working(tally, max_jobs_active=500, timeout=20_000):
        stage.wait_until_done()
        until(lambda: metrics.jobs_completed[stage.job_type] == done + len(PAGES), "all are told", 10)

    assert len(gate.pages) == len(PAGES)
    assert set(tally.runs.values()) == {1}
    assert events.named("report.given_up") == []
    assert said_now_and_then(events)


@pytest.mark.fault(250)
def test_no_page_ends_a_business_error(events: Events) -> None:
    with Gateway() as gateway, FaultProxy(gateway.base_url) as proxy:
        run, gate = rest.unique(), Gate()
        rest.deploy(gateway.base_url, "err.bpmn", run=run)
        proxy.on("POST .*/error", gate)
        start_many(gateway.base_url, f"err-{run}", len(PAGES))

        def throw(job: Any) -> None:
            raise CamundaBusinessException("E-KNOWN", "as the model expects")

        tally = Tally(throw)
        with working(proxy.base_url, {f"t-{run}": tally}, timeout=20_000, max_jobs_active=500, request_timeout=1000):
            until(lambda: len(gateway.engine.jobs(f"h-{run}")) == len(PAGES), "each took the path of its error")

        assert gateway.engine.incidents == []
    assert len(gate.pages) == len(PAGES)
    assert set(tally.runs.values()) == {1}
    assert events.named("report.given_up") == []
    assert said_now_and_then(events)


@pytest.mark.fault(211)
@pytest.mark.parametrize("back_off_ms", [0, 2000], ids=["at once", "with a back-off"])
def test_no_page_ends_a_failure_and_none_costs_a_retry_more(stage: Stage, events: Events, back_off_ms: int) -> None:
    """Without a back-off a second attempt could hit the next holder: then the job gets its failure when it is back."""
    gate = Gate()
    stage.proxy.on(FAILURE, gate)
    stage.start(len(PAGES))
    tally = Tally(fails_at_first(back_off_ms))
    retries: dict[int, set[int]] = {}

    def handler(job: Any) -> Any:
        retries.setdefault(job.variables["number"], set()).add(job.retries)
        return tally(job)

    with stage.working(handler, max_jobs_active=500, timeout=8000 if back_off_ms == 0 else 20_000):
        stage.wait_until_done()

    assert len(gate.pages) == len(PAGES)
    assert set(tally.runs.values()) == {2}, "what has failed is not run again before Camunda knows"
    assert all(seen == {3, 2} for seen in retries.values())
    assert events.named("report.given_up") == []


@pytest.mark.fault(251)
def test_no_page_ends_a_hand_back_and_none_counts_as_handed_back(stage: Stage, events: Events) -> None:
    gate, go_on = Gate(), Event()
    stage.proxy.on(FAILURE, gate)
    stage.start(len(PAGES))
    tally = Tally(lambda job: go_on.wait(60) and None)

    with stage.working(tally, max_jobs_active=500, timeout=60_000) as workers:
        once_started(tally, len(PAGES))
        report = workers.stop(0.1)

    offered = [job for job in stage.jobs() if job.state != "ACTIVATED"]
    assert len(gate.pages) == len(report.interrupted) == len(PAGES)
    assert {job.retries for job in stage.jobs()} == {3}
    # A gate's refusal (401, 403, 429) let nothing pass, so it was sent again. Whatever else is said of a hand-back may
    # have been said after Camunda heard it: those jobs come back when their lease ends, and the report says which.
    assert {str(job.key) for job in offered} == set(gate.pages) - set(report.abandoned)
    assert len([page for page in gate.pages.values() if page[0] in (401, 403, 429)]) == len(offered)


@pytest.mark.fault(252)
def test_no_page_counts_as_an_answer_to_a_poll(events: Events) -> None:
    """Five pollers, one for each kind of body, meet every status; whatever it is, it is not 'no jobs'."""
    with Gateway() as gateway, FaultProxy(gateway.base_url) as proxy:
        run = rest.unique()
        rest.deploy(gateway.base_url, "one.bpmn", run=run)
        left = {body: [status for status in STATUSES if status != 204] for body in BODIES}

        def gate(exchange: Exchange) -> bool:
            for body, statuses in left.items():
                if f'"type":"{body}-{run}"'.encode() in exchange.request.body and statuses:
                    return broken.respond(statuses.pop(), *BODIES[body])(exchange)
            return broken.pass_on(exchange)

        proxy.on(ACTIVATION, gate)
        handlers = {f"{body}-{run}": lambda job: None for body in BODIES}
        tally = Tally()
        with working(proxy.base_url, {**handlers, f"t-{run}": tally}, polling_interval=50, request_timeout=1000):
            until(lambda: health().leader is True, "the cluster is seen")
            assert not health().alive, "no type of theirs was answered"
            until(lambda: not any(left.values()), "all pages were met")
            until(lambda: health().alive, "and they are over")
            start_many(gateway.base_url, f"one-{run}", 1)
            until(lambda: gateway.engine.jobs(f"t-{run}") == [], "work is done")

    assert tally.runs == {0: 1}
    for body in BODIES:
        empty = metrics.polls[f"{body}-{run}", "empty"]
        assert empty <= len([one for one in proxy.seen(ACTIVATION) if body.encode() in one.body]) - len(STATUSES) + 1


@pytest.mark.fault(212)
def test_no_page_renews_a_lease(stage: Stage, events: Events) -> None:
    """All their extensions are answered by a gate, for as long as they ask: they know that they lose their jobs."""
    gate, go_on = Gate(for_ever=True), Event()
    stage.proxy.on(EXTENSION, gate)
    stage.start(len(PAGES))

    def handler(job: Any) -> None:
        go_on.wait(60)
        raise KeyError("sku")

    tally = Tally(handler)
    # No room for one more: their jobs must go to the rival.
    with stage.working(tally, max_jobs_active=len(PAGES), timeout=4000, request_timeout=400) as workers:
        once_started(tally, len(PAGES))
        with Rival(stage) as rival:
            until(lambda: len(rival.taken) == len(PAGES), "the leases are over")
            until(lambda: len(events.named("lease.lost")) == len(PAGES), "and that is known")
            go_on.set()
            workers.stop()
            assert rival.still_holds()

    assert stage.proxy.seen(FAILURE) == []
    assert set(tally.runs.values()) == {1}
    # A machine that is busy with other tests may have this process stand still.
    assert all("reason=unanswered" in line or "reason=paused" in line for line in events.named("lease.lost"))
    # Its own warning for each kind of answer, up to a limit.
    assert 1 <= len(events.named("lease.extension_refused", logging.WARNING)) <= 8
