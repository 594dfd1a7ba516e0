"""Warnings about a configuration's surprises, logged once per cluster before the first connection to it."""

from __future__ import annotations

import os

from camunda_client.config import ApiConfig

_PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy")
#: What was said, and of which cluster.
_said: set[tuple[str, str]] = set()


def warn_once(settings: ApiConfig) -> None:
    """Warn if certificates are not checked, or if a proxy of the environment is not used."""
    from camunda_client.log import get_logger

    log = get_logger("camunda_client.c8._http")
    ignored = [name for name in os.environ if name.lower() in _PROXY_VARIABLES]
    if ignored and settings.proxy is None and _is_new("config.proxy_ignored", settings):
        log.warning("config.proxy_ignored", variables=sorted(ignored), remedy="set api.proxy")
    if not settings.tls.verify and _is_new("tls.unverified", settings):
        log.warning("tls.unverified", remedy="set api.tls.verify, and api.tls.caFile for a private authority")


def _is_new(event: str, settings: ApiConfig) -> bool:
    said = (event, settings.base_url)
    if said in _said:
        return False
    _said.add(said)
    return True
