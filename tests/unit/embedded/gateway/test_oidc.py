"""Which addresses of issuers a gateway accepts."""

from __future__ import annotations

import pytest

from camunda_client.embedded import Gateway, Oidc


@pytest.mark.parametrize(
    "url",
    [
        "https://login.example.com/realms/c8",
        "https://login.example.com/",
        "http://localhost:18080/realms/c8",
        "http://127.0.0.1:1",
        "http://[::1]:8080/x",
    ],
)
def test_an_issuer_is_https_or_on_loopback(url: str) -> None:
    assert Oidc(url).issuer == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://login.example.com/realms/c8", "must be https, or http on loopback"),
        ("http://127.0.0.1.example.com", "must be https, or http on loopback"),
        ("file:///etc/passwd", "is not a valid URL"),
        ("ftp://localhost/x", "must be https, or http on loopback"),
        ("login.example.com", "is not a valid URL"),
        ("https://login.example.com/?realm=c8", "is not a valid URL"),
        ("https://login.example.com:port/", "is not a valid URL"),
        ("https://login.example.com/a b", "is not a valid URL"),
        ("https://[::1/", "is not a valid URL"),
        ("", "is not a valid URL"),
    ],
)
def test_another_issuer_is_refused_with_the_reason(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Oidc(url)


def test_a_password_in_the_issuer_is_refused_and_not_shown() -> None:
    with pytest.raises(ValueError, match="user name or password") as refused:
        Oidc("https://me:geheim@login.example.com/")

    assert "geheim" not in str(refused.value)


def test_negative_seconds_are_refused() -> None:
    with pytest.raises(ValueError, match="pause_s must not be negative, got -1"):
        Oidc("https://login.example.com", pause_s=-1)


def test_a_gateway_checks_either_a_secret_of_its_own_or_tokens() -> None:
    with pytest.raises(ValueError, match="either auth or oidc"):
        Gateway(auth="token", oidc=Oidc("https://login.example.com"))
