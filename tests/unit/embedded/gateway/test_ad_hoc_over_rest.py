"""Elements of an ad-hoc sub-process are activated by request, and its job's result is taken over REST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from camunda_client.embedded import Engine, Gateway
from tests.parts.rest import call

MODEL = Path(__file__).parents[3] / "models" / "documented" / "ad_hoc.bpmn"


@pytest.mark.parametrize("dialect", ["8.8", "8.9", "8.10"])
def test_elements_are_activated_by_request(dialect: str) -> None:
    engine = Engine(dialect=dialect)
    engine.deploy(MODEL)
    instance = engine.create_instance("ad_hoc", {"wanted": []})
    [key] = [record.key for record in instance.elements if record.element_id == "tools"]
    path = f"/v2/element-instances/ad-hoc-activities/{key}/activation"
    requests: list[tuple[dict[str, Any], int]] = [
        ({"elements": [{"elementId": "search", "variables": {"query": "x"}}]}, 204),
        ({"elements": [{"elementId": "count"}]}, 204),
        ({"elements": [{"elementId": "read"}]}, 400),
        ({"elements": [{"elementId": "search", "variable": {}}]}, 400),
        ({"elements": []}, 400),
        ({"element": [{"elementId": "search"}]}, 400),
    ]

    with Gateway(engine) as gateway:
        statuses = [call(gateway.base_url, "POST", path, body)[0] for body, _ in requests]
        path_of_statistics = f"/v2/process-instances/{instance.process_instance_key}/statistics/element-instances"
        statistics = call(gateway.base_url, "GET", path_of_statistics)[1]["items"]
        missing = call(gateway.base_url, "POST", path.replace(str(key), str(key + 1)), requests[0][0])[0]

    assert statuses == [status for _, status in requests]
    assert missing == 404
    assert {item["elementId"] for item in statistics} == {"start", "tools", "search", "count"}
    [job] = engine.activate("ad_hoc.search")
    assert (job.variables["query"], job.variables["results"]) == ("x", [3])


def test_releases_before_8_8_have_no_such_request() -> None:
    engine = Engine(dialect="8.7")

    with Gateway(engine) as gateway:
        status, _ = call(gateway.base_url, "POST", "/v2/element-instances/ad-hoc-activities/1/activation", {})

    assert status == 404
