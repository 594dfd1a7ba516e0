"""Client authentication at the token server: a secret in the form or in a header, or a signed assertion."""

from __future__ import annotations

import base64
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from camunda_client.config import ClientAssertionConfig, SaasAuthConfig, SelfManagedAuthConfig

#: Seconds that an assertion is good for. It is used once, at once; the rest is for clocks that differ.
ASSERTION_LIFE_S = 300
#: Of RFC 7523, section 2.2.
_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: Of RFC 7518, by the name of an elliptic curve.
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """A token request's form and headers, and the secret texts in them."""

    form: dict[str, str]
    headers: dict[str, str]
    secrets: tuple[str, ...]


def prove(oauth: SelfManagedAuthConfig | SaasAuthConfig) -> ClientCredentials:
    """Return the token request's form and headers.

    Raises:
        ValueError: The key can't be read or used; the message has its option and nothing of its content.
    """
    form = oauth.get_request_data()
    assertion: ClientAssertionConfig | None = getattr(oauth, "client_assertion", None)
    if assertion is not None:
        signed = _signed(assertion, oauth.client_id, oauth.get_url())
        return ClientCredentials(
            form | {"client_assertion_type": _JWT_BEARER, "client_assertion": signed}, {}, (signed,)
        )
    secret = oauth.client_secret.get_secret_value()
    if oauth.auth_method == "client_secret_basic":
        # Both are encoded as a form's values first: RFC 6749, section 2.3.1.
        pair = f"{quote_plus(oauth.client_id)}:{quote_plus(secret)}"
        encoded = base64.b64encode(pair.encode()).decode()
        return ClientCredentials(form, {"Authorization": f"Basic {encoded}"}, (secret, quote_plus(secret), encoded))
    return ClientCredentials(form, {}, (secret,))


def _signed(config: ClientAssertionConfig, client_id: str, url: str) -> str:
    import jwt

    # Read for each token, which is once in an hour or so: a new key is used without a restart.
    key, certificate = _keystore(config) if config.keystore_path is not None else _pem_files(config)
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": config.audience or url,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + ASSERTION_LIFE_S,
    }
    headers = {"kid": config.key_id} if config.key_id is not None else {}
    if certificate is not None:
        headers |= _thumbprints(certificate)
    return jwt.encode(claims, key, _algorithm(key), headers=headers)


def _keystore(config: ClientAssertionConfig) -> tuple[Any, Certificate | None]:
    from cryptography.hazmat.primitives.serialization import pkcs12

    assert config.keystore_path is not None  # noqa: S101 (the caller has looked)
    password = config.keystore_password or config.keystore_key_password
    store = _loaded(
        "keystorePath",
        config.keystore_path,
        lambda content: pkcs12.load_pkcs12(content, None if password is None else password.get_secret_value().encode()),
        "is it a PKCS#12 keystore, and keystorePassword its password?",
    )
    if store.key is None:
        raise ValueError(f"clientAssertion.keystorePath: {config.keystore_path} has no private key")
    if config.keystore_key_alias is not None:
        _check_alias(config.keystore_path, config.keystore_key_alias, store.cert)
    return store.key, None if store.cert is None else store.cert.certificate


def _check_alias(path: str, alias: str, first: Any) -> None:
    """Refuse another key than the first, which is the one that cryptography reads."""
    name = b"1" if first is None or first.friendly_name is None else first.friendly_name
    # Java compares aliases so, and calls a key without a name "1".
    if name.decode(errors="replace").lower() != alias.lower():
        raise ValueError(
            f"clientAssertion.keystoreKeyAlias: the first key in {path} is {name.decode(errors='replace')!r}, not "
            f"{alias!r}, and only the first can be used; copy the one you want to a keystore of its own: keytool "
            "-importkeystore -deststoretype PKCS12 -srckeystore OLD -destkeystore NEW -srcalias ALIAS"
        )


def _pem_files(config: ClientAssertionConfig) -> tuple[Any, Certificate | None]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = _loaded(
        "keyFile",
        config.key_file,
        lambda content: load_pem_private_key(content, None),
        "it must be a private key in PEM, not encrypted",
    )
    if config.certificate_file is None:
        return key, None
    hint = "it must be a certificate in PEM"
    certificate = _loaded("certificateFile", config.certificate_file, x509.load_pem_x509_certificate, hint)
    if certificate.public_key() != key.public_key():
        raise ValueError("clientAssertion.certificateFile is not the certificate of the key in keyFile")
    return key, certificate


def _loaded(option: str, path: str | None, load: Any, hint: str) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return load(Path(str(path)).read_bytes())
    except OSError as error:
        raise ValueError(f"clientAssertion.{option}: {path} can't be read: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError(f"clientAssertion.{option}: {path} can't be used; {hint}") from None


def _algorithm(key: Any) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, rsa.RSAPrivateKey):
        return "RS256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "EdDSA"
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    raise ValueError("clientAssertion's key is of a kind that can't sign; use RSA, EC (P-256, P-384, P-521) or Ed25519")


def _thumbprints(certificate: Certificate) -> dict[str, str]:
    """Return by which certificate a server finds the key (RFC 7515); Entra ID and Camunda's Java client use SHA-1's."""
    from cryptography.hazmat.primitives import hashes

    def print_of(algorithm: hashes.HashAlgorithm) -> str:
        return base64.urlsafe_b64encode(certificate.fingerprint(algorithm)).rstrip(b"=").decode()

    return {"x5t": print_of(hashes.SHA1()), "x5t#S256": print_of(hashes.SHA256())}  # noqa: S303 (a name, no signature)
