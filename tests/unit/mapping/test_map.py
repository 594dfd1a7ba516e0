"""Maps: what they make of functions, and what they say of mistakes, line by line."""

from __future__ import annotations

import builtins
import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from camunda_client.c8.worker import HandlerRun, clear, registered_workers, run_handler, worker_settings
from camunda_client.error import ConfigurationError
from camunda_client.mapping import MapError, draft, json_schema, load_map
from camunda_client.testing.plugin import activated_job

LEGACY = """
import decimal


class Declined(Exception):
    def __init__(self, text, code):
        super().__init__(text)
        self.code = code


class Terminal:
    def __init__(self, host, password):
        if password == "wrong":
            raise RuntimeError("no entry")
        self.host = host

    def pay(self, amount):
        return f"{self.host}:{amount}"


class Receipt:
    def __init__(self, number):
        self.number = number
        self.lines = [{"net": 5}]


def charge(order_id, amount, currency="EUR", *, tags=()):
    \"\"\"Charge a card.\"\"\"
    return {"charged": f"{order_id} {amount!r} {currency} {list(tags)}"}


def typed(amount: decimal.Decimal, count: int = 1) -> decimal.Decimal:
    return amount * count


def position(order_id, /, amount):
    return {"seen": [order_id, amount]}


def anything(**given):
    return given


def receipt(number):
    return Receipt(number)


def nothing():
    return {"done": True}


def of_job(job):
    return {"key": job.job_key}


def appended(items):
    items.append(1)
    return {"items": list(items)}


def fail(kind):
    raise {"value": ValueError("no"), "declined": Declined("poor", "51"), "exit": SystemExit(3)}[kind]


async def later(order_id): ...


def _private(x): ...
"""


@pytest.fixture(autouse=True)
def legacy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "old_code.py").write_text(LEGACY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    clear()
    yield
    clear()
    for name in ("old_code", "awkward", "offers"):
        sys.modules.pop(name, None)


def written(text: str) -> Path:
    path = Path("workers.yaml")
    path.write_text(text)
    return path


def entry(text: str) -> str:
    """Return a map with one worker for the type ``t``."""
    return "workers:\n  t:\n" + "\n".join(f"    {line}" for line in text.strip().splitlines()) + "\n"


def worked(text: str, variables: dict[str, Any] | None = None, **job: Any) -> HandlerRun:
    """Run the only worker of a map on a job."""
    clear()
    load_map(written(text)).register()
    [worker] = registered_workers()
    return run_handler(worker.handler, activated_job(variables, job_type=worker.job_type, **job))


def refused(text: str) -> str:
    with pytest.raises(ConfigurationError) as found:
        load_map(written(text)).register()
    return found.value.message


def test_without_arguments_the_required_parameters_are_variables_of_their_names() -> None:
    run = worked(entry("call: old_code.charge"), {"order_id": "A1", "amount": 5, "currency": "USD"})

    assert run.report == {"variables": {"charged": "A1 5 EUR []"}}
    assert worker_settings(registered_workers()[0]).fetch_variables == ("amount", "order_id")


def test_their_names_may_be_the_models() -> None:
    text = entry("call: old_code.charge\nvariable_names: camelCase")

    assert worked(text, {"orderId": "A1", "amount": 5}).command == "completion"


def test_arguments_come_from_paths_headers_the_job_constants_and_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOP", "berlin")
    text = entry("""
call: old_code.anything
arguments:
  plain: orderId
  deep: order.lines[1].price
  typed: {variable: order.count, type: decimal}
  missing: {variable: order.nothing, default: none}
  header: {header: region}
  key: {job: process_instance_key, type: int}
  whole: {job: itself}
  all: {variables: all}
  constant: {value: [1, 2]}
  shop: {environment: SHOP}
  other: {environment: NO_SUCH_VARIABLE, default: x}
result:
  {seen: plain, deep: deep, typed: typed, missing: missing, header: header, key: key, job: whole.job_key,
  all: all.orderId, constant: "constant[1]", shop: shop, other: other}
""")
    order = {"lines": [{}, {"price": 7}], "count": "3"}

    run = worked(
        text,
        {"orderId": "A1", "order": order},
        custom_headers={"region": "eu"},
        process_instance_key="9",
        job_key="5",
    )

    assert run.report["variables"] == {
        "seen": "A1",
        "deep": 7,
        "typed": "3",
        "missing": "none",
        "header": "eu",
        "key": 9,
        "job": "5",
        "all": "A1",
        "constant": 2,
        "shop": "berlin",
        "other": "x",
    }


def test_a_constant_is_each_jobs_own() -> None:
    text = entry("call: old_code.appended\narguments: {items: {value: []}}")

    for _ in range(2):
        assert worked(text).report == {"variables": {"items": [1]}}
    [worker] = registered_workers()
    for _ in range(2):
        assert run_handler(worker.handler, activated_job(job_type="t")).report == {"variables": {"items": [1]}}


def test_a_functions_own_types_are_kept_and_a_map_may_say_others() -> None:
    assert worked(entry("call: old_code.typed\nresult: total"), {"amount": "2.5"}).report == {
        "variables": {"total": "2.5"}
    }
    text = entry("call: old_code.typed\narguments: {amount: {variable: sum, type: int}}\nresult: total")
    assert worked(text, {"sum": "4"}).report == {"variables": {"total": 4}}
    misfit = worked(text, {"sum": "x"})
    assert misfit.report["retries"] == 0
    assert "old_code.typed: sum (Input should be a valid integer" in misfit.report["errorMessage"]


@pytest.mark.parametrize(
    ("text", "variables", "report"),
    [
        ("call: old_code.position", {"order_id": "A", "amount": 1}, {"seen": ["A", 1]}),
        ("call: old_code.nothing", {}, {"done": True}),
        ("call: old_code.nothing\nresult: false", {}, {}),
        ("call: old_code.of_job", {}, {"key": "5"}),
        ("call: old_code.of_job\narguments: job", {}, {"key": "5"}),
        ("call: old_code.receipt\nresult: {no: number, net: 'lines[0].net'}", {"number": 3}, {"no": 3, "net": 5}),
        ("call: old_code.Receipt\nresult: {no: number}", {"number": 3}, {"no": 3}),
        ("call: os.path.basename\nresult: name", {"p": "/a/b"}, {"name": "b"}),
        ("call: math.hypot\nresult: length\narguments: {}", {}, {"length": 0.0}),
    ],
)
def test_functions_of_all_kinds_can_be_called(text: str, variables: Any, report: Any) -> None:
    assert worked(entry(text), variables, job_key="5").report == {"variables": report}


def test_methods_of_an_object_are_functions_and_the_object_is_made_once() -> None:
    arguments = "{host: {value: h}, password: {value: p}}"
    text = f"objects:\n  terminal: {{factory: old_code.Terminal, arguments: {arguments}}}\n"

    run = worked(text + entry("call: terminal.pay\nresult: paid"), {"amount": 3})

    assert run.report == {"variables": {"paid": "h:3"}}


ERRORS = """
errors:
  - raises: old_code.Declined
    bpmn_error: DECLINED
    variables: {code: code}
  - raises: [ValueError, SystemExit]
    retry: 30s
workers:
  t:
    call: old_code.fail
    errors:
      - {raises: KeyError, incident: true, message: unknown kind}
"""


def test_exceptions_become_bpmn_errors_failures_or_incidents() -> None:
    declined = worked(ERRORS, {"kind": "declined"})
    value = worked(ERRORS, {"kind": "value"}, retries=3)
    ended = worked(ERRORS, {"kind": "exit"}, retries=3)
    unknown = worked(ERRORS, {"kind": "other"}, retries=3)

    assert declined.report == {"errorCode": "DECLINED", "errorMessage": "poor", "variables": {"code": "51"}}
    assert (value.report["retries"], value.report["retryBackOff"]) == (2, 30_000)
    assert "ValueError: no" in value.report["errorMessage"]
    assert (ended.command, ended.report["retries"]) == ("failure", 2)
    assert unknown.report["retries"] == 0
    assert "KeyError: unknown kind" in unknown.report["errorMessage"]


def test_options_are_those_of_the_decorator_and_defaults_hold_for_all() -> None:
    text = "defaults: {max_jobs_active: 8, timeout: 1min}\n" + entry(
        "call: old_code.charge\nmax_jobs_active: 2\nretry_back_off: 500ms"
    )
    worked(text, {"order_id": "A", "amount": 1})

    settings = worker_settings(registered_workers()[0])

    assert (settings.cap, settings.lease_s, settings.retry.first_ms) == (2, 60.0, 500)


def test_the_line_of_a_map_is_a_handlers_place() -> None:
    load_map(written(entry("call: old_code.charge"))).register()

    assert registered_workers()[0].place() == "old_code.charge (workers.yaml:2)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("workers: {t: {call: a.b, arguments: [}}", "workers.yaml:1: "),
        ("", "workers.yaml is empty"),
        ("- a", "workers.yaml:1: "),
        ("workers:\n  t: {call: old_code.charge}\n  t: {call: old_code.charge}", "workers.yaml:3: t is there twice"),
        ("worker: {}", "workers.yaml:1: worker: there is no such key; did you mean workers?"),
        ("worker: {}", "workers.yaml:1: workers is missing"),
        (entry("calls: old_code.charge"), "workers.yaml:3: workers.t.calls: there is no such key; did you mean call?"),
        (entry("call: 5"), "workers.yaml:3: workers.t.call: Input should be a valid string, got 5"),
        (
            entry("call: old_code.charge\ntimeout: soon"),
            "workers.yaml:4: workers.t.timeout: a duration such as 500ms, 30s, 5min or 1h is needed, not 'soon'",
        ),
        (
            entry("call: old_code.charge\narguments:\n  order_id: a..b"),
            "workers.yaml:5: workers.t.arguments.order_id: a path such as order.lines[0].price is needed, not 'a..b'",
        ),
        (
            entry("call: old_code.charge\narguments:\n  order_id: {variable: a, value: 5}"),
            "workers.yaml:5: workers.t.arguments.order_id: needs one of variable, variables, header, job, value, "
            "environment, and has value, variable",
        ),
        (entry("call: old_code.charge\nresult: {a: }"), "workers.yaml:4: workers.t.result.a: "),
        (
            entry("call: old_code.charge\nerrors:\n  - {raises: ValueError}"),
            "workers.yaml:5: workers.t.errors.0: needs one of bpmn_error, retry and incident",
        ),
        (
            entry("call: old_code.charge\nerrors:\n  - {raises: ValeError, incident: true}"),
            "workers.yaml:5: workers.t.errors.0.raises: there is no module 'ValeError'",
        ),
        (
            entry("call: old_code.charge\nerrors:\n  - {raises: old_code.charge, incident: true}"),
            "workers.yaml:5: workers.t.errors.0.raises: old_code.charge is not a class of exceptions",
        ),
        (
            entry("call: old_code.chrage"),
            "workers.yaml:3: workers.t.call: old_code has no 'chrage'; did you mean charge?",
        ),
        (entry("call: no_such.thing"), "workers.yaml:3: workers.t.call: there is no module 'no_such'"),
        (entry("call: old_code.LEGACY"), "workers.yaml:3: workers.t.call: old_code has no 'LEGACY'"),
        (entry("call: old_code.__name__"), "old_code.__name__ is str, which can't be called"),
        (entry("call: old_code.later"), "workers.yaml:3: workers.t.call: old_code.later is async"),
        (
            entry("call: old_code.charge\narguments: {order: a, amount: b}"),
            "workers.yaml:4: workers.t.arguments: the function has no parameter order; it has order_id, "
            "amount, currency, tags",
        ),
        (
            entry("call: old_code.charge\narguments: {order_id: a}"),
            "workers.yaml:4: workers.t.arguments: the function needs amount as well",
        ),
        (
            entry("call: old_code.typed\narguments:\n  amount: {variable: a, type: decimel}"),
            "there is no type 'decimel'; did you mean decimal?",
        ),
        (entry("call: old_code.anything\narguments:\n  a: {environment: NOT_SET_AT_ALL}"), "workers.yaml:5: "),
        (
            entry("call: old_code.anything\narguments: {a: {job: colour}}"),
            "workers.yaml:2: old_code.anything asks for 'colour' of the job",
        ),
        (
            entry("call: old_code.charge\nmax_jobs_active: -1"),
            "workers.yaml:2: max_jobs_active of @camunda_worker(job_type='t') is -1",
        ),
        (
            "objects: {a: {factory: old_code.Terminal, arguments: {host: orderId}}}\n" + entry("call: a.pay"),
            "workers.yaml:1: objects.a.arguments: host: there is no job yet; a factory takes value or environment",
        ),
        ("workers: &a\n  t: {call: b.c, errors: [*a]}", "nested more than 50 levels deep"),
    ],
)
def test_each_mistake_is_named_with_its_line(text: str, said: str) -> None:
    assert said in refused(text)


def test_all_mistakes_are_named_at_once_in_their_order() -> None:
    lines = refused(
        "errors: [{raises: Nothing, incident: true}]\nworkers:\n  a: {call: old_code.no}\n  b: {call: no.such}\n"
    ).splitlines()

    assert [line.split(": ")[0] for line in lines] == ["workers.yaml:1", "workers.yaml:3", "workers.yaml:4"]


def test_words_are_read_as_yaml_1_2_reads_them() -> None:
    text = entry("call: old_code.anything\narguments: {a: {value: no}, b: {value: 12:30}, c: {value: 010}}")

    assert worked(text).report == {"variables": {"a": "no", "b": "12:30", "c": 10}}


def test_an_exception_of_the_users_code_stays_its_own_and_names_the_line() -> None:
    text = "objects: {a: {factory: old_code.Terminal, arguments: {host: {value: h}, password: {value: wrong}}}}\n"

    with pytest.raises(RuntimeError, match="no entry") as raised:
        load_map(written(text + entry("call: a.pay")))

    if sys.version_info >= (3, 11):
        assert raised.value.__notes__ == ["for workers.yaml:1, objects.a.factory"]


def test_without_pyyaml_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "yaml":
            raise ImportError("No module named 'yaml'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)

    assert "pip install 'c8-client[map]'" in refused(entry("call: old_code.charge"))


def test_a_first_map_of_a_module_is_a_map() -> None:
    load_map(written(entry("call: old_code.charge")))

    text = draft(sys.modules["old_code"])

    functions = load_map(written(text)).workers
    assert [worker.call for worker in functions][:3] == ["old_code.charge", "old_code.typed", "old_code.position"]
    assert "_private" not in text
    assert "later" not in text
    assert 'description: "Charge a card."' in text
    assert "      order_id: orderId\n" in text
    assert "      # currency: currency  # default: 'EUR'\n" in text
    assert "      amount: {variable: amount, type: decimal}\n" in text
    assert "    result: typedResult\n" in text


AWKWARD = """
import functools

def hidden(function):
    def inner(*args, **kwargs):
        return function(*args, **kwargs)
    return inner

@hidden
def price(sku, quantity):
    return sku * quantity

def export(id, from_, class_=None, *rest, **options):
    return {"id": id, "from": from_}

def rows(id):
    yield id

@functools.wraps(rows)
def open_rows(id):
    return rows(id)

mean = lambda values: sum(values) / len(values)
half = functools.partial(price, quantity=2)
old_export = export
"""


def test_a_first_map_has_what_a_module_offers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a decorator had made anew was missing, and helpers beside ``__all__`` were there."""
    (tmp_path / "awkward.py").write_text(AWKWARD)
    (tmp_path / "offers.py").write_text(AWKWARD + "__all__ = ['price', 'export', 'rows']\n")
    monkeypatch.syspath_prepend(tmp_path)
    texts = {name: draft(importlib.import_module(name)) for name in ("awkward", "offers")}
    calls = {name: re.findall(rf"call: {name}\.(.+)", text) for name, text in texts.items()}

    assert calls["awkward"] == ["hidden", "price", "export", "mean"]
    assert calls["offers"] == ["price", "export"]
    assert "      from_: from\n" in texts["offers"]
    assert [worker.job_type for worker in load_map(written(texts["offers"])).workers] == ["price", "export"]


def test_what_would_run_nothing_is_refused(tmp_path: Path) -> None:
    """A generator's job was completed, and none of its code had run."""
    (tmp_path / "awkward.py").write_text(AWKWARD)

    assert "awkward.rows is a generator (it contains yield)" in refused(entry("call: awkward.rows\nresult: false"))
    run = worked(entry("call: awkward.open_rows\nresult: false"), {"id": 1})
    assert run.command == "failure"
    assert "the function returned a generator, of which nothing has run" in run.report["errorMessage"]
    half = worked(entry("call: awkward.half\narguments: {sku: a}\nresult: r"), {"a": 3})
    assert half.report == {"variables": {"r": 6}}


def test_a_module_without_functions_has_no_first_map() -> None:
    with pytest.raises(ValueError, match="this defines no public function"):
        draft(type(sys)("this"))


def test_the_schema_for_editors_knows_every_key_and_takes_what_a_map_takes() -> None:
    schema = json_schema()

    worker = schema["$defs"]["Worker"]["properties"]
    assert {"call", "arguments", "result", "errors", "max_jobs_active", "handler_timeout"} <= set(worker)
    assert schema["additionalProperties"] is False
    assert re.search(r'"(str|int)"', json.dumps(worker)) is None
    assert {"type": "string"}.items() <= schema["$defs"]["Worker"]["properties"]["call"].items()


def test_a_map_error_is_a_configuration_error() -> None:
    assert issubclass(MapError, ConfigurationError)
