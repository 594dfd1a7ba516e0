"""Deployed files can be asked for: scripts from 8.7 on, any file from 8.10 on."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from camunda_client.embedded import Engine, Gateway

SCRIPT = Path(__file__).parents[3] / "models" / "documented" / "linked_resources.rpa"


@pytest.mark.parametrize("dialect", ["8.7", "8.9", "8.10"])
def test_a_script_is_deployed_and_comes_back_as_it_was(dialect: str) -> None:
    with Gateway(Engine(dialect=dialect)) as gateway:
        files = {"resources": ("robot.rpa", SCRIPT.read_bytes())}
        answer = requests.post(f"{gateway.base_url}/v2/deployments", files=files, timeout=10).json()
        (deployed,) = answer["deployments"]
        url = f"{gateway.base_url}/v2/resources/{deployed['resource']['resourceKey']}"
        known, content = requests.get(url, timeout=10), requests.get(f"{url}/content", timeout=10)

    assert {**deployed["resource"], "versionTag": "v1"} == known.json()
    assert (known.json()["resourceId"], known.json()["resourceName"], known.json()["version"]) == (
        "robot",
        "robot.rpa",
        1,
    )
    assert content.content == SCRIPT.read_bytes()


def test_any_file_comes_back_from_8_10_on() -> None:
    engine = Engine(dialect="8.10")
    key = engine.deploy(("picture.png", b"\x89PNG")).resources[0].key

    with Gateway(engine) as gateway:
        url = f"{gateway.base_url}/v2/resources/{key}/content"
        binary, script = requests.get(f"{url}/binary", timeout=10), requests.get(url, timeout=10)
        unknown = requests.get(f"{gateway.base_url}/v2/resources/{key + 1}", timeout=10)

    assert (binary.content, binary.headers["Content-Type"]) == (b"\x89PNG", "application/octet-stream")
    assert (script.status_code, unknown.status_code) == (404, 404)


def test_8_6_has_no_such_request() -> None:
    with Gateway(Engine(dialect="8.6")) as gateway:
        assert requests.get(f"{gateway.base_url}/v2/resources/1", timeout=10).status_code == 404


@pytest.mark.parametrize("dialect", ["8.9", "8.10"])
def test_scripts_are_found(dialect: str) -> None:
    with Gateway(Engine(dialect=dialect)) as gateway:
        key = str(gateway.engine.deploy(("robot.rpa", SCRIPT.read_bytes())).resources[0].key)
        url = f"{gateway.base_url}/v2/resources/search"
        found = requests.post(url, json={"filter": {"resourceId": "robot"}}, timeout=10).json()
        none = requests.post(url, json={"filter": {"resourceId": "other"}}, timeout=10).json()

    assert [(item["resourceKey"], item["versionTag"]) for item in found["items"]] == [(key, "v1")]
    assert none["items"] == []


@pytest.mark.parametrize(("dialect", "status"), [("8.6", 400), ("8.9", 400), ("8.10", 200)])
def test_a_gateway_of_a_release_has_an_engine_of_that_release(dialect: str, status: int) -> None:
    with Gateway(dialect=dialect) as gateway:
        files = {"resources": ("notes.txt", b"buy milk")}
        answer = requests.post(f"{gateway.base_url}/v2/deployments", files=files, timeout=10)

    assert answer.status_code == status
