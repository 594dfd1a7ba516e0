"""Switching ``speed_up_requests()`` on, off and over; what it does to calls is in tests/integration."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from camunda_client.patching import PatchError, speed_up_requests

api: Any = requests.api


def test_a_second_call_changes_nothing_and_one_undo_is_enough() -> None:
    first = speed_up_requests()
    exchanged = api.sessions
    second = speed_up_requests()

    assert api.sessions is exchanged
    second.undo()
    assert api.sessions is exchanged
    first.undo()
    first.undo()
    assert api.sessions is requests.sessions


def test_the_mode_can_be_changed_and_changed_back() -> None:
    with speed_up_requests():
        shared = api.sessions
        with speed_up_requests(pool_connections=True):
            assert (shared.pooled, api.sessions.pooled) == (False, True)
        assert api.sessions is shared
    assert api.sessions is requests.sessions


def test_the_end_of_a_with_undoes_it_after_a_failure_too() -> None:
    with pytest.raises(ValueError, match="handler"), speed_up_requests():
        raise ValueError("handler")

    assert api.sessions is requests.sessions


def test_what_others_put_in_its_place_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = object()
    # First of all, for it is what the test's end restores.
    monkeypatch.setattr(api, "sessions", requests.sessions)
    handle = speed_up_requests()
    api.sessions = theirs
    handle.undo()

    assert api.sessions is theirs


def test_everything_else_of_the_module_is_found_where_it_was() -> None:
    with speed_up_requests():
        assert api.sessions.merge_setting is requests.sessions.merge_setting
        with pytest.raises(AttributeError):
            _ = api.sessions.nothing


def _other_request(method: str, url: str, **_: object) -> None:
    """Make no session."""


@pytest.mark.parametrize(
    ("owner", "name", "value", "told"),
    [
        (api, "request", _other_request, r"requests\.api\.request does not make"),
        (api, "sessions", object(), r"does not take Session from requests\.sessions"),
        (HTTPAdapter, "build_connection_pool_key_attributes", None, "build_connection_pool_key_attributes"),
        (HTTPAdapter, "get_connection_with_tls_context", lambda self, request, verify, proxies, cert: None, "ask"),
        (HTTPAdapter, "cert_verify", lambda self, conn: None, "HTTPAdapter.cert_verify does not take"),
    ],
)
def test_a_version_that_is_not_as_expected_is_refused(
    owner: Any, name: str, value: object, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, value)
    before = api.sessions

    with pytest.raises(PatchError, match=rf"requests \d.* with urllib3 \d.*{told}.*nothing was changed"):
        speed_up_requests()

    assert api.sessions is before
