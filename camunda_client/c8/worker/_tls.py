"""The TLS context of the worker's own connections, from the same settings that ``requests`` gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import certifi
import gevent.ssl

from camunda_client.error import ConfigurationError

if TYPE_CHECKING:
    from camunda_client.config import TlsConfig


def tls_context(tls: TlsConfig) -> gevent.ssl.SSLContext:
    """Return a client context: certificates and host names are checked unless ``verify`` is explicitly off.

    Raises:
        ConfigurationError: A file can't be read or isn't what it should be.
    """
    context = gevent.ssl.SSLContext(gevent.ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = gevent.ssl.TLSVersion.TLSv1_2
    authority = tls.ca_file or certifi.where()
    try:
        context.load_verify_locations(cafile=authority)
        if tls.cert_file:
            context.load_cert_chain(tls.cert_file, tls.key_file)
    except OSError as error:
        files = ", ".join(str(name) for name in (tls.ca_file, tls.cert_file, tls.key_file) if name)
        raise ConfigurationError(f"TLS files {files} can't be used: {error}; check paths and PEM contents") from error
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = gevent.ssl.CERT_NONE
    return context
