"""Sessionless calls of `requests`, as they come and sped up: the same answers, errors and traces at the servers.

Each test runs as ``off``, ``shared`` and ``pooled``; what holds for one must hold for all.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import gevent
import pytest
import requests
import responses
import trustme
import urllib3
from cryptography import x509
from gevent.server import StreamServer
from requests.adapters import HTTPAdapter

from camunda_client import patching
from tests.parts.programs import Program
from tests.parts.raw import Connection, HangUp, answer, raw_server
from tests.parts.tls import TlsAuthority, TlsServer

MODES = ("off", "shared", "pooled")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Unverified HTTPS request")]


def speed_up(stack: ExitStack, mode: str) -> None:
    if mode != "off":
        stack.enter_context(patching.speed_up_requests(pool_connections=mode == "pooled"))


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest, plain_environment: None) -> Iterator[str]:
    with ExitStack() as stack:
        speed_up(stack, request.param)
        yield request.param


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSLKEYLOGFILE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))


@pytest.fixture
def other_authority(tmp_path: Path) -> TlsAuthority:
    (tmp_path / "other").mkdir()
    return TlsAuthority(tmp_path / "other")


def get(server: TlsServer, path: str = "/", **options: Any) -> Any:
    return requests.get(server.url + path, timeout=30, **options).json()


def failure(call: Callable[[], object]) -> tuple[type[BaseException], str]:
    """Return type and text of a call's exception, without what differs from run to run."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - compared by whoever asks
        call()
    text = re.sub(r"port=\d+|0x[0-9a-f]+|line \d+|_ssl\.c:\d+", "*", str(caught.value))
    return caught.type, text


# Answers


def test_every_verb_gets_its_answer(mode: str, tls_authority: TlsAuthority) -> None:
    with tls_authority.server() as server:
        for _ in range(3):
            for method in ("get", "post", "put", "patch", "delete"):
                reply = getattr(requests, method)(f"{server.url}/{method}", verify=str(tls_authority.ca_path))

                told = {"method": method.upper(), "path": f"/{method}", "body": "", "client": None}
                assert reply.json() == told
            reply = requests.request("post", server.url, json={"a": 1}, verify=str(tls_authority.ca_path))
            assert reply.json()["body"] == '{"a": 1}'
            assert isinstance(reply.connection, HTTPAdapter)


def test_a_hundred_at_once_get_each_its_own(mode: str, tls_authority: TlsAuthority) -> None:
    with tls_authority.server() as server:
        ca = str(tls_authority.ca_path)
        jobs = [gevent.spawn(lambda n=n: [get(server, f"/{n}/{turn}", verify=ca) for turn in range(3)])
                for n in range(100)]  # fmt: skip
        gevent.joinall(jobs, timeout=60)

    paths = [[reply["path"] for reply in job.value] for job in jobs]
    assert paths == [[f"/{n}/{turn}" for turn in range(3)] for n in range(100)]


def test_a_streamed_answer_is_read_after_the_call(mode: str) -> None:
    def script(connection: Connection) -> None:
        connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            connection.send("5\r\nline\n\r\n")
        connection.send("0\r\n\r\n")

    with raw_server(script) as server:
        for _ in range(2):
            reply = requests.get(server.base_url, stream=True, timeout=30)
            assert list(reply.iter_lines()) == [b"line"] * 3
        with requests.get(server.base_url, stream=True, timeout=30) as left:
            assert next(left.iter_lines(chunk_size=1)) == b"line"
        assert requests.get(server.base_url, timeout=30).text == "line\n" * 3


# Who is trusted


@pytest.mark.parametrize("fast", ["shared", "pooled"])
@pytest.mark.parametrize("flaw", ["unknown authority", "wrong host", "expired"])
def test_a_bad_certificate_is_refused_in_the_same_words(
    fast: str, flaw: str, plain_environment: None, tls_authority: TlsAuthority, other_authority: TlsAuthority
) -> None:
    names = ("camunda.example.org",) if flaw == "wrong host" else ("localhost", "127.0.0.1")
    trusted = other_authority if flaw == "unknown authority" else tls_authority
    with (
        tls_authority.server() as good,
        tls_authority.server(names=names, expired=flaw == "expired") as server,
    ):
        usual = failure(lambda: get(server, verify=str(trusted.ca_path)))
        assert usual[0] is requests.exceptions.SSLError
        with ExitStack() as stack:
            speed_up(stack, fast)
            # Both may leave something behind that would trust more than it should.
            get(good, verify=str(tls_authority.ca_path))
            get(server, verify=False)
            for _ in range(2):
                assert failure(lambda: get(server, verify=str(trusted.ca_path))) == usual
            assert failure(lambda: get(server)) == failure_without(lambda: get(server))
        assert "/" in get(server, verify=False)["path"]


def failure_without(call: Callable[[], object]) -> tuple[type[BaseException], str]:
    """Return what the call fails with if nothing is sped up."""
    current = requests.api.sessions  # type: ignore[attr-defined]
    requests.api.sessions = requests.sessions  # type: ignore[attr-defined]
    try:
        return failure(call)
    finally:
        requests.api.sessions = current  # type: ignore[attr-defined]


@pytest.mark.parametrize("fast", ["shared", "pooled"])
def test_unusable_files_are_refused_in_the_same_words_each_time(
    fast: str, plain_environment: None, tls_authority: TlsAuthority, tmp_path: Path
) -> None:
    (tmp_path / "no.pem").write_text("no certificate\n")
    bad = str(tmp_path / "no.pem")
    ca = str(tls_authority.ca_path)
    with tls_authority.server() as server, ExitStack() as stack:
        speed_up(stack, fast)
        for options in (
            {"verify": "/nowhere.pem"},
            {"verify": bad},
            {"verify": ca, "cert": "/nowhere.pem"},
            {"verify": ca, "cert": bad},
            {"verify": ca, "cert": (str(tls_authority.client_certificate().cert_path), "/nowhere.key")},
            {"verify": ca, "cert": (str(tls_authority.client_certificate().cert_path), bad)},
        ):
            call = lambda options=options: get(server, **options)  # noqa: E731
            usual = failure_without(call)
            assert usual[0] in (OSError, requests.exceptions.SSLError), options
            assert [failure(call), failure(call)] == [usual, usual]
        # Nobody listens there: that comes before a bundle is read.
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        refused = lambda: requests.get(f"https://localhost:{port}", verify=bad)  # noqa: E731
        assert failure(refused) == failure_without(refused)
        assert failure(refused)[0] is requests.exceptions.ConnectionError
        assert get(server, verify=ca)["path"] == "/"


def test_a_path_of_any_kind_and_no_verification_do(mode: str, tls_authority: TlsAuthority) -> None:
    with tls_authority.server() as server:
        for verify in (tls_authority.ca_path, str(tls_authority.ca_path), False, tls_authority.ca_path):
            assert get(server, "/x", verify=verify)["path"] == "/x"


def test_who_is_taken_out_of_a_directory_is_trusted_no_more(
    mode: str, tls_authority: TlsAuthority, tmp_path: Path
) -> None:
    """OpenSSL reads such a file when it first meets its name, and remembers it."""
    entry = tmp_path / f"{subject_hash(tls_authority.ca_path)}.0"
    with tls_authority.server() as server:
        for _ in range(2):
            with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
                get(server, verify=str(tmp_path))
            # Rewritten in place, it leaves no trace at the directory.
            entry.write_bytes(tls_authority.ca_path.read_bytes())
            assert get(server, verify=str(tmp_path))["path"] == "/"
            entry.write_bytes(b"")


def subject_hash(certificate: Path) -> str:
    """Return the name that OpenSSL looks for: of the subject in lower case, without its outer header."""
    subject = x509.load_pem_x509_certificate(certificate.read_bytes()).subject
    lower = x509.Name([x509.NameAttribute(part.oid, str(part.value).lower()) for part in subject])
    encoded = lower.public_bytes()[2:]
    assert len(encoded) < 128
    return f"{int.from_bytes(hashlib.sha1(encoded).digest()[:4], 'little'):08x}"


def test_who_calls_without_verification_is_warned_each_time(mode: str, tls_authority: TlsAuthority) -> None:
    with tls_authority.server() as server:
        for _ in range(2):
            with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
                get(server, verify=False)


def test_a_client_certificate_serves_the_calls_that_give_it(mode: str, tls_authority: TlsAuthority) -> None:
    anna, bert = tls_authority.client_certificate("anna"), tls_authority.client_certificate("bert")
    both = anna.cert_path.with_suffix(".both")
    both.write_bytes(anna.cert_path.read_bytes() + anna.key_path.read_bytes())
    ca = str(tls_authority.ca_path)
    with tls_authority.server(ask_client=True) as server:
        for _ in range(2):
            for cert, name in (
                ((str(anna.cert_path), str(anna.key_path)), "anna"),
                ((str(bert.cert_path), str(bert.key_path)), "bert"),
                (str(both), "anna"),
            ):
                for verify in (ca, False):
                    assert get(server, verify=verify, cert=cert)["client"] == name
            # TLS 1.3 tells a client only when it reads, so it is either of the two.
            with pytest.raises((requests.exceptions.SSLError, requests.exceptions.ConnectionError)):
                get(server, verify=ca)


def test_the_system_completes_the_chain_of_a_client_certificate(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With verify=False too: OpenSSL takes the authority in between from the system's certificates."""
    root = trustme.CA()
    between = root.create_child_ca()
    client = between.issue_cert("anna@example.org", common_name="anna")
    files = (tmp_path / "leaf.pem", tmp_path / "leaf.key")
    files[0].write_bytes(client.cert_chain_pems[0].bytes())
    client.private_key_pem.write_to_path(files[1])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    root.issue_cert("localhost").configure_cert(context)
    root.configure_trust(context)
    between.cert_pem.write_to_path(tmp_path / "system.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    server = TlsServer(context, "localhost", None)
    try:
        for _ in range(2):
            reply = get(server, verify=False, cert=(str(files[0]), str(files[1])))
            assert reply["client"] == "anna"
    finally:
        server.close()


def test_a_changed_ca_file_is_noticed(
    mode: str, tls_authority: TlsAuthority, other_authority: TlsAuthority, tmp_path: Path
) -> None:
    bundle = tmp_path / "bundle.pem"
    with tls_authority.server() as server:
        for _ in range(2):
            bundle.write_bytes(tls_authority.ca_path.read_bytes())
            assert get(server, verify=str(bundle))["path"] == "/"
            # As an operator does it: a new file takes the name.
            new = tmp_path / "new.pem"
            new.write_bytes(other_authority.ca_path.read_bytes())
            new.replace(bundle)
            with pytest.raises(requests.exceptions.SSLError):
                get(server, verify=str(bundle))


def test_the_environment_is_honoured_at_each_call(
    mode: str, tls_authority: TlsAuthority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tls_authority.server() as server:
        with pytest.raises(requests.exceptions.SSLError):
            get(server)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls_authority.ca_path))
        assert get(server)["path"] == "/"
        netrc = tmp_path / "netrc"
        netrc.write_text("machine localhost login anna password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))
        get(server)
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        with pytest.raises(requests.exceptions.SSLError):
            get(server)

        sent = [headers.get("authorization") for _, _, headers, _ in server.seen.requests]
        assert sent == [None, "Basic " + base64.b64encode(b"anna:secret").decode()]


def test_a_proxy_of_the_environment_is_used(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(lambda c: c.send(answer('"proxy"'))) as proxy, raw_server(lambda c: c.send(answer())) as origin:
        for _ in range(2):
            assert requests.get(origin.base_url, timeout=30).json() == {}
        monkeypatch.setenv("http_proxy", proxy.base_url.replace("//", "//anna:secret@"))
        for _ in range(2):
            assert requests.get("http://example.org/x", timeout=30).json() == "proxy"

        assert all(b"GET http://example.org/x HTTP/1.1" in request for request in proxy.requests)
        assert all(b"Proxy-Authorization: Basic" in request for request in proxy.requests)
        assert len(proxy.requests) == proxy.connections == 2


def test_tls_through_a_proxy_is_the_same(mode: str, tls_authority: TlsAuthority, other_authority: TlsAuthority) -> None:
    asked: list[bytes] = []

    def tunnel(client: Any, _address: object) -> None:
        head = client.recv(65536)
        asked.append(head.split(b"\r\n")[0])
        port = int(head.split(b" ")[1].rpartition(b":")[2])
        with socket.create_connection(("127.0.0.1", port)) as there:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            jobs = [gevent.spawn(copy, client, there), gevent.spawn(copy, there, client)]
            gevent.joinall(jobs, count=1)
            gevent.killall(jobs)

    def copy(source: Any, target: Any) -> None:
        with suppress(OSError):
            while part := source.recv(65536):
                target.sendall(part)

    proxy = StreamServer(("127.0.0.1", 0), tunnel)
    proxy.start()
    proxies = {"https": f"http://127.0.0.1:{proxy.server_port}"}
    try:
        with tls_authority.server() as server:
            for _ in range(2):
                assert get(server, "/x", verify=str(tls_authority.ca_path), proxies=proxies)["path"] == "/x"
                with pytest.raises(requests.exceptions.SSLError):
                    get(server, verify=str(other_authority.ca_path), proxies=proxies)
            direct = get(server, "/y", verify=str(tls_authority.ca_path))
            assert direct["path"] == "/y"
            assert [line.rpartition(b" ")[0] for line in asked] == [f"CONNECT localhost:{server.port}".encode()] * 4
    finally:
        proxy.stop()


# What calls must not see of each other


def test_cookies_auth_headers_and_hooks_stay_with_their_call(mode: str) -> None:
    with raw_server(lambda c: c.send(answer("{}", Set_Cookie="who=anna; Path=/"))) as server:
        called: list[str] = []
        options: dict[str, Any] = {
            "auth": ("anna", "secret"),
            "headers": {"X-Who": "anna"},
            "hooks": {"response": lambda reply, **_: called.append(reply.url)},
        }
        first = requests.get(server.base_url, timeout=30, cookies={"mine": "1"}, **options)
        second = requests.get(server.base_url, timeout=30)

        assert first.cookies["who"] == second.cookies["who"] == "anna"
        assert called == [f"{server.base_url}/"]
        seen = server.requests[-1].lower()
        assert not [word for word in (b"cookie", b"authorization", b"x-who") if word in seen]
        assert b"cookie: mine=1" in server.requests[0].lower()


def test_a_redirect_to_another_origin_takes_no_credentials_along(mode: str) -> None:
    with raw_server(lambda c: c.send(answer('"there"'))) as there:

        def script(connection: Connection) -> None:
            if b"GET /here" in connection.request:
                connection.send(answer('"here"'))
            else:
                to = "/here" if b"GET /stay" in connection.request else there.base_url
                connection.send(answer("", "302 Found", Location=to, Set_Cookie="hop=1"))

        with raw_server(script) as start:
            for _ in range(2):
                away = requests.get(f"{start.base_url}/go", auth=("anna", "secret"), timeout=30)
                stay = requests.get(f"{start.base_url}/stay", auth=("anna", "secret"), timeout=30)

                assert [away.json(), stay.json()] == ["there", "here"]
                assert [hop.status_code for hop in away.history] == [302]
            assert not [request for request in there.requests if b"authorization" in request.lower()]
            assert all(b"authorization" in request.lower() for request in start.requests)
            assert requests.get(f"{start.base_url}/go", allow_redirects=False, timeout=30).status_code == 302


def test_a_late_answer_never_reaches_another_call(mode: str) -> None:
    """Timeouts, a handler killed in mid-answer, an answer left unread."""
    release = threading.Event()

    def script(connection: Connection) -> None:
        if b"GET /late" in connection.request:
            release.wait(30)
            connection.send(answer('"late"'))
        elif b"GET /half" in connection.request:
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", '"ha')
            release.wait(30)
            connection.send('lf"')
        else:
            connection.send(answer('"' + connection.request.split(b" ")[1].decode() + '"'))

    with raw_server(script) as server:
        assert requests.get(f"{server.base_url}/0", timeout=30).json() == "/0"
        with pytest.raises(
            requests.exceptions.ReadTimeout, match=r"^HTTPConnectionPool\(host='127.0.0.1', port=\d+\): "
        ):
            requests.get(f"{server.base_url}/late", timeout=0.05)
        with pytest.raises(gevent.Timeout), gevent.Timeout(0.05):
            requests.get(f"{server.base_url}/half", timeout=30)
        unread = requests.get(f"{server.base_url}/half", stream=True, timeout=30)
        killed = gevent.spawn(requests.get, f"{server.base_url}/late", timeout=30)
        gevent.idle()
        killed.kill()
        release.set()

        for number in range(5):
            assert requests.get(f"{server.base_url}/{number}", timeout=30).json() == f"/{number}"
        assert unread.json() == "half"


def test_an_authenticated_connection_is_not_handed_on(mode: str) -> None:
    """NTLM and Negotiate hold for the connection, whoever sends the next request over it."""
    owners: dict[Connection, bytes] = {}

    def script(connection: Connection) -> None:
        found = re.search(rb"Authorization: Negotiate (\w+)", connection.request)
        owner = owners.setdefault(connection, found[1]) if found else owners.get(connection, b"nobody")
        connection.send(answer(f'"{owner.decode()}"'))

    with raw_server(script) as server:
        said = [
            requests.get(server.base_url, headers=headers, timeout=30).json()
            for headers in ({}, {"Authorization": "Negotiate anna"}, {}, {"Authorization": b"Negotiate bert"}, {})
        ]

    assert said == ["nobody", "anna", "nobody", "bert", "nobody"]


# Connections


def test_a_server_that_never_answers_is_asked_once(mode: str) -> None:
    def script(connection: Connection) -> None:
        raise HangUp

    with raw_server(script) as server:
        for method in ("GET", "POST"):
            with pytest.raises(requests.exceptions.ConnectionError):
                requests.request(method, server.base_url, timeout=30)

        assert [request[:4] for request in server.requests] == [b"GET ", b"POST"]


def test_a_connection_closed_while_kept_shows_in_no_call(mode: str) -> None:
    """The server answers once per connection, and closes it when the next request comes, or before."""
    seen: set[Connection] = set()

    def script(connection: Connection) -> None:
        if connection in seen:
            raise HangUp
        seen.add(connection)
        connection.send(answer('"once"'))
        if b"/leave" in connection.request:
            raise HangUp

    with raw_server(script) as server:
        for method, path in [("GET", "/"), ("GET", "/"), ("POST", "/"), ("GET", "/leave"), ("GET", "/"), ("POST", "/")]:
            assert requests.request(method, server.base_url + path, timeout=30).json() == "once"

        posts = [request for request in server.requests if request.startswith(b"POST")]
        assert len(posts) == 2


def test_connections_are_kept_only_where_asked_and_only_for_what_may_be_sent_twice(
    mode: str, tls_authority: TlsAuthority
) -> None:
    with raw_server(lambda c: c.send(answer())) as server:
        for method in ("GET", "OPTIONS", "GET"):
            requests.request(method, server.base_url, timeout=30)
        kept = server.connections
        requests.get(server.base_url, data=b"body", timeout=30)
        requests.post(server.base_url, timeout=30)
        requests.delete(server.base_url, timeout=30)

        assert kept == (1 if mode == "pooled" else 3)
        assert server.connections == kept + 3


@pytest.mark.parametrize("fast", ["shared", "pooled"])
def test_a_bundle_is_read_once(
    fast: str, plain_environment: None, tls_authority: TlsAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    load = ssl.SSLContext.load_verify_locations

    def counted(context: ssl.SSLContext, *args: Any) -> None:
        read.append(args[0])
        load(context, *args)

    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", counted)
    ca, anna = str(tls_authority.ca_path), tls_authority.client_certificate("anna")
    cert = (str(anna.cert_path), str(anna.key_path))
    with tls_authority.server() as server, ExitStack() as stack:
        get(server, verify=ca)
        get(server, verify=ca, cert=cert)
        before = len(read)
        speed_up(stack, fast)
        jobs = [gevent.spawn(get, server, verify=ca, cert=given) for _ in range(10) for given in (None, cert)]
        gevent.joinall(jobs, raise_error=True)

    assert (before, len(read)) == (2, 4)


# Other libraries, and the way back


def test_mocked_answers_stay_mocked(mode: str) -> None:
    with responses.RequestsMock() as mock:
        mock.get("https://example.org/", json={"mocked": True})
        assert requests.get("https://example.org/", timeout=30).json() == {"mocked": True}
        with pytest.raises(requests.exceptions.ConnectionError, match="Connection refused by Responses"):
            requests.get("https://example.net/", timeout=30)


def test_a_class_put_in_place_of_session_is_used(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(requests.Session):
        def request(self, method: Any, url: Any, *args: Any, **options: Any) -> Any:
            return f"{method} {url}"

    monkeypatch.setattr(requests.sessions, "Session", Mine)

    assert requests.get("https://example.org/") == "get https://example.org/"  # type: ignore[comparison-overlap]


def test_own_adapters_and_contexts_are_left_alone(
    mode: str, tls_authority: TlsAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A common way to get a private authority trusted everywhere."""
    context = ssl.create_default_context(cafile=tls_authority.ca_path)
    original = HTTPAdapter.init_poolmanager

    def init_poolmanager(self: HTTPAdapter, *args: Any, **options: Any) -> None:
        original(self, *args, ssl_context=context, **options)

    monkeypatch.setattr(HTTPAdapter, "init_poolmanager", init_poolmanager)
    with tls_authority.server() as server:
        assert [get(server)["path"] for _ in range(2)] == ["/", "/"]


def test_sessions_of_the_user_are_not_touched(mode: str) -> None:
    with requests.Session() as session:
        assert type(session.get_adapter("https://x")) is HTTPAdapter


@pytest.mark.parametrize("fast", ["shared", "pooled"])
def test_native_threads_get_each_their_own(fast: str, tls_authority: TlsAuthority) -> None:
    script = f"""
import json, sys
from concurrent.futures import ThreadPoolExecutor
import requests
from camunda_client.patching import speed_up_requests
speed_up_requests(pool_connections={fast == "pooled"})
url, ca = sys.argv[1:]
with ThreadPoolExecutor(8) as pool:
    paths = list(pool.map(lambda n: requests.get(f"{{url}}/{{n}}", verify=ca, timeout=30).json()["path"], range(200)))
print(json.dumps(paths))
"""
    with tls_authority.server() as server:
        clean = {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""}
        code, output = Program.run("-c", script, server.url, tls_authority.ca_path, environment=clean)

    assert code == 0, output
    assert json.loads(output) == [f"/{number}" for number in range(200)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_child_has_connections_of_its_own(tls_authority: TlsAuthority) -> None:
    script = """
import os, sys
import requests
from camunda_client.patching import speed_up_requests
speed_up_requests(pool_connections=True)
get = lambda n: requests.get(f"{sys.argv[1]}/{n}", timeout=30).text
assert get("before") == "/before"
child = os.fork()
said = {get(f"{os.getpid()}-{n}") == f"/{os.getpid()}-{n}" for n in range(50)}
if child == 0:
    os._exit(0 if said == {True} else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or said != {True})
"""
    with raw_server(lambda c: c.send(answer(c.request.split(b" ")[1].decode()))) as server:
        code, output = Program.run("-c", script, server.base_url)

        assert code == 0, output
        assert server.connections == 2
