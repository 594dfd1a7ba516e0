"""A Camunda that a person runs: played on as well when ``CAMUNDA_TEST_REST_ADDRESS`` says where it listens.

The library's usual settings for authentication count (``CAMUNDA_CLIENT_ID`` and so on). 8.6.0 itself must equal the
recordings. What another version does otherwise is a fact about it: the test run says so at its end, and goes on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import pytest

from camunda_client.c8.auth import authorization
from tests.contract.conversations import WAITING, replayed
from tests.contract.dialects import RECORDED_VERSION, TRANSLATIONS, Translation, of_version
from tests.contract.subjects import Rest
from tests.parts.camunda import ADDRESS, SETTINGS, GivenCamunda

_MISSING = f"a person's own Camunda: {ADDRESS} does not say where one listens"


def names(wanted: Iterable[str]) -> list[Any]:
    """Return parameters for tests on a person's own Camunda: one that is skipped where there is none."""
    if os.environ.get(ADDRESS):
        return list(wanted)
    return [pytest.param(None, id="none", marks=pytest.mark.skip(reason=_MISSING))]


class OwnCamunda:
    """A Camunda at an address, and what was seen to differ there."""

    def __init__(self, address: str) -> None:
        given = GivenCamunda(address, SETTINGS)
        self.base_url = given.base_url
        with given.configured() as self._config:
            pass
        #: What it does otherwise than the recordings, by what was played.
        self.differs: dict[str, str] = {}
        status, topology = self.rest(TRANSLATIONS[RECORDED_VERSION]).call("GET", "/v2/topology")
        assert status == 200, f"{self.base_url}/v2/topology answers {status}: {topology}"
        self.version: str = topology["gatewayVersion"]
        self.dialect = of_version(self.version)

    def authorize(self) -> dict[str, str]:
        """Return the headers of an authenticated request."""
        value = authorization(self._config)
        return {} if value is None else {"Authorization": value}

    def rest(self, translation: Translation | None = None) -> Rest:
        """Return a new subject to play on."""
        return Rest(self.base_url, translation or TRANSLATIONS[self.dialect], authorize=self.authorize)

    def replayed(self, name: str) -> str:
        """Replay a conversation, and return what differs. A newer version may say more than 8.6.0."""
        return replayed(
            name, self.base_url, self.dialect, slack_s=5.0 + 5.0 * (name in WAITING),
            extra_ok=self.version != RECORDED_VERSION, authorize=self.authorize,
        )  # fmt: skip

    def compared(self, what: str, difference: str) -> None:
        """Take in what a comparison found: a failure on the recorded version, and a remark on any other."""
        if self.version == RECORDED_VERSION:
            assert not difference, f"{what}:\n{difference}"
        elif difference:
            self.differs[what] = difference

    def report(self) -> list[str]:
        """Return what to say at the end of a test run."""
        if not self.differs:
            return [f"{self.base_url} ({self.version}) does all that was played as {RECORDED_VERSION} did"]
        remarks = [
            f"{what}: {difference}".rstrip().replace("\n", "\n    ") for what, difference in self.differs.items()
        ]
        return [f"{self.base_url} ({self.version}) differs from the recordings of {RECORDED_VERSION}:", *remarks]
