"""Arguments of a natural but other kind: a text, a tuple or a set where a list of names is expected."""

from __future__ import annotations

import pytest

from tests.libraries.conftest import Start
from tests.parts import rest
from tests.parts.scene import Scene

pytestmark = pytest.mark.slow

#: How a handler names its variables, and which it gets of "name", "größe" and the letters "n" and "g".
NAMED = [
    ("'name'", ["name"]),
    ("'größe'", ["größe"]),
    ("('name', 'größe')", ["größe", "name"]),
    ("{'name'}", ["name"]),
    ("{'größe': 1}.keys()", ["größe"]),
]


@pytest.mark.parametrize(("argument", "brought"), NAMED)
def test_a_text_is_one_name_of_a_variable(scene: Scene, start: Start, argument: str, brought: list[str]) -> None:
    """It was taken letter by letter: the variable did not come, and nothing said why."""
    source = f"""
@camunda_worker(os.environ["JOB_TYPE"], fetch_variables={argument})
def handler(job): return {{"brought": sorted(job.variables)}}
"""
    variables = {"name": 1, "größe": 2, "n": 3, "g": 4}
    body = {"processDefinitionId": scene.process_id, "variables": variables}
    status, _ = rest.call(scene.camunda.base_url, "POST", "/v2/process-instances", body)
    assert status == 200
    with start(source):
        [job] = scene.completed_once()

    assert job["variables"]["brought"] == brought


@pytest.mark.parametrize("argument", ["'<default>'", "('<default>',)", "{'<default>'}"])
def test_a_text_is_one_tenant(scene: Scene, start: Start, argument: str) -> None:
    """Asked for tenants "<", "d", "e" and so on, no job ever came."""
    source = f"""
@camunda_worker(os.environ["JOB_TYPE"], tenant_ids={argument})
def handler(job): pass
"""
    scene.start(3)
    with start(source):
        scene.completed_once(3)


@pytest.mark.parametrize(
    "argument", ["fetch_variables=5", "fetch_variables=''", "tenant_ids=[None]", "tenant_ids=b'blue'"]
)
def test_what_can_be_no_name_is_refused_before_a_job_is_asked_for(scene: Scene, start: Start, argument: str) -> None:
    source = f"""
@camunda_worker(os.environ["JOB_TYPE"], {argument})
def handler(job): pass
"""
    with start(source) as program:
        assert program.end() == 2

    assert argument.partition("=")[0] in program.output
    assert "Traceback" not in program.output
