"""TLS contexts in common: one per (verify, cert), for as long as the files it was read from stay the same.

`urllib3` makes a context for each connection and reads the CA bundle into it. Here it gets one it had before, whose
loading methods do nothing the second time; everything else (checks, order, exceptions) remains urllib3's.
"""

from __future__ import annotations

import os
import ssl
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import urllib3.connection
import urllib3.util.ssl_
from requests import adapters

from camunda_client.patching._originals import original

#: The module that makes connections, and with them contexts.
_urllib3: Any = urllib3.connection

#: A handler may write its certificates to a new temporary file for each job; a context takes about 1 MB.
_MOST = 32


class SharedTlsContexts:
    """The contexts of this process."""

    def __init__(self) -> None:
        # Native, whatever is patched when: nothing switches greenlets while it is held.
        self._lock = original("_thread", "allocate_lock")()
        self._known: dict[tuple[Any, Any], tuple[tuple[Any, ...], ssl.SSLContext]] = {}

    def find(self, verify: object, cert: object) -> ssl.SSLContext | None:
        """Return the context for these arguments of a call; None where sharing one might show."""
        if not _is_known_kind(verify, cert) or not _is_as_shipped():
            return None
        try:
            state = _state(verify, cert)
        except OSError:
            return None  # requests says which file is missing
        if state is None:
            return None
        with self._lock:
            known = self._known.get((verify, cert))
            if known is not None and known[0] == state:
                return known[1]
            # Taken out first, so that the newest are the last.
            self._known.pop((verify, cert), None)
            if len(self._known) >= _MOST:
                del self._known[next(iter(self._known))]
            context = _new_context(verify is not False)
            self._known[verify, cert] = (state, context)
            return context


class _IdempotentMethod:
    """A method of a context; the same call again does nothing, which also spares other threads a change in mid-use."""

    def __init__(self, method: Callable[..., None]) -> None:
        self._method = method
        self._lock = original("_thread", "allocate_lock")()
        self._done: tuple[Any, ...] | None = None

    def __call__(self, *args: Any) -> None:
        with self._lock:
            if self._done != args:
                # What fails is not done: it fails for the next call too.
                self._method(*args)
                self._done = args


def _new_context(verified: bool) -> ssl.SSLContext:
    context: Any = _urllib3.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if verified else ssl.CERT_NONE)
    if not verified:
        # As urllib3 does where it makes the context itself: the chain of a client certificate may come from there.
        context.load_default_certs()
    for name in ("load_verify_locations", "load_cert_chain", "set_alpn_protocols"):
        setattr(context, name, _IdempotentMethod(getattr(context, name)))
    shared: ssl.SSLContext = context
    return shared


def _is_known_kind(verify: object, cert: object) -> bool:
    if verify is not True and verify is not False and not (isinstance(verify, str | Path) and verify):
        return False
    if isinstance(cert, tuple):
        return len(cert) == 2 and all(isinstance(path, str | Path) and path for path in cert)
    return cert is None or (isinstance(cert, str) and bool(cert))


def _is_as_shipped() -> bool:
    """Return whether what decides about certificates is unchanged (by truststore, pyOpenSSL or a test)."""
    used: Any = urllib3.util.ssl_.SSLContext
    return (
        used is ssl.SSLContext
        and ssl.SSLContext.__module__ in ("ssl", "gevent.ssl")
        and getattr(_urllib3.create_urllib3_context, "__module__", None) == "urllib3.util.ssl_"
        and getattr(adapters.HTTPAdapter.cert_verify, "__module__", None) == "requests.adapters"
        # It would be opened for the first call only.
        and "SSLKEYLOGFILE" not in os.environ
    )


def _state(verify: Any, cert: Any) -> tuple[Any, ...] | None:
    """Return what must stay the same for a context to be used again; None if that is unknown."""
    files = [] if cert is None else [cert] if isinstance(cert, str) else list(cert)
    settings: tuple[Any, ...] = (ssl.SSLContext,)  # another one once gevent has patched
    if verify is False:
        defaults = ssl.get_default_verify_paths()
        settings += (defaults.cafile, defaults.capath)
        files += [defaults.cafile] if defaults.cafile is not None else []
    else:
        files.append(adapters.DEFAULT_CA_BUNDLE_PATH if verify is True else verify)
        settings += (files[-1],)
    for path in files:
        found = os.stat(path)
        # OpenSSL reads a directory's files when it needs them, so its context changes unseen. And it costs nothing.
        if not stat.S_ISREG(found.st_mode):
            return None
        settings += (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return settings
