"""The gateway over real sockets: many polls, many jobs, faults, dialects, authentication, both kinds of processes."""

from __future__ import annotations

import http.client
import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import Engine, Gateway
from tests.parts.work import until

MODELS = Path(__file__).parent.parent / "models"
#: How a program of its own begins.
GATEWAY = """
import sys
from camunda_client.embedded import Engine, Gateway

engine = Engine()
engine.deploy(sys.argv[-1])
gateway = Gateway(engine).start()
"""
ACTIVATE = {"timeout": 60_000, "maxJobsToActivate": 1, "requestTimeout": -1}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    engine = Engine()
    engine.deploy(MODELS / "feel_job.bpmn", MODELS / "job_retries.bpmn")
    with Gateway(engine) as running:
        yield running
    assert running.errors == []


def until_held(engine: Engine) -> None:
    """Wait until a poll is parked; nothing outside the engine shows that."""
    until(lambda: bool(engine._runtime.jobs._polls), "the poll is held")


def call(
    gateway: Gateway, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, Any, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection(gateway.host, gateway.port, timeout=40)
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})})
        response = connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw) if raw else None, response
    finally:
        connection.close()


def raw_request(path: str, body: Any) -> bytes:
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


def run_with_gateway(folder: Path, source: str, *launcher: str) -> tuple[int, str, str]:
    """Run a program that finds a ``gateway``, and its ``engine`` with ``job_retries``; return exit code and outputs."""
    program = folder / "program.py"
    program.write_text(GATEWAY + textwrap.dedent(source))
    run = subprocess.run(
        [sys.executable, *launcher, str(program), str(MODELS / "job_retries.bpmn")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return run.returncode, run.stdout.strip(), run.stderr


@pytest.mark.slow
def test_of_a_thousand_held_polls_the_right_one_wakes_within_50_ms(gateway: Gateway) -> None:
    polls: dict[socket.socket, str] = {}
    waits_ms = []
    with selectors.DefaultSelector() as selector:
        for number in range(1000):
            poll = socket.create_connection((gateway.host, gateway.port))
            job_type = f"feel_job.k{number}"
            poll.sendall(raw_request("/v2/jobs/activation", {**ACTIVATE, "type": job_type, "requestTimeout": 25_000}))
            polls[poll] = job_type
            selector.register(poll, selectors.EVENT_READ)
        # The last poll is held once an answer to a later request has come back.
        assert call(gateway, "GET", "/v2/topology")[0] == 200

        for number in range(0, 1000, 50):
            begun = time.perf_counter()
            gateway.engine.create_instance("feel_job", {"kind": f"k{number}", "tries": 1})
            ready = selector.select(timeout=10)
            waits_ms.append((time.perf_counter() - begun) * 1000)
            (woken,) = [key.fileobj for key, _ in ready]
            assert isinstance(woken, socket.socket)
            assert polls[woken] == f"feel_job.k{number}"
            selector.unregister(woken)
            answer = b""
            while not answer.endswith(b"]}"):
                answer += woken.recv(65536)
            assert f'"type":"feel_job.k{number}"'.encode() in answer
    for poll in polls:
        poll.close()

    assert statistics.median(waits_ms) < 50


@pytest.mark.long
@pytest.mark.slow
def test_ten_thousand_jobs_pass_each_delivered_once(gateway: Gateway) -> None:
    for number in range(10_000):
        gateway.engine.create_instance("job_retries", {"n": number})

    def work(_: int) -> list[int]:
        connection = http.client.HTTPConnection(gateway.host, gateway.port, timeout=30)
        done: list[int] = []
        while True:
            body = {**ACTIVATE, "type": "job_retries.work", "maxJobsToActivate": 100}
            connection.request("POST", "/v2/jobs/activation", json.dumps(body), {"Content-Type": "application/json"})
            jobs = json.loads(connection.getresponse().read())["jobs"]
            if not jobs:
                connection.close()
                return done
            for job in jobs:
                path = f"/v2/jobs/{job['jobKey']}/completion"
                connection.request("POST", path, "{}", {"Content-Type": "application/json"})
                response = connection.getresponse()
                response.read()
                assert response.status == 204
                done.append(job["variables"]["n"])

    with ThreadPoolExecutor(4) as workers:
        done = [number for part in workers.map(work, range(4)) for number in part]

    assert sorted(done) == list(range(10_000))


def test_a_job_created_in_another_thread_reaches_a_held_poll(gateway: Gateway) -> None:
    with ThreadPoolExecutor(1) as pool:
        body = {**ACTIVATE, "type": "job_retries.work", "requestTimeout": 20_000}
        poll = pool.submit(call, gateway, "POST", "/v2/jobs/activation", body)
        until_held(gateway.engine)

        history = gateway.engine.create_instance("job_retries")

        assert poll.result(5)[1]["jobs"][0]["processInstanceKey"] == str(history.process_instance_key)


def test_a_timer_fires_by_itself_while_the_gateway_runs(gateway: Gateway) -> None:
    """It fired with the request itself: its time was over when the instance was created."""
    gateway.engine.deploy(MODELS / "timer_catch.bpmn")
    body = {**ACTIVATE, "type": "timer_catch.after", "requestTimeout": 10_000}
    with ThreadPoolExecutor(1) as pool:
        poll = pool.submit(call, gateway, "POST", "/v2/jobs/activation", body)
        until_held(gateway.engine)

        # From here on no command reaches the engine, which looks at its timers with each.
        gateway.engine.create_instance("timer_catch", {"seconds": 0.2})

        assert len(poll.result(15)[1]["jobs"]) == 1


def test_a_process_that_can_not_go_on_does_not_stop_the_other_timers() -> None:
    """After an error the clock slept for a minute, whatever was due meanwhile."""
    endless = (MODELS / "loop.bpmn").read_text().replace("n &gt;= 3", "false")
    cycle = "<bpmn:timeCycle>R1/PT0.1S</bpmn:timeCycle>"
    timer = f"<bpmn:timerEventDefinition>{cycle}</bpmn:timerEventDefinition></bpmn:startEvent>"
    engine = Engine(max_steps=300)
    engine.deploy(MODELS / "timer_catch.bpmn")
    body = {**ACTIVATE, "type": "timer_catch.after", "requestTimeout": 5_000}
    with Gateway(engine) as gateway, ThreadPoolExecutor(1) as pool:
        poll = pool.submit(call, gateway, "POST", "/v2/jobs/activation", body)
        until_held(engine)

        engine.create_instance("timer_catch", {"seconds": 0.3})
        engine.deploy(("endless.bpmn", endless.replace("</bpmn:startEvent>", timer, 1)))

        assert len(poll.result(10)[1]["jobs"]) == 1
    assert ["loops without waiting" in str(error) for error in gateway.errors] == [True]


def test_moved_time_ends_a_lease_for_a_held_poll(gateway: Gateway) -> None:
    gateway.engine.create_instance("job_retries")
    (job,) = gateway.engine.activate("job_retries.work", lease=timedelta(hours=1))
    with ThreadPoolExecutor(1) as pool:
        body = {**ACTIVATE, "type": "job_retries.work", "requestTimeout": 20_000}
        poll = pool.submit(call, gateway, "POST", "/v2/jobs/activation", body)
        until_held(gateway.engine)

        gateway.engine.advance(timedelta(hours=2))

        assert [again["jobKey"] for again in poll.result(5)[1]["jobs"]] == [str(job.key)]


def test_a_fault_answers_in_the_engines_place(gateway: Gateway) -> None:
    gateway.engine.create_instance("job_retries")
    (job,) = gateway.engine.activate("job_retries.work")
    path = f"/v2/jobs/{job.key}/completion"
    gateway.faults.state("connection_cut", times=1)

    first = call(gateway, "POST", path, {})
    second = call(gateway, "POST", path, {})

    assert (first[0], first[1]["instance"], second[0]) == (502, path, 204)


@pytest.mark.parametrize(("when", "second"), [("before", 204), ("after", 404)])
def test_a_dropped_connection_is_cut_before_or_after_the_engine_has_done_it(
    gateway: Gateway, when: str, second: int
) -> None:
    gateway.engine.create_instance("job_retries")
    (job,) = gateway.engine.activate("job_retries.work")
    path = f"/v2/jobs/{job.key}/completion"
    gateway.faults.drop("POST /v2/jobs/*/completion", when, times=1)

    with pytest.raises(http.client.RemoteDisconnected):
        call(gateway, "POST", path, {})

    assert call(gateway, "POST", path, {})[0] == second


def test_a_reset_is_a_reset(gateway: Gateway) -> None:
    gateway.faults.drop("/v2/topology", reset=True)

    with pytest.raises(ConnectionResetError) as cut:
        call(gateway, "GET", "/v2/topology")

    assert not isinstance(cut.value, http.client.RemoteDisconnected)  # that is the orderly end


def test_a_truncated_answer_breaks_off_in_its_body(gateway: Gateway) -> None:
    gateway.faults.truncate("/v2/topology", keep=10, times=1)

    with pytest.raises(http.client.IncompleteRead) as broken:
        call(gateway, "GET", "/v2/topology")

    assert len(broken.value.partial) == 10
    assert call(gateway, "GET", "/v2/topology")[0] == 200


def test_latency_delays_the_answer(gateway: Gateway) -> None:
    gateway.faults.latency("/v2/topology", 0.2, times=1)
    begun = time.perf_counter()

    assert call(gateway, "GET", "/v2/topology")[0] == 200

    assert time.perf_counter() - begun >= 0.2


def test_the_newer_dialect_has_string_keys_and_newer_names() -> None:
    engine = Engine()
    engine.deploy(MODELS / "job_retries.bpmn")
    with Gateway(engine, dialect="8.8") as gateway:
        created = call(gateway, "POST", "/v2/process-instances", {"processDefinitionId": "job_retries"})[1]
        (job,) = call(gateway, "POST", "/v2/jobs/activation", {**ACTIVATE, "type": "job_retries.work"})[1]["jobs"]
        done = call(gateway, "POST", f"/v2/jobs/{job['jobKey']}/completion", {})[0]
        status = call(gateway, "GET", "/v2/status")[0]

    assert job["processInstanceKey"] == created["processInstanceKey"]
    assert {
        type(job[name]) for name in ("jobKey", "processInstanceKey", "elementInstanceKey", "processDefinitionKey")
    } == {str}
    assert ("key" in job, job["kind"], done, status) == (False, "BPMN_ELEMENT", 204, 204)


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(ValueError, match=r"8\.6, 8\.7, 8\.8"):
        Gateway(dialect="7.0")


@pytest.mark.parametrize(
    ("auth", "header", "status"),
    [
        ("token", "Bearer token", 200),
        ("token", "bearer token", 401),
        ("token", "Bearer other", 401),
        (("demo", "secret"), "Basic ZGVtbzpzZWNyZXQ=", 200),
        (("demo", "secret"), "Basic bm86bm8=", 401),
        ("token", None, 401),
    ],
)
def test_a_gateway_asks_for_what_it_was_told_to(auth: Any, header: str | None, status: int) -> None:
    with Gateway(auth=auth) as gateway:
        answer = call(
            gateway,
            "GET",
            "/v2/nothing" if status == 401 else "/v2/topology",
            headers={"Authorization": header} if header else {},
        )

    assert answer[0] == status


def test_it_listens_on_loopback_only_unless_asked(gateway: Gateway) -> None:
    """Only the address it names was looked at. 127.0.0.2 is another address of this machine."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", gateway.port), timeout=5)

    with Gateway(host="0.0.0.0") as open_to_all:
        socket.create_connection(("127.0.0.2", open_to_all.port), timeout=5).close()


def test_a_port_that_is_taken_is_named(gateway: Gateway) -> None:
    with pytest.raises(OSError, match=f"can't listen on 127.0.0.1 port {gateway.port}"):
        Gateway(port=gateway.port).start()


def test_a_stopped_gateway_refuses_and_can_start_again() -> None:
    gateway = Gateway().start()
    port = gateway.port
    gateway.stop()
    gateway.stop()

    with pytest.raises(ConnectionRefusedError):
        call(gateway, "GET", "/v2/topology")
    with gateway:
        assert call(gateway, "GET", "/v2/topology")[0] == 200
        assert gateway.port == port


def test_a_stopped_gateway_takes_no_jobs_with_it() -> None:
    engine = Engine()
    engine.deploy(MODELS / "job_retries.bpmn")
    with Gateway(engine) as gateway, socket.create_connection((gateway.host, gateway.port)) as poll:
        poll.sendall(
            raw_request("/v2/jobs/activation", {**ACTIVATE, "type": "job_retries.work", "requestTimeout": 20_000})
        )
        until_held(engine)

    engine.create_instance("job_retries")

    assert len(engine.activate("job_retries.work")) == 1


@pytest.mark.slow
def test_a_gateway_that_was_stopped_in_its_thread_lets_the_engine_go_on(tmp_path: Path) -> None:
    """Whoever completed the instance a cut request still waited for got an AttributeError: the hub was gone."""
    run = run_with_gateway(
        tmp_path,
        """
        import http.client, json
        connection = http.client.HTTPConnection(gateway.host, gateway.port)
        body = {"processDefinitionId": "job_retries", "awaitCompletion": True}
        connection.request("POST", "/v2/process-instances", json.dumps(body), {"Content-Type": "application/json"})
        while not engine.jobs():
            pass
        gateway.stop()
        engine.complete(engine.activate("job_retries.work")[0].key)
        print({history.state for history in engine.instances})
        """,
    )

    assert run == (0, "{'COMPLETED'}", "")


def test_a_gateway_can_be_waited_for(gateway: Gateway) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(gateway.wait)
        assert not waiting.done()

        gateway.stop()

        assert waiting.result(10) is None


def test_gateways_leave_no_descriptors_behind() -> None:
    with Gateway() as warm:
        call(warm, "GET", "/v2/topology")
    before = len(os.listdir("/proc/self/fd"))

    for _ in range(10):
        with Gateway() as gateway:
            call(gateway, "GET", "/v2/topology")

    assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.slow
@pytest.mark.parametrize("launcher", [[], ["-m", "gevent.monkey"]], ids=["unpatched", "patched"])
def test_it_serves_plain_blocking_code_in_both_kinds_of_processes(launcher: list[str], tmp_path: Path) -> None:
    run = run_with_gateway(
        tmp_path,
        """
        import json, threading, urllib.request

        def post(path, body):
            headers = {"Content-Type": "application/json"}
            request = urllib.request.Request(gateway.base_url + path, json.dumps(body).encode(), headers)
            return json.loads(urllib.request.urlopen(request, timeout=20).read() or b"null")

        found = []
        body = {"type": "job_retries.work", "timeout": 60000, "maxJobsToActivate": 1, "requestTimeout": 15000}
        poll = lambda: found.append(post("/v2/jobs/activation", body))
        polls = [threading.Thread(target=poll) for _ in range(20)]
        for poll in polls:
            poll.start()
        for _ in polls:
            post("/v2/process-instances", {"processDefinitionId": "job_retries"})
        for poll in polls:
            poll.join()
        for jobs in found:
            post("/v2/jobs/%s/completion" % jobs["jobs"][0]["jobKey"], {})
        print(len(found), {history.state for history in engine.instances})
        """,
        *launcher,
    )

    assert run == (0, "20 {'COMPLETED'}", "")
