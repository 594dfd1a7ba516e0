"""Files that jobs are linked to: scripts (8.7, camunda/camunda#24774), any (8.10, camunda/camunda#20758)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from camunda_client.embedded import Engine, Rejection
from tests.unit.embedded.run.documented import MODELS, Play

FILES = ("linked_resources.bpmn", "linked_resources.rpa")
MODEL, SCRIPT = ((MODELS / name).read_text() for name in FILES)
LINK = '<zeebe:linkedResource resourceId="robot" resourceType="RPA" bindingType="deployment" />'


def script(word: str, tag: str = "v1") -> tuple[str, str]:
    return "robot.rpa", SCRIPT.replace("one", word).replace('"v1"', f'"{tag}"')


def linked(play: Play) -> list[dict[str, Any]]:
    """Complete the job that waits, and return what it was linked to."""
    engine = play.engine
    (job,) = engine.activate("work")
    engine.complete(job.key)
    found: list[dict[str, Any]] = json.loads(job.headers["linkedResources"])
    return found


def test_a_job_has_the_keys_of_what_it_is_linked_to(play: Play) -> None:
    play.deploy(*FILES)
    (first,) = play.engine.deploy(script("two")).resources
    (latest,) = play.engine.deploy(script("three", tag="v2")).resources
    play.start("linked_resources")
    (job,) = play.engine.jobs()

    assert job.headers["own"] == "kept"
    assert linked(play) == [
        {"resourceKey": str(latest.key), "resourceType": "RPA", "linkName": "RPAScript"},
        {"resourceKey": str(first.key), "resourceType": "RPA", "linkName": "Before"},
    ]
    (of_deployment,) = linked(play)
    assert of_deployment["linkName"] is None
    assert int(of_deployment["resourceKey"]) not in {first.key, latest.key}
    assert play.instance().state == "COMPLETED"


def test_a_file_has_a_new_version_when_it_has_changed(play: Play) -> None:
    versions = [play.engine.deploy(script(word)).resources[0].version for word in ("one", "one", "two")]

    assert versions == [1, 1, 2]


def test_what_is_not_there_is_an_incident_until_it_is_deployed(play: Play) -> None:
    play.engine.deploy(MODELS / FILES[0], script("one"))
    (deployed,) = play.engine.deploy(script("one")).resources
    play.engine.delete_resource(deployed.key)
    play.start("linked_resources")

    (incident,) = play.instance().open_incidents
    assert (incident.element_id, incident.error_type) == ("robot", "RESOURCE_NOT_FOUND")
    assert incident.message.startswith("Expected to find a resource with id 'robot', but no resource with this id")
    assert play.waiting() == []

    play.engine.deploy(script("two"))
    play.engine.resolve_incident(incident.key)
    assert [link["linkName"] for link in linked(play)] == ["RPAScript", "Before"]


def test_what_a_job_is_bound_to_comes_with_the_process(play: Play) -> None:
    reason = (
        "Element: same\n    - ERROR: Expected to find resource with id 'robot' in current deployment, but not found."
    )
    with pytest.raises(Rejection, match=reason):
        play.deploy("linked_resources.bpmn")


def test_from_8_10_on_any_file_is_deployed_under_its_name(play: Play) -> None:
    link = '<zeebe:linkedResource resourceId="prompt.md" resourceType="GenericScript" linkName="prompt" />'
    files = [("prompt.md", "Be brief."), ("notes", "x"), ("data.xml", "<data/>"), ("picture.png", b"\x89PNG")]
    deployment = play.engine.deploy(("model.bpmn", MODEL.replace(LINK, link)), script("one"), *files)
    play.start("linked_resources")
    linked(play)

    assert [one.resource_id for one in deployment.resources] == [
        "robot",
        "prompt.md",
        "notes",
        "data.xml",
        "picture.png",
    ]
    assert [one.content for one in deployment.resources[1:]] == [b"Be brief.", b"x", b"<data/>", b"\x89PNG"]
    assert linked(play) == [
        {"resourceKey": str(deployment.resources[1].key), "resourceType": "GenericScript", "linkName": "prompt"}
    ]


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ('resourceId="robot"', "Attribute 'resourceType' must be present and not empty"),
        ('resourceType="RPA"', "Attribute 'resourceId' must be present and not empty"),
        ('resourceId="robot" resourceType="RPA" bindingType="any"', "Attribute 'bindingType' must be one of"),
        ('resourceId="=robot" resourceType="RPA"', "Expressions as the id of a linked resource are not supported"),
    ],
)
def test_a_link_that_leads_nowhere_is_refused(play: Play, link: str, reason: str) -> None:
    """The first three as zeebe-bpmn-model 8.7.0 and 8.9.0 refuse them."""
    with pytest.raises(Rejection, match=f"Element: same\n    - ERROR: {reason}"):
        play.engine.deploy(("model.bpmn", MODEL.replace(LINK, f"<zeebe:linkedResource {link} />")), script("one"))


def test_other_elements_than_service_tasks_are_not_linked(play: Play) -> None:
    with pytest.raises(Rejection, match="zeebe:linkedResources is only supported at service tasks"):
        play.engine.deploy(("model.bpmn", MODEL.replace("serviceTask", "sendTask")), script("one"))


def test_a_script_without_an_id_is_refused(play: Play) -> None:
    for content, reason in (
        ("{}", "Expected the resource id to be present"),
        ("no", "Failed to parse resourceId from"),
    ):
        with pytest.raises(Rejection, match=f"'robot.rpa': {reason}"):
            play.engine.deploy(("robot.rpa", content))


def test_each_release_takes_what_it_knows(play: Play) -> None:
    assert "The extension zeebe:linkedResources is not supported before 8.7" in str(play.deploy_as(FILES[0], "8.6"))
    assert "unknown resource type" in str(play.deploy_as(FILES[1], "8.6"))
    for dialect in ("8.7", "8.9"):
        assert [
            one.version for one in Engine(dialect=dialect).deploy(*[MODELS / name for name in FILES]).resources
        ] == [1]
        with pytest.raises(Rejection, match=r"'prompt\.md': unknown resource type"):
            Engine(dialect=dialect).deploy(("prompt.md", "Be brief."))
