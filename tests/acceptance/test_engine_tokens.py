"""``camunda-client engine --oidc``, as a process: who gets in, and what is said when it can't start."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts import rest
from tests.parts.issuer import AUDIENCE, Issuer, SigningKey
from tests.parts.programs import CAMUNDA_CLIENT, Program


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


def test_the_engine_answers_requests_with_a_good_token(issuer: Issuer, tmp_path: Path) -> None:
    arguments = ("engine", "--port", "0", "--oidc", issuer.url, "--audience", AUDIENCE)
    with Program(CAMUNDA_CLIENT, *arguments, cwd=tmp_path) as engine:
        engine.wait_for(f"Every request needs a token of {issuer.url} for {AUDIENCE}.")
        found = re.search(r"http://127\.0\.0\.1:\d+", engine.output)
        assert found
        statuses = [
            rest.call(found[0], "GET", "/v2/topology", token=token)[0]
            for token in (issuer.token(), None, issuer.token(exp=1), issuer.token(SigningKey("made-up")))
        ]
        engine.wait_for("has no key 'made-up'")

    assert statuses == [200, 401, 401, 401]
    assert issuer.token().partition(".")[0] not in engine.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--audience", "x"), "--audience says what tokens are for; say with --oidc whose tokens"),
        (
            ("--oidc", "http://login.example.com"),
            "--oidc: the issuer 'http://login.example.com' must be https, or http",
        ),
        (("--oidc", "http://127.0.0.1:9/x"), "--oidc: can't fetch http://127.0.0.1:9/x/.well-known/openid-config"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    code, output = Program.run(CAMUNDA_CLIENT, "engine", "--port", "0", *arguments, cwd=tmp_path)

    assert code == 2
    assert output.startswith(f"camunda-client: {said}")
    assert "\n" not in output


def test_a_missing_extra_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    # As if it weren't there: for the import system None means that.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['jwt'] = None\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    arguments = ("engine", "--port", "0", "--oidc", "https://login.example.com")

    code, output = Program.run(CAMUNDA_CLIENT, *arguments, cwd=tmp_path, environment={"PYTHONPATH": path})

    assert code == 2
    assert output == "camunda-client: --oidc needs PyJWT, which is not installed: pip install 'c8-client[oidc]'"
