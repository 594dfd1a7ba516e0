"""Servers that cut, stall, lie and flood: each comes out as one clear failure, in time."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
import requests

from camunda_client.c8 import _http
from camunda_client.config import ApiConfig
from camunda_client.error import ConnectionFailed
from tests.parts.raw import Connection, HangUp, Script, answer, raw_server
from tests.parts.tls import TlsAuthority
from tests.parts.work import until

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def exchange(url: str, timeout_s: float = 5.0, headers: dict[str, str] | None = None, **options: Any) -> _http.Answer:
    settings = ApiConfig(baseUrl=url, **options)
    return _http.exchange(
        "POST", settings.rest_url + "/x", body=b"{}", headers=headers or {}, timeout_s=timeout_s, settings=settings
    )


def failure(script: Script, timeout_s: float = 5.0, **options: Any) -> ConnectionFailed:
    with raw_server(script) as server, pytest.raises(ConnectionFailed) as caught:
        exchange(server.base_url, timeout_s, **options)
    return caught.value


def hang_up(connection: Connection) -> None:
    raise HangUp


def cut(*parts: str) -> Script:
    """Send something, then hang up."""

    def script(connection: Connection) -> None:
        connection.send(*parts)
        raise HangUp

    return script


def test_an_answer_is_returned_whole_whatever_its_status() -> None:
    with raw_server(lambda it: it.send(answer('{"a": 1}', "429 Slow", Retry_After="3"))) as server:
        assert exchange(server.base_url) == _http.Answer(429, "application/json", 3.0, b'{"a": 1}')


def test_connections_are_kept_and_used_again() -> None:
    with raw_server(lambda it: it.send(answer())) as server:
        settings = ApiConfig(baseUrl=server.base_url)
        for _ in range(20):
            _http.exchange("POST", settings.rest_url, body=b"{}", headers={}, timeout_s=5, settings=settings)

        assert (server.connections, len(server.requests)) == (1, 20)


def test_a_connection_that_the_server_has_closed_is_not_used_again() -> None:
    def once(connection: Connection) -> None:
        connection.send(answer())
        raise HangUp

    with raw_server(once) as server:
        for number in range(5):
            exchange(server.base_url)
            # As it is between two jobs.
            until(lambda number=number: server.ended == number + 1, "the server has closed it")

        assert server.connections == 5


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (hang_up, "reset"),
        (cut("HTTP/1.1 200 OK\r\nContent-Ty"), "bad_response"),
        (cut("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"), "bad_response"),
        (cut(HEAD, "Content-Length: 20\r\n\r\n{}"), "truncated"),
        (cut(HEAD, "Transfer-Encoding: chunked\r\n\r\n5\r\nab"), "truncated"),
        (cut("hello\r\n\r\n"), "bad_response"),
    ],
    ids=["nothing", "half a header", "no end of headers", "half a body", "half a chunk", "no HTTP"],
)
def test_an_answer_that_is_cut_off_is_none(script: Script, reason: str) -> None:
    error = failure(script)

    assert (error.reason, error.maybe_applied) == (reason, True)


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        lambda it: it.hold(),
        lambda it: it.trickle(HEAD + "X: " + "y" * 1000, 0.05),
        lambda it: (it.send(HEAD, "Content-Length: 2000\r\n\r\n"), it.trickle("y" * 1000, 0.05)),
    ],
    ids=["silence", "headers byte by byte", "body byte by byte"],
)
def test_one_deadline_counts_for_all(script: Script) -> None:
    began = time.monotonic()

    error = failure(script, timeout_s=0.5)

    assert (error.reason, error.maybe_applied) == ("timeout", True)
    assert "did not answer within 0.5 s" in str(error)
    assert 0.4 < time.monotonic() - began < 2


def test_a_flood_is_cut_at_the_limit() -> None:
    flood = answer("x" * 100_000)

    error = failure(lambda it: it.send(flood), maxResponseBytes=10_000)

    assert error.reason == "too_large"
    assert "more than 10000 bytes; raise api.maxResponseBytes" in str(error)


def test_a_compressed_bomb_is_cut_at_the_limit() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(b"0" * 50_000_000) + packer.flush()
    head = f"{HEAD}Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"

    error = failure(lambda it: it.send(head, bomb), maxResponseBytes=1_000_000)

    assert error.reason == "too_large"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_an_error_that_names_the_origin_only(status: str) -> None:
    location = "https://me:geheim@evil.example/login?once=geheim"

    error = failure(lambda it: it.send(answer("", status, Location=location)))

    assert (error.reason, error.maybe_applied) == ("redirect", False)
    assert "redirects to https://evil.example, which is never followed" in str(error)
    assert "geheim" not in str(error)


def test_a_redirect_to_no_address_is_told_as_a_redirect() -> None:
    failed = failure(lambda it: it.send(answer("", "302 Found", Location="https://[sso")))

    assert failed.reason == "redirect"
    assert "redirects to an address that is none" in failed.message


def test_what_our_caller_is_handling_says_nothing_of_our_exchange() -> None:
    """A handler asks for something while it handles its partner's expired certificate."""
    with raw_server(hang_up) as server:
        try:
            raise requests.exceptions.SSLError("the partner's certificate has expired")
        except requests.exceptions.SSLError:
            with pytest.raises(ConnectionFailed) as caught:
                exchange(server.base_url)

    assert caught.value.reason == "reset"


def test_a_handshake_that_is_hung_up_on_is_a_closed_connection_and_not_a_question_of_trust() -> None:
    def hang_up_on_hello(listener: socket.socket) -> None:
        sock, _ = listener.accept()
        with sock:
            sock.recv(65536)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=hang_up_on_hello, args=(listener,), daemon=True)
        server.start()
        with pytest.raises(ConnectionFailed) as caught:
            exchange(f"https://127.0.0.1:{listener.getsockname()[1]}")
        server.join(10)

    assert (caught.value.reason, caught.value.maybe_applied) == ("reset", False)


@pytest.mark.parametrize(("url", "reason"), [("http://127.0.0.1:1", "refused"), ("http://no-such-host.invalid", "dns")])
def test_what_never_left_us_was_surely_not_applied(url: str, reason: str) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        exchange(url)

    assert (caught.value.reason, caught.value.maybe_applied) == (reason, False)
    assert url in str(caught.value)


def test_ipv6_is_an_address_like_others() -> None:
    with raw_server(lambda it: it.send(answer()), host="::1") as server:
        assert exchange(server.base_url).status == 200


def test_nothing_in_the_environment_gets_the_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login thief password thief\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    with raw_server(lambda it: it.send(answer())) as proxy, raw_server(lambda it: it.send(answer())) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.base_url)

        # Settings that no other test has, so that their session is made, and warned about, here.
        exchange(server.base_url, headers={"Authorization": "Bearer abc"}, tls={"caFile": str(netrc)})

        assert proxy.requests == []
        assert "config.proxy_ignored" in caplog.text
        assert b"Authorization: Bearer abc\r\n" in server.requests[0]


def test_a_proxy_that_is_configured_is_used_and_its_failure_told_as_such() -> None:
    with raw_server(lambda it: it.send(answer())) as proxy:
        exchange("http://engine.invalid", proxy=proxy.base_url)

        assert proxy.requests[0].startswith(b"POST http://engine.invalid/v2/x HTTP/1.1\r\n")
    with pytest.raises(ConnectionFailed, match=r"api\.proxy failed") as caught:
        exchange("http://engine.invalid", proxy="http://me:geheim@127.0.0.1:1")
    assert (caught.value.reason, caught.value.maybe_applied) == ("proxy", False)
    assert "geheim" not in str(caught.value)


def test_cookies_are_not_kept() -> None:
    with raw_server(lambda it: it.send(answer(Set_Cookie="sticky=1; Path=/"))) as server:
        exchange(server.base_url)
        exchange(server.base_url)

        assert b"sticky" not in server.requests[1]


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_a_private_authority_is_trusted_by_its_file_and_by_nothing_else(tls_authority: TlsAuthority) -> None:
    with tls_authority.server() as server:
        assert exchange(server.url, tls={"caFile": str(tls_authority.ca_path)}).status == 200
        with pytest.raises(ConnectionFailed, match="could not be trusted") as caught:
            exchange(server.url)
        assert exchange(server.url, tls={"verify": False}).status == 200

    assert (caught.value.reason, caught.value.maybe_applied) == ("tls", False)


@pytest.mark.parametrize("wrong", [{"names": ("other.example",)}, {"expired": True}])
def test_a_wrong_certificate_is_refused(tls_authority: TlsAuthority, wrong: Any) -> None:
    with (
        tls_authority.server(**wrong) as server,
        pytest.raises(ConnectionFailed, match="could not be trusted") as caught,
    ):
        exchange(server.url, tls={"caFile": str(tls_authority.ca_path)})

    assert caught.value.reason == "tls"


def test_our_own_certificate_is_shown_where_it_is_asked_for(tls_authority: TlsAuthority) -> None:
    own = tls_authority.client_certificate("worker-9")
    tls = {"caFile": str(tls_authority.ca_path), "certFile": str(own.cert_path), "keyFile": str(own.key_path)}
    with tls_authority.server(ask_client=True) as server:
        assert b'"worker-9"' in exchange(server.url, tls=tls).body
        with pytest.raises(ConnectionFailed):
            exchange(server.url, tls={"caFile": tls["caFile"]})


@pytest.mark.slow
def test_sessions_made_before_gevent_patched_are_not_used_after(tls_authority: TlsAuthority) -> None:
    """Their locks would stop the whole loop, and their TLS contexts would answer with a RecursionError."""
    script = textwrap.dedent(
        """
        import sys
        from camunda_client.c8 import _http
        from camunda_client.config import ApiConfig

        settings = ApiConfig(baseUrl=sys.argv[1], tls={"caFile": sys.argv[2]})

        def ask(_=None):
            return _http.exchange(
                "POST", settings.rest_url, body=b"{}", headers={}, timeout_s=10, settings=settings
            ).status

        first = ask()
        from camunda_client.c8._http import _session
        sessions = lambda: {session for of_one in _session._sessions.values() for session in of_one.values()}
        before = sessions()
        from camunda_client import patching
        patching.patch()
        from gevent.pool import Pool
        print({first, *Pool(50).map(ask, range(200))}, before.isdisjoint(sessions()))
        """
    )
    with tls_authority.server() as server:
        done = subprocess.run(
            [sys.executable, "-c", script, server.url, tls_authority.ca_path],
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert (done.stdout.strip(), done.returncode) == ("{200} True", 0), done.stderr
