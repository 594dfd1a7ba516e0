"""Secrets in files that are rotated while we run: for the token server, and for user name and password."""

from __future__ import annotations

import base64
import pickle
from pathlib import Path

import pytest

from camunda_client.c8.api import get_cluster_topology
from camunda_client.c8.auth import authorization
from camunda_client.c8.auth._fetch import fetch_token
from camunda_client.c8.worker._gateway import Gateway
from camunda_client.config import AuthConfig, C8Config, get_config
from camunda_client.config._secret_files import LOOK_EVERY_S
from camunda_client.error import ConfigurationError
from tests.parts.configured import configured
from tests.parts.raw import Connection, answer, raw_server
from tests.parts.work import until


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("first\n")
    return path


def oauth(url: str, path: Path) -> C8Config:
    auth = {"selfManaged": {"oidcTokenUrl": f"{url}/token", "clientId": "me", "clientSecretFile": str(path)}}
    return C8Config.model_validate({"api": {"baseUrl": "http://camunda.invalid"}, "auth": auth})


def test_a_client_secret_that_is_exchanged_is_sent_with_the_next_request(secret_file: Path) -> None:
    """It was read once, from a variable: exchanging it took a restart of every worker."""
    with raw_server(lambda it: it.send(answer('{"access_token": "abc"}'))) as server:
        config = oauth(server.base_url, secret_file)
        fetch_token(config)
        assert b"client_secret=first" in server.requests[-1]

        (secret_file.parent / "next").write_text("second")
        (secret_file.parent / "next").rename(secret_file)

        until(
            lambda: fetch_token(config) and b"client_secret=second" in server.requests[-1],
            "it is sent",
            LOOK_EVERY_S + 5,
        )


def test_an_empty_or_missing_secret_file_leaves_the_old_secret_in_use(
    secret_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = oauth("http://x", secret_file)
    assert config.auth is not None
    assert config.auth.self_managed is not None
    secret = config.auth.self_managed.client_secret
    for spoil in (lambda: secret_file.write_text("\n"), secret_file.unlink):
        spoil()
        secret.look_again()
        assert secret.get_secret_value() == "first"

    events = [record.getMessage().split()[0] for record in caplog.records]
    assert events == ["files.reload_failed"]
    assert "first" not in caplog.text


@pytest.mark.parametrize("way", ["worker", "api"])
def test_a_password_that_is_exchanged_is_sent_at_once_after_a_401(way: str, secret_file: Path) -> None:
    good = ["first"]

    def guard(connection: Connection) -> None:
        pair = base64.b64encode(f"me:{good[0]}".encode())
        is_good = b"Authorization: Basic " + pair in connection.request
        connection.send(answer("{}", "200 OK" if is_good else "401 Unauthorized"))

    with raw_server(guard) as server:
        auth = {"basic": {"username": "me", "passwordFile": str(secret_file)}}
        with configured(server.base_url, auth=auth):
            commands = Gateway(get_config())
            ask = (lambda: commands.topology().status) if way == "worker" else get_cluster_topology
            ask()
            good[0] = "second"
            secret_file.write_text("second\n")

            assert ask()
            assert len(server.requests) <= 3


def test_the_environment_names_the_file(secret_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAMUNDA_CLIENT_ID", "me")
    monkeypatch.setenv("CAMUNDA_CLIENT_SECRET_FILE", str(secret_file))
    monkeypatch.setenv("CAMUNDA_OAUTH_URL", "http://login/token")
    config = C8Config(api={"baseUrl": "http://x"}, auth=AuthConfig())

    assert config.auth is not None
    assert config.auth.get_request_data()["client_secret"] == "first"
    assert "first" not in repr(config) + config.model_dump_json()
    copy = pickle.loads(pickle.dumps(config))
    assert copy.auth.get_request_data()["client_secret"] == "first"


def test_a_basic_password_may_come_from_a_file_of_the_environment(
    secret_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAMUNDA_BASIC_AUTH_USERNAME", "me")
    monkeypatch.setenv("CAMUNDA_BASIC_AUTH_PASSWORD_FILE", str(secret_file))
    config = C8Config(api={"baseUrl": "http://x"}, auth=AuthConfig())

    assert authorization(config) == "Basic " + base64.b64encode(b"me:first").decode()


def test_a_secret_file_that_can_not_be_one_is_refused_with_its_option(secret_file: Path) -> None:
    def refused(**options: str) -> str:
        with pytest.raises(ConfigurationError) as error:
            AuthConfig(selfManaged={"oidcTokenUrl": "http://x", "clientId": "me", **options})
        return str(error.value)

    assert "auth.selfManaged.clientSecretFile can't be read: No such file" in refused(clientSecretFile="/none")
    both = refused(clientSecretFile=str(secret_file), clientSecret="first")
    assert "auth.selfManaged.clientSecretFile is set, and the secret itself as well" in both
    secret_file.write_text("\n")
    assert "auth.selfManaged.clientSecretFile is empty" in refused(clientSecretFile=str(secret_file))
