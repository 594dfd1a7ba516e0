"""An OpenID Connect issuer on loopback whose keys the test makes, changes and withdraws, and whose tokens it writes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from types import TracebackType
from typing import Any

import gevent.event
import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from gevent.pywsgi import WSGIServer
from jwt.algorithms import get_default_algorithms

AUDIENCE = "zeebe-api"


class SigningKey:
    """A pair of keys and the algorithm they are for; ``algorithm`` in the JWK may be left out."""

    def __init__(self, kid: str, algorithm: str = "RS256", *, named: bool = True) -> None:
        self.kid = kid
        self.algorithm = algorithm
        self.private: Any
        if algorithm.startswith(("RS", "PS")):
            self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        elif algorithm.startswith("ES"):
            self.private = ec.generate_private_key(ec.SECP256R1())
        else:
            self.private = ed25519.Ed25519PrivateKey.generate()
        public = get_default_algorithms()[algorithm].to_jwk(self.private.public_key(), as_dict=True)
        self.jwk = {**public, "kid": kid, "use": "sig"} | ({"alg": algorithm} if named else {})

    def sign(self, claims: dict[str, Any], **headers: Any) -> str:
        return jwt.encode(claims, self.private, self.algorithm, headers={"kid": self.kid, **headers})


class Issuer:
    """Serves its two documents; ``keys`` are what it has now, ``fetched`` how often they were asked for."""

    def __init__(self) -> None:
        self.keys = [SigningKey("first")]
        self.fetched = 0
        #: Members of the discovery document that are to be other than they should.
        self.discovery: dict[str, Any] = {}
        #: Answer with this status and body instead of the keys.
        self.broken: tuple[str, bytes] | None = None
        self.answering = gevent.event.Event()
        self.answering.set()
        self._server = WSGIServer(("127.0.0.1", 0), self._serve, log=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/realms/test"

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return claims that are right but for the changes; None leaves one out."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "worker", "iat": now, "exp": now + 300} | changes
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key: SigningKey | None = None, /, **changes: Any) -> str:
        return (key or self.keys[0]).sign(self.claims(**changes))

    def _serve(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.answering.wait()
        status, body = "200 OK", b""
        if environ["PATH_INFO"] == "/realms/test/.well-known/openid-configuration":
            body = json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/certs"} | self.discovery).encode()
        elif environ["PATH_INFO"] == "/realms/test/certs":
            self.fetched += 1
            status, body = self.broken or (status, json.dumps({"keys": [key.jwk for key in self.keys]}).encode())
        else:
            status = "404 Not Found"
        start_response(status, [("Content-Type", "application/json"), ("Location", "http://127.0.0.1:1/elsewhere")])
        return [body]

    def __enter__(self) -> Issuer:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.answering.set()
        self._server.stop(timeout=1)


def signed_by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None) -> str:
    """Return a token that no library would write: without a signature, or HS256 with any bytes as its secret."""
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
    signature = b"" if secret is None else hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_encoded(signature)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
