"""The library with tokens of a real Keycloak, which an embedded Camunda in a process of its own checks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from time import monotonic
from typing import Any

import pytest

from camunda_client.c8 import api, auth
from camunda_client.c8.models import CreateProcessInstanceRequest
from camunda_client.config import C8Config
from camunda_client.error import ErrorCode, ServiceException
from tests.parts import rest
from tests.parts.configured import configured
from tests.parts.keycloak import LIFESPANS_S, Keycloak
from tests.parts.raw import Connection, answer, raw_server
from tests.parts.secured import SecuredCamunda

As = Callable[..., AbstractContextManager[C8Config]]


@pytest.fixture
def authenticated_as(keycloak: Keycloak, secured_camunda: SecuredCamunda) -> As:
    """Configure the library for one of Keycloak's clients."""

    def configure(client: str = "worker", secret: str | None = None) -> AbstractContextManager[C8Config]:
        oauth = {
            "clientId": client,
            "clientSecret": secret or keycloak.secrets[client],
            "oidcTokenUrl": keycloak.token_url,
        }
        return configured(secured_camunda.base_url, auth={"selfManaged": oauth})

    return configure


def test_a_token_is_fetched_as_the_readme_says(authenticated_as: As) -> None:
    with authenticated_as():
        token, lifetime_s = auth.get_token()

    assert token.count(".") == 2
    assert LIFESPANS_S["worker"] - 10 <= lifetime_s <= LIFESPANS_S["worker"]


def test_a_process_is_worked_with_one_token(keycloak: Keycloak, authenticated_as: As) -> None:
    run = rest.unique()
    before = keycloak.logins()
    with authenticated_as():
        content = (rest.RESOURCES / "one.bpmn").read_text().replace("${run}", run).encode()
        api.deploy_resources((f"{run}.bpmn", content))
        api.create_process_instance(CreateProcessInstanceRequest(processDefinitionId=f"one-{run}"))
        (job,) = api.activate_jobs(f"t-{run}", request_timeout=5000).jobs
        api.complete_job(job)

    assert keycloak.logins() - before == 1


def test_without_a_token_the_engine_lets_nobody_in(secured_camunda: SecuredCamunda) -> None:
    with (
        configured(secured_camunda.base_url),
        pytest.raises(ServiceException, match="; check auth") as caught,
    ):
        api.get_cluster_topology()

    assert caught.value.status == 401


def test_headers_for_calls_of_ones_own_are_accepted(authenticated_as: As, secured_camunda: SecuredCamunda) -> None:
    with authenticated_as():
        token = auth.get_c8_api_headers()["Authorization"].removeprefix("Bearer ")

    status, _ = rest.call(secured_camunda.base_url, "GET", "/v2/topology", token=token)
    assert status == 200


def test_a_wrong_secret_is_told_once_and_does_not_hammer_the_server(authenticated_as: As) -> None:
    with authenticated_as(secret="wrong-geheim"):
        with pytest.raises(ServiceException, match=r"client worker at .*HTTP 401, Invalid client") as first:
            api.get_cluster_topology()
        with pytest.raises(ServiceException, match=r"not asked again for \d+ s"):
            api.get_cluster_topology()
        assert not auth.AuthenticationManager().is_healthy()

    assert first.value.error_code is ErrorCode.C8_AUTH_GET_TOKEN_FAILED
    assert "geheim" not in str(first.value)


@pytest.mark.slow
def test_short_tokens_never_meet_their_end(keycloak: Keycloak, authenticated_as: As) -> None:
    lifetime_s = LIFESPANS_S["short-lived"]
    before, began = keycloak.logins("short-lived"), monotonic()
    calls = 0
    with authenticated_as("short-lived"):
        while monotonic() - began < 2.2 * lifetime_s:
            api.get_cluster_topology()
            calls += 1

    fetched = keycloak.logins("short-lived") - before
    # Renewed after three quarters of their life, so at 0, 3.75 and 7.5 s of these 11.
    assert 3 <= fetched <= 4
    assert calls > 20


def test_many_callers_share_one_fetch(keycloak: Keycloak, authenticated_as: As) -> None:
    before = keycloak.logins()
    failures: list[Any] = []

    def call() -> None:
        try:
            api.get_cluster_topology()
        except ServiceException as error:
            failures.append(error)

    with authenticated_as():
        callers = [threading.Thread(target=call) for _ in range(40)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join(30)

    assert (failures, keycloak.logins() - before) == ([], 1)


@pytest.mark.slow
def test_a_token_that_the_engine_refuses_early_is_replaced_in_the_middle_of_a_call(
    keycloak: Keycloak, secured_camunda: SecuredCamunda
) -> None:
    """The token server promises an hour and gives five seconds, which to us is the same as a revocation."""

    def promise_an_hour(connection: Connection) -> None:
        connection.send(answer(json.dumps({"access_token": keycloak.token("short-lived"), "expires_in": 3600})))

    with raw_server(promise_an_hour) as login:
        oauth = {"clientId": "short-lived", "clientSecret": "any", "oidcTokenUrl": f"{login.base_url}/token"}
        with configured(secured_camunda.base_url, auth={"selfManaged": oauth}) as config:
            header = auth.authorization(config)
            assert header is not None
            _wait_until_refused(secured_camunda.base_url, header.removeprefix("Bearer "))

            topology = api.get_cluster_topology()

        assert topology.has_leader
        assert len(login.requests) == 2


def _wait_until_refused(base_url: str, token: str) -> None:
    deadline = monotonic() + 30
    while rest.call(base_url, "GET", "/v2/topology", token=token)[0] != 401:
        assert monotonic() < deadline, "the engine never refused the token"
