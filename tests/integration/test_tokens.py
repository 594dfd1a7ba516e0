"""A gateway that checks the tokens of an issuer, over real sockets: every way in which a token can be wrong."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from typing import Any

import gevent
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from camunda_client.embedded import Gateway, IssuerError, Oidc
from camunda_client.embedded.gateway._issuer import MAX_DOCUMENT
from tests.parts import rest
from tests.parts.issuer import AUDIENCE, Issuer, SigningKey, signed_by_hand

#: What a real 8.6.0 was seen to answer.
DENIED, MALFORMED = "Access Denied", "error decoding jwt"
EXPIRED, INVALID = "the token has expired", "the provided claims are invalid"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture
def gateway(issuer: Issuer) -> Iterator[Gateway]:
    with Gateway(oidc=Oidc(issuer.url, AUDIENCE)) as running:
        yield running
    assert running.errors == []


def ask(gateway: Gateway, token: str | None, scheme: str = "Bearer") -> tuple[int, str]:
    connection = http.client.HTTPConnection(gateway.host, gateway.port, timeout=40)
    try:
        headers = {} if token is None else {"Authorization": f"{scheme} {token}"}
        connection.request("GET", "/v2/topology", headers=headers)
        answer = connection.getresponse()
        body = json.loads(answer.read())
    finally:
        connection.close()
    return answer.status, "" if answer.status == 200 else body["detail"]


def test_a_good_token_is_taken_and_the_keys_are_fetched_once(gateway: Gateway, issuer: Issuer) -> None:
    assert {ask(gateway, issuer.token()) for _ in range(20)} == {(200, "")}
    assert issuer.fetched == 1


def test_one_of_several_audiences_will_do(gateway: Gateway, issuer: Issuer) -> None:
    assert ask(gateway, issuer.token(aud=["account", AUDIENCE]))[0] == 200


@pytest.mark.parametrize("algorithm", ["RS512", "PS256", "ES256", "EdDSA"])
@pytest.mark.parametrize("named", [True, False])
def test_every_kind_of_key_is_known_with_its_algorithm_named_or_not(
    gateway: Gateway, issuer: Issuer, algorithm: str, named: bool
) -> None:
    issuer.keys = [SigningKey("other", algorithm, named=named)]
    with Gateway(oidc=Oidc(issuer.url, AUDIENCE)) as gateway:
        assert ask(gateway, issuer.token()) == (200, "")


WRONG: dict[str, tuple[Callable[[Issuer], str | None], str]] = {
    "no token": (lambda _: None, DENIED),
    "no JWT": (lambda _: "x", MALFORMED),
    "three parts of nothing": (lambda _: "a.b.c", MALFORMED),
    "expired": (lambda issuer: issuer.token(exp=int(time.time()) - 5), EXPIRED),
    "not valid yet": (lambda issuer: issuer.token(nbf=int(time.time()) + 60), INVALID),
    "of the future": (lambda issuer: issuer.token(iat=int(time.time()) + 60), INVALID),
    "without an end": (lambda issuer: issuer.token(exp=None), INVALID),
    "for another audience": (lambda issuer: issuer.token(aud="account"), INVALID),
    "without an audience": (lambda issuer: issuer.token(aud=None), INVALID),
    "of another issuer": (lambda issuer: issuer.token(iss="https://login.example.com"), INVALID),
    "without an issuer": (lambda issuer: issuer.token(iss=None), INVALID),
    "of an unknown key": (lambda issuer: issuer.token(SigningKey("unknown")), "has no key 'unknown'"),
    "of a key that took a known name": (lambda issuer: issuer.token(SigningKey("first")), "signature is wrong"),
    "with other claims than were signed": (lambda issuer: spliced(issuer), "signature is wrong"),
    "with a broken signature": (lambda issuer: tampered(issuer.token()), "signature is wrong"),
    "by another algorithm of the same key": (lambda issuer: as_ps256(issuer), "does not fit its key"),
    "alg none": (
        lambda issuer: signed_by_hand({"alg": "none", "kid": "first"}, issuer.claims(), None),
        "algorithm 'none' is not allowed",
    ),
    "HS256 with the public key in PEM": (
        lambda issuer: signed_by_hand({"alg": "HS256", "kid": "first"}, issuer.claims(), public_pem(issuer)),
        "algorithm 'HS256' is not allowed",
    ),
    "HS256 with the public key as the issuer gives it": (
        lambda issuer: signed_by_hand(
            {"alg": "HS256", "kid": "first"}, issuer.claims(), json.dumps(issuer.keys[0].jwk).encode()
        ),
        "algorithm 'HS256' is not allowed",
    ),
    "with an extension that must be understood": (
        lambda issuer: issuer.keys[0].sign(issuer.claims(), crit=["x-policy"]),
        INVALID,
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_token_is_refused(gateway: Gateway, issuer: Issuer, what: str) -> None:
    write, detail = WRONG[what]

    status, said = ask(gateway, write(issuer))

    assert status == 401
    assert said == detail if detail in (DENIED, MALFORMED, EXPIRED, INVALID) else detail in said


def spliced(issuer: Issuer) -> str:
    """The signature of one token under the claims of another."""
    head, _, signature = issuer.token(sub="other").split(".")
    return ".".join((head, issuer.token().split(".")[1], signature))


def tampered(token: str) -> str:
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def as_ps256(issuer: Issuer) -> str:
    return jwt.encode(issuer.claims(), issuer.keys[0].private, "PS256", headers={"kid": "first"})


def public_pem(issuer: Issuer) -> bytes:
    pem: bytes = issuer.keys[0].private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem


def test_the_refusal_looks_as_a_secured_camunda_was_seen_to_answer(gateway: Gateway, issuer: Issuer) -> None:
    status, answer = rest.call(gateway.base_url, "POST", "/v2/nothing", {}, token=issuer.token(aud="account"))

    assert status == 401
    assert answer == {
        "type": "about:blank", "title": "Unauthorized", "status": 401, "detail": INVALID, "instance": "/v2/nothing",
    }  # fmt: skip


@pytest.mark.parametrize("scheme", ["bearer", "Basic", "JWT"])
def test_the_scheme_is_bearer_written_just_so(gateway: Gateway, issuer: Issuer, scheme: str) -> None:
    assert ask(gateway, issuer.token(), scheme) == (401, MALFORMED)


def test_without_an_audience_any_will_do(issuer: Issuer) -> None:
    with Gateway(oidc=Oidc(issuer.url)) as gateway:
        assert ask(gateway, issuer.token(aud="account"))[0] == 200
        assert ask(gateway, issuer.token(aud=None))[0] == 200


def test_a_token_may_leave_its_key_out_where_there_is_only_one(issuer: Issuer) -> None:
    with Gateway(oidc=Oidc(issuer.url, pause_s=0)) as gateway:
        nameless = jwt.encode(issuer.claims(), issuer.keys[0].private, "RS256")
        assert ask(gateway, nameless)[0] == 200

        issuer.keys.append(SigningKey("second"))
        assert ask(gateway, issuer.token(issuer.keys[1]))[0] == 200
        assert "has no key 'None'" in ask(gateway, nameless)[1]


def test_a_symmetric_key_and_one_for_encryption_are_no_keys_for_tokens(issuer: Issuer) -> None:
    secret = SigningKey("secret")
    secret.jwk = {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}
    encryption = SigningKey("encryption")
    encryption.jwk["use"] = "enc"
    issuer.keys += [secret, encryption]

    with Gateway(oidc=Oidc(issuer.url, AUDIENCE)) as gateway:
        assert "has no key 'secret'" in ask(gateway, issuer.token(secret))[1]
        assert "has no key 'encryption'" in ask(gateway, issuer.token(encryption))[1]
        assert ask(gateway, issuer.token())[0] == 200


# -- keys that change -----------------------------------------------------------------------------------------------
def test_a_new_key_is_fetched_and_the_withdrawn_one_refused(issuer: Issuer) -> None:
    with Gateway(oidc=Oidc(issuer.url, AUDIENCE, pause_s=0)) as gateway:
        old = issuer.token()
        assert ask(gateway, old)[0] == 200
        issuer.keys = [SigningKey("second")]

        assert ask(gateway, issuer.token())[0] == 200
        assert "has no key 'first'" in ask(gateway, old)[1]


def test_a_withdrawn_key_is_refused_when_the_keys_are_old_though_no_new_one_came(issuer: Issuer) -> None:
    with Gateway(oidc=Oidc(issuer.url, AUDIENCE, pause_s=0, keep_s=0)) as gateway:
        old = issuer.token()
        issuer.keys = [SigningKey("second")]

        assert "has no key 'first'" in ask(gateway, old)[1]


def test_made_up_keys_do_not_make_the_gateway_ask_the_issuer_each_time(gateway: Gateway, issuer: Issuer) -> None:
    unknown = issuer.token(SigningKey("unknown"))

    assert {ask(gateway, unknown)[0] for _ in range(30)} == {401}

    assert issuer.fetched == 1


def test_requests_at_once_share_one_fetch(issuer: Issuer) -> None:
    with Gateway(oidc=Oidc(issuer.url, AUDIENCE, pause_s=0)) as gateway:
        issuer.keys = [SigningKey("second")]
        issuer.answering.clear()
        asking = [gevent.spawn(ask, gateway, issuer.token()) for _ in range(10)]
        gevent.idle()
        issuer.answering.set()

        assert [greenlet.get(timeout=20) for greenlet in asking] == [(200, "")] * 10
    assert issuer.fetched == 2


# -- an issuer that fails -------------------------------------------------------------------------------------------
def test_a_gateway_does_not_start_without_its_issuer(issuer: Issuer) -> None:
    oidc = Oidc("http://127.0.0.1:9/realms/test")

    with pytest.raises(IssuerError, match=r"can't fetch http://127\.0\.0\.1:9/realms/test/\.well-known/"):
        Gateway(oidc=oidc).start()


@pytest.mark.parametrize(
    ("discovery", "reason"),
    [
        ({"issuer": "https://other.example.com"}, "calls itself 'https://other.example.com'; write it just so"),
        ({"jwks_uri": "http://keys.example.com/certs"}, "its jwks_uri 'http://keys.example.com/certs' must be https"),
        ({"jwks_uri": None}, "its jwks_uri 'None' is not a valid URL"),
    ],
)
def test_a_document_that_leads_astray_is_refused(issuer: Issuer, discovery: dict[str, Any], reason: str) -> None:
    issuer.discovery = discovery

    with pytest.raises(IssuerError, match=reason):
        Gateway(oidc=Oidc(issuer.url)).start()


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (("302 Found", b""), "HTTP Error 302"),
        (("500 Internal Server Error", b"{}"), "HTTP Error 500"),
        (("200 OK", b"<html>Sign in</html>"), "Expecting value"),
        (("200 OK", b"[]"), "expected a JSON object"),
        (("200 OK", b" " * (MAX_DOCUMENT + 1)), "more than 1000000 bytes"),
    ],
)
def test_what_is_no_set_of_keys_is_refused(issuer: Issuer, broken: tuple[str, bytes], reason: str) -> None:
    issuer.broken = broken

    with pytest.raises(IssuerError, match=f"can't fetch {issuer.url}/certs: .*{reason}"):
        Gateway(oidc=Oidc(issuer.url)).start()


def test_while_the_issuer_is_away_known_keys_go_on_and_the_rest_is_no_401(issuer: Issuer) -> None:
    """A 401 would say that the token is bad, which the gateway does not know; clients repeat what met a 503."""
    with Gateway(oidc=Oidc(issuer.url, AUDIENCE, pause_s=0, keep_s=0)) as gateway:
        issuer.broken = ("500 Internal Server Error", b"")

        assert ask(gateway, issuer.token())[0] == 200
        status, said = ask(gateway, issuer.token(SigningKey("second")))
        assert (status, "HTTP Error 500" in said) == (503, True)

        issuer.broken = None
        assert ask(gateway, issuer.token(SigningKey("second")))[0] == 401


def test_an_issuer_that_hangs_is_given_up_after_the_time_limit(issuer: Issuer) -> None:
    issuer.answering.clear()

    with pytest.raises(IssuerError, match=r"did not give its keys within 0\.3 s"):
        Gateway(oidc=Oidc(issuer.url, timeout_s=0.3)).start()


def test_a_hanging_issuer_holds_up_only_requests_that_need_it(issuer: Issuer) -> None:
    with Gateway(oidc=Oidc(issuer.url, AUDIENCE, pause_s=0, timeout_s=2)) as gateway:
        issuer.answering.clear()
        stuck = gevent.spawn(ask, gateway, issuer.token(SigningKey("second")))
        gevent.idle()

        assert ask(gateway, issuer.token())[0] == 200
        assert not stuck.ready()
        assert stuck.get(timeout=20)[0] == 503


@pytest.mark.slow
def test_in_a_process_that_is_not_patched_it_works_too(issuer: Issuer) -> None:
    program = """
        import http.client, sys
        from camunda_client.embedded import Gateway, Oidc

        with Gateway(oidc=Oidc(sys.argv[1], "zeebe-api")) as gateway:
            for token in sys.argv[2:]:
                connection = http.client.HTTPConnection(gateway.host, gateway.port, timeout=20)
                connection.request("GET", "/v2/topology", headers={"Authorization": f"Bearer {token}"})
                print(connection.getresponse().status)
    """
    tokens = [issuer.token(), issuer.token(exp=1), issuer.token(SigningKey("other"))]
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), issuer.url, *tokens],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert run.stdout.split() == ["200", "401", "401"], run.stderr
