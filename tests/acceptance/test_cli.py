"""The command line, as processes: what is printed, which exit code comes back, and what the engine says."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from camunda_client import __version__
from camunda_client.c8 import api
from camunda_client.c8.models import ActivatedJob
from tests.parts import rest
from tests.parts.camunda import Camunda
from tests.parts.programs import CAMUNDA_CLIENT, Program
from tests.parts.work import until

#: An address where nobody answers, for what must fail before anybody is asked.
NOWHERE = {"CAMUNDA_REST_ADDRESS": "http://127.0.0.1:9"}
HANDLER = """
from camunda_client.c8.worker import camunda_worker

@camunda_worker(job_type="cli")
def handler(job):
    return None
"""


COMMANDS = ["worker", "deploy", "start", "topology", "config", "demo", "engine", "doctor"]
COMMANDS += ["job", "jobs", "incidents", "map"]
#: Lines of a terminal.
SCREEN = 40


def run(*arguments: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> tuple[int, str]:
    return Program.run(CAMUNDA_CLIENT, *arguments, cwd=cwd, environment=environment)


def test_help_tells_commands_and_exit_codes_on_one_screen(tmp_path: Path) -> None:
    code, output = run("--help", cwd=tmp_path, environment={"COLUMNS": "80"})

    assert code == 0
    for command in COMMANDS:
        assert f"\n    {command} " in output.replace(f"{command}\n", f"{command} ")
    assert "128+n  signal n came again, more than a second after the first" in output
    assert "CAMUNDA_CLIENT_PATCH" in output
    assert len(output.splitlines()) <= SCREEN


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_is_one_screen_and_ends_with_examples(command: str, tmp_path: Path) -> None:
    code, output = run(command, "--help", cwd=tmp_path, environment={"COLUMNS": "80"})

    assert code == 0
    examples = output.partition("examples:\n")[2].splitlines()
    assert examples
    assert all(line.startswith(f"  camunda-client {command}") for line in examples)
    assert len(output.splitlines()) <= SCREEN


@pytest.mark.parametrize("command", ["job run", "jobs list", "incidents list", "incidents resolve", "map init"])
def test_the_help_of_a_part_of_a_command_is_one_screen(command: str, tmp_path: Path) -> None:
    code, output = run(*command.split(), "--help", cwd=tmp_path, environment={"COLUMNS": "80"})

    assert code == 0
    assert output.startswith(f"usage: camunda-client {command} ")
    assert len(output.splitlines()) <= SCREEN


@pytest.mark.parametrize(("command", "rare"), [("worker", "--admin-token-file FILE"), ("doctor", "--import-timeout")])
def test_what_few_people_need_is_in_the_full_help_only(command: str, rare: str, tmp_path: Path) -> None:
    _, short = run(command, "--help", cwd=tmp_path, environment={"COLUMNS": "80"})
    code, full = run(command, "--help-all", cwd=tmp_path, environment={"COLUMNS": "80"})

    assert code == 0
    assert f"\n  {rare}" in full
    assert rare not in short
    assert set(re.findall(r"^  (-[-\w]+)", short, re.M)) < set(re.findall(r"^  (-[-\w]+)", full, re.M))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_every_argument(command: str, tmp_path: Path) -> None:
    everything = "--help-all" if command in ("worker", "doctor") else "--help"
    code, output = run(command, everything, cwd=tmp_path, environment={"COLUMNS": "200"})

    assert code == 0
    lines = [*output.partition("\n\n")[2].splitlines(), ""]
    arguments = [at for at, line in enumerate(lines) if line.startswith(("  -", "  TARGET", "  FILES", "  PROCESS_ID"))]
    assert arguments
    for at in arguments:
        # Beside it, or where it is too long for that, below it.
        assert "  " in lines[at].strip() or lines[at + 1].startswith("     "), lines[at]


def test_the_package_can_be_run_as_well(tmp_path: Path) -> None:
    code, output = Program.run("-m", "camunda_client", "--version", cwd=tmp_path)

    assert (code, output) == (0, f"c8-client {__version__}")


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("ap.py", "there is no file ap.py; . has app.py, idle.py"),
        ("nowhere/app.py", "there is no file nowhere/app.py"),
        ("ap", "there is no module 'ap' in"),
        ("ap.handlers", "'ap.handlers' names no module"),
        ("app.py:configur", "app.py has no function 'configur' to call"),
        ("idle.py", "idle.py has no function decorated with @camunda_worker"),
        ("", "there is no module ''"),
    ],
)
def test_a_wrong_target_is_one_line_and_exit_code_2(tmp_path: Path, target: str, line: str) -> None:
    (tmp_path / "app.py").write_text(HANDLER)
    (tmp_path / "idle.py").write_text("x = 1\n")

    code, output = run("worker", target, cwd=tmp_path)

    assert code == 2
    assert output.startswith(f"camunda-client: {line}")
    assert "\n" not in output


@pytest.mark.parametrize("target", ["app.py", "app", "app.py:configure"])
def test_an_error_in_the_users_module_is_the_users_own_traceback(tmp_path: Path, target: str) -> None:
    failing = "def configure():\n    return {}['no such setting']\n"
    call = "" if target.endswith("configure") else "configure()\n"
    (tmp_path / "app.py").write_text(HANDLER + failing + call)

    code, output = run("worker", target, cwd=tmp_path, environment=NOWHERE)

    assert code == 1
    lines = output.splitlines()
    assert (lines[0], lines[-1]) == ("Traceback (most recent call last):", "KeyError: 'no such setting'")
    files = [line.split('"')[1] for line in lines if line.startswith('  File "')]
    assert {Path(file).name for file in files} == {"app.py"}


@pytest.mark.parametrize("line", ["{}['no such setting']", "import no_such_package"])
def test_an_error_in_the_package_around_the_module_is_the_users_own_traceback_too(tmp_path: Path, line: str) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text(line)
    (tmp_path / "shop" / "app.py").write_text(HANDLER)

    code, output = run("worker", "shop.app", cwd=tmp_path, environment=NOWHERE)

    assert code == 1
    files = [line.split('"')[1] for line in output.splitlines() if line.startswith('  File "')]
    assert [Path(file).name for file in files] == ["__init__.py"]


def test_a_reader_that_has_seen_enough_is_no_reason_for_a_traceback(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.closerange(reader, reader + 1)  # at once: gevent puts os.close() off until the hub has polled, maybe for longer
    try:
        told = subprocess.run(
            [CAMUNDA_CLIENT, "doctor"], cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writer)

    assert (told.returncode, told.stderr) == (128 + signal.SIGPIPE, "")


def test_a_handler_that_cannot_be_called_is_told_with_the_users_line_only(tmp_path: Path) -> None:
    source = (
        "from camunda_client.c8.worker import camunda_worker\n\n@camunda_worker('x')\nasync def f(job):\n    pass\n"
    )
    (tmp_path / "app.py").write_text(source)

    code, output = run("worker", "app.py", cwd=tmp_path, environment=NOWHERE)

    assert code == 1
    assert [line.split(", ")[1] for line in output.splitlines() if line.startswith("  File")] == ["line 3"]
    assert "app.f is async; handlers are plain functions" in output.splitlines()[-1]


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "api.baseUrl is missing"),
        ({"CAMUNDA_REST_ADDRESS": "localhost:8080"}, "api.baseUrl is 'localhost:8080': it must begin with http://"),
        (NOWHERE | {"CAMUNDA_WORKER_TIMEOUT": "-5"}, "api.job.timeout is "),
    ],
)
@pytest.mark.parametrize("command", [("worker", "app.py"), ("topology",)], ids=lambda command: command[0])
def test_a_wrong_configuration_is_one_error_and_exit_code_2(
    tmp_path: Path, command: tuple[str, ...], environment: dict[str, str], told: str
) -> None:
    (tmp_path / "app.py").write_text(HANDLER)

    code, output = run(*command, cwd=tmp_path, environment=environment)

    assert code == 2
    assert output.startswith(f"camunda-client: {told}")
    assert "Traceback" not in output
    assert "Set it in code or by CAMUNDA_" in output


def test_a_wrong_configuration_in_the_users_module_is_told_alike(tmp_path: Path) -> None:
    settings = "from camunda_client import config\nconfig.initialize_config({'api': {'timeuot': 5}})\n"
    (tmp_path / "app.py").write_text(settings + HANDLER)

    code, output = run("worker", "app.py", cwd=tmp_path, environment=NOWHERE)

    assert (code, output) == (2, "camunda-client: api.timeuot is unknown; did you mean timeout?")


@pytest.mark.parametrize(
    ("variables", "told"),
    [("{a}", "no JSON: "), ("[1]", "a JSON object is needed, such as "), ('{"a": NaN}', "JSON has no NaN")],
)
def test_variables_that_are_no_json_object_are_refused(tmp_path: Path, variables: str, told: str) -> None:
    code, output = run("start", "p", "--variables", variables, cwd=tmp_path, environment=NOWHERE)

    assert code == 2
    assert told in output.splitlines()[-1]


def test_nobody_at_the_address_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    code, output = run("topology", cwd=tmp_path, environment=NOWHERE)

    assert code == 1
    assert output.startswith("camunda-client: ")
    assert "http://127.0.0.1:9 refused the connection; is it running?" in output
    assert "\n" not in output


def the_jobs(camunda: Camunda, job_type: str, count: int) -> list[ActivatedJob]:
    """Return so many jobs, by as many polls as that takes."""
    found: list[ActivatedJob] = []

    def enough() -> bool:
        answer = api.activate_jobs(
            job_type, timeout=60_000, max_jobs_to_activate=count - len(found), request_timeout=2000
        )
        found.extend(answer.jobs)
        return len(found) == count

    with camunda.configured():
        until(enough, f"{count} jobs of type {job_type}", patience_s=20)
    return found


def test_deploy_start_and_topology_do_what_they_say(camunda: Camunda, tmp_path: Path) -> None:
    word = rest.unique()
    (tmp_path / "one.bpmn").write_text((rest.RESOURCES / "one.bpmn").read_text().replace("${run}", word))
    (tmp_path / "dish.dmn").write_text((rest.RESOURCES / "dish.dmn").read_text().replace("${run}", word))
    environment = camunda.environment

    deployed = run("deploy", "one.bpmn", "dish.dmn", cwd=tmp_path, environment=environment)
    again = run("deploy", "--json", "one.bpmn", cwd=tmp_path, environment=environment)
    started = run(
        "start", f"one-{word}", "--count", "2", "--variables", '{"a": "ž"}', cwd=tmp_path, environment=environment
    )
    topology = run("topology", cwd=tmp_path, environment=environment)
    topology_json = run("topology", "--json", cwd=tmp_path, environment=environment)

    assert deployed[0] == 0
    assert f"process one-{word}, version 1, key " in deployed[1]
    assert {line.split()[0] for line in deployed[1].splitlines()} == {"process", "decision"}
    [entry] = json.loads(again[1])["deployments"]
    assert entry["processDefinition"]["processDefinitionId"] == f"one-{word}"
    jobs = the_jobs(camunda, f"t-{word}", 2)
    assert (started[0], set(started[1].split())) == (0, {job.process_instance_key for job in jobs})
    assert [job.variables for job in jobs] == [{"a": "ž"}] * 2
    assert topology[0] == 0
    told = json.loads(topology_json[1])
    assert f"gateway {told['gatewayVersion']}, {len(told['brokers'])} broker(s)" in topology[1]
    assert [*map(str.split, topology[1].splitlines())][1] == [
        "broker", "address", "version", "partition", "role", "health"
    ]  # fmt: skip
    assert "  leader  healthy" in topology[1]
    assert told["gatewayVersion"].startswith("8.")


@pytest.mark.parametrize(
    ("command", "code", "told"),
    [
        (("start", "no-such-process"), 1, "HTTP 404 NOT_FOUND"),
        (("deploy", "broken.bpmn"), 1, "Nothing was deployed of broken.bpmn: HTTP 400"),
        (("deploy", "missing.bpmn", "broken.bpmn"), 2, "there is no file missing.bpmn"),
    ],
)
def test_what_the_engine_refuses_is_one_line(
    camunda: Camunda, tmp_path: Path, command: tuple[str, ...], code: int, told: str
) -> None:
    (tmp_path / "broken.bpmn").write_text("<x")

    found, output = run(*command, cwd=tmp_path, environment=camunda.environment)

    assert found == code
    assert output.startswith("camunda-client: ")
    assert told in output
    assert "\n" not in output


SECRETS = {"CAMUNDA_REST_ADDRESS": "http://localhost:9", "CAMUNDA_CLIENT_ID": "me", "CAMUNDA_CLIENT_SECRET": "hunter2",
           "CAMUNDA_OAUTH_URL": "http://localhost:8/token"}  # fmt: skip


def test_config_says_of_every_setting_what_it_is_and_where_that_came_from(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CAMUNDA_WORKER_TIMEOUT=60000\nCAMUNDA_REST_ADDRESS=http://elsewhere\n")
    (tmp_path / "app.py").write_text(
        "from camunda_client import config\nconfig.initialize_config({'api': {'job': {'maxJobsActive': 7}}})\n"
    )

    code, output = run("config", "--target", "app.py", cwd=tmp_path, environment=SECRETS)

    assert code == 0
    rows = {line.split()[0]: line.split()[1:] for line in output.splitlines()}
    assert rows["api.baseUrl"] == ["http://localhost:9", "CAMUNDA_REST_ADDRESS"]
    assert rows["api.job.timeout"] == ["60000", "ms", "CAMUNDA_WORKER_TIMEOUT", "in", ".env"]
    assert rows["api.job.maxJobsActive"] == ["7", "jobs", "code"]
    assert rows["worker.pool"] == ["1000", "jobs", "default"]
    assert rows["auth.selfManaged.clientSecret"] == ["**********", "CAMUNDA_CLIENT_SECRET"]
    assert "hunter2" not in output
    assert "\x1b" not in output


def test_config_explains_one_setting_by_its_name_or_its_variables(tmp_path: Path) -> None:
    for name in ("api.job.timeout", "CAMUNDA_WORKER_TIMEOUT", "API.JOB.TIMEOUT"):
        code, output = run("config", name, cwd=tmp_path, environment=SECRETS)
        assert code == 0
        assert "api.job.timeout = 10000 ms" in output
        assert "from:         default" in output

    code, output = run("config", "api.job.timeot", cwd=tmp_path, environment=SECRETS)
    assert (code, "did you mean api.job.timeout?" in output) == (2, True)


def test_config_shows_what_there_is_of_a_configuration_that_is_wrong(tmp_path: Path) -> None:
    wrong = {**SECRETS, "CAMUNDA_REST_ADDRESS": "localhost:9", "CAMUNDA_PROXY": "http://me:hunter2@proxy:3128"}

    code, output = run("config", "--json", cwd=tmp_path, environment=wrong)

    settings = {one["option"]: one for one in json.JSONDecoder().raw_decode(output)[0]}
    assert code == 2
    assert "it must begin with http:// or https://" in output
    assert (settings["api.baseUrl"]["value"], settings["api.baseUrl"]["from"]) == (
        "localhost:9",
        "CAMUNDA_REST_ADDRESS",
    )
    assert "hunter2" not in output


def test_tables_on_a_terminal_are_richs_unless_there_are_to_be_no_colours(tmp_path: Path) -> None:
    source = "import pty, sys; sys.exit(pty.spawn([sys.executable, '-m', 'camunda_client', 'config']))"
    environment = {**SECRETS, "TERM": "xterm-256color", "COLUMNS": "160"}

    _, coloured = Program.run("-c", source, cwd=tmp_path, environment=environment)
    _, plain = Program.run("-c", source, cwd=tmp_path, environment={**environment, "NO_COLOR": "1"})

    assert "\x1b[1m" in coloured
    assert "\x1b" not in plain
    assert all("auth.selfManaged.clientSecret " in output for output in (coloured, plain))
