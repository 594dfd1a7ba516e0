"""Access tokens of an OpenID Connect issuer, checked by PyJWT: is a request to be answered, and if not, why not.

Only algorithms with a public and a private key count. With ``none`` anyone could write a token, and with HS256
anyone who knows the public key.
"""

from __future__ import annotations

import logging

import jwt

from camunda_client.embedded.gateway._issuer import Issuer
from camunda_client.embedded.gateway._oidc import Oidc, Refusal

log = logging.getLogger(__name__)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class Tokens:
    """Checks the Authorization headers of requests."""

    def __init__(self, oidc: Oidc) -> None:
        self._oidc = oidc
        self._issuer = Issuer(oidc)

    def fetch_keys(self) -> None:
        """Fetch the issuer's keys, so that a wrong address is seen at the start.

        Raises:
            IssuerError: The issuer did not give them.
        """
        self._issuer.fetch()

    def check(self, header: str | None) -> Refusal | None:
        """Return None for a good token.

        Raises:
            IssuerError: The token is of a key we don't know, and the issuer can't be asked now.
        """
        if not header:
            return Refusal("unauthorized_none")
        scheme, _, token = header.partition(" ")
        if scheme != "Bearer":
            return Refusal("unauthorized_malformed")
        try:
            return self._refusal_of(token)
        except jwt.ExpiredSignatureError:
            return Refusal("unauthorized_expired")
        except jwt.InvalidSignatureError:
            return _refused("the token's signature is wrong")
        except jwt.DecodeError:
            return Refusal("unauthorized_malformed")
        except (jwt.InvalidAlgorithmError, jwt.InvalidKeyError, jwt.PyJWKError) as error:
            return _refused(f"the token's algorithm does not fit its key: {error}")
        except jwt.PyJWTError as error:  # another issuer or audience, not valid yet, a claim missing or malformed
            log.warning("embedded gateway: refused a token of %s: %s", self._oidc.issuer, error)
            return Refusal("unauthorized_audience")

    def _refusal_of(self, token: str) -> Refusal | None:
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            return _refused(f"the token's algorithm {str(algorithm)[:20]!r} is not allowed")
        jwk = self._issuer.key(kid)
        if jwk is None:
            return _refused(f"the issuer {self._oidc.issuer} has no key {str(kid)[:80]!r}")
        required = ["exp", "iss"] if self._oidc.audience is None else ["exp", "iss", "aud"]
        jwt.decode(
            token,
            # A key with an algorithm of its own is good for that one only.
            jwt.PyJWK(jwk, jwk.get("alg") or algorithm),
            algorithms=ALGORITHMS,
            issuer=self._oidc.issuer,
            audience=self._oidc.audience,
            leeway=self._oidc.leeway_s,
            options={"require": required, "verify_aud": self._oidc.audience is not None},
        )
        return None


def _refused(reason: str) -> Refusal:
    log.warning("embedded gateway: refused a token: %s", reason)
    return Refusal("unauthorized_malformed", reason)


__all__ = ["Tokens"]
