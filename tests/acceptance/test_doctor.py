"""``camunda-client doctor``, as a process, on machines that are well and on some that are not."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from camunda_client.embedded import Gateway
from tests.parts.plain_http import Reply
from tests.parts.programs import CAMUNDA_CLIENT, Program, unmeasured
from tests.parts.proxy import Exchange, Fault, FaultProxy, reset, respond

HANDLERS = Path(__file__).parent.parent.parent / "examples" / "order_process.py"
NOWHERE = {"CAMUNDA_REST_ADDRESS": "http://127.0.0.1:9"}


@pytest.fixture
def cluster() -> Iterator[dict[str, str]]:
    """The address of an embedded engine of the newest version, as environment."""
    with Gateway(dialect="8.10") as gateway:
        yield {"CAMUNDA_REST_ADDRESS": gateway.base_url}


def doctor(folder: Path, environment: dict[str, str], *arguments: str | Path) -> tuple[int, dict[str, list[str]], str]:
    """Return the exit code, what was told by verdict, and all that was printed."""
    command = ("doctor", "--long-poll", "0.5", *arguments)
    code, output = Program.run(CAMUNDA_CLIENT, *command, cwd=folder, environment=environment)
    told: dict[str, list[str]] = {"ok": [], "note": [], "wrong": [], "skipped": []}
    for verdict, text in re.findall(r"^(ok|note|wrong|skipped) +(.*)$", output, re.MULTILINE):
        told[verdict].append(text)
    return code, told, output


def installed(folder: Path, name: str, version: str) -> dict[str, str]:
    """Put a distribution's metadata first on the path, as if it were installed."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return {"PYTHONPATH": str(folder)}


def test_a_thread_that_the_module_starts_does_not_keep_the_command(cluster: dict[str, str], tmp_path: Path) -> None:
    source = "import threading, time\nfrom camunda_client.c8.worker import camunda_worker\n"
    source += "threading.Thread(target=lambda: time.sleep(3600)).start()\n"
    (tmp_path / "app.py").write_text(source + "@camunda_worker('t')\ndef handler(job): pass\n")

    code, _, output = doctor(tmp_path, cluster, "app.py")

    assert code == 0, output
    assert "shutdown.threads_left" in output


def test_code_that_limits_itself_by_sigalrm_is_named(cluster: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "limits.py").write_text("import signal\n\ndef limit(seconds): signal.alarm(seconds)\n")
    source = "import limits\nfrom camunda_client.c8.worker import camunda_worker\n"
    (tmp_path / "app.py").write_text(source + "@camunda_worker('t')\ndef handler(job): pass\n")

    code, told, output = doctor(tmp_path, cluster, "app.py")

    assert code == 0, output
    [note] = [note for note in told["note"] if "SIGALRM" in note]
    assert note.startswith("limits uses SIGALRM")
    assert "handler_timeout" in note


def test_where_all_is_well_nothing_is_wrong(cluster: dict[str, str], tmp_path: Path) -> None:
    code, told, output = doctor(tmp_path, cluster, HANDLERS)

    assert code == 0, output
    # While coverage is measured, sqlite3 is imported, and named.
    notes = [note for note in told["note"] if "sqlite3" not in note]
    assert (told["wrong"], notes, told["skipped"]) == ([], [], [])
    assert [line.split()[0] for line in told["ok"][1:8]] == [
        "gevent", "httptools", "pydantic", "python-dotenv", "requests", "structlog", "urllib3",
    ]  # fmt: skip
    assert told["ok"][8:] == [
        "blocking calls are cooperative",
        f"{HANDLERS} handles ask-for-review, charge-order",
        f"configuration: {cluster['CAMUNDA_REST_ADDRESS']} with no authentication",
        f"settings: api.baseUrl = {cluster['CAMUNDA_REST_ADDRESS']} (CAMUNDA_REST_ADDRESS)",
        "Camunda 8.10.9, 1 of 1 partitions have a leader",
        "the clocks of this machine and of Camunda agree",
        "PATCH gets through, by which leases are extended",
        "a poll is held for 0.5 s",
    ]
    assert len(output.splitlines()) == len(told["ok"]) + len(told["note"])


def test_a_missing_configuration_is_wrong_and_what_needs_it_is_skipped(tmp_path: Path) -> None:
    code, told, _ = doctor(tmp_path, {})

    assert code == 1
    assert ["api.baseUrl is missing" in line and "CAMUNDA_REST_ADDRESS" in line for line in told["wrong"]] == [True]
    assert [line.partition(",")[0].partition(":")[0] for line in told["skipped"]] == ["handlers", "token and topology"]


def test_a_cluster_that_is_not_there_is_wrong(tmp_path: Path) -> None:
    code, told, _ = doctor(tmp_path, NOWHERE)

    assert (code, len(told["wrong"])) == (1, 1)
    assert "http://127.0.0.1:9 refused the connection" in told["wrong"][0]


def test_a_token_that_can_not_be_had_is_wrong_and_no_secret_is_shown(tmp_path: Path) -> None:
    environment = {
        **NOWHERE,
        "CAMUNDA_CLIENT_ID": "worker",
        "CAMUNDA_CLIENT_SECRET": "never-to-be-seen",
        "CAMUNDA_OAUTH_URL": "http://127.0.0.1:9/token",
        "CAMUNDA_AUTH_STRATEGY": "OAUTH",
    }

    code, told, output = doctor(tmp_path, environment)

    assert code == 1
    assert "configuration: http://127.0.0.1:9 with a token" in told["ok"]
    assert told["wrong"][0].startswith("no token for client worker at http://127.0.0.1:9/token: ")
    assert "never-to-be-seen" not in output


def test_the_package_of_the_same_name_is_wrong(cluster: dict[str, str], tmp_path: Path) -> None:
    code, told, _ = doctor(tmp_path, {**cluster, **installed(tmp_path, "camunda-client", "1.2.3")})

    assert code == 1
    [wrong] = told["wrong"]
    assert wrong.startswith("the distribution camunda-client 1.2.3 (for Camunda 7) is installed beside c8-client")
    assert "pip uninstall camunda-client" in wrong


def test_a_package_that_is_too_old_is_wrong(cluster: dict[str, str], tmp_path: Path) -> None:
    code, told, _ = doctor(tmp_path, {**cluster, **installed(tmp_path, "requests", "2.9.1")})

    assert code == 1
    assert re.fullmatch(
        r"requests 2\.9\.1 is older than [\d.]+, below which it has a defect: pip install 'requests>=[\d.]+'",
        told["wrong"][0],
    )


def test_blocking_drivers_and_twice_handled_types_are_told(cluster: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import sqlite3\nfrom camunda_client.c8.worker import camunda_worker\n"
        "@camunda_worker('a')\ndef first(job): ...\n@camunda_worker('a')\ndef second(job): ...\n"
    )

    code, told, _ = doctor(tmp_path, cluster, "app.py")

    assert code == 1
    assert told["wrong"][0].startswith("job type 'a' has two handlers, app.first:3 and app.second:5")
    assert told["note"][0].startswith(
        "app.py imports sqlite3, which blocks every job while it waits (handlers: app.first, app.second): "
    )


def test_handlers_that_can_not_be_imported_are_wrong(cluster: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import nowhere_to_be_found\n")
    (tmp_path / "empty.py").write_text("")

    broken, told, output = doctor(tmp_path, cluster, "app.py")
    empty, told_empty, _ = doctor(tmp_path, cluster, "empty.py")

    assert (broken, told["wrong"]) == (1, ["app.py can't be imported; its traceback is above"])
    assert "ModuleNotFoundError: No module named 'nowhere_to_be_found'" in output
    assert (empty, told_empty["wrong"]) == (1, ["empty.py has no function decorated with @camunda_worker"])


def test_no_patch_at_all_is_a_note(cluster: dict[str, str], tmp_path: Path) -> None:
    code, told, _ = doctor(tmp_path, {**cluster, "CAMUNDA_CLIENT_PATCH": "0"})

    assert code == 0
    assert told["note"] == [
        "blocking calls are not cooperative: CAMUNDA_CLIENT_PATCH=0; unset it, or patch first of all yourself"
    ]


def test_what_an_older_camunda_lacks_is_a_note(tmp_path: Path) -> None:
    with Gateway(dialect="8.8") as gateway:
        code, told, output = doctor(tmp_path, {"CAMUNDA_REST_ADDRESS": gateway.base_url})

    assert code == 0, output
    assert "Camunda 8.8.9, 1 of 1 partitions have a leader" in told["ok"]
    assert [note for note in told["note"] if "lacks" in note] == [
        "Camunda 8.8 lacks tenants='assigned', business ids, cluster variables, statistics of jobs, moveInstructions "
        "(8.9); leases with a token, priorities of jobs (8.10)"
    ]


def test_a_driver_that_blocks_is_named_with_its_handlers_and_the_remedy(
    cluster: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "rows.py").write_text("import sqlite3\ndef write(): sqlite3.connect(':memory:')\n")
    (tmp_path / "others.py").write_text("from rows import write\n")
    source = """
import others
from camunda_client.c8.worker import camunda_worker

@camunda_worker("writes")
def writes(job): others.write()
"""
    (tmp_path / "app.py").write_text(source)

    code, told, output = doctor(tmp_path, cluster, "app.py")
    assert code == 0, output
    [note] = [text for text in told["note"] if "sqlite3" in text]
    assert "(handlers: app.writes)" in note
    assert "run_in='process'" in note

    (tmp_path / "app.py").write_text(source.replace('"writes")', '"writes", run_in="process")'))
    code, told, output = doctor(tmp_path, cluster, "app.py")
    assert code == 0, output
    assert not [text for text in told["note"] if "sqlite3" in text]
    assert "a child process finds writes" in "\n".join(told["ok"])


def test_a_handler_that_a_child_process_does_not_find_is_wrong(cluster: dict[str, str], tmp_path: Path) -> None:
    source = """
import os
from camunda_client.c8.worker import camunda_worker
@camunda_worker("other")
def other(job): pass
if "CAMUNDA_CLIENT_CHILD" not in os.environ:
    @camunda_worker("adds", run_in="process")
    def adds(job): pass
"""
    (tmp_path / "app.py").write_text(source)

    code, told, output = doctor(tmp_path, cluster, "app.py")

    assert code == 1, output
    assert "app:adds (job type 'adds') is not found there" in "\n".join(told["wrong"])


@pytest.fixture
def proxy(cluster: dict[str, str]) -> Iterator[FaultProxy]:
    """Something between here and Camunda."""
    with FaultProxy(cluster["CAMUNDA_REST_ADDRESS"]) as proxy:
        yield proxy


def clock_off_by(seconds: float) -> Fault:
    """Have answers come from a server whose clock is off."""

    def fault(exchange: Exchange) -> bool:
        reply = exchange.forward()
        date = {"Date": formatdate(time.time() + seconds, usegmt=True)}
        exchange.answer(Reply(reply.status, reply.body, reply.content_type, date))
        return True

    return fault


@pytest.mark.parametrize(
    ("seconds", "verdict", "text"),
    [(-300.0, "wrong", "s ahead of Camunda's"), (300.0, "wrong", "s behind Camunda's"), (15.0, "note", "s behind")],
)
def test_a_clock_that_is_off_is_told_with_the_way(
    proxy: FaultProxy, tmp_path: Path, seconds: float, verdict: str, text: str
) -> None:
    proxy.on("GET /v2/topology", clock_off_by(seconds))

    code, told, _ = doctor(tmp_path, {"CAMUNDA_REST_ADDRESS": proxy.base_url})

    [found] = [line for line in told[verdict] if "clock" in line]
    assert text in found
    assert "NTP" in found
    assert code == (verdict == "wrong")


def test_a_proxy_that_lets_no_patch_pass_is_told(proxy: FaultProxy, tmp_path: Path) -> None:
    proxy.on("PATCH", respond(405, b"<html>not allowed</html>", headers={"Server": "nginx"}))

    code, told, _ = doctor(tmp_path, {"CAMUNDA_REST_ADDRESS": proxy.base_url})

    [wrong] = told["wrong"]
    assert code == 1
    assert wrong.startswith("something between here and Camunda (nginx) answers PATCH with status 405: let PATCH")


def test_a_proxy_that_cuts_long_polls_is_told_with_the_time(proxy: FaultProxy, tmp_path: Path) -> None:
    proxy.on("POST /v2/jobs/activation", respond(504, b"<html>gateway time-out</html>"))

    code, told, _ = doctor(tmp_path, {"CAMUNDA_REST_ADDRESS": proxy.base_url})
    proxy.rules.clear()
    proxy.on("POST /v2/jobs/activation", reset())
    _, told_reset, _ = doctor(tmp_path, {"CAMUNDA_REST_ADDRESS": proxy.base_url})

    [wrong], [wrong_reset] = told["wrong"], told_reset["wrong"]
    assert code == 1
    assert re.match(r"a poll for 0.5 s was cut after 0.\d s \(status 504\): raise the time-out of what is", wrong)
    assert re.match(
        r"a poll for 0.5 s was cut after 0.\d s \(http://.*api.job.requestTimeout below \d+ ms", wrong_reset
    )


def test_polls_that_are_not_held_are_told(proxy: FaultProxy, tmp_path: Path) -> None:
    proxy.on("POST /v2/jobs/activation", respond(200, {"jobs": []}, "application/json"))

    code, told, _ = doctor(tmp_path, {"CAMUNDA_REST_ADDRESS": proxy.base_url})

    assert code == 0
    assert any(line.startswith("polls are answered at once, not held for 0.5 s") for line in told["note"])


WIDE = """
from camunda_client.c8.worker import camunda_worker
@camunda_worker('a', max_jobs_active=3000)
def first(job): ...
@camunda_worker('b', max_jobs_active=500)
def second(job): ...
"""


def test_more_jobs_than_the_pool_or_the_descriptors_have_room_for_are_told(
    cluster: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(WIDE)
    command = f"ulimit -n 512; exec {CAMUNDA_CLIENT} doctor --long-poll 0 app.py"

    code, output = Program.run(
        "-c", f"import os; os.execvp('bash', ['bash', '-c', {command!r}])", cwd=tmp_path, environment=cluster
    )

    assert code == 1
    assert "note     max_jobs_active of a (3000) is above worker.pool (1000), which caps all types: raise it" in output
    assert "wrong    this process may open 512 files, and 1000 jobs at once with a connection each need 1128" in output
    assert "ulimit -n 2048" in output


def test_a_program_that_patches_late_is_told_which_import_to_move(cluster: dict[str, str], tmp_path: Path) -> None:
    source = "import requests\n" + WIDE.replace("3000", "30") + "def main():\n    start_camunda_workers()\n"
    (tmp_path / "app.py").write_text(source)

    code, told, output = doctor(tmp_path, cluster, "app.py")

    assert code == 0, output
    [note] = [line for line in told["note"] if "starts workers itself" in line]
    assert "imports requests (line 1) before camunda_client.c8.worker" in note
    assert "camunda-client worker app.py" in note


def test_a_misspelt_variable_is_told(cluster: dict[str, str], tmp_path: Path) -> None:
    code, told, _ = doctor(tmp_path, {**cluster, "CAMUNDA_WORKER_TIMOUT": "60000"})

    assert code == 0
    [note] = [line for line in told["note"] if "CAMUNDA" in line]
    assert note == "CAMUNDA_WORKER_TIMOUT is set, and nothing reads it: did you mean CAMUNDA_WORKER_TIMEOUT?"


def test_two_distributions_of_one_package_are_told_without_a_traceback(cluster: dict[str, str], tmp_path: Path) -> None:
    environment = installed(tmp_path, "dotenv", "0.9.9")
    (tmp_path / "dotenv-0.9.9.dist-info" / "top_level.txt").write_text("dotenv\n")

    code, told, output = doctor(tmp_path, {**cluster, **environment})

    [wrong] = told["wrong"]
    assert code == 1
    assert wrong.startswith("the package dotenv is brought by python-dotenv and by dotenv, whose files are mixed now")
    assert "pip uninstall dotenv, then pip install --force-reinstall python-dotenv" in wrong
    assert "Traceback" not in output


def test_where_settings_came_from_is_told_without_secrets(cluster: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CAMUNDA_WORKER_TIMEOUT=60000\n")
    basic = {"CAMUNDA_BASIC_AUTH_USERNAME": "demo", "CAMUNDA_BASIC_AUTH_PASSWORD": "never-to-be-seen"}

    _, told, output = doctor(tmp_path, {**cluster, **basic})

    [line] = [line for line in told["ok"] if line.startswith("settings: ")]
    assert "api.job.timeout = 60000 (CAMUNDA_WORKER_TIMEOUT in .env)" in line
    assert "auth.basic.password = ********** (CAMUNDA_BASIC_AUTH_PASSWORD)" in line
    assert "never-to-be-seen" not in output


def test_json_has_every_finding_whatever_the_handlers_print(cluster: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("print('hello')\n" + WIDE.replace("3000", "30"))

    process = subprocess.run(
        [CAMUNDA_CLIENT, "doctor", "--json", "--long-poll", "0", "app.py"],
        cwd=tmp_path, env={**unmeasured(), **cluster}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    found = json.loads(process.stdout)
    assert process.returncode == 0
    assert "hello" in process.stderr
    assert {one["verdict"] for one in found} <= {"ok", "note", "skipped"}
    assert "app.py handles a, b" in [one["message"] for one in found]


def test_on_a_terminal_verdicts_are_coloured_and_their_texts_stand_below_one_another(
    cluster: dict[str, str], tmp_path: Path
) -> None:
    source = "import pty, sys; pty.spawn([sys.executable, '-m', 'camunda_client', 'doctor', '--long-poll', '0'])"
    environment = {**cluster, "COLUMNS": "60", "CAMUNDA_WORKER_TIMOUT": "1"}

    _, coloured = Program.run("-c", source, cwd=tmp_path, environment=environment)
    _, plain = Program.run("-c", source, cwd=tmp_path, environment={**environment, "NO_COLOR": "1"})

    assert "\x1b[33mnote    \x1b[0m CAMUNDA_WORKER_TIMOUT is set" in coloured
    assert "\x1b" not in plain
    lines = plain.splitlines()
    [at] = [at for at, line in enumerate(lines) if line.startswith("note     CAMUNDA_WORKER_TIMOUT is set")]
    assert lines[at + 1].startswith("         ")
    assert all(len(line) <= 60 for line in lines[at : at + 2])
