"""The TLS servers that HTTPS tests stand on: each is good or bad in the one way it says."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.parts.camunda import EngineProcess
from tests.parts.tls import ClientCertificate, TlsAuthority


def test_a_good_server_is_trusted_by_who_knows_the_authority(tls_authority: TlsAuthority) -> None:
    with tls_authority.server() as server:
        answer = _get(f"{server.url}/v2/topology", tls_authority)

        assert answer == {"method": "GET", "path": "/v2/topology", "body": "", "client": None}
        assert [request[:2] for request in server.seen.requests] == [("GET", "/v2/topology")]


def test_who_does_not_know_the_authority_refuses(tls_authority: TlsAuthority) -> None:
    with tls_authority.server() as server:
        with pytest.raises(urllib.error.URLError, match=r"unable to get local issuer|self-signed"):
            _get(server.url, None)

        assert not server.seen.requests


def test_a_certificate_for_another_host_is_refused(tls_authority: TlsAuthority) -> None:
    with (
        tls_authority.server(names=("camunda.example.org",)) as server,
        pytest.raises(urllib.error.URLError, match="Hostname mismatch"),
    ):
        _get(server.url, tls_authority)


def test_an_expired_certificate_is_refused(tls_authority: TlsAuthority) -> None:
    with (
        tls_authority.server(expired=True) as server,
        pytest.raises(urllib.error.URLError, match="certificate has expired"),
    ):
        _get(server.url, tls_authority)


def test_a_server_that_asks_for_a_client_certificate_tells_whose_it_was(tls_authority: TlsAuthority) -> None:
    with tls_authority.server(ask_client=True) as server:
        # TLS 1.3 lets a client believe in its handshake until it reads.
        with pytest.raises(OSError, match=r"(?i)certificate required|reset|closed|EOF"):
            _get(server.url, tls_authority)

        answer = _get(server.url, tls_authority, tls_authority.client_certificate("worker-7"))

    assert answer["client"] == "worker-7"


def test_a_real_engine_is_reached_through_tls(tls_authority: TlsAuthority, engine: EngineProcess) -> None:
    with tls_authority.server(upstream=engine.base_url) as server:
        topology = _get(f"{server.url}/v2/topology", tls_authority)

    assert topology["brokers"][0]["partitions"][0]["role"] == "leader"


def _get(url: str, authority: TlsAuthority | None, certificate: ClientCertificate | None = None) -> dict[str, Any]:
    context = ssl.create_default_context(cafile=None if authority is None else str(authority.ca_path))
    if certificate is not None:
        context.load_cert_chain(certificate.cert_path, certificate.key_path)
    with urllib.request.urlopen(url, context=context, timeout=20) as answer:
        told: dict[str, Any] = json.loads(answer.read())
        return told
