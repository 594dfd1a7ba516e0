"""Bindings as docs.camunda.io describes them: "Choosing the resource binding type" (8.6 on)."""

from __future__ import annotations

import pytest

from camunda_client.embedded import Engine
from tests.unit.embedded.run.documented import MODELS, Play

TARGETS = ("bindings_child.bpmn", "bindings.dmn", "bindings.form")


def file(name: str, text: str, tag: str = "v1") -> tuple[str, str]:
    """Return a file that says another word, and has another tag."""
    return name, (MODELS / name).read_text().replace("one", text).replace('"v1"', f'"{tag}"')


def used(engine: Engine) -> tuple[object, object, int]:
    """Run through an instance and return what its call and its decision said, and which version of the form it had."""
    instance = engine.instances[0]
    (task,) = engine.user_tasks()
    forms = [form for form in engine._runtime.deployments.everything()[2] if str(form.key) == task.form_key]
    return instance.variables["called"], instance.variables["decided"], forms[0].version


def test_what_is_bound_to_the_deployment_is_what_came_with_the_process(play: Play) -> None:
    play.deploy("bindings_deployment.bpmn", *TARGETS)
    play.engine.deploy(*[file(name, "two") for name in TARGETS])

    play.start("bindings_deployment")

    assert used(play.engine) == ("one", "one", 1)


def test_if_one_resource_has_changed_all_that_are_deployed_with_it_have_new_versions(play: Play) -> None:
    """camunda/camunda#19859"""
    play.deploy("bindings_deployment.bpmn", *TARGETS)
    same = play.engine.deploy(*[MODELS / name for name in ("bindings_deployment.bpmn", *TARGETS)])
    assert [one.version for one in same.processes + same.decisions + same.forms] == [1] * 4  # type: ignore[operator]

    new = play.engine.deploy(*[file(name, "two") for name in TARGETS], MODELS / "bindings_deployment.bpmn")
    play.start("bindings_deployment")

    assert [one.version for one in new.processes] == [2, 2]
    assert used(play.engine) == ("two", "two", 2)


def test_what_is_bound_to_a_tag_is_the_latest_version_that_has_it(play: Play) -> None:
    play.deploy("bindings_tag.bpmn", *TARGETS)
    play.engine.deploy(*[file(name, "two") for name in TARGETS])
    play.engine.deploy(*[file(name, "three", "v2") for name in TARGETS])

    play.start("bindings_tag")

    assert used(play.engine) == ("two", "two", 2)


@pytest.mark.parametrize(
    ("name", "error_type", "message"),
    [
        ("bindings_child.bpmn", "CALLED_ELEMENT_ERROR",
         "Expected to call process with BPMN process id 'bindings_child' and version tag 'v1', but no such process"),
        ("bindings.dmn", "CALLED_DECISION_ERROR",
         "Expected to evaluate decision with id 'bindings_decision' and version tag 'v1', but no such decision found"),
        ("bindings.form", "FORM_NOT_FOUND",
         "Expected to use a form with id 'bindings_form' and version tag 'v1', but no such form found"),
    ],
)  # fmt: skip
def test_what_has_no_such_tag_is_an_incident_until_it_is_deployed(
    play: Play, name: str, error_type: str, message: str
) -> None:
    others = [other for other in TARGETS if other != name]
    play.deploy("bindings_tag.bpmn", *others)
    play.engine.deploy(file(name, "one", "v0"))
    play.start("bindings_tag")

    (incident,) = play.instance(0).open_incidents
    assert incident.error_type == error_type
    assert incident.message.startswith(message)
    play.engine.deploy(file(name, "two"))
    play.engine.resolve_incident(incident.key)
    assert play.instance(0).active == ["ask"]


def test_before_8_7_what_did_not_come_with_the_process_is_an_incident(play: Play) -> None:
    """camunda/camunda#19712 refuses the deployment since."""
    engine = Engine(dialect="8.6")
    deployment = engine.deploy(MODELS / "bindings_deployment.bpmn")
    engine.deploy(*[MODELS / name for name in TARGETS])

    engine.create_instance("bindings_deployment")

    (incident,) = engine.incidents
    assert (incident.element_id, incident.error_type) == ("call", "CALLED_ELEMENT_ERROR")
    assert incident.message == (
        "Expected to call process with BPMN process id 'bindings_child' with binding type 'deployment', but no such "
        f"process found in the deployment with key {deployment.key} which contained the current process. To resolve "
        "this incident, migrate the process instance to a process definition that is deployed together with the "
        "intended process definition to call."
    )
    assert "Expected to find process with id 'bindings_child' in current deployment" in str(
        play.deploy_as("bindings_deployment.bpmn", "8.7")
    )


def test_from_8_10_on_the_tag_of_a_decision_may_be_an_expression(play: Play) -> None:
    tag = 'resultVariable="decided" bindingType="versionTag" versionTag="{}"'
    model = (MODELS / "bindings_tag.bpmn").read_text().replace(tag.format("v1"), tag.format("=tag"))
    play.engine.deploy(("model.bpmn", model), *[MODELS / name for name in TARGETS])
    play.engine.deploy(file("bindings.dmn", "two", "v2"))

    play.start("bindings_tag", tag="v2")

    assert used(play.engine) == ("one", "two", 1)
