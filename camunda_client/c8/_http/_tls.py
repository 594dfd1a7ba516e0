"""The TLS contexts of API calls and token requests, made anew when the files behind them change."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from requests import adapters
from urllib3.util.ssl_ import create_urllib3_context

from camunda_client._files import Reloading
from camunda_client.c8._http._reading import current, shake_hands
from camunda_client.config import TlsConfig

#: By what a context is made of; the socket class changes when gevent patches, and the class of contexts with it.
_contexts: dict[tuple[Any, ...], Reloading[ssl.SSLContext]] = {}
_MOST = 16


def context_for(tls: TlsConfig) -> ssl.SSLContext:
    """Return the context for a new connection.

    Raises:
        OSError: A file can't be read or isn't what it should be, and never was.
    """
    key = (socket.socket, tls.verify, tls.ca_file, tls.cert_file, tls.key_file)
    known = _contexts.get(key)
    if known is None:
        paths = tuple(path for path in (_authority(tls), tls.cert_file, tls.key_file) if path is not None)
        for oldest in list(_contexts)[: 1 - _MOST]:
            _contexts.pop(oldest, None)
        known = _contexts.setdefault(key, Reloading(paths, lambda: _made(tls)))
    return known.get()


def _authority(tls: TlsConfig) -> str | None:
    return (tls.ca_file or adapters.DEFAULT_CA_BUNDLE_PATH) if tls.verify else None


def _made(tls: TlsConfig) -> ssl.SSLContext:
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if tls.verify else ssl.CERT_NONE)
    authority = _authority(tls)
    if authority is not None:
        context.load_verify_locations(authority)
    if tls.cert_file is not None:
        context.load_cert_chain(tls.cert_file, tls.key_file)
    _limit_handshakes(context)
    return context


def _limit_handshakes(context: Any) -> None:
    """End handshakes by the exchange's deadline: gevent's time-out restarts with each byte that arrives."""
    wrap = context.wrap_socket

    def wrap_socket(sock: Any, *args: Any, **options: Any) -> Any:
        progress = current.get(None)
        if progress is None:
            return wrap(sock, *args, **options)
        secured = wrap(sock, *args, do_handshake_on_connect=False, **options)
        try:
            shake_hands(secured, progress.connected_by)
        except BaseException:
            secured.close()
            raise
        return secured

    context.wrap_socket = wrap_socket
