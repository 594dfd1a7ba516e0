"""Clients of several clusters in one process: each call goes to its own, whoever else calls at the same time."""

from __future__ import annotations

import gc
import inspect
import re
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import gevent.event
import gevent.pool
import gevent.threadpool
import pytest
from gevent import socket
from gevent.server import StreamServer

from camunda_client import config
from camunda_client.c8 import api
from camunda_client.c8.api import CamundaClient
from camunda_client.c8.models import CreateProcessInstanceRequest
from camunda_client.error import ConfigurationError, ConnectionFailed, InvalidRequestError
from tests.parts.answering import AnsweringServer
from tests.parts.camunda import EngineProcess
from tests.parts.configured import configured
from tests.parts.plain_http import Reply, Request, read_request

ORDER = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://clusters"
             xmlns:zeebe="http://camunda.org/schema/zeebe/1.0">
  <process id="order" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="charge"/>
    <serviceTask id="charge"><extensionElements><zeebe:taskDefinition type="charge"/></extensionElements></serviceTask>
  </process>
</definitions>"""
CLUSTERS_PAGE = Path(__file__).parents[2] / "docs/clusters.md"
WAIT_S = 60.0


@pytest.fixture(scope="module")
def engines() -> Iterator[tuple[EngineProcess, EngineProcess]]:
    with EngineProcess(dialect="8.10") as one, EngineProcess(dialect="8.8") as other:
        yield one, other


@pytest.fixture
def clients(engines: tuple[EngineProcess, EngineProcess]) -> Iterator[tuple[CamundaClient, CamundaClient]]:
    with client_of(engines[0].base_url) as one, client_of(engines[1].base_url) as other:
        one.deploy_resources(("order.bpmn", ORDER))
        other.deploy_resources(("order.bpmn", ORDER))
        yield one, other


def client_of(base_url: str, **options: Any) -> CamundaClient:
    return CamundaClient({"api": {"baseUrl": base_url}, **options})


def order(**variables: Any) -> CreateProcessInstanceRequest:
    return CreateProcessInstanceRequest(processDefinitionId="order", variables=variables)


def test_each_client_and_the_module_see_their_own_cluster(
    clients: tuple[CamundaClient, CamundaClient], engine: EngineProcess
) -> None:
    one, other = clients
    with engine.configured():
        versions = [asked().gateway_version for asked in (one, api, other) for asked in [asked.get_cluster_topology]]
        started = one.create_process_instance(order()).process_instance_key

        assert [version.rpartition(".")[0] for version in versions] == ["8.10", "8.6", "8.8"]
    found = [instance.process_instance_key for instance in one.search_process_instances(process_instance_key=started)]
    assert found == [started]
    assert list(other.search_process_instances(process_instance_key=started, start_date={"$exists": True})) == []


def test_the_module_needs_a_configuration_as_ever_and_clients_need_none(
    clients: tuple[CamundaClient, CamundaClient],
) -> None:
    config.reset_config()

    assert clients[0].get_cluster_topology().has_leader
    with pytest.raises(RuntimeError, match="configuration is not set"):
        api.get_cluster_topology()


def test_searches_go_on_at_their_own_cluster_after_the_method_has_returned(
    clients: tuple[CamundaClient, CamundaClient],
) -> None:
    for client, name in zip(clients, ("one", "other"), strict=True):
        for _ in range(5):
            client.create_process_instance(order(searched=name))
    searches = [client.search_variables(name="searched", page_size=1) for client in clients]

    pairs = [(first.value, second.value) for first, second in zip(*searches, strict=True)]

    assert pairs == [('"one"', '"other"')] * 5


@pytest.mark.parametrize("pool", [gevent.pool.Pool, gevent.threadpool.ThreadPool], ids=["greenlets", "threads"])
def test_calls_at_the_same_time_never_get_to_another_cluster(
    clients: tuple[CamundaClient, CamundaClient], pool: Any
) -> None:
    definitions = [next(client.search_process_definitions(process_definition_id="order")) for client in clients]
    wrong: list[str] = []

    def ask(number: int) -> None:
        client, version = [(clients[0], "8.10"), (clients[1], "8.8")][number % 2]
        if not client.get_cluster_topology().gateway_version.startswith(version + "."):
            wrong.append(f"{number} was answered by another cluster")
        client.get_process_definition(definitions[number % 2].process_definition_key)

    workers = pool(8)
    for number in range(120):
        workers.spawn(ask, number)
    with gevent.Timeout(WAIT_S):
        workers.join()
    workers.kill()  # its threads would stay

    assert wrong == []


def test_a_wait_asks_by_the_client_of_its_question(clients: tuple[CamundaClient, CamundaClient]) -> None:
    one, other = clients
    key = one.create_process_instance(order()).process_instance_key

    assert other.wait_until(lambda: one.get_process_instance(key), timeout_s=WAIT_S).state == "ACTIVE"


def test_the_example_of_the_documentation_moves_instances(clients: tuple[CamundaClient, CamundaClient]) -> None:
    old, new = clients
    kept = [old.create_process_instance(order(order_id=number)).process_instance_key for number in (501, 502)]
    [example] = re.findall(r"```python\n(.*?)```", CLUSTERS_PAGE.read_text(), re.DOTALL)
    for client, name in ((old, "http://old-cluster:8080"), (new, "http://new-cluster:8080")):
        assert name in example
        example = example.replace(name, client.config.api.base_url)

    exec(compile(example, str(CLUSTERS_PAGE), "exec"), {})

    assert {old.get_process_instance(key).state for key in kept} == {"TERMINATED"}
    assert {"501", "502"} <= {found.value for found in new.search_variables(name="order_id")}


def test_each_cluster_is_known_by_its_own_version(clients: tuple[CamundaClient, CamundaClient]) -> None:
    newer, older = clients
    newer.get_cluster_topology()
    older.get_cluster_topology()
    newer.get_cluster_topology()

    with pytest.raises(InvalidRequestError, match=r"needs 8.9, and this cluster is Camunda 8\.8"):
        older.create_cluster_variable("rate", 1)


# -- what it is made of ---------------------------------------------------------------------------------------------
def test_every_function_is_a_method_with_its_signature_and_text() -> None:
    with client_of("http://engine.invalid") as client:
        for name in sorted({*api.__all__} - {"CamundaClient"}):
            function, method = getattr(api, name), getattr(client, name)

            assert inspect.signature(method) == inspect.signature(function)
            assert inspect.getdoc(getattr(CamundaClient, name)) == inspect.getdoc(method) == inspect.getdoc(function)


def test_nothing_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMUNDA_REST_ADDRESS", "http://first:8080")
    monkeypatch.setenv("CAMUNDA_CLIENT_ID", "first")
    monkeypatch.setenv("CAMUNDA_CLIENT_SECRET", "hush")
    monkeypatch.setenv("CAMUNDA_OAUTH_URL", "http://first/token")

    for options in ({}, {"api": {"timeout": 5}}, {"auth": {"none": True}}):
        with pytest.raises(ConfigurationError, match="baseUrl is missing; a CamundaClient takes nothing from the env"):
            CamundaClient(options)
    with client_of("http://second:8080") as client:
        assert client.config.auth is None
        assert client.get_c8_api_headers() == {"Content-Type": "application/json"}


def test_something_else_is_no_configuration() -> None:
    with pytest.raises(ConfigurationError, match="takes a dict or a C8Config, not str"):
        CamundaClient("http://engine")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="did you mean baseUrl"):
        CamundaClient({"api": {"baseUrl": "http://engine", "basUrl": "x"}})


def test_it_shows_its_address_and_no_secret() -> None:
    client = client_of("http://engine", auth={"basic": {"username": "me", "password": "hush"}})
    client.close()

    assert repr(client) == "<CamundaClient of http://engine, closed>"


def test_many_clients_keep_their_tokens() -> None:
    """Of more than four configurations, each call of the fifth fetched a token anew."""
    with AnsweringServer() as server:
        server.post("/token", json={"access_token": "abc", "expires_in": 300})
        server.post("/v2/license", method="GET", json={"validLicense": True, "licenseType": "x"})
        oauth = {"clientId": "me", "clientSecret": "s", "oidcTokenUrl": server.base_url + "/token"}
        clients = [client_of(server.base_url, auth={"selfManaged": oauth}) for _ in range(7)]

        for client in clients * 3:
            client.get_license()

        assert server.paths.count("/token") == 7
        assert server.paths.count("/v2/license") == 21


# -- its end --------------------------------------------------------------------------------------------------------
class Connections:
    """A server that tells how many connections it has, and answers when it is let."""

    def __init__(self) -> None:
        self.open = 0
        self.all_ended = gevent.event.Event()
        self.asked = gevent.event.Event()
        self.may_answer = gevent.event.Event()
        self.may_answer.set()
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.base_url = f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, client: socket.socket, _address: object) -> None:
        self.open += 1
        self.all_ended.clear()
        surplus = bytearray()
        while read_request(client, surplus) is not None:
            self.asked.set()
            self.may_answer.wait(WAIT_S)
            client.sendall(Reply(200, b'{"validLicense": true, "licenseType": "x"}').encoded())
        self.open -= 1
        if not self.open:
            self.all_ended.set()

    def close(self) -> None:
        self._server.stop(timeout=0)


@pytest.fixture
def server() -> Iterator[Connections]:
    running = Connections()
    yield running
    running.close()


def test_after_its_end_its_connections_are_closed_and_calls_are_refused(server: Connections) -> None:
    with client_of(server.base_url) as client, configured(server.base_url):
        client.get_license()
        found = client.search_jobs()
        assert server.open == 1
        client.close()
        client.close()

        assert server.all_ended.wait(WAIT_S)
        for call in (client.get_license, client.search_jobs, client.get_token, lambda: next(found)):
            with pytest.raises(RuntimeError, match=f"the client of {server.base_url} is closed; make another"):
                call()
        assert client.closed
        assert api.get_license().valid_license
        assert server.open == 1


def test_a_call_on_its_way_ends_as_it_would_and_its_connection_with_it(server: Connections) -> None:
    client = client_of(server.base_url)
    server.may_answer.clear()
    calls = [gevent.spawn(client.get_license) for _ in range(3)]
    assert server.asked.wait(WAIT_S)
    gevent.idle()
    client.close()
    server.may_answer.set()

    assert all(call.get(timeout=WAIT_S).valid_license for call in calls)
    assert server.all_ended.wait(WAIT_S)


@pytest.mark.parametrize("ended", [False, True], ids=["waits", "has ended"])
def test_connections_of_a_native_thread_are_closed_too(server: Connections, ended: bool) -> None:
    threads = gevent.threadpool.ThreadPool(1)
    with client_of(server.base_url) as client:
        threads.apply(client.get_license)
        if ended:
            threads.kill()

    assert server.all_ended.wait(WAIT_S)
    threads.kill()


def test_a_client_that_is_dropped_leaves_nothing(server: Connections) -> None:
    client = client_of(server.base_url)
    client.get_license()
    kept = weakref.ref(client.config)
    del client
    gc.collect()

    assert kept() is None
    assert server.all_ended.wait(WAIT_S)


def test_two_clients_of_one_configuration_end_apart(server: Connections) -> None:
    common = config.C8Config(api={"baseUrl": server.base_url})
    first, second = CamundaClient(common), CamundaClient(common)
    first.get_license()
    second.get_license()
    first.close()

    assert second.get_license().valid_license
    assert server.open == 1
    second.close()
    assert server.all_ended.wait(WAIT_S)


@pytest.mark.parametrize("path", ["/0f1e-cluster", "/physical-tenants/blue", "/physical-tenants/blue/v2/"])
def test_a_base_address_may_have_a_path(path: str) -> None:
    with AnsweringServer() as server, client_of(server.base_url + path) as client:
        asked = f"{path.removesuffix('/v2/')}/v2/license"
        server.post(asked, method="GET", json={"validLicense": True, "licenseType": "x"})

        assert client.get_license().valid_license


def test_a_failure_is_that_of_its_cluster_and_names_it() -> None:
    with AnsweringServer() as server:

        def refused(request: Request) -> Reply:
            return Reply(404, b'{"title": "NOT_FOUND", "detail": "no such job", "status": 404}')

        server.prepare("GET", "/v2/incidents/5", refused)
        with client_of(server.base_url) as client, client_of("http://127.0.0.1:9") as away:
            with pytest.raises(ConnectionFailed, match=r"http://127\.0\.0\.1:9 refused the connection"):
                away.get_incident(5)
            with pytest.raises(Exception, match="no such job"):
                client.get_incident(5)
