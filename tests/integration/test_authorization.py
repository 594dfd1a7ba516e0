"""Each kind of authentication sends its own header."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from camunda_client.c8 import auth
from camunda_client.config import C8Config
from tests.parts.answering import AnsweringServer
from tests.parts.configured import configured


@pytest.fixture
def login() -> Iterator[AnsweringServer]:
    """A token server."""
    with AnsweringServer() as server:
        server.post("/token", json={"access_token": "abc", "expires_in": 300})
        yield server


def oauth(login: AnsweringServer) -> dict[str, Any]:
    url = login.base_url + "/token"
    return {"selfManaged": {"clientId": "me", "clientSecret": "s", "oidcTokenUrl": url}}


@pytest.mark.parametrize("kind", [None, {"none": True}])
def test_nobody_sends_nothing(kind: dict[str, bool] | None) -> None:
    config = C8Config(api={"baseUrl": "http://engine"}, auth=kind)

    assert auth.authorization(config) is None
    assert auth.authorization_after_401(config, "Bearer abc") is None


def test_basic_sends_name_and_password_in_utf_8() -> None:
    config = C8Config(api={"baseUrl": "http://engine"}, auth={"basic": {"username": "me", "password": "ü:x"}})

    value = auth.authorization(config)

    assert value == "Basic bWU6w7w6eA=="
    assert auth.authorization_after_401(config, value) is None


def test_tokens_are_shared_by_all_calls_of_one_configuration(login: AnsweringServer) -> None:
    config = C8Config(api={"baseUrl": "http://engine"}, auth=oauth(login))

    assert [auth.authorization(config) for _ in range(3)] == ["Bearer abc"] * 3
    assert len(login.requests) == 1


def test_another_configuration_has_tokens_of_its_own(login: AnsweringServer) -> None:
    for _ in range(5):
        auth.authorization(C8Config(api={"baseUrl": "http://engine"}, auth=oauth(login)))

    assert len(login.requests) == 5


def test_headers_for_calls_of_ones_own(login: AnsweringServer) -> None:
    with configured("http://engine", auth=oauth(login)):
        headers = auth.get_c8_api_headers()

        assert headers == {"Authorization": "Bearer abc", "Content-Type": "application/json"}
        assert auth.AuthenticationManager().get_c8_api_headers() == headers
        assert auth.get_token() == ("abc", 300)
    with configured("http://engine"):
        assert auth.get_c8_api_headers() == {"Content-Type": "application/json"}


def test_the_manager_is_one_and_tells_whether_tokens_are_to_be_had() -> None:
    assert auth.AuthenticationManager() is auth.AuthenticationManager()
    with AnsweringServer() as login, configured("http://engine", auth=oauth(login)):
        login.post("/token", status=401)

        assert not auth.AuthenticationManager().is_healthy()
    with configured("http://engine"):
        assert auth.AuthenticationManager().is_healthy()
