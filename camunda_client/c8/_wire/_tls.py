"""The TLS contexts of the worker's own connections, from the same settings that ``requests`` gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import certifi
import gevent.ssl

from camunda_client._files import Reloading
from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from camunda_client.config import TlsConfig


def tls_contexts(tls: TlsConfig) -> Reloading[gevent.ssl.SSLContext]:
    """Return what makes client contexts, anew when a file has changed.

    Certificates and host names are checked unless ``verify`` is explicitly off.

    Raises:
        ConfigurationError: A file can't be read or isn't what it should be.
    """
    files = tuple(str(name) for name in (tls.ca_file or certifi.where(), tls.cert_file, tls.key_file) if name)
    try:
        return Reloading(files, lambda: _context(tls))
    except OSError as error:
        raise ConfigurationError(
            f"TLS files {', '.join(files)} can't be used: {error}; check paths and PEM contents"
        ) from error


def _context(tls: TlsConfig) -> gevent.ssl.SSLContext:
    context = gevent.ssl.SSLContext(gevent.ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = gevent.ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=tls.ca_file or certifi.where())
    if tls.cert_file:
        context.load_cert_chain(tls.cert_file, tls.key_file)
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = gevent.ssl.CERT_NONE
    return context
