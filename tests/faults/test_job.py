"""Area C, jobs: leases that end, jobs that come twice, too many or unreadable, results that are none."""

from __future__ import annotations

import logging
import time
from decimal import Decimal
from typing import Any

import gevent
import pytest

from camunda_client import metrics
from camunda_client.c8.models import ActivatedJob
from camunda_client.error import CamundaBusinessException, ServiceException
from tests.faults.conftest import Events
from tests.parts import proxy as broken
from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.proxy import FaultProxy
from tests.parts.scene import Scene
from tests.parts.work import Tally, felt_pauses, until, working

COMPLETION = "POST .*/completion"
ACTIVATION = "POST .*/jobs/activation"
OUTCOME = "POST .*/(completion|failure|error)"
UNAVAILABLE = {"title": "java.net.ConnectException", "status": 503, "detail": "could not be delivered"}


def circle() -> dict[str, Any]:
    ring: dict[str, Any] = {}
    ring["ring"] = ring
    return ring


#: What handlers return, and what an operator reads.
NO_RESULTS: list[tuple[Any, str]] = [
    ({"a": {"b": [1.0, float("nan")]}}, "a.b[1] is nan"),
    ({"a": float("-inf")}, "a is -inf"),
    ({"a": float("1e400")}, "a is inf"),
    ({"a": Decimal("NaN")}, "a is Decimal"),
    ({"a": 2**70}, "a is int"),
    ({"a": "\ud800"}, "lone surrogate"),
    ({"a": b"\xff"}, "a is bytes"),
    ({"a": object()}, "a is object"),
    ({("a", 1): 2, "b": object()}, "b is object"),
    (circle(), "ring contains itself"),
    ("text", "the handler returned str"),
    (42, "the handler returned int"),
    ([{"a": 1}], "the handler returned list"),
]


@pytest.mark.fault(68, 69, 70, 71, 72, 73)
def test_a_result_that_camunda_cannot_hold_fails_its_job_with_the_place(
    scene: Scene, proxy: FaultProxy, events: Events
) -> None:
    def handler(job: ActivatedJob) -> Any:
        return NO_RESULTS[job.variables["number"]][0] if job.retries == 3 else {"worked": job.retries}

    keys = scene.start(len(NO_RESULTS))
    with working(proxy.base_url, {scene.job_type: handler}, retry_back_off=0):
        scene.completed_once(len(NO_RESULTS))

    failed = {job["processInstanceKey"]: job for job in scene.now("FAILED")}
    assert len(scene.now("FAILED")) == len(NO_RESULTS)
    for key, (_, told) in zip(keys, NO_RESULTS, strict=True):
        number = rest_number(scene, key)
        assert NO_RESULTS[number][1] in failed[key]["errorMessage"], told
        assert failed[key]["retries"] == 2
    # Sent and refused were only integers beyond 64 bits, which only Camunda knows to be too long.
    assert len(proxy.seen(COMPLETION)) <= len(NO_RESULTS) + 1


def rest_number(scene: Scene, instance_key: int) -> int:
    """Return the ``number`` that an instance was started with: a pool starts them in any order."""
    return int(scene.camunda.instance(instance_key)["variables"]["number"])


@pytest.mark.fault(55)
def test_every_failure_says_its_retries(scene: Scene, proxy: FaultProxy) -> None:
    """Left out, Camunda takes 0 and raises an incident at once."""
    errors = [KeyError("sku"), ServiceException("later"), ServiceException("now", retry_back_off=0, variables={"a": 1})]

    def handler(job: ActivatedJob) -> None:
        if job.retries == 3:
            raise errors[job.variables["number"]]

    scene.start(3)
    with working(proxy.base_url, {scene.job_type: handler}, retry_back_off=0):
        scene.completed_once(3)

    assert len(proxy.seen("POST .*/failure")) == 3
    assert all(b'"retries":2' in request.body for request in proxy.seen("POST .*/failure"))


@pytest.mark.fault(57)
def test_an_error_that_nobody_catches_becomes_an_incident_and_nothing_more_is_sent(
    scene: Scene, proxy: FaultProxy, events: Events
) -> None:
    def handler(job: ActivatedJob) -> None:
        raise CamundaBusinessException("E-NOBODY", "no boundary event has this code")

    scene.start()
    with working(proxy.base_url, {scene.job_type: handler}):
        incident = scene.incident()
        until(lambda: events.named("job.error_thrown") != [], "it is told")

    assert incident["errorType"] == "UNHANDLED_ERROR_EVENT"
    assert len(proxy.seen(OUTCOME)) == 1
    assert scene.now("FAILED") == []


@pytest.mark.fault(58)
@pytest.mark.parametrize("code", ["", "  ", None])
def test_an_error_without_a_code_fails_the_job_unsent(
    scene: Scene, proxy: FaultProxy, events: Events, code: Any
) -> None:
    def handler(job: ActivatedJob) -> None:
        if job.retries == 3:
            raise CamundaBusinessException(code, "forgot the code")

    scene.start()
    with working(proxy.base_url, {scene.job_type: handler}, retry_back_off=0):
        scene.completed_once()

    [failed] = scene.now("FAILED")
    assert "needs an error code" in failed["errorMessage"]
    assert proxy.seen("POST .*/error") == []


@pytest.mark.slow
@pytest.mark.fault(59, 64)
def test_a_job_that_comes_again_while_it_runs_is_not_started_again(
    scene: Scene, proxy: FaultProxy, events: Events
) -> None:
    """Without extension its lease ends in the middle, and Camunda offers it to the one worker there is: us."""
    suppressed = "job.duplicate_suppressed"
    tally = Tally(lambda job: until(lambda: events.named(suppressed) != [], "it comes again", 20))
    scene.start()

    options = {"timeout": 1000, "auto_extend": False, "request_timeout": 2000}
    with working(proxy.base_url, {scene.job_type: tally}, **options):
        scene.completed_once()

    assert tally.runs == {0: 1}
    assert len(scene.now("TIMED_OUT")) >= 1
    assert len(events.named(suppressed)) >= 1
    assert len(proxy.seen(COMPLETION)) == 1


def test_a_proxy_that_lets_no_extension_pass_does_not_take_the_lease(
    scene: Scene, proxy: FaultProxy, events: Events
) -> None:
    """A proxy's 405 was taken for a lost lease: failures were not told any more, and their jobs ran again for ever."""
    proxy.on("PATCH .*", broken.respond(405, b"<html>Method Not Allowed</html>"))

    def handler(job: ActivatedJob) -> None:
        if job.retries == 3:
            until(lambda: events.named("lease.extension_refused") + events.named("lease.lost") != [], "it is refused")
            raise KeyError("sku")

    scene.start()
    with working(proxy.base_url, {scene.job_type: handler}, timeout=2000, retry_back_off=0):
        scene.completed_once()

    [failed] = scene.now("FAILED")
    assert failed["retries"] == 2
    assert scene.now("TIMED_OUT") == []
    [refused] = events.named("lease.extension_refused", logging.WARNING)
    assert "405" in refused


@pytest.mark.slow
@pytest.mark.fault(62, 63)
def test_jobs_that_wait_for_a_slot_go_back_before_their_lease_ends(
    scene: Scene, camunda: EngineProcess, proxy: FaultProxy
) -> None:
    """Two types, one slot: what the second poll brings waits, is handed back, and loses no retry by it."""
    other = Scene(camunda)
    tally, other_tally = Tally(lambda job: gevent.sleep(1)), Tally(lambda job: gevent.sleep(1))
    scene.start(2)
    other.start(2)

    handlers = {scene.job_type: tally, other.job_type: other_tally}
    with working(proxy.base_url, handlers, settings={"pool": 1}, timeout=2000):
        scene.completed_once(2)
        other.completed_once(2)

    assert tally.runs == {0: 1, 1: 1}
    assert other_tally.runs == {0: 1, 1: 1}
    returned = scene.now("FAILED") + other.now("FAILED")
    assert {job["retries"] for job in returned} <= {3}
    assert scene.now("TIMED_OUT") + other.now("TIMED_OUT") == []


@pytest.mark.fault(66, 67)
@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "AD_HOC_SUB_PROCESS", "listenerEventType": "UNKNOWN_EVENT", "tags": None, "future": {"a": [1]}},
        {"customHeaders": None, "variables": None, "tenantId": None, "worker": None},
        {"retries": 2**31 - 1, "deadline": 0, "elementId": ""},
        {"processInstanceKey": None, "processDefinitionKey": None},
    ],
    ids=["newer", "nulls", "odd numbers", "no keys"],
)
@pytest.mark.parametrize("string_keys", [False, True])
def test_a_job_of_any_version_is_worked(
    scene: Scene, proxy: FaultProxy, events: Events, changed: dict[str, Any], string_keys: bool
) -> None:
    def answer(document: Any) -> Any:
        jobs = [{**job, **changed} for job in document["jobs"]]
        if string_keys:
            jobs = [{**job, "jobKey": str(job.pop("key"))} for job in jobs]
        return {"jobs": jobs, "somethingNew": True}

    proxy.on(ACTIVATION, broken.garble(answer))
    runs: list[ActivatedJob] = []
    scene.start()

    with working(proxy.base_url, {scene.job_type: lambda job: runs.append(job)}):
        scene.completed_once()

    [job] = runs
    assert job.job_key.isdecimal()
    assert isinstance(job.variables, dict)
    assert isinstance(job.custom_headers, dict)


@pytest.mark.fault(35)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda job: {**job, "variables": {"number": float("nan")}},
        lambda job: {**job, "variables": {"deep": [{"x": float("inf")}]}},
        lambda job: {**job, "variables": "text"},
        lambda job: {**job, "retries": {"a": 1}},
    ],
    ids=["NaN", "Infinity", "variables no object", "retries no number"],
)
def test_a_job_that_cannot_be_read_is_failed_and_the_others_worked(
    scene: Scene, proxy: FaultProxy, events: Events, spoil: Any
) -> None:
    spoilt: list[int] = []

    def answer(document: Any) -> Any:
        jobs = document["jobs"]
        if jobs and not spoilt:
            spoilt.append(jobs[0]["key"])
            jobs[0] = spoil(jobs[0])
        return {"jobs": jobs}

    proxy.on(ACTIVATION, broken.garble(answer))
    tally = Tally()
    scene.start(5)

    with working(proxy.base_url, {scene.job_type: tally}):
        completed = scene.jobs("COMPLETED", 4)
        [failed] = scene.jobs("FAILED")

    assert failed["key"] == spoilt[0]
    assert "could not read this job" in failed["errorMessage"]
    assert set(tally.runs.values()) == {1}
    assert len([job for job in completed if job["key"] != spoilt[0]]) == 4
    assert len(events.named("job.unreadable", logging.ERROR)) == 1
    [told] = events.named("job.failed")
    assert f"job_key={failed['key']} " in told


@pytest.mark.fault(35)
def test_of_two_values_of_one_name_the_last_one_counts(scene: Scene, proxy: FaultProxy) -> None:
    seen: list[Any] = []

    def answer(document: Any) -> Any:
        import json

        return json.dumps(document).replace('"number": 0', '"number": 7, "number": 8').encode()

    proxy.on(ACTIVATION, broken.garble(answer))
    scene.start()
    with working(proxy.base_url, {scene.job_type: lambda job: seen.append(job.variables["number"])}):
        scene.completed_once()

    assert seen == [8]


@pytest.mark.fault(75)
def test_twelve_jobs_of_half_a_megabyte_come_in_one_answer_and_stop_nobody(scene: Scene, proxy: FaultProxy) -> None:
    for number in range(12):
        rest.start(scene.camunda.base_url, scene.process_id, {"number": number, "big": "x" * 500_000})
    tally = Tally(lambda job: {"size": len(job.variables["big"])})

    with working(proxy.base_url, {scene.job_type: tally}), felt_pauses() as pauses_s:
        completed = scene.completed_once(12)

    assert {job["variables"]["size"] for job in completed} == {500_000}
    assert len(proxy.seen(ACTIVATION)) < 12
    assert max(pauses_s) < 0.5


@pytest.mark.fault(76)
def test_a_huge_and_hostile_exception_becomes_a_short_and_harmless_message(
    scene: Scene, proxy: FaultProxy, events: Events
) -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ3b3JrZXIifQ.c2lnbmF0dXJl"

    def handler(job: ActivatedJob) -> None:
        if job.retries == 3:
            raise ValueError(f"Authorization: Bearer {token}\x00\x1b[2J\u202e\ud800" + "x" * 1_000_000)

    scene.start()
    with working(proxy.base_url, {scene.job_type: handler}, retry_back_off=0):
        scene.completed_once()

    [failed] = scene.now("FAILED")
    message = failed["errorMessage"]
    assert message.startswith("ValueError")
    assert len(message) <= 10_000
    assert not {"\x00", "\x1b", "\u202e"} & set(message)
    assert token not in message
    [told] = events.named("job.failed")
    assert len(told) < 5000


@pytest.mark.fault(77)
def test_a_back_off_asked_for_is_waited_for(scene: Scene, proxy: FaultProxy) -> None:
    runs_s: list[float] = []

    def handler(job: ActivatedJob) -> None:
        runs_s.append(time.monotonic())
        if job.retries == 3:
            raise ServiceException("later", retry_back_off=800)

    scene.start()
    with working(proxy.base_url, {scene.job_type: handler}):
        scene.completed_once()

    assert runs_s[1] - runs_s[0] >= 0.8
    assert b'"retryBackOff":800' in proxy.seen("POST .*/failure")[0].body


@pytest.mark.slow
@pytest.mark.fault(15)
@pytest.mark.parametrize("extensions", [25, pytest.param(120, marks=pytest.mark.soak)])
def test_a_completion_that_meets_503_for_long_is_still_the_first_runs(
    scene: Scene, proxy: FaultProxy, events: Events, extensions: int
) -> None:
    """Longer than the lease several times over: reports hold it as handlers do."""
    rule = proxy.on(COMPLETION, broken.respond(503, UNAVAILABLE))
    tally = Tally(lambda job: {"worked": True})
    scene.start(3)

    with working(proxy.base_url, {scene.job_type: tally}, timeout=1000):
        until(lambda: rule.happened >= 3, "it is refused")
        until(lambda: metrics.lease_extended[scene.job_type] >= extensions, "the three are held for several leases")
        rule.end()
        scene.completed_once(3)

    assert set(tally.runs.values()) == {1}
    assert scene.now("TIMED_OUT") == []
    assert events.loud() == []


def test_a_failed_job_that_comes_again_before_the_failures_answer_is_worked_again(
    scene: Scene, proxy: FaultProxy, events: Events
) -> None:
    def answered_late(exchange: broken.Exchange) -> bool:
        reply = exchange.forward()
        # Nothing but our own poll can have it.
        scene.jobs("ACTIVATED", 2)
        until(lambda: metrics.jobs_activated[scene.job_type] == 2, "our poll brought it")
        exchange.answer(reply)
        return True

    def handler(job: ActivatedJob) -> dict[str, Any]:
        if job.retries == 3:
            raise ServiceException("once", retry_back_off=0)
        return {"worked": job.retries}

    tally = Tally(handler)
    proxy.on("POST .*/failure", answered_late, times=1)
    scene.start()
    with working(proxy.base_url, {scene.job_type: tally}, timeout=60_000):
        # Not when its second lease is over.
        scene.completed_once(timeout_s=20)

    assert tally.runs == {0: 2}
    assert events.named("job.duplicate_suppressed") == []
