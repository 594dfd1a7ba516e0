"""Importing the engine must not come before the patching of the user's process."""

from __future__ import annotations

import subprocess
import sys

import pytest

import camunda_client.embedded
from tests.parts.programs import unmeasured


def test_the_engine_loads_neither_gevent_nor_ssl_nor_requests() -> None:
    program = (
        "import sys; from camunda_client.embedded import Engine; Engine(); "
        "print([name for name in ('gevent', 'ssl', 'requests', 'urllib3') if name in sys.modules])"
    )

    run = subprocess.run(
        [sys.executable, "-c", program], env=unmeasured(), capture_output=True, text=True, check=True, timeout=60
    )

    assert run.stdout.strip() == "[]"


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        camunda_client.embedded.Nothing  # noqa: B018 - asking is the point
