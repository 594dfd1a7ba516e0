"""How a client proves at a token server who it is; the server checks all of it by itself."""

from __future__ import annotations

import base64
import datetime
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from camunda_client.c8.auth._fetch import fetch_token
from camunda_client.config import AuthConfig, C8Config, _current
from camunda_client.error import ConfigurationError, ServiceException
from tests.parts.token_server import TokenServer

SECRET = "s3cret: ж + %/="
CLIENT = "client:ж"
PASSWORD = "pässword"


class Signer:
    """A key, and the files that a client may have it in."""

    def __init__(self, folder: Path, key: Any) -> None:
        self.private = key
        name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "me")])
        now = datetime.datetime.now(datetime.timezone.utc)
        by = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
        self.certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + datetime.timedelta(days=1))
        ).sign(key, by)
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        self.key_file = folder / "key.pem"
        self.key_file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
        self.certificate_file = folder / "cert.pem"
        self.certificate_file.write_bytes(self.certificate.public_bytes(pem))
        self.keystore = folder / "store.p12"
        protection = serialization.BestAvailableEncryption(PASSWORD.encode())
        self.keystore.write_bytes(pkcs12.serialize_key_and_certificates(b"me", key, self.certificate, None, protection))


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with TokenServer() as server:
        yield server


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path, rsa.generate_private_key(public_exponent=65537, key_size=2048))


def configuration(tokens: TokenServer, **options: Any) -> C8Config:
    auth = {"oidcTokenUrl": tokens.auth["selfManaged"]["oidcTokenUrl"], "clientId": CLIENT, **options}
    return C8Config(api={"baseUrl": "http://camunda"}, auth={"selfManaged": auth})


def form(tokens: TokenServer) -> dict[str, str]:
    return {name: value for name, [value] in parse_qs(tokens.requests[-1].body.decode()).items()}


def test_a_secret_in_the_form_is_the_usual_way(tokens: TokenServer) -> None:
    tokens.expects = lambda request: "authorization" not in request.headers
    explicitly = {"tokenEndpointAuthMethod": "client_secret_post"}

    for more in ({}, explicitly):
        fetch_token(configuration(tokens, clientSecret=SECRET, **more))
        assert form(tokens) == {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}


def test_a_secret_in_a_header_is_encoded_as_the_standard_says(tokens: TokenServer) -> None:
    def expected(request: Any) -> bool:
        scheme, _, value = request.headers["authorization"].partition(" ")
        pair = base64.b64decode(value).decode().split(":")
        return scheme == "Basic" and [unquote_plus(one) for one in pair] == [CLIENT, SECRET]

    tokens.expects = expected

    fetch_token(configuration(tokens, clientSecret=SECRET, tokenEndpointAuthMethod="client_secret_basic", scope="a b"))

    assert form(tokens) == {"grant_type": "client_credentials", "scope": "a b"}


KEYS = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_key_signs_an_assertion_of_its_own_for_each_request(
    tokens: TokenServer, tmp_path: Path, algorithm: str
) -> None:
    signer = Signer(tmp_path, KEYS[algorithm]())
    tokens.expects_assertion(signer.private.public_key(), algorithm, CLIENT)
    keys = configuration(tokens, clientAssertion={"keyFile": str(signer.key_file)})

    for _ in range(2):
        fetch_token(keys)

    assert form(tokens).keys() == {"grant_type", "client_id", "client_assertion_type", "client_assertion"}
    assert len({assertion["jti"] for assertion in tokens.assertions}) == 2
    assert {assertion["exp"] - assertion["iat"] for assertion in tokens.assertions} == {300}


@pytest.mark.parametrize("kind", ["keystore", "files"])
def test_a_certificate_is_named_by_its_thumbprint(tokens: TokenServer, signer: Signer, kind: str) -> None:
    tokens.expects_assertion(signer.private.public_key(), "RS256", CLIENT)
    keystore = {"keystorePath": str(signer.keystore), "keystorePassword": PASSWORD}
    files = {"keyFile": str(signer.key_file), "certificateFile": str(signer.certificate_file)}

    fetch_token(configuration(tokens, clientAssertion=keystore if kind == "keystore" else files))

    content = signer.certificate.public_bytes(serialization.Encoding.DER)
    header = jwt.get_unverified_header(form(tokens)["client_assertion"])
    assert header["x5t"] == base64.urlsafe_b64encode(hashlib.sha1(content).digest()).decode().rstrip("=")
    assert header["x5t#S256"] == base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    assert header["typ"] == "JWT"


def test_the_environment_of_camundas_clients_is_understood(
    tokens: TokenServer, signer: Signer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tokens.expects_assertion(signer.private.public_key(), "RS256", CLIENT, audience="https://issuer")
    for name, value in {
        "CAMUNDA_CLIENT_ID": CLIENT,
        "CAMUNDA_OAUTH_URL": tokens.auth["selfManaged"]["oidcTokenUrl"],
        "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PATH": str(signer.keystore),
        "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_PASSWORD": PASSWORD,
        "CAMUNDA_CLIENT_ASSERTION_KEYSTORE_KEY_ALIAS": "ME",
        "CAMUNDA_CLIENT_AUTH_CLIENTASSERTION_KEYSTOREKEYPASSWORD": PASSWORD,
        "CAMUNDA_CLIENT_ASSERTION_KEY_ID": "key-1",
        "CAMUNDA_CLIENT_ASSERTION_AUDIENCE": "https://issuer",
    }.items():
        monkeypatch.setenv(name, value)

    made = C8Config(api={"baseUrl": "http://camunda"}, auth=AuthConfig())
    # As initialize_config() completes it.
    fetch_token(_current._completed(made))

    assert jwt.get_unverified_header(form(tokens)["client_assertion"])["kid"] == "key-1"
    assert PASSWORD not in repr(made) + made.model_dump_json()


def test_a_key_that_is_exchanged_is_used_with_the_next_token(tokens: TokenServer, tmp_path: Path) -> None:
    old, new = (Signer(tmp_path, KEYS["ES256"]()) for _ in range(2))
    keys = configuration(tokens, clientAssertion={"keyFile": str(old.key_file)})
    tokens.expects_assertion(new.private.public_key(), "ES256", CLIENT)
    fetch_token(keys)
    new.key_file.write_bytes(new.key_file.read_bytes()[:100])

    with pytest.raises(ServiceException, match=r"clientAssertion\.keyFile: .* can't be used; it must be a private key"):
        fetch_token(keys)


def test_an_assertion_that_the_server_cites_is_not_shown(tokens: TokenServer, signer: Signer) -> None:
    tokens.cites = True
    tokens.expects = lambda request: False
    with pytest.raises(ServiceException) as caught:
        fetch_token(configuration(tokens, clientAssertion={"keyFile": str(signer.key_file)}))
    assert form(tokens)["client_assertion"] not in str(caught.value)
    assert "secret or key" in str(caught.value)

    basic = {"clientSecret": SECRET, "tokenEndpointAuthMethod": "client_secret_basic"}
    with pytest.raises(ServiceException) as caught:
        fetch_token(configuration(tokens, **basic))
    assert tokens.requests[-1].headers["authorization"].partition(" ")[2] not in str(caught.value)


def snake_case(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "clientSecret is missing"),
        ({"clientSecret": None}, "clientSecret is None: it should be a valid string"),
        ({"tokenEndpointAuthMethod": "private_key_jwt", "clientSecret": "x"}, "clientAssertion is missing"),
        (
            {"tokenEndpointAuthMethod": "secret"},
            "tokenEndpointAuthMethod is 'secret': it should be 'client_secret_post'",
        ),
        ({"clientAssertion": {}}, "clientAssertion needs a key; give one of keystorePath and keyFile"),
        ({"clientAssertion": {"keyFile": "/none"}}, r"keyFile is '/none': it is not a file that can be read"),
        ({"clientAssertion": {"keystorePath": "/none"}}, "give the path of a PKCS#12 keystore"),
        ({"clientAssertion": {"keyFile": __file__, "keystorePath": __file__}}, "give one of keystorePath and keyFile"),
        ({"clientAssertion": {"keystorePath": __file__, "certificateFile": __file__}}, "is set without keyFile"),
        (
            {"clientAssertion": {"keyFile": __file__}, "clientSecret": "x"},
            "is set, and clientAssertion as",
        ),
        (
            {"clientAssertion": {"keyFile": __file__}, "tokenEndpointAuthMethod": "client_secret_basic"},
            "'client_secret_basic', which needs a secret",
        ),
        (
            {"clientAssertion": {"keyFile": __file__, "keystoreKeyAlias": "me"}},
            "keystoreKeyAlias is set without keystorePath; give both",
        ),
        (
            {"clientAssertion": {"keystorePath": __file__, "keystorePassword": "a", "keystoreKeyPassword": "b"}},
            "keystoreKeyPassword differs from keystorePassword, but a PKCS#12 keystore has one password",
        ),
        ({"clientAssertion": {"keyfile": __file__}}, "keyfile is unknown; did you mean key_file"),
    ],
)
def test_what_can_not_be_is_refused_at_start(tokens: TokenServer, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        configuration(tokens, **options)
    with pytest.raises(ConfigurationError) as snake:
        configuration(tokens, **{snake_case(name): value for name, value in options.items()})

    assert str(snake.value) == str(caught.value)
    assert says in str(caught.value)


def test_a_missing_package_is_named_with_its_extra(
    tokens: TokenServer, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("camunda_client.config._auth.find_spec", lambda name: None)

    with pytest.raises(ConfigurationError, match=r"pip install 'c8-client\[private-key-jwt\]'"):
        configuration(tokens, clientAssertion={"keyFile": str(signer.key_file)})


def test_keys_that_do_not_fit_are_named_with_what_to_do(tokens: TokenServer, tmp_path: Path) -> None:
    def refusal(**assertion: str) -> str:
        with pytest.raises(ServiceException) as caught:
            fetch_token(configuration(tokens, clientAssertion=assertion))
        assert PASSWORD not in str(caught.value)
        return str(caught.value)

    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one, two = Signer(tmp_path / "one", KEYS["ES256"]()), Signer(tmp_path / "two", KEYS["ES256"]())
    odd = Signer(tmp_path, dsa.generate_private_key(1024))

    assert "keystorePassword its password?" in refusal(keystorePath=str(one.keystore), keystorePassword="wrong")
    assert "keystorePassword its password?" in refusal(keystorePath=str(one.keystore))
    assert "is it a PKCS#12 keystore" in refusal(keystorePath=str(one.key_file), keystorePassword=PASSWORD)
    alias = refusal(keystorePath=str(one.keystore), keystoreKeyPassword=PASSWORD, keystoreKeyAlias="größe")
    assert "the first key in" in alias
    assert "is 'me', not 'größe'" in alias
    assert "keytool -importkeystore" in alias
    other = refusal(keyFile=str(one.key_file), certificateFile=str(two.certificate_file))
    assert "certificateFile is not the certificate of the key" in other
    assert "a kind that can't sign; use RSA" in refusal(keyFile=str(odd.key_file))
    assert tokens.requests == []
