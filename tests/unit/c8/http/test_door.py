"""Whatever libraries below raise, one kind of error comes out: ConnectionFailed."""

from __future__ import annotations

import builtins
import http.client
import inspect
import io
import socket
import ssl
from types import ModuleType
from urllib.parse import urlsplit

import httptools
import pytest
import requests
import responses
import urllib3

from camunda_client.c8 import _http
from camunda_client.c8._wire import _lanes
from camunda_client.config import ApiConfig
from camunda_client.error import ConnectionFailed

URL = "http://camunda.test/v2/x"


def raised_by(module: ModuleType, base: type[BaseException] = Exception) -> list[type[Exception]]:
    found = {kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, base)}
    own = {kind for kind in found if kind.__module__.partition(".")[0] == module.__name__.partition(".")[0]}
    return sorted((kind for kind in own if not issubclass(kind, Warning)), key=lambda kind: kind.__name__)


def one_of(kind: type[Exception]) -> Exception:
    if kind is urllib3.exceptions.IncompleteRead:
        return kind(1, 2)
    if kind is urllib3.exceptions.InvalidChunkLength:
        return kind(urllib3.HTTPResponse(io.BytesIO(b"x")), b"x")
    for arguments in (
        (),
        ("x",),
        ("x", "y"),
        ("x", "y", 0),
        (None, "x", "y"),
        ("x", 0, 1, "y"),
        ("utf-8", "x", 0, 1, "y"),
        ("utf-8", b"x", 0, 1, "y"),
    ):
        try:
            return kind(*arguments)
        except TypeError:
            continue
    raise AssertionError(f"how is a {kind.__name__} made?")


FOREIGN = [
    *raised_by(requests.exceptions),
    *raised_by(urllib3.exceptions),
    *raised_by(http.client),
    *raised_by(ssl, OSError),
    *raised_by(socket, OSError),
    *raised_by(builtins, OSError),
    *raised_by(builtins, UnicodeError),
]


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_what_libraries_raise_comes_out_as_a_failed_connection(kind: type[Exception]) -> None:
    with responses.RequestsMock() as mock:
        mock.post(URL, body=one_of(kind))
        with pytest.raises(ConnectionFailed) as failed:
            _http.exchange("POST", URL, body=b"", headers={}, timeout_s=1, settings=ApiConfig(baseUrl=URL[:-5]))

    assert failed.value.reason
    assert str(failed.value).startswith("http://camunda.test ")


@pytest.mark.parametrize("kind", raised_by(httptools), ids=lambda kind: kind.__name__)
def test_what_the_workers_parser_raises_is_a_broken_exchange(kind: type[Exception]) -> None:
    assert issubclass(kind, _lanes._BROKEN)


@pytest.mark.parametrize("host", ["a..b", "a" * 64, ".a"])
def test_a_host_that_can_have_no_such_name_fails_as_other_unknown_names_do(host: str) -> None:
    """Such an address passed the configuration, and then ended pollers with a UnicodeError, again and again."""
    with pytest.raises(ConnectionFailed) as failed:
        _http.exchange(
            "GET", f"http://{host}/x", body=None, headers={}, timeout_s=2, settings=ApiConfig(baseUrl="http://x")
        )
    assert (failed.value.reason, failed.value.maybe_applied) == ("dns", False)
    lane = _lanes.Wire(urlsplit(f"http://{host}"), None, connect_timeout_s=1, body_cap=1000).lane()
    with pytest.raises(ConnectionFailed) as failed:
        lane.exchange(b"GET /x HTTP/1.1\r\nHost: x", b"", 2)
    assert (failed.value.reason, failed.value.maybe_applied) == ("dns", False)
