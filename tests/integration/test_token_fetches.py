"""What the token server answers is believed only if it is a token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from camunda_client.c8.auth._fetch import DEFAULT_LIFETIME_S, Token, TokenRefused, fetch_token
from camunda_client.config import C8Config
from camunda_client.error import ConfigurationError, ErrorCode, ServiceException
from tests.parts.answering import AnsweringServer

SECRET = "top-geheim"


@pytest.fixture
def login() -> Iterator[AnsweringServer]:
    """A token server."""
    with AnsweringServer() as server:
        yield server


def config(login: AnsweringServer) -> C8Config:
    url = login.base_url + "/token"
    return C8Config(
        api={"baseUrl": "http://engine"},
        auth={"selfManaged": {"clientId": "me", "clientSecret": SECRET, "oidcTokenUrl": url}},
    )


def fetch(login: AnsweringServer, status: int = 200, content: Any = None, text: str | None = None) -> Token:
    login.post("/token", status=status, body=json.dumps(content) if text is None else text)
    return fetch_token(config(login))


def test_the_request_is_a_form_and_the_answer_a_token(login: AnsweringServer) -> None:
    token = fetch(login, content={"access_token": "abc", "expires_in": 300})

    assert (token.value, token.lifetime_s) == ("abc", 300.0)
    [sent] = login.requests
    assert sent.body == b"grant_type=client_credentials&client_id=me&client_secret=top-geheim"
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "authorization" not in sent.headers


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        ("60", 60.0), (None, DEFAULT_LIFETIME_S), ("soon", DEFAULT_LIFETIME_S), (-5, 1.0), (0, 1.0), ([], 3600.0),
        (10**600, 3600.0), (3600 * 1000, 86400.0), (10**9, 86400.0), (86400, 86400.0),
    ],
)  # fmt: skip
def test_the_lifetime_is_believed_where_it_can_be(login: AnsweringServer, told: Any, taken: float) -> None:
    token = fetch(login, content={"access_token": "abc", "expires_in": told})

    assert token.lifetime_s == taken


def test_a_secret_that_the_server_cites_is_not_told(login: AnsweringServer) -> None:
    with pytest.raises(TokenRefused) as caught:
        fetch(login, 400, {"error": "invalid_request", "error_description": f"bad client_secret {SECRET} of me"})

    assert "bad client_secret *** of me" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "", "<html>", '{"access_token": ', "{}", "[]", '{"access_token": null}', '{"access_token": 5}',
        '{"access_token": ""}', '{"access_token": "a\\r\\nX: y"}', '{"access_token": "a\\u0000"}',
        '{"access_token": "\\u0430bc"}', '{"access_token": "a b"}',
    ],
)  # fmt: skip
def test_what_is_no_token_may_be_one_at_the_next_try(login: AnsweringServer, text: str) -> None:
    with pytest.raises(ServiceException, match="no token for client me at ") as caught:
        fetch(login, text=text)

    assert not isinstance(caught.value, TokenRefused)
    assert caught.value.error_code is ErrorCode.C8_AUTH_GET_TOKEN_FAILED
    assert "X: y" not in str(caught.value)


@pytest.mark.parametrize("status", [404, 408, 429, 500, 502, 503, 504])
def test_a_failing_server_may_recover(login: AnsweringServer, status: int) -> None:
    with pytest.raises(ServiceException, match=f"HTTP {status}") as caught:
        fetch(login, status, text="<html>down</html>")

    assert not isinstance(caught.value, TokenRefused)


@pytest.mark.parametrize("status", [400, 401, 403, 405])
def test_a_refusal_is_told_with_who_and_where_and_never_the_secret(login: AnsweringServer, status: int) -> None:
    content = {"error": "invalid_client", "error_description": "Invalid\nclient credentials"}

    told = rf"client me at {login.base_url}/token: HTTP {status}, Invalid\\nclient cred"
    with pytest.raises(TokenRefused, match=told) as caught:
        fetch(login, status, content)

    assert SECRET not in str(caught.value)


def test_a_redirect_is_a_wrong_address(login: AnsweringServer) -> None:
    login.post("/token", status=307, headers={"Location": "http://evil.example/x?y"})

    with pytest.raises(TokenRefused, match=r"redirects to http://evil\.example, which is never followed"):
        fetch_token(config(login))


def test_without_a_token_server_there_are_no_tokens() -> None:
    with pytest.raises(ConfigurationError, match="no tokens to fetch"):
        fetch_token(C8Config(api={"baseUrl": "http://engine"}, auth={"none": True}))
