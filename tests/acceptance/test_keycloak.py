"""Tokens of a real Keycloak and an engine that checks them: what the tests of authentication stand on."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from camunda_client.embedded import Gateway, Oidc
from tests.parts import rest
from tests.parts.keycloak import AUDIENCE, LIFESPANS_S, Keycloak
from tests.parts.secured import SecuredCamunda
from tests.parts.work import until


def test_a_token_carries_the_issuer_audience_and_lifespan_that_the_engine_wants(keycloak: Keycloak) -> None:
    for client, lifespan_s in LIFESPANS_S.items():
        claims = _claims(keycloak.token(client))

        assert claims["iss"] == keycloak.issuer
        assert AUDIENCE in claims["aud"]
        assert claims["exp"] - claims["iat"] == lifespan_s


def test_keycloak_counts_the_tokens_it_gave(keycloak: Keycloak) -> None:
    before = keycloak.logins("spoilable")

    keycloak.token("spoilable")
    keycloak.token("spoilable")

    assert keycloak.logins("spoilable") == before + 2


def test_a_changed_secret_and_a_disabled_client_get_no_token(keycloak: Keycloak) -> None:
    old = keycloak.secrets["spoilable"]
    new = keycloak.rotate_secret("spoilable")
    assert new != old
    assert keycloak.token("spoilable")

    keycloak.enable("spoilable", False)
    with pytest.raises(AssertionError, match="invalid_client"):
        keycloak.token("spoilable")

    keycloak.enable("spoilable")
    assert keycloak.token("spoilable")


def test_the_secured_engine_works_a_job_for_a_token_only(keycloak: Keycloak, secured_camunda: SecuredCamunda) -> None:
    url, run, token = secured_camunda.base_url, rest.unique(), keycloak.token()
    refused, problem = rest.call(url, "GET", "/v2/topology")
    garbled, _ = rest.call(url, "GET", "/v2/topology", token="x")
    assert (refused, problem["title"], garbled) == (401, "Unauthorized", 401)

    rest.deploy(url, "one.bpmn", run=run, token=token)
    rest.start(url, f"one-{run}", token=token)
    (job,) = rest.activate(url, f"t-{run}", token=token)
    status, _ = rest.call(url, "POST", f"/v2/jobs/{job['key']}/completion", {}, token=token)

    assert status == 204


def test_the_secured_engine_refuses_a_token_that_has_expired(
    keycloak: Keycloak, secured_camunda: SecuredCamunda
) -> None:
    token = keycloak.token("short-lived")
    assert rest.call(secured_camunda.base_url, "GET", "/v2/topology", token=token)[0] == 200

    status, problem = _until_refused(secured_camunda.base_url, token, deadline_s=15)

    assert (status, problem["detail"]) == (401, "the token has expired")
    assert _claims(token)["exp"] <= time.time()


def test_an_engine_started_after_a_change_of_keys_refuses_tokens_still_young(keycloak: Keycloak) -> None:
    old = keycloak.token()
    keycloak.rotate_keys()

    with SecuredCamunda(keycloak.issuer, AUDIENCE) as camunda:
        assert rest.call(camunda.base_url, "GET", "/v2/topology", token=old)[0] == 401
        assert rest.call(camunda.base_url, "GET", "/v2/topology", token=keycloak.token())[0] == 200


def test_an_engine_that_runs_during_a_change_of_keys_takes_the_new_ones(keycloak: Keycloak) -> None:
    """And refuses the old from then on: for the new key it fetches all of them anew."""
    oidc = Oidc(keycloak.issuer, AUDIENCE, pause_s=0)
    with Gateway(oidc=oidc) as camunda:
        old = keycloak.token()
        assert rest.call(camunda.base_url, "GET", "/v2/topology", token=old)[0] == 200

        keycloak.rotate_keys()

        assert rest.call(camunda.base_url, "GET", "/v2/topology", token=keycloak.token())[0] == 200
        assert rest.call(camunda.base_url, "GET", "/v2/topology", token=old)[0] == 401


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims


def _until_refused(url: str, token: str, deadline_s: float) -> tuple[int, dict[str, str]]:
    answers: list[tuple[int, dict[str, str]]] = []

    def is_refused() -> bool:
        answers.append(rest.call(url, "GET", "/v2/topology", token=token))
        return answers[-1][0] != 200

    until(is_refused, "the token is refused", deadline_s)
    return answers[-1]
