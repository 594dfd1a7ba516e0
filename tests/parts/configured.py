"""The library's configuration for the length of a test, untouched by the machine's own environment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from camunda_client import config
from camunda_client.config._options import AUTH_STRATEGY, OPTIONS


@contextmanager
def configured(base_url: str, **options: Any) -> Iterator[config.C8Config]:
    """Configure the library for one server; ``api`` options are merged with its address."""
    api = {"baseUrl": base_url, **options.pop("api", {})}
    config.reset_config()
    config.initialize_config({"api": api, "auth": {"none": True}, **options})
    try:
        yield config.get_config()
    finally:
        config.reset_config()


def without_camunda_variables() -> dict[str, str]:
    """Return the environment without any variable that the library would read."""
    known = {AUTH_STRATEGY, *(name for option in OPTIONS for name in option.env)}
    return {name: value for name, value in os.environ.items() if name not in known}
