"""One request and its answer within one deadline. No retries: only callers know what may be repeated."""

from __future__ import annotations

import sys
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from camunda_client.c8._http._answer import Answer, retry_after_s
from camunda_client.config import ApiConfig
from camunda_client.error import ConnectionFailed, ServiceException

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from camunda_client.c8._http._reading import ExchangeProgress

#: Bytes read at a time: large enough for speed, small enough to stop a flood soon.
_CHUNK = 65536


def exchange(
    method: str,
    url: str,
    *,
    body: bytes | None,
    headers: dict[str, str],
    timeout_s: float,
    settings: ApiConfig,
    seen: Callable[[Mapping[str, str]], object] | None = None,
) -> Answer:
    """Return what the server answered, whatever its status.

    Args:
        method: In capitals.
        url: Complete and checked.
        body: Sent as it is.
        headers: All that are sent, but for what belongs to the connection.
        timeout_s: For everything together: connecting, sending, waiting, reading.
        settings: Proxy, certificates, limits.
        seen: Called with the answer's headers.

    Raises:
        ConnectionFailed: There was no complete answer, or it was a redirect, or too large.
    """
    # Loaded here: a program that only imports us must be free to patch afterwards.
    import http.client

    import requests
    import urllib3

    from camunda_client.c8._http import _reading, _session, _tls

    # What our caller is handling hangs below whatever is raised here, and says nothing of this exchange.
    callers = sys.exc_info()[1]
    # Not the settings whole: a connection keeps its last exchange, and would keep what it is closed with.
    certificates = settings.tls
    progress = _reading.ExchangeProgress(monotonic() + timeout_s, lambda: _tls.context_for(certificates))
    token = _reading.current.set(progress)
    try:
        with _session.send(method, url, body, headers, timeout_s, settings) as response:
            if 300 <= response.status_code < 400 and "location" in response.headers:
                raise _redirected(url, response.headers["location"])
            if seen is not None:
                seen(response.headers)
            content = _read(response, progress, settings.max_response_bytes, url)
            return Answer(
                status=response.status_code,
                content_type=response.headers.get("content-type", "").lower(),
                retry_after_s=retry_after_s(response.headers.get("retry-after", "")),
                body=content,
                server=response.headers.get("server", ""),
            )
    except ServiceException:
        raise  # ours, and clear
    # OSError: a certificate file that is gone, no more file descriptors, a timeout while reading. What requests does
    # not expect comes through it as it is: urllib3's own, http.client's, the ValueErrors of all (a host name's codec).
    except (
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        http.client.HTTPException,
        OSError,
        ValueError,
    ) as error:
        raise _translated(error, callers, url, timeout_s, progress) from error
    finally:
        _reading.current.reset(token)


def close(settings: ApiConfig) -> None:
    """Close the connections of a configuration that nothing uses."""
    if "camunda_client.c8._http._session" in sys.modules:
        from camunda_client.c8._http import _session

        _session.close(settings)


def _read(response: requests.Response, progress: ExchangeProgress, limit: int, url: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(_CHUNK):
        size += len(part)
        if size > limit:
            raise ConnectionFailed(
                f"{_origin(url)} sent more than {limit} bytes; raise api.maxResponseBytes if that is right",
                maybe_applied=True,
                reason="too_large",
            )
        if progress.left_s() <= 0:
            raise TimeoutError("the answer did not end")
        parts.append(part)
    return b"".join(parts)


def _redirected(url: str, location: str) -> ConnectionFailed:
    # Only the origin is shown: the rest of the address may carry a login's one-time secrets.
    try:
        target = _origin(location) if "//" in location else "another path of the same server"
    except ValueError:
        target = "an address that is none"
    return ConnectionFailed(
        f"{_origin(url)} redirects to {target}, which is never followed, because it could be given our token; "
        "set the address that answers itself",
        maybe_applied=False,
        reason="redirect",
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme or 'http'}://{parts.netloc.rpartition('@')[2]}"


def _translated(
    error: Exception, callers: BaseException | None, url: str, timeout_s: float, progress: ExchangeProgress
) -> ConnectionFailed:
    reason, what = _diagnosis(_chain(error, callers), timeout_s)
    # Without an address nothing was sent.
    maybe_applied = progress.maybe_sent and reason != "dns"
    return ConnectionFailed(f"{_origin(url)} {what}", maybe_applied=maybe_applied, reason=reason)


def _diagnosis(chain: list[BaseException], timeout_s: float) -> tuple[str, str]:
    """Return one word for machines and half a sentence for people. Never cites the request: it has secrets."""
    names = {type(link).__name__ for link in chain}
    for kinds, reason, what in _KINDS:
        if names & kinds:
            return reason, what
    # Not a question of trust: a balancer that restarts ends handshakes like this, and the next one is answered.
    if names & {"SSLEOFError", "SSLZeroReturnError"}:
        return "reset", "closed the connection without an answer"
    for link in chain:
        if "CERTIFICATE_VERIFY_FAILED" in str(link) or "SSL" in type(link).__name__:
            return "tls", f"could not be trusted or reached by TLS: {_innermost(chain)}"
    for kinds, reason, what in _LATER_KINDS:
        if names & kinds:
            return reason, what.format(timeout_s=timeout_s)
    return "connection", f"could not be talked to: {_innermost(chain)}"


_KINDS: tuple[tuple[set[str], str, str], ...] = (
    (
        {"ProxyError", "ProxySchemeUnknown", "InvalidProxyURL"},
        "proxy",
        "was not reached: api.proxy failed",
    ),
    ({"NameResolutionError", "gaierror"}, "dns", "has a host name that could not be resolved"),
    (
        {"UnicodeError", "UnicodeEncodeError", "LocationParseError", "InvalidURL"},
        "dns",
        "has a host name that is none: one of its parts is empty or too long",
    ),
    ({"ConnectionRefusedError"}, "refused", "refused the connection; is it running?"),
)
#: Asked once it is known that the trouble is not of TLS.
_LATER_KINDS: tuple[tuple[set[str], str, str], ...] = (
    (
        {"ReadTimeoutError", "ReadTimeout", "Timeout", "TimeoutError", "timeout", "ConnectTimeoutError"},
        "timeout",
        "did not answer within {timeout_s:g} s",
    ),
    ({"HeadTooLarge"}, "too_large", "sent headers without an end"),
    (
        {"InvalidChunkLength", "IncompleteRead", "ContentDecodingError", "DecodeError"},
        "truncated",
        "sent an answer that is cut off or garbled",
    ),
    (
        {"RemoteDisconnected", "ConnectionResetError", "BrokenPipeError", "ConnectionAbortedError"},
        "reset",
        "closed the connection without an answer",
    ),
    (
        {"ProtocolError", "BadStatusLine", "LineTooLong", "HTTPException", "HeaderParsingError"},
        "bad_response",
        "sent something that is not HTTP, or cut it off",
    ),
)


def _chain(error: BaseException, callers: BaseException | None) -> list[BaseException]:
    """Return an exception with all that it wraps: urllib3 hides causes in arguments and attributes."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting and len(found) < 20:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and link is not callers and link not in found:
            found.append(link)
            waiting += [*link.args, link.__cause__, link.__context__, getattr(link, "reason", None)]
    return found


def _innermost(chain: list[BaseException]) -> str:
    last = next((link for link in reversed(chain) if isinstance(link, OSError)), chain[-1])
    return getattr(last, "verify_message", None) or getattr(last, "strerror", None) or type(last).__name__
