"""What ``camunda-client worker`` and ``doctor`` make of targets, maps, types and models, as processes."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest

from tests.parts import rest
from tests.parts.camunda import EngineProcess
from tests.parts.programs import CAMUNDA_CLIENT, Program
from tests.parts.work import start_many

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
NOWHERE = {"CAMUNDA_REST_ADDRESS": "http://127.0.0.1:9"}


def handler(job_type: str) -> str:
    return f"from camunda_client.c8.worker import camunda_worker\n@camunda_worker({job_type!r})\ndef work(job): ...\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a file, and a package with handlers at two depths, helpers, tests and a script."""
    files = {
        "a.py": handler("hello"),
        "shop/__init__.py": "",
        "shop/util.py": "PREFIX = 'billing-'\n",
        "shop/__main__.py": "raise SystemExit('the script ran')\n",
        "shop/tests/__init__.py": "raise SystemExit('a test ran')\n",
        "shop/test_billing.py": "raise SystemExit('a test ran')\n",
        "shop/shipping.py": handler("ship"),
        "shop/billing/__init__.py": "",
        "shop/billing/cards.py": "from ..util import PREFIX\n" + handler("x").replace("'x'", "PREFIX + 'card'"),
        "shop/billing/banks.py": handler("billing-bank"),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def checked(cwd: Path, *arguments: str) -> tuple[int, str]:
    return Program.run(CAMUNDA_CLIENT, "worker", "--check", *arguments, cwd=cwd)


@pytest.mark.parametrize(
    ("arguments", "types"),
    [
        (["a.py", "shop"], ["billing-bank", "billing-card", "hello", "ship"]),
        (["shop/"], ["billing-bank", "billing-card", "ship"]),
        (["./shop/billing", "a.py"], ["billing-bank", "billing-card", "hello"]),
        (["shop.billing", "shop.shipping"], ["billing-bank", "billing-card", "ship"]),
        (["shop/billing/cards.py"], ["billing-card"]),
        (["shop", "--types", "billing-*, ship"], ["billing-bank", "billing-card", "ship"]),
        (["shop", "--types", "billing-*", "--exclude", "*-bank"], ["billing-card"]),
    ],
)
def test_targets_are_files_modules_and_packages(shop: Path, arguments: list[str], types: list[str]) -> None:
    code, output = checked(shop, *arguments)

    assert code == 0, output
    assert [line.split()[1].rstrip(":") for line in output.splitlines()] == types


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "camunda-client: nothing to work: name your app.py or package.module, or --map workers.yaml"),
        (["a.py", "--types", "helo"], "camunda-client: no handler is for the job type 'helo'; did you mean hello?"),
        (["a.py", "--exclude", "*"], "camunda-client: --types and --exclude leave no handler"),
        (["shop/util.py"], "camunda-client: shop/util.py has no function decorated with @camunda_worker"),
        (["a.py", "nowhere.py"], "camunda-client: there is no file nowhere.py; . has a.py"),
        (["../" + "x"], "camunda-client: there is no file ../x"),
        (["a.py", "a.py", "--map", "none.yaml"], "camunda-client: none.yaml can't be read: "),
    ],
)
def test_what_names_no_handler_is_one_line(shop: Path, arguments: list[str], said: str) -> None:
    code, output = checked(shop, *arguments)

    assert code == 2, output
    assert output.startswith(said)
    assert "Traceback" not in output


def test_two_handlers_for_one_type_are_named_wherever_they_come_from(shop: Path) -> None:
    (shop / "workers.yaml").write_text("workers:\n  hello: {call: os.getcwd, result: folder}\n")

    code, output = checked(shop, "a.py", "--map", "workers.yaml")

    assert code == 2
    assert "job type 'hello' has two handlers, a.work:2 and posix.getcwd (workers.yaml:2); keep one" in output


def test_an_error_in_mapped_code_is_its_own_traceback(shop: Path) -> None:
    (shop / "broken.py").write_text("import os\nprice = 1 / 0\n")
    (shop / "workers.yaml").write_text("workers:\n  t: {call: broken.f}\n")

    code, output = checked(shop, "--map", "workers.yaml")

    assert code == 1
    assert "broken.py" in output
    assert "ZeroDivisionError" in output
    assert "camunda_client/" not in output


@pytest.mark.needs("records")
@pytest.mark.parametrize("processes", ["1", "2"])
def test_several_targets_and_a_map_are_worked_by_one_command(
    camunda: EngineProcess, shop: Path, processes: str
) -> None:
    runs = [rest.unique() for _ in range(3)]
    for run in runs:
        rest.deploy(camunda.base_url, "one.bpmn", run=run)
    for name, run in zip(("a.py", "b.py"), runs, strict=False):
        (shop / name).write_text(handler(f"t-{run}"))
    (shop / "workers.yaml").write_text(f"workers:\n  t-{runs[2]}: {{call: os.getcwd, result: folder}}\n")
    arguments = ["a.py", "b.py", "--map", "workers.yaml", "--types", "t-*", "--processes", processes]

    with Program(CAMUNDA_CLIENT, "worker", *arguments, environment=camunda.environment, cwd=shop) as worker:
        for run in runs:
            start_many(camunda.base_url, f"one-{run}", 1)
        jobs = [camunda.wait_for_jobs(1, "COMPLETED", job_type=f"t-{run}")[0] for run in runs]
        worker.send(signal.SIGTERM)
        assert worker.end() == 0, worker.output

    assert jobs[2]["variables"] == {"folder": str(shop)}


def test_a_first_map_is_printed_and_checks(shop: Path) -> None:
    (shop / "src").mkdir()
    (shop / "src" / "old.py").write_text("def add(left: int, right: int) -> int:\n    return left + right\n")

    code, text = Program.run(CAMUNDA_CLIENT, "map", "init", "src/old.py", cwd=shop)
    (shop / "workers.yaml").write_text(text + "\n")

    assert code == 0, text
    assert checked(shop, "--map", "workers.yaml") == (0, "ok       add: old.add (workers.yaml:6), fetches left, right")


def test_the_schema_of_maps_is_printed(shop: Path) -> None:
    code, output = Program.run(CAMUNDA_CLIENT, "map", "schema", cwd=shop)

    assert code == 0
    assert "workers" in json.loads(output)["properties"]


def doctor(cwd: Path, *arguments: str) -> tuple[int, list[str]]:
    code, output = Program.run(CAMUNDA_CLIENT, "doctor", *arguments, environment=NOWHERE, cwd=cwd)
    return code, output.splitlines()


def test_doctor_compares_handlers_with_models(shop: Path) -> None:
    (shop / "models" / "deep").mkdir(parents=True)
    shutil.copy(EXAMPLES / "bpmn" / "hello.bpmn", shop / "models" / "deep")
    shutil.copy(EXAMPLES / "bpmn" / "charge.bpmn", shop / "models")
    (shop / "models" / "dynamic.bpmn").write_text(
        (EXAMPLES / "bpmn" / "hello.bpmn").read_text().replace('type="greet"', 'type="=kind"')
    )
    (shop / "models" / "broken.bpmn").write_text("<bpmn")
    (shop / "b.py").write_text(handler("charge-crad") + handler("tell-customer") + handler("unused"))

    code, lines = doctor(shop, "b.py", "--bpmn", "models/**/*.bpmn", "no*.bpmn")

    assert code == 1
    for line in (
        "wrong    no handler for the job type charge-card (charge-card in models/charge.bpmn); the nearest is "
        "charge-crad",
        "wrong    no handler for the job type greet (work in models/deep/hello.bpmn)",
        "note     no task in these models has the job type charge-crad; the nearest is charge-card",
        "note     no task in these models has the job type unused",
        "note     the job type of work in models/dynamic.bpmn is the expression =kind, which is known only when it "
        "runs",
        "ok       1 job types of 4 models have a handler",
        "wrong    --bpmn no*.bpmn: there is no such file",
    ):
        assert line in lines, lines
    assert [line for line in lines if line.startswith("wrong    models/broken.bpmn can't be read as BPMN: ")]


def test_doctor_looks_at_several_targets_and_maps(shop: Path) -> None:
    (shop / "workers.yaml").write_text("workers:\n  folder: {call: os.getcwd, result: folder}\n")

    _, lines = doctor(shop, "a.py", "shop", "--map", "workers.yaml", "--exclude", "ship")

    assert "ok       a.py, shop, workers.yaml handles billing-bank, billing-card, folder, hello" in lines


def test_doctor_says_what_is_wrong_with_a_map(shop: Path) -> None:
    (shop / "workers.yaml").write_text("workers:\n  folder: {call: os.getcwdd}\n")

    code, lines = doctor(shop, "--map", "workers.yaml")

    assert code == 1
    assert "wrong    workers.yaml:2: workers.folder.call: os has no 'getcwdd'; did you mean getcwd?" in lines
