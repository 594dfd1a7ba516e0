"""A token endpoint that can misbehave in every way seen, and counts who asked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

import gevent
import jwt
from gevent import socket
from gevent.server import StreamServer

from tests.parts.plain_http import Reply, Request, read_request
from tests.parts.proxy import Exchange, Fault, pass_on

#: The type of a client's assertion: RFC 7523, section 2.2.
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: What its answers can be instead of a token. ``{token}`` stands for a good one.
ANSWERS: dict[str, Reply] = {
    "html": Reply(200, b"<html>Sign in</html>", "text/html"),
    "empty": Reply(200),
    "truncated": Reply(200, b'{"access_token": "abc'),
    "no_token": Reply(200, b'{"token_type": "Bearer"}'),
    "null_token": Reply(200, b'{"access_token": null}'),
    "int_token": Reply(200, b'{"access_token": 42}'),
    "crlf": Reply(200, json.dumps({"access_token": "abc\r\nX-Evil: 1"}).encode()),
    "nul": Reply(200, json.dumps({"access_token": "abc\0def"}).encode()),
    "unicode": Reply(200, json.dumps({"access_token": "жетон"}).encode()),
    "denied": Reply(401, b'{"error": "invalid_client"}'),
    **{str(status): Reply(status, b"{}") for status in (404, 429, 500, 502, 503, 504)},
}


class TokenServer:
    """Gives ``token-1``, ``token-2`` and so on, after whatever :meth:`misbehave` ordered."""

    client_id = "worker-client"
    client_secret = "s3cret-that-nobody-may-print"

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.expires_in_s = 3600
        #: Seconds that every answer takes.
        self.delay_s = 0.0
        #: Give ``token-1`` again and again.
        self.same_forever = False
        #: Tells whether a request proves who its client is; others are answered with 401.
        self.expects: Callable[[Request], bool] = lambda request: True
        #: Cite what was sent in the answer to those.
        self.cites = False
        #: What the good assertions of clients claimed.
        self.assertions: list[dict[str, Any]] = []
        self.given = 0
        #: Requests to a guarded engine that had no good token.
        self.refused = 0
        #: Tokens that are good, and until when on the monotonic clock.
        self._good: dict[str, float] = {}
        self._answers: list[str] = []
        self._server: StreamServer | None = None
        self._port = 0

    @property
    def auth(self) -> dict[str, Any]:
        """The section ``auth`` of a configuration."""
        url = f"http://127.0.0.1:{self._port}/token"
        return {"selfManaged": {"oidcTokenUrl": url, "clientId": self.client_id, "clientSecret": self.client_secret}}

    def misbehave(self, *answers: str) -> None:
        """Answer the next requests with these names of :data:`ANSWERS`; ``reset`` closes without one."""
        self._answers += answers

    def expects_assertion(self, key: Any, algorithm: str, client_id: str, audience: str | None = None) -> None:
        """Give tokens only to who has the private key of this public one (RFC 7523), once for each assertion."""

        def good(request: Request) -> bool:
            form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
            kind = form.get("client_assertion_type")
            try:
                claims = jwt.decode(
                    form.get("client_assertion", ""),
                    key,
                    algorithms=[algorithm],
                    audience=audience or self.auth["selfManaged"]["oidcTokenUrl"],
                    issuer=client_id,
                    options={"require": ["iss", "sub", "aud", "exp", "jti"]},
                )
            except jwt.InvalidTokenError:
                return False
            is_new = claims["jti"] not in [one["jti"] for one in self.assertions]
            self.assertions.append(claims)
            return is_new and claims["sub"] == client_id and kind == JWT_BEARER

        self.expects = good

    def revoke(self) -> None:
        """Let no token given so far be good any more."""
        self._good.clear()

    def is_good(self, request: Request) -> bool:
        """Tell whether a request carries a token of ours that is neither revoked nor over."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and self._good.get(token, 0.0) > time.monotonic()

    def guard(self) -> Fault:
        """Return what makes a proxy answer 401 to whoever has no good token."""
        refusal = Reply(401, b'{"title":"Unauthorized","status":401}', "application/problem+json")

        def fault(exchange: Exchange) -> bool:
            if self.is_good(exchange.request):
                return pass_on(exchange)
            self.refused += 1
            return exchange.answer(refusal) is None

        return fault

    def _serve(self, client: socket.socket, _address: object) -> None:
        surplus = bytearray()
        while (request := read_request(client, surplus)) is not None:
            self.requests.append(request)
            gevent.sleep(self.delay_s)
            name = self._answers.pop(0) if self._answers else ""
            if name == "reset":
                break
            client.sendall((ANSWERS[name] if name else self._answer(request)).encoded())
        client.close()

    def _answer(self, request: Request) -> Reply:
        if self.expects(request):
            return self._token()
        said = [request.headers.get("authorization"), parse_qs(request.body.decode())] if self.cites else "bad client"
        return Reply(401, json.dumps({"error": "invalid_client", "error_description": str(said)}).encode())

    def _token(self) -> Reply:
        self.given = 1 if self.same_forever else self.given + 1
        self._good[f"token-{self.given}"] = time.monotonic() + self.expires_in_s
        token = {"access_token": f"token-{self.given}", "expires_in": self.expires_in_s, "token_type": "Bearer"}
        return Reply(200, json.dumps(token).encode())

    def refuse(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.stop(timeout=0)
            self._server = None

    def start(self) -> TokenServer:
        """Listen; again after :meth:`refuse`, on the same port."""
        self._server = StreamServer(("127.0.0.1", self._port), self._serve)
        self._server.start()
        self._port = self._server.server_port
        return self

    def __enter__(self) -> TokenServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refuse()
