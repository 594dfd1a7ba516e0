"""TLS as both ways to a server make it: handshakes that drip, and files that are rotated while we run."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import pytest

from camunda_client.c8 import _http
from camunda_client.c8.auth._fetch import fetch_token
from camunda_client.c8.worker._gateway import Gateway
from camunda_client.config import C8Config
from camunda_client.error import ConnectionFailed, ServiceException
from tests.parts.drip import dripping
from tests.parts.tls import TlsAuthority, TlsServer

WAYS = pytest.mark.parametrize("way", ["wire", "requests", "api"])


@pytest.fixture
def other_authority(tmp_path: Path) -> TlsAuthority:
    (tmp_path / "other").mkdir()
    return TlsAuthority(tmp_path / "other")


class Caller:
    """Asks servers by one of the ways, each on new connections."""

    def __init__(self, way: str, **tls: Any) -> None:
        self._way = way
        self._tls = tls
        self._config: C8Config | None = None
        self._commands: dict[str, Gateway] = {}

    def ask(self, url: str, timeout_s: float = 10) -> None:
        self._config = self._config or C8Config.model_validate(
            {
                "api": {"baseUrl": url, "tls": self._tls, "connectTimeout": int(timeout_s * 1000)},
                "worker": {"transport": "requests" if self._way == "requests" else "auto"},
            }
        )
        config = self._config.model_copy(update={"api": self._config.api.model_copy(update={"base_url": url})})
        if self._way == "api":
            _http.exchange("GET", f"{url}/v2/x", body=None, headers={}, timeout_s=timeout_s, settings=config.api)
            return
        if url not in self._commands:
            self._commands[url] = Gateway(config)
        self._commands[url].topology()

    def renew(self) -> None:
        """Close the idle connections."""
        for commands in self._commands.values():
            commands.close()


def elapsed(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


@WAYS
def test_a_handshake_that_drips_ends_at_the_time_for_connecting(way: str, tls_authority: TlsAuthority) -> None:
    """gevent's sockets count anew with each byte: workers hung 40 s beyond the server's recovery, calls for ever."""
    caller = Caller(way, caFile=str(tls_authority.ca_path))
    with tls_authority.server() as server, dripping(server.port) as relay:

        def ask() -> None:
            with pytest.raises(ConnectionFailed) as failed:
                caller.ask(f"https://localhost:{relay.port}", 0.5)
            assert (failed.value.reason, failed.value.maybe_applied) == ("timeout", False)

        with gevent.Timeout(12):
            assert elapsed(ask) < 2.5


def test_a_token_servers_handshake_that_drips_ends_in_time(tls_authority: TlsAuthority) -> None:
    with tls_authority.server() as server, dripping(server.port) as relay:
        oauth = {"oidcTokenUrl": f"https://localhost:{relay.port}/token", "clientId": "a", "clientSecret": "b"}
        api = {"baseUrl": "http://localhost", "tls": {"caFile": str(tls_authority.ca_path)}}
        config = C8Config.model_validate({"api": api, "auth": {"selfManaged": oauth}})

        def fetch() -> None:
            with pytest.raises(ServiceException, match=r"did not answer within 0\.5 s"):
                fetch_token(config, 0.5)

        with gevent.Timeout(12):
            assert elapsed(fetch) < 2.5


@pytest.mark.parametrize("way", ["wire", "api"])
def test_a_tls_record_that_drips_ends_at_the_deadline(way: str, tls_authority: TlsAuthority) -> None:
    """Each byte of a record began the time-out anew, for the answer as for the handshake."""
    from camunda_client.c8._wire import Wire, tls_contexts

    with tls_authority.server() as server, dripping(server.port, pause_s=0) as relay:
        config = C8Config.model_validate(
            {"api": {"baseUrl": f"https://localhost:{relay.port}", "tls": {"caFile": str(tls_authority.ca_path)}}}
        )
        base = _http_base(config)
        lane = Wire(base, tls_contexts(config.api.tls), connect_timeout_s=5, body_cap=10**6).lane()

        def ask(timeout_s: float) -> None:
            if way == "wire":
                lane.exchange(b"GET /x HTTP/1.1\r\nHost: x", b"", timeout_s)
                return
            url = f"{config.api.base_url}/v2/x"
            _http.exchange("GET", url, body=None, headers={}, timeout_s=timeout_s, settings=config.api)

        ask(5)
        relay.pause_s = 0.05

        def ask_again() -> None:
            with pytest.raises(ConnectionFailed) as failed:
                ask(0.5)
            assert (failed.value.reason, failed.value.maybe_applied) == ("timeout", True)

        with gevent.Timeout(12):
            assert elapsed(ask_again) < 2.5
        assert relay.connections == 1


def _http_base(config: C8Config) -> Any:
    from urllib.parse import urlsplit

    return urlsplit(config.api.base_url)


@WAYS
def test_an_authority_that_is_exchanged_is_trusted_and_the_old_one_no_more(
    way: str, tls_authority: TlsAuthority, other_authority: TlsAuthority, tmp_path: Path
) -> None:
    """The worker read the files once: after a rotation it was refused until it was started again."""
    ca_file = tmp_path / "ca.pem"
    shutil.copy(tls_authority.ca_path, ca_file)
    caller = Caller(way, caFile=str(ca_file))
    with tls_authority.server() as old, other_authority.server() as new:
        caller.ask(old.url)
        with pytest.raises(ConnectionFailed):
            caller.ask(new.url)

        shutil.copy(other_authority.ca_path, tmp_path / "next.pem")
        (tmp_path / "next.pem").rename(ca_file)
        caller.renew()

        caller.ask(new.url)


def shown(server: TlsServer) -> list[str | None]:
    return [common_name for *_, common_name in server.seen.requests]


@pytest.mark.parametrize("way", ["wire", "api"])
def test_a_certificate_of_ours_that_is_exchanged_is_shown_to_the_next_server(
    way: str, tls_authority: TlsAuthority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    first, second = tls_authority.client_certificate("first"), tls_authority.client_certificate("second")
    cert_file, key_file = tmp_path / "client.pem", tmp_path / "client.key"
    shutil.copy(first.cert_path, cert_file)
    shutil.copy(first.key_path, key_file)
    caller = Caller(way, caFile=str(tls_authority.ca_path), certFile=str(cert_file), keyFile=str(key_file))
    with (
        tls_authority.server(ask_client=True) as one,
        tls_authority.server(ask_client=True) as two,
        tls_authority.server(ask_client=True) as three,
    ):
        if way == "wire":
            two = three = one  # a worker has one gateway; calls make a connection to each
        caller.ask(one.url)
        # The new certificate is there, its key is not yet: the old pair stays in use, and that is said once.
        shutil.copy(second.cert_path, cert_file)
        caller.renew()
        caller.ask(two.url)
        shutil.copy(second.key_path, key_file)
        caller.renew()
        caller.ask(three.url)

        assert shown(three)[-1] == "second"
        assert shown(two)[-2 if way == "wire" else -1] == "first"
    events = [record.getMessage().split()[0] for record in caplog.records if ".reload" in record.getMessage()]
    assert events == ["files.reload_failed", "files.reloaded"]


@pytest.mark.parametrize("way", ["wire", "api"])
def test_a_half_written_or_missing_file_leaves_the_old_one_in_use(
    way: str, tls_authority: TlsAuthority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    ca_file = tmp_path / "ca.pem"
    whole = tls_authority.ca_path.read_bytes()
    ca_file.write_bytes(whole)
    caller = Caller(way, caFile=str(ca_file))
    with tls_authority.server() as one, tls_authority.server() as two, tls_authority.server() as three:
        caller.ask(one.url)
        if way == "wire":
            two = three = one  # as above
        ca_file.write_bytes(whole[: len(whole) // 2])
        caller.renew()
        caller.ask(two.url)
        ca_file.unlink()
        caller.renew()
        if way == "wire":
            caller.ask(one.url)
        ca_file.write_bytes(whole)
        caller.renew()
        caller.ask(three.url)

    events = [record.getMessage().split()[0] for record in caplog.records if ".reload" in record.getMessage()]
    assert events == ["files.reload_failed", "files.reloaded"]
    warning = next(record.getMessage() for record in caplog.records if "files.reload_failed" in record.getMessage())
    assert "rename it" in warning
