"""Keeps a token until shortly before it expires, and fetches it once for all callers.

No call waits while a token works: shortly before its end it is renewed beside the calls. Time is monotonic. The clock,
the wait, the fetch and what runs beside are parameters, so that tests need none of them.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from camunda_client import patching
from camunda_client._backoff import Backoff
from camunda_client.c8.auth._fetch import FETCH_TIMEOUT_S, Token, TokenRefused
from camunda_client.error import ConfigurationError, ErrorCode, ServiceException

#: Seconds before its end from which on a token is renewed; a quarter of its life if that is shorter.
EARLY_S = 30.0
#: Tries of one fetch, when failures may pass.
TRIES = 5
#: Seconds without another fetch after one that failed; a refusal needs a human, who isn't faster.
COOL_DOWN_S = 5.0
REFUSED_COOL_DOWN_S = 60.0
#: Seconds between two fetches that a 401 of the engine asks for: it may refuse every token there is.
FORCED_PAUSE_S = 5.0


class TokenCache:
    """One token, for one client at one token server."""

    def __init__(
        self,
        fetch: Callable[[float], Token],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Any] | None = None,
        beside: Callable[[Callable[[], None]], Any] | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        """Start without a token.

        Args:
            fetch: Gets a token within so many seconds.
            clock: Monotonic seconds.
            sleep: Waits so many seconds.
            beside: Runs something beside its caller; a thread, which is a greenlet where gevent has patched.
            backoff: How long to wait between tries.
        """
        self._fetch = fetch
        self._clock = clock
        # Looked up at each wait: gevent may replace it after we were made.
        self._sleep = sleep or (lambda seconds: time.sleep(seconds))
        self._beside = beside or _in_a_thread
        self._backoff = backoff or Backoff(first_s=1.0, ceiling_s=10.0)
        self._locks: dict[tuple[Any, ...], threading.Lock] = {}
        self._value: str | None = None
        self._early_at = self._ends_at = 0.0
        self._failure: ServiceException | None = None
        self._quiet_until = 0.0
        self._forced_at: float | None = None
        self._renewing_until = 0.0

    def token(self, wait_s: float | None = None) -> str:
        """Return a token that is valid now.

        Args:
            wait_s: Longest time to wait for it; None: until it is there or has failed for good.

        Raises:
            ServiceException: There is none to be had.
        """
        value, now = self._value, self._clock()
        if value is not None and now < self._early_at:
            return value
        if value is not None and now < self._ends_at:
            self._renew_beside(now)
            return value
        lock = self._lock()
        give_up_at = None if wait_s is None else now + wait_s
        if not lock.acquire(timeout=-1 if wait_s is None else max(wait_s, 0)):
            raise ServiceException(
                ErrorCode.C8_AUTH_GET_TOKEN_FAILED, f"no token within {wait_s:g} s: another caller is still asking"
            )
        try:
            left_s = None if give_up_at is None else give_up_at - self._clock()
            return self._renewed(left_s)
        finally:
            lock.release()

    def token_after_401(self, rejected: str, wait_s: float | None = None) -> str | None:
        """Return another token than one that the engine refused; None if there is no better one now."""
        lock = self._lock()
        if not lock.acquire(timeout=-1 if wait_s is None else max(wait_s, 0)):
            return None
        try:
            if self._value is not None and self._value != rejected:
                return self._value
            now = self._clock()
            if self._forced_at is not None and now - self._forced_at < FORCED_PAUSE_S:
                return None
            self._forced_at = now
            before = self._early_at, self._ends_at
            self._early_at = self._ends_at = now
            try:
                renewed = self._renewed(wait_s)
            except ServiceException:
                # One 401 may be one endpoint's, or a proxy's; the token may do for all else.
                self._early_at, self._ends_at = before
                return None
            if renewed == rejected:
                _log("error", "auth.rejected", remedy="the engine refuses a token that is valid: check its audience")
                return None
            _log("info", "auth.token_refreshed", reason=401)
            return renewed
        finally:
            lock.release()

    def _lock(self) -> threading.Lock:
        """Return the lock of this kind of thread and this process.

        One made before gevent patched would block the whole loop, and one copied by fork may be locked for ever.
        gevent's own wakes only one of several native threads that wait beside greenlets (26.9.0), so where gevent has
        patched, each native thread has a lock to itself, and at worst they fetch a token each.
        """
        key = (socket.socket, os.getpid(), threading.get_native_id() if patching.is_patched() else None)
        return self._locks.get(key) or self._locks.setdefault(key, threading.Lock())

    def _renew_beside(self, now: float) -> None:
        if now < self._renewing_until or (self._failure is not None and now < self._quiet_until):
            return
        # Not a lock: what runs beside may be lost with its thread or by a fork, and then this ends by itself.
        self._renewing_until = now + 2 * FETCH_TIMEOUT_S
        try:
            self._beside(self._renew_early)
        except RuntimeError as error:  # no more threads; the first call after the token's end fetches the next one
            _log("warning", "auth.token_failed", error=str(error))

    def _renew_early(self) -> None:
        began = self._clock()
        try:
            self._keep(self._fetch(FETCH_TIMEOUT_S), began)
        except ServiceException as error:
            self._failed(error)
        finally:
            self._renewing_until = 0.0

    def _renewed(self, wait_s: float | None) -> str:
        """Return a fresh token; holds the lock, so those that waited find what the first one brought."""
        now = self._clock()
        if self._value is not None and now < self._early_at:
            return self._value
        if self._failure is not None and now < self._quiet_until:
            raise self._failure.__class__(
                message=f"{self._failure.message} (not asked again for {self._quiet_until - now:.0f} s)",
                status=self._failure.status,
            )
        give_up_at = None if wait_s is None else now + wait_s
        for attempt in range(1, TRIES + 1):
            began = self._clock()
            limit_s = FETCH_TIMEOUT_S if give_up_at is None else min(FETCH_TIMEOUT_S, max(give_up_at - began, 0.001))
            try:
                token = self._fetch(limit_s)
            except ConfigurationError:
                raise  # neither tried nor remembered: only another configuration helps
            except ServiceException as error:
                pause_s = self._backoff.wait_s(attempt)
                tried_at = self._clock()
                last = attempt == TRIES or (give_up_at is not None and tried_at + pause_s >= give_up_at)
                if isinstance(error, TokenRefused) or last:
                    # Too slow for one caller's deadline is not a failure for the others.
                    if limit_s == FETCH_TIMEOUT_S or tried_at - began < limit_s:
                        self._failed(error)
                    raise
                _log("warning", "auth.token_failed", attempt=attempt, error=error.message, next_try_s=round(pause_s, 2))
                self._sleep(pause_s)
            else:
                return self._keep(token, began)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _keep(self, token: Token, began: float) -> str:
        # Counted from before the request: the server's clock ran while the answer was on its way.
        self._ends_at = began + token.lifetime_s
        self._early_at = self._ends_at - min(EARLY_S, token.lifetime_s / 4)
        self._value, self._failure = token.value, None
        _log("debug", "auth.token_fetched", seconds=round(self._clock() - began, 3), lifetime_s=token.lifetime_s)
        return token.value

    def _failed(self, error: ServiceException) -> None:
        refused = isinstance(error, TokenRefused)
        self._failure = error
        self._quiet_until = self._clock() + (REFUSED_COOL_DOWN_S if refused else COOL_DOWN_S)
        _log("error", "auth.token_denied" if refused else "auth.token_failed", error=error.message)


def _in_a_thread(run: Callable[[], None]) -> None:
    threading.Thread(target=run, name="camunda-token", daemon=True).start()


def _log(level: str, event: str, **fields: Any) -> None:
    # Not imported at the top: it loads structlog, which loads ssl, and users may patch after importing us.
    from camunda_client.log import get_logger

    getattr(get_logger("camunda_client.c8.auth"), level)(event, **fields)
