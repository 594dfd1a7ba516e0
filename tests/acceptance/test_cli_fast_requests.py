"""``camunda-client worker --fast-requests``: on before the handlers are imported, and only if asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.parts.programs import CAMUNDA_CLIENT, Program

APP = """
import requests
print("pooled:", getattr(requests.api.sessions, "pooled", "off"), flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "told"),
    [((), "off"), (("--fast-requests",), "False"), (("--fast-requests=pooled",), "True")],
)
def test_requests_are_sped_up_only_if_asked(options: tuple[str, ...], told: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)

    _, output = Program.run(CAMUNDA_CLIENT, "worker", *options, "app.py", cwd=tmp_path)

    assert output.splitlines()[0] == f"pooled: {told}"


@pytest.mark.slow
def test_requests_that_cannot_be_sped_up_end_the_command_with_2(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import requests\nrequests.api.request = lambda *_, **__: None\n")

    code, output = Program.run(
        CAMUNDA_CLIENT, "worker", "--fast-requests", "app.py", cwd=tmp_path, environment={"PYTHONPATH": str(tmp_path)}
    )

    assert code == 2
    assert "camunda-client: requests" in output
    assert "nothing was changed" in output
