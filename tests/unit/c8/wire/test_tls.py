from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from camunda_client.c8._wire import tls_contexts
from camunda_client.config import TlsConfig
from camunda_client.error import ConfigurationError


def test_certificates_and_host_names_are_checked_and_old_protocols_refused() -> None:
    context = tls_contexts(TlsConfig()).get()

    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert context.get_ca_certs() != []


def test_checks_are_off_only_where_that_is_asked_for() -> None:
    context = tls_contexts(TlsConfig(verify=False)).get()

    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


@pytest.mark.parametrize("content", [None, "no certificate"], ids=["removed", "no PEM"])
def test_a_file_that_can_not_be_used_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    settings = TlsConfig(caFile=str(file))
    if content is None:
        file.unlink()

    with pytest.raises(ConfigurationError, match=r"TLS files .*ca\.pem can't be used"):
        tls_contexts(settings)
