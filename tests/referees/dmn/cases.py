"""The decisions that DMN-Scala is asked: written ones by kind, and random ones from seeds.

A change here needs ``make referees`` (and a Java). Documents are made anew each time; only the answers are recorded.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from tests.referees.feel import expressions as feel

HERE = Path(__file__).parent
SEEDS = {"tables": 20260201, "literals": 20260202, "changed": 20260203}
DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"
POLICIES = [
    "UNIQUE", "ANY", "PRIORITY", "FIRST", "RULE ORDER", "OUTPUT ORDER", "COLLECT", "COLLECT SUM", "COLLECT MIN", "COLLECT MAX",
    "COLLECT COUNT",
]  # fmt: skip


class Case(NamedTuple):
    """One question: its kind, a name of its own, the document, the decision's id, and the variables as FEEL."""

    kind: str
    name: str
    document: str
    variables: str = "{}"
    decision: str = "d"


# -- documents ----------------------------------------------------------------------------------------------------------
def document(*elements: str, attributes: str = 'id="g" name="G" namespace="n"', namespace: str = DMN) -> str:
    return f'<definitions xmlns="{namespace}" {attributes}>{"".join(elements)}</definitions>'


def decision(
    logic: str,
    id_: str = "d",
    *,
    variable: str | None = "",
    type_: str = "",
    needs: Iterable[str] = (),
    knows: Iterable[str] = (),
) -> str:
    """Return a decision; ``variable`` is its own id when empty, and there is none for None."""
    item = "" if variable is None else f"<variable name={quoteattr(variable or id_)}{_attribute('typeRef', type_)}/>"
    required = "".join(
        f'<informationRequirement><requiredDecision href="#{one}"/></informationRequirement>' for one in needs
    )
    return f'<decision id="{id_}" name="{id_} name">{item}{required}{_knowledge(knows)}{logic}</decision>'


def _knowledge(knows: Iterable[str]) -> str:
    return "".join(f'<knowledgeRequirement><requiredKnowledge href="#{one}"/></knowledgeRequirement>' for one in knows)


def _attribute(name: str, value: str) -> str:
    return f" {name}={quoteattr(value)}" if value else ""


def text(value: str) -> str:
    return f"<text>{escape(value)}</text>"


def literal(value: str, language: str = "") -> str:
    return f"<literalExpression{_attribute('expressionLanguage', language)}>{text(value)}</literalExpression>"


def table(
    policy: str,
    inputs: Iterable[str],
    outputs: Iterable[str | tuple[str, str, str]],
    rules: Iterable[tuple[Iterable[str], Iterable[str]]],
    rule: str = "r",
) -> str:
    """Return a table; an output is a name, or name, values (in their order) and default."""
    hit, _, aggregation = policy.partition(" ") if policy.startswith("COLLECT") else (policy, "", "")
    columns = "".join(f"<input><inputExpression>{text(one)}</inputExpression></input>" for one in inputs)
    for one in outputs:
        name, values, default = (one, "", "") if isinstance(one, str) else one
        inner = f"<outputValues>{text(values)}</outputValues>" if values else ""
        inner += f"<defaultOutputEntry>{text(default)}</defaultOutputEntry>" if default else ""
        columns += f"<output{_attribute('name', name)}>{inner}</output>"
    rows = ""
    for number, (cells, entries) in enumerate(rules, start=1):
        row = "".join(f"<inputEntry>{text(cell)}</inputEntry>" for cell in cells)
        row += "".join(f"<outputEntry>{text(entry)}</outputEntry>" for entry in entries)
        rows += f'<rule id="{rule}{number}">{row}</rule>'
    policy_text = _attribute("hitPolicy", hit) + _attribute("aggregation", aggregation)
    return f"<decisionTable{policy_text}>{columns}{rows}</decisionTable>"


def context(*entries: tuple[str | None, str]) -> str:
    """Return a context; an entry without a name is its result."""
    return (
        "<context>"
        + "".join(
            f"<contextEntry>{'' if name is None else f'<variable name={quoteattr(name)}/>'}{logic}</contextEntry>"
            for name, logic in entries
        )
        + "</context>"
    )


def items(*logic: str) -> str:
    return f"<list>{''.join(logic)}</list>"


def relation(columns: Iterable[str], *rows: Iterable[str]) -> str:
    head = "".join(f"<column name={quoteattr(one)}/>" for one in columns)
    return f"<relation>{head}{''.join('<row>' + ''.join(row) + '</row>' for row in rows)}</relation>"


def function(parameters: Iterable[str], logic: str, tag: str = "functionDefinition") -> str:
    """Return a function; a parameter is ``name`` or ``name:type``."""
    formal = ""
    for one in parameters:
        name, _, type_ = one.partition(":")
        formal += f"<formalParameter name={quoteattr(name)}{_attribute('typeRef', type_)}/>"
    return f"<{tag}>{formal}{logic}</{tag}>"


def knowledge(name: str, parameters: Iterable[str], logic: str, knows: Iterable[str] = ()) -> str:
    return (
        f'<businessKnowledgeModel id="{name}-id" name={quoteattr(name)}>'
        f"{function(parameters, logic, 'encapsulatedLogic')}{_knowledge(knows)}</businessKnowledgeModel>"
    )


def invocation(called: str, **bindings: str) -> str:
    bound = "".join(
        f"<binding><parameter name={quoteattr(name)}/>{logic}</binding>" for name, logic in bindings.items()
    )
    return f"<invocation>{literal(called)}{bound}</invocation>"


# -- cases --------------------------------------------------------------------------------------------------------------
def cases() -> list[Case]:
    """Return all questions, in an order that stays."""
    every = [
        *_level_2(),
        *_hit_policies(),
        *_boxed(),
        *_knowledge_models(),
        *_graphs(),
        *_malformed(),
        *_random_tables(random.Random(SEEDS["tables"])),
        *_literals(random.Random(SEEDS["literals"])),
    ]
    every += [*_changed(random.Random(SEEDS["changed"]), every), *_drawn()]
    names = [one.name for one in every]
    assert len(set(names)) == len(names), sorted({name for name in names if names.count(name) > 1})[:5]
    return every


#: Tables in the shapes of the level-2 tests of the DMN TCK: policy, inputs, outputs, rules, variables.
SHAPES: list[tuple[str, str, list[str], list, list, list[str]]] = [
    ("one-text", "UNIQUE", ["season"], ["dish"], [(['"Winter"'], ['"Stew"']), (['"Summer"'], ['"Salad"'])],
     ['{season: "Winter"}', '{season: "Spring"}', "{season: null}", "{}", "{season: 5}"]),
    ("texts", "UNIQUE", ["name"], ["greeting"], [(['"Ada", "Bob"'], ['"Hi " + name']), (['not("Ada", "Bob")'], ['"Hello"'])],
     ['{name: "Ada"}', '{name: "Cy"}', "{name: null}", "{name: 1}"]),
    ("comparison", "UNIQUE", ["age"], ["group"], [(["< 18"], ['"minor"']), (["[18..65)"], ['"adult"']), ([">= 65"], ['"senior"'])],
     ["{age: 17.9}", "{age: 18}", "{age: 64.99}", "{age: 65}", '{age: "18"}', "{age: null}", "{}"]),
    ("boolean", "UNIQUE", ["member"], ["discount"], [(["true"], ["0.1"]), (["false"], ["0"])],
     ["{member: true}", "{member: false}", "{member: null}", '{member: "true"}']),
    ("two-inputs", "UNIQUE", ["age", "risk"], ["approved"],
     [([">= 18", '"LOW"'], ['"yes"']), (["< 18", "-"], ['"no"']), (["-", '"HIGH"'], ['"no"'])],
     ['{age: 20, risk: "LOW"}', '{age: 10, risk: "LOW"}', '{age: 10, risk: "HIGH"}', '{age: 20, risk: "MID"}', "{age: null, risk: null}"]),
    ("two-outputs", "UNIQUE", ["age"], ["status", "rate"], [(["< 18"], ['"no"', "0"]), ([">= 18"], ['"yes"', "1.25 * 2"])],
     ["{age: 3}", "{age: 30}", "{}"]),
    ("dates", "UNIQUE", ["date(day)"], ["year"],
     [(['< date("2024-01-01")'], ['"old"']), (['[date("2024-01-01")..date("2024-12-31")]'], ['"this"']), (['> date("2024-12-31")'], ['"new"'])],
     ['{day: "2023-05-01"}', '{day: "2024-12-31"}', '{day: "2025-01-01"}', '{day: "x"}']),
    ("times", "FIRST", ["time(at)"], ["shift"], [(['< time("12:00:00")'], ['"early"']), (["-"], ['"late"'])],
     ['{at: "11:59:59"}', '{at: "12:00:00"}', '{at: "25:00:00"}']),
    ("durations", "FIRST", ["duration(wait)"], ["patience"], [(['<= duration("PT1H")'], ['"fine"']), (["-"], ['"long"'])],
     ['{wait: "PT59M"}', '{wait: "P1D"}', '{wait: "P1M"}']),
    ("temporal-outputs", "FIRST", ["n"], ["when"], [(["1"], ['date("2024-02-29")']), (["2"], ['duration("P1D")']), (["3"], ['time("10:00:00")']),
     (["4"], ['date and time("2024-02-29T10:00:00@Europe/Paris")'])], ["{n: 1}", "{n: 2}", "{n: 3}", "{n: 4}"]),
    ("computed-input", "UNIQUE", ["a + b"], ["sum"], [(["> 10"], ["a"]), (["<= 10"], ["b"])],
     ["{a: 1, b: 2}", "{a: 10, b: 2}", '{a: "1", b: 2}', "{a: 1}"]),
    ("list-input", "FIRST", ["xs"], ["found"], [(["list contains(?, 3)"], ['"three"']), (["count(?) > 2"], ['"many"']), (["-"], ['"few"'])],
     ["{xs: [3]}", "{xs: [1,2,4]}", "{xs: []}", "{xs: null}"]),
    ("empty-cells", "FIRST", ["x", "y"], ["z"], [(["", "1"], ['"a"']), (["-", ""], ['"b"'])], ["{x: 1, y: 1}", "{y: 2}"]),
    ("default", "UNIQUE", ["x"], [("z", "", "x + 7")], [(["1"], ['"one"'])], ["{x: 1}", "{x: 2}", '{x: "a"}']),
    ("defaults", "UNIQUE", ["x"], [("z", "", '"none"'), ("w", "", "0")], [(["1"], ['"one"', "1"])], ["{x: 1}", "{x: 2}"]),
    ("one-default", "UNIQUE", ["x"], [("z", "", '"none"'), "w"], [(["1"], ['"one"', "1"])], ["{x: 1}", "{x: 2}"]),
    ("question-mark", "FIRST", ["x"], ["z"], [(["? > 3 and ? < 8"], ['"mid"']), (["even(?)"], ['"even"']), (["-"], ['"other"'])],
     ["{x: 5}", "{x: 2}", "{x: 9}", "{x: null}", '{x: "a"}']),
    ("without-question-mark", "FIRST", ["x"], ["z"], [(["y > 1"], ['"y"']), (["even(4)"], ['"even"'])], ["{x: 1, y: 2}", "{x: 1, y: 0}", "{x: null, y: 9}"]),
    ("null-tests", "FIRST", ["x"], ["z"], [(["null"], ['"null"']), (["not(null)"], ['"some"']), (["-"], ['"any"'])], ["{x: null}", "{}", "{x: 1}", '{x: "a"}']),
    ("variables", "FIRST", ["x"], ["z"], [(["limit"], ['"equal"']), (["> limit"], ['"more"']), (["limits"], ['"in"']), (["-"], ['"less"'])],
     ["{x: 5, limit: 5, limits: [1]}", "{x: 6, limit: 5}", "{x: 1, limit: 5, limits: [1, 2]}", "{x: 1}"]),
    ("no-inputs", "FIRST", [], ["z"], [([], ["1 + 1"])], ["{}"]),
    ("no-rules", "FIRST", ["x"], ["z"], [], ["{x: 1}"]),
    ("nested-context", "UNIQUE", ["customer.address.city"], ["z"], [(['"Berlin"'], ["customer.name"]), (["null"], ['"nowhere"'])],
     ['{customer: {name: "A", address: {city: "Berlin"}}}', "{customer: {}}", "{}"]),
    ("name-of-output", "UNIQUE", ["x"], ["my result"], [(["1"], ["1"])], ["{x: 1}"]),
    ("names-of-outputs", "UNIQUE", ["x"], ["my result", "b-c"], [(["1"], ["1", "2"])], ["{x: 1}"]),
    ("no-name", "UNIQUE", ["x"], [""], [(["1"], ["1"])], ["{x: 1}", "{x: 2}"]),
    ("a-name-missing", "UNIQUE", ["x"], ["a", ""], [(["1"], ["1", "2"])], ["{x: 1}"]),
    ("same-names", "UNIQUE", ["x"], ["a", "a"], [(["1"], ["1", "2"])], ["{x: 1}"]),
    ("function-in-cell", "UNIQUE", ["x"], ["z"], [(['contains(?, "a")'], ["upper case(x)"]), (['not(contains(?, "a"))'], ["x"])],
     ['{x: "abc"}', '{x: "xyz"}', "{x: null}"]),
    ("cell-of-a-number", "FIRST", ["x"], ["z"], [(["? + 1"], ["1"]), (["-"], ["2"])], ["{x: 1}", "{x: null}"]),
    ("cell-fails", "FIRST", ["x"], ["z"], [(["assert(x, x > 5)"], ["1"]), (["-"], ["2"])], ["{x: 1}"]),
    ("output-fails", "FIRST", ["x"], ["z"], [(["1"], ["assert(x, x > 5)"]), (["-"], ["2"])], ["{x: 1}", "{x: 2}"]),
    ("input-fails", "FIRST", ["assert(x, x > 5)"], ["z"], [(["-"], ["2"])], ["{x: 1}", "{x: 6}"]),
    ("equals-sign", "FIRST", ["x"], ["z"], [(["= 1"], ["1"])], ["{x: 1}"]),
    ("empty-output", "FIRST", ["x"], ["z"], [(["1"], [""])], ["{x: 1}"]),
    ("blank-output", "FIRST", ["x"], ["z"], [(["1"], ["  "])], ["{x: 1}"]),
    ("blank-cell", "FIRST", ["x"], ["z"], [([" "], ["1"])], ["{x: 1}"]),
    ("dash-with-blanks", "FIRST", ["x"], ["z"], [([" - "], ["1"])], ["{x: 1}"]),
    ("dash-as-output", "FIRST", ["x"], ["z"], [(["1"], ["-"])], ["{x: 1}"]),
    ("empty-input", "FIRST", [""], ["z"], [(["1"], ["1"])], ["{x: 1}"]),
    ("comments", "FIRST", ["x // of all"], ["z"], [(["1 /* one */"], ["1"])], ["{x: 1}"]),
    ("lines", "FIRST", ["x"], ["z"], [(["1,\n2"], ["if x = 1\nthen 1\nelse 2"])], ["{x: 1}", "{x: 2}"]),
]  # fmt: skip


def _level_2() -> Iterator[Case]:
    for name, policy, inputs, outputs, rules, variables in SHAPES:
        made = document(decision(table(policy, inputs, outputs, rules)))
        for number, given in enumerate(variables):
            yield Case("table", f"table/{name}/{number}", made, given)


def _hit_policies() -> Iterator[Case]:
    """Every policy over the same shapes: no, one, two or three matches; texts, numbers, other values; one or two columns."""
    shapes: dict[str, tuple[list, list]] = {
        "texts": ([("z", '"high","mid","low"', "")], [['"low"'], ['"high"'], ['"mid"']]),
        "unlisted": ([("z", '"high", "low"', "")], [['"other"'], ['"low"'], ['"high"']]),
        "numbers": ([("z", "30, 5.5, 20", "")], [["20"], ["5.5"], ["30"]]),
        "equal": ([("z", '"a"', "")], [['"a"'], ['"a"'], ['"a"']]),
        "equal-numbers": (["z"], [["1"], ["1.0"], ["2 / 2"]]),
        "no-values": (["z"], [['"b"'], ['"a"'], ['"c"']]),
        "booleans": ([("z", "true, false", "")], [["false"], ["true"], ["null"]]),
        "nulls": (["z"], [["null"], ["1"], ["2"]]),
        "mixed": (["z"], [["1"], ['"a"'], ["[1]"]]),
        "two": ([("z", '"a","b","c"', ""), ("w", "3,2,1", "")], [['"b"', "1"], ['"a"', "2"], ['"a"', "3"]]),
        "two-equal": (["z", "w"], [['"a"', "1"], ['"a"', "1"], ['"a"', "1"]]),
        "dates": (["z"], [['date("2024-01-02")'], ['date("2024-01-01")'], ['date("2024-01-03")']]),
        "many": ([("z", ",".join(f'"v{n}"' for n in range(12)), "")], [['"v10"'], ['"v9"'], ['"v1"']]),
        "default": ([("z", "", '"default"')], [['"b"'], ['"a"'], ['"c"']]),
    }
    for policy, (shape, (outputs, entries)) in product(POLICIES, shapes.items()):
        rules = [([cell], row) for cell, row in zip(["> 5", "> 8", "> 2"], entries, strict=True)]
        made = document(decision(table(policy, ["n"], outputs, rules)))
        for n in (1, 3, 6, 9):
            yield Case("hit policy", f"policy/{policy}/{shape}/{n}", made, f"{{n: {n}}}")


def _boxed() -> Iterator[Case]:
    l = literal  # noqa: E741
    variables = '{x: 5, y: 2, name: "Bob", xs: [1, 2, 3]}'
    small = table("FIRST", ["x"], ["z"], [(["> 3"], ['"big"']), (["-"], ['"small"'])])
    logics = {
        "context": context(("a", l("x + 1")), ("b", l("a * 2"))),
        "context/result": context(("a", l("x + 1")), ("b", l("a * 2")), (None, l("b - a"))),
        "context/shadow": context(("x", l("x + 1")), (None, l("x"))),
        "context/later": context(("a", l("b")), ("b", l("1"))),
        "context/one": context((None, l("x"))),
        "context/blank-name": context(("my key", l("1")), ("b", l("2"))),
        "context/nested": context(("a", context(("b", l("x")), ("c", l("b + 1")))), ("d", l("a.c"))),
        "context/table": context(("size", small), (None, l("size + name"))),
        "context/list": context(("a", items(l("x"), l("y"))), (None, l("sum(a)"))),
        "context/function": context(("f", function(["a", "b"], l("a + b + y"))), (None, l("f(x, 1)"))),
        "context/function-named": context(("f", function(["a", "b"], l("a - b"))), (None, l("f(b: 1, a: x)"))),
        "context/function-types": context(("f", function(["a:number"], l("a"))), (None, l('f("text")'))),
        "context/function-null": context(("f", function(["a:number"], l("a"))), (None, l("f(null)"))),
        "context/function-few": context(("f", function(["a", "b"], l("a"))), (None, l("f(1)"))),
        "context/function-kept": context(("f", function(["a"], l("a + 1"))), ("r", l("f(1)"))),
        "context/function-in-value": context(("c", context(("f", function(["a"], l("a + 1"))))), (None, l("c.f(1)"))),
        "context/function-table": context(("f", function(["a"], small)), (None, l("f(1)"))),
        "context/function-of-context": context(("f", function(["a"], context((None, l("a"))))), (None, l("f(1)"))),
        "context/lambda": context(("f", l("function(a) a * 2")), (None, l("f(x)"))),
        "context/fails": context(("a", l("assert(x, x > 9)")), (None, l("1"))),
        "context/null": context(("a", l("missing")), (None, l("a"))),
        "context/date": context(("a", l('date("2024-02-29")')), (None, l("a.year"))),
        "context/twice": context(("a", l("1")), ("a", l("a + 1")), (None, l("a"))),
        "context/many": context(*((f"k{n}", l(str(n))) for n in range(7))),
        "context/unnamed-inner": context((None, l("1")), ("a", l("2"))),
        "context/empty": "<context/>",
        "list": items(l("1"), l('"a"'), l("x")),
        "list/empty": "<list/>",
        "list/nested": items(items(l("1")), context(("a", l("x"))), small),
        "list/fails": items(l("1"), l("assert(x, x > 9)")),
        "list/functions": items(function(["a"], l("a"))),
        "relation": relation(["a", "b"], [l("1"), l("x")], [l('"c"'), l("name")]),
        "relation/empty": relation(["a"]),
        "relation/nested": relation(["a", "b"], [context(("c", l("x"))), items(l("1"))]),
        "relation/short": relation(["a", "b"], [l("1")]),
        "relation/long": relation(["a"], [l("1"), l("2")]),
        "relation/blank-name": relation(["my key", "b"], [l("1"), l("2")]),
        "relation/fails": relation(["a"], [l("assert(x, x > 9)")]),
        "literal": l("x + y"),
        "literal/empty": l(""),
        "literal/blank": l(" "),
        "literal/no-text": "<literalExpression/>",
        "literal/refused": l("1 +"),
        "literal/fails": l("assert(x, x > 9)"),
        "literal/range": l("[1..3]"),
        "literal/function": l("function(a) a"),
        "literal/question-mark": l("? + 1"),
        "literal/now": l("today()"),
        "literal/null": l("null"),
        "literal/date": l('date("2024-02-29")'),
        "literal/number": l("1.10"),
        "literal/big": l("12345678901234567890123"),
        "literal/context": l('{a: 1, "b c": [date("2024-01-01")]}'),
        "literal/spaces": l("  x  "),
        "literal/feel": l("x", "feel"),
        "literal/FEEL": l("x", "FEEL"),
        "literal/feel-1.3": l("x", "https://www.omg.org/spec/DMN/20191111/FEEL/"),
        "literal/feel-1.1": l("x", "http://www.omg.org/spec/FEEL/20140401"),
        "literal/juel": l("x", "juel"),
        "literal/javascript": l("x", "javascript"),
        "invocation/unknown": invocation("f", a=l("1")),
        "function": function(["a"], l("a")),
        "conditional": f"<conditional><if>{l('true')}</if><then>{l('1')}</then><else>{l('2')}</else></conditional>",
        "filter": f"<filter><in>{l('xs')}</in><match>{l('item > 1')}</match></filter>",
        "nothing": "",
        "two": l("1") + l("2"),
        "table/juel-cell": small.replace("<inputEntry>", '<inputEntry expressionLanguage="juel">', 1),
        "table/feel-cell": small.replace("<inputEntry>", '<inputEntry expressionLanguage="feel">', 1),
        "table/juel-input": small.replace("<inputExpression>", '<inputExpression expressionLanguage="juel">', 1),
        "table/juel-output": small.replace("<outputEntry>", '<outputEntry expressionLanguage="juel">', 1),
        "table/label": small.replace("<input>", '<input label="The X">'),
        "table/annotations": small.replace("<rule ", '<annotation name="why"/><rule ', 1),
        "table/no-policy": small.replace(' hitPolicy="FIRST"', ""),
        "table/unknown-policy": small.replace("FIRST", "SOME"),
        "table/aggregation-alone": small.replace('hitPolicy="FIRST"', 'hitPolicy="FIRST" aggregation="SUM"'),
        "table/unknown-aggregation": small.replace('hitPolicy="FIRST"', 'hitPolicy="COLLECT" aggregation="AVG"'),
        "table/sum-of-two": table("COLLECT SUM", ["x"], ["a", "b"], [(["-"], ["1", "2"])]),
        "table/count-of-two": table("COLLECT COUNT", ["x"], ["a", "b"], [(["-"], ["1", "2"])]),
        "table/no-output": table("FIRST", ["x"], [], [(["-"], [])]),
        "table/few-cells": table("FIRST", ["x", "y"], ["z"], [(["-"], ["1"])]),
        "table/many-cells": table("FIRST", ["x"], ["z"], [(["5", "1"], ["1"])]),
        "table/few-outputs": table("FIRST", ["x"], ["z", "w"], [(["-"], ["1"])]),
        "table/many-outputs": table("FIRST", ["x"], ["z"], [(["-"], ["1", "2"])]),
        "table/no-outputs": table("FIRST", ["x"], ["z"], [(["-"], [])]),
    }  # fmt: skip
    for name, logic in logics.items():
        yield Case("boxed", f"boxed/{name}", document(decision(logic)), variables)
    types = [
        "string",
        "number",
        "boolean",
        "date",
        "time",
        "dateTime",
        "dayTimeDuration",
        "yearMonthDuration",
        "feel:number",
        "Any",
        "tOther",
        "",
    ]
    values = [
        "1",
        '"a"',
        "true",
        "null",
        'date("2024-01-01")',
        'time("10:00:00Z")',
        'date and time("2024-01-01T10:00:00")',
        '@"P1D"',
        '@"P1Y"',
        "[1]",
    ]
    for type_, value in product(types, values):
        yield Case("types", f"type/{type_}/{value}", document(decision(literal(value), type_=type_)))
        model = knowledge("f", [f"a:{type_}"], literal("a"))
        if type_ in ("number", "date", "Any"):
            for how, logic in (("call", literal(f"f({value})")), ("invocation", invocation("f", a=literal(value)))):
                yield Case("types", f"type/{how}/{type_}/{value}", document(decision(logic, knows=["f-id"]), model))


def _knowledge_models() -> Iterator[Case]:
    l = literal  # noqa: E741
    variables = '{x: 5, y: 2, name: "Bob"}'
    add = knowledge("add", ["a", "b"], l("a + b"))
    size = table("FIRST", ["a"], ["z"], [(["> 3"], ['"big"']), (["-"], ['"small"'])])
    asked: dict[str, tuple[str, ...]] = {
        "call": (decision(l("add(x, y)"), knows=["add-id"]), add),
        "call/before": (add, decision(l("add(x, y)"), knows=["add-id"])),
        "call/named": (decision(l("add(b: x, a: y)"), knows=["add-id"]), add),
        "call/wrong-name": (decision(l("add(c: x, a: y)"), knows=["add-id"]), add),
        "call/few": (decision(l("add(x)"), knows=["add-id"]), add),
        "call/many": (decision(l("add(x, y, 1)"), knows=["add-id"]), add),
        "call/unknown": (decision(l("add(x, y)")), add),
        "call/in-cell": (decision(table("FIRST", ["x"], ["z"], [(["add(?, 1) > 5"], ["add(x, 1)"])]), knows=["add-id"]), add),
        "call/in-list": (decision(l("for i in [1, 2] return add(i, y)"), knows=["add-id"]), add),
        "call/as-value": (decision(l("{f: add}.f(1, 2)"), knows=["add-id"]), add),
        "call/sort": (decision(l("sort([3, 1, 2], less)"), knows=["less-id"]), knowledge("less", ["a", "b"], l("a < b"))),
        "call/blank-name": (decision(l("add up(x, y)"), knows=["up"]), knowledge("add up", ["a", "b"], l("a + b")).replace("add up-id", "up")),
        "call/closure": (decision(l("twice(x)"), knows=["twice-id"]), knowledge("twice", ["a"], l("a * y"))),
        "call/builtin": (decision(l("abs(x)"), knows=["abs-id"]), knowledge("abs", ["n"], l('"mine"'))),
        "call/fails": (decision(l("f(x)"), knows=["f-id"]), knowledge("f", ["a"], l("assert(x, x > 9)"))),
        "call/fails-in-list": (decision(l("[1, f(x)]"), knows=["f-id"]), knowledge("f", ["a"], l("assert(x, x > 9)"))),
        "call/fails-or-else": (decision(l("get or else(f(x), 3)"), knows=["f-id"]), knowledge("f", ["a"], l("assert(x, x > 9)"))),
        "call/fails-in-context": (decision(context(("a", l("f(x)")), (None, l("1"))), knows=["f-id"]), knowledge("f", ["a"], l("assert(x, x > 9)"))),
        "call/fails-in-cell": (decision(table("FIRST", ["x"], ["z"], [(["f(x) > 1"], ["1"]), (["-"], ["2"])]), knows=["f-id"]), knowledge("f", ["a"], l("assert(x, x > 9)"))),
        "call/unique-fails": (decision(l("f(x)"), knows=["f-id"]), knowledge("f", ["a"], table("UNIQUE", ["a"], ["z"], [(["> 3"], ["1"]), (["> 4"], ["2"])]))),
        "call/table": (decision(l("f(x)"), knows=["f-id"]), knowledge("f", ["a"], size)),
        "call/context": (decision(l("f(x)"), knows=["f-id"]), knowledge("f", ["a"], context(("b", l("a + 1")), (None, l("b * 2"))))),
        "call/list": (decision(l("f(x)[1]"), knows=["f-id"]), knowledge("f", ["a"], items(l("a"), l("2")))),
        "call/relation": (decision(l("f(x)[1].c"), knows=["f-id"]), knowledge("f", ["a"], relation(["c"], [l("a")]))),
        "call/invocation": (decision(l("f(x)"), knows=["f-id"]), knowledge("f", ["a"], invocation("add", a=l("a"), b=l("1")), ["add-id"]), add),
        "call/nested": (decision(l("f(x)"), knows=["f-id"]), knowledge("f", ["a"], l("add(a, 10)"), ["add-id"]), add),
        "call/not-handed-on": (decision(l("add(1, 2)"), knows=["f-id"]), knowledge("f", ["a"], l("add(a, 10)"), ["add-id"]), add),
        "call/hidden": (decision(l("f(x)"), knows=["f-id"]), knowledge("f", ["a"], l("add(a, 10)")), add),
        "call/recursive": (decision(l("f(x)"), knows=["f-id"]), knowledge("f", ["a"], l("if a = 0 then 0 else f(a - 1)"))),
        "call/no-parameters": (decision(l("f()"), knows=["f-id"]), knowledge("f", [], l("x + 1"))),
        "call/null": (decision(l("add(null, y)"), knows=["add-id"]), add),
        "call/date": (decision(l('f(date("2024-02-29"))'), knows=["f-id"]), knowledge("f", ["a"], l("a.year"))),
        "invocation": (decision(invocation("add", a=l("x"), b=l("y + 1")), knows=["add-id"]), add),
        "invocation/order": (decision(invocation("add", b=l("x"), a=l('"a"')), knows=["add-id"]), add),
        "invocation/few": (decision(invocation("add", a=l("x")), knows=["add-id"]), add),
        "invocation/from-variables": (decision(invocation("add"), knows=["add-id"]), knowledge("add", ["x", "y"], l("x + y"))),
        "invocation/many": (decision(invocation("add", a=l("x"), b=l("1"), c=l("2")), knows=["add-id"]), add),
        "invocation/unrequired": (decision(invocation("add", a=l("x"), b=l("1"))), add),
        "invocation/of-another": (decision(l("1"), "e", knows=["add-id"]), decision(invocation("add", a=l("x"), b=l("1"))), add),
        "invocation/blank": (decision(invocation(" add ", a=l("x"), b=l("1")), knows=["add-id"]), add),
        "invocation/table": (decision(invocation("f", a=l("x")), knows=["f-id"]), knowledge("f", ["a"], size)),
        "invocation/in-context": (decision(context(("s", invocation("add", a=l("x"), b=l("1"))), (None, l("s * 2"))), knows=["add-id"]), add),
        "invocation/binding-context": (decision(invocation("add", a=context(("k", l("1"))), b=l("1")), knows=["add-id"]), add),
        "invocation/fails": (decision(invocation("add", a=l("assert(x, x > 9)"), b=l("1")), knows=["add-id"]), add),
        "invocation/nested": (decision(invocation("f", a=l("x")), knows=["f-id"]), knowledge("f", ["a"], l("add(a, 10)"), ["add-id"]), add),
        "invocation/temporal": (decision(invocation("f", a=l('date("2024-02-29")')), knows=["f-id"]), knowledge("f", ["a:date"], l("a.month"))),
        "empty": (decision(l("f(x)"), knows=["f-id"]), '<businessKnowledgeModel id="f-id" name="f"/>'),
        "no-logic": (decision(l("f(x)"), knows=["f-id"]), knowledge("f", ["a"], "")),
        "broken": (decision(l("f(x)"), knows=["f-id"]), knowledge("f", ["a"], l("1 +"))),
        "broken-unused": (decision(l("x")), knowledge("f", ["a"], l("1 +"))),
        "java": (decision(l("f(x)"), knows=["f-id"]), knowledge("f", ["a"], l("a")).replace("<encapsulatedLogic>", '<encapsulatedLogic kind="Java">')),
        "missing": (decision(l("f(x)"), knows=["f-id"]),),
        "cycle": (decision(l("f(x)"), knows=["f-id"]), knowledge("f", ["a"], l("g(a)"), ["g-id"]), knowledge("g", ["a"], l("f(a)"), ["f-id"])),
        "same-name": (decision(l("add(x, y)"), knows=["add-id", "other"]), add, knowledge("add", ["a", "b"], l("a * b")).replace("add-id", "other")),
        "two": (decision(l("add(x, twice(y))"), knows=["add-id", "twice-id"]), add, knowledge("twice", ["a"], l("2 * a"))),
        "of-required": (decision(l("add(x, 1)"), "e", knows=["add-id"]), decision(l("e * 2"), needs=["e"]), add),
        "of-required/not-handed-on": (decision(l("add(x, 1)"), "e", knows=["add-id"]), decision(l("add(e, 2)"), needs=["e"]), add),
        "returns-function": (decision(l("f(1)(2)"), knows=["f-id"]), knowledge("f", ["a"], l("function(b) a + b"))),
        "function-result": (decision(l("add"), knows=["add-id"]), add),
        "audit": (decision(l("[add(1, 2), add(3, 4)]"), knows=["add-id"]), add),
    }  # fmt: skip
    for name, elements in asked.items():
        yield Case("knowledge", f"knowledge/{name}", document(*elements), variables)


def _graphs() -> Iterator[Case]:
    l = literal  # noqa: E741
    asked: dict[str, tuple[str, ...]] = {
        "chain": (decision(l("x + 1"), "a"), decision(l("a * 2"), "b", needs=["a"]), decision(l("b - x"), needs=["b"])),
        "chain/not-handed-on": (decision(l("x + 1"), "a"), decision(l("a * 2"), "b", needs=["a"]), decision(l("b - a"), needs=["b"])),
        "chain/backwards": (decision(l("b - 1"), needs=["b"]), decision(l("a * 2"), "b", needs=["a"]), decision(l("x + 1"), "a")),
        "diamond": (decision(l("x + 1"), "a"), decision(l("a * 2"), "b", needs=["a"]), decision(l("a * 3"), "c", needs=["a"]), decision(l("b + c"), needs=["b", "c"])),
        "siblings": (decision(l("x + 1"), "a"), decision(l("a"), "b"), decision(l("[a, b]"), needs=["a", "b"])),
        "not-required": (decision(l("x + 1"), "a"), decision(l("a"))),
        "variable": (decision(l("x + 1"), "a", variable="sum"), decision(l("[sum, a]"), needs=["a"])),
        "no-variable": (decision(l("x + 1"), "a", variable=None), decision(l("a"), needs=["a"])),
        "shadow": (decision(l("x + 1"), "a", variable="x"), decision(l("x"), needs=["a"])),
        "shadow/deep": (decision(l("x + 1"), "a", variable="x"), decision(l("x"), "b", needs=["a"]), decision(l("[x, b]"), needs=["b"])),
        "blank-name": (decision(l("x + 1"), "a", variable="the sum"), decision(l("the sum"), needs=["a"])),
        "blank-name/ticks": (decision(l("x + 1"), "a", variable="the sum"), decision(l("`the sum` + 1"), needs=["a"])),
        "dash-name": (decision(l("x + 1"), "a", variable="the-sum"), decision(l("the-sum"), needs=["a"])),
        "temporal": (decision(l('date("2024-02-29")'), "a"), decision(l("a.year"), needs=["a"])),
        "duration": (decision(l('duration("P1D")'), "a"), decision(l('date("2024-02-29") + a'), needs=["a"])),
        "function": (decision(l("function(n) n + 1"), "a"), decision(l("a(x)"), needs=["a"])),
        "range": (decision(l("1 / 3"), "a"), decision(l("a * 3"), needs=["a"])),
        "null": (decision(l("missing"), "a"), decision(l("a = null"), needs=["a"])),
        "fails": (decision(l("assert(x, x > 9)"), "a"), decision(l("1"), needs=["a"])),
        "fails/second": (decision(l("1"), "a"), decision(l("assert(x, x > 9)"), "b"), decision(l("1"), needs=["a", "b"])),
        "type": (decision(l('"text"'), "a", type_="number"), decision(l("a"), needs=["a"])),
        "table-of-table": (
            decision(table("UNIQUE", ["x"], ["s", "n"], [(["> 3"], ['"big"', "1"]), (["<= 3"], ['"small"', "2"])]), "a"),
            decision(table("UNIQUE", ["a.s"], ["z"], [(['"big"'], ["a.n + 10"]), (['"small"'], ["0"])], "s"), needs=["a"])),
        "collect": (
            decision(table("COLLECT", ["x"], ["z"], [(["> 3"], ["1"]), (["> 4"], ["2"])]), "a"), decision(l("sum(a)"), needs=["a"])),
        "self": (decision(l("1"), needs=["d"]),),
        "cycle": (decision(l("1"), "a", needs=["d"]), decision(l("1"), needs=["a"])),
        "cycle/elsewhere": (decision(l("1"), "a", needs=["b"]), decision(l("1"), "b", needs=["a"]), decision(l("1"))),
        "unknown": (decision(l("1"), needs=["nowhere"]),),
        "input": ('<inputData id="i" name="x"><variable name="x"/></inputData>', decision(l("x"))),
        "broken-elsewhere": (decision(l("1 +"), "a"), decision(l("1"))),
        "source": ('<knowledgeSource id="k" name="K"/>', decision(l("x"))),
        "types": ('<itemDefinition id="it" name="tX"><typeRef>number</typeRef></itemDefinition>', decision(l("x"), type_="tX")),
        "twice": (decision(l("x"), "a"), decision(l("a"), needs=["a", "a"])),
    }  # fmt: skip
    for name, elements in asked.items():
        yield Case("graph", f"graph/{name}", document(*elements), "{x: 5}")


def _malformed() -> Iterator[Case]:
    good = decision(literal("1"))
    for namespace in (
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20151101/dmn11.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/", "https://www.omg.org/spec/DMN/20230324/MODEL/", "urn:other",
        "https://www.omg.org/spec/DMN/20991111/MODEL/", "http://www.omg.org/spec/BPMN/20100524/MODEL",
    ):  # fmt: skip
        yield Case("malformed", f"malformed/{namespace}", document(good, namespace=namespace))
    whole = document(good)
    for name, content in {
        "empty": "", "text": "x", "open": "<definitions>", "bare": "<definitions/>", "cut": whole[:-5], "entity": whole.replace(">1<", ">&x;<"),
        "doctype": "<!DOCTYPE definitions>" + whole, "doctype-entity": '<!DOCTYPE d [<!ENTITY x "1">]>' + whole.replace(">1<", ">&x;<"),
        "declaration": '<?xml version="1.0" encoding="UTF-8"?>' + whole, "comment": whole.replace("<literal", "<!-- c --><literal"),
        "cdata": whole.replace("<text>1</text>", "<text><![CDATA[1]]></text>"), "text-comment": whole.replace("<text>1", "<text><!-- c -->1"),
        "text-split": whole.replace("<text>1", "<text>1 +<!-- c --> 1"), "text-child": whole.replace("<text>1", "<text>1<b/>"),
        "no-name": document(good, attributes='id="g" namespace="n"'), "no-id": document(good, attributes='name="G" namespace="n"'),
        "no-namespace": document(good, attributes='id="g" name="G"'), "no-decision": document(),
        "decision-without-id": document(good.replace('id="d" ', "")), "decision-without-name": document(good.replace(' name="d name"', "")),
        "same-ids": document(good, good), "id-not-a-name": document(good.replace('id="d"', 'id="1 d"')),
        "unknown-element": document(good, "<unknown/>"), "unknown-attribute": document(good.replace("<decision ", '<decision x="1" ')),
        "foreign-attribute": document(good.replace("<decision ", '<decision xmlns:f="urn:f" f:x="1" ')),
        "foreign-element": document(good, '<x xmlns="urn:x"/>'), "order": document(good.replace("<decision ", "<decision ").replace('<variable name="d"/>', "").replace("</decision>", '<variable name="d"/></decision>')),
        "variable-without-name": document(good.replace('<variable name="d"/>', "<variable/>")), "decision-alone": good.replace("<decision", f'<decision xmlns="{DMN}"'),
        "table-alone": f'<definitions xmlns="{DMN}" id="g" name="G" namespace="n">{table("FIRST", ["1"], ["z"], [])}</definitions>',
    }.items():  # fmt: skip
        yield Case("malformed", f"malformed/{name}", content)


#: As modelling tools write it: diagrams, widths, annotations, values, descriptions, what decisions rest on.
DRAWN = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/"
  xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" xmlns:di="http://www.omg.org/spec/DMN/20180521/DI/"
  xmlns:biodi="http://bpmn.io/schema/dmn/biodi/2.0" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
  xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="drawn" name="Drawn" namespace="http://camunda.org/schema/1.0/dmn"
  exporter="Camunda Modeler" exporterVersion="5.27.0" modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.6.0">
  <decision id="d" name="Approve &amp; price">
    <description>Whether, and for how much</description>
    <extensionElements><zeebe:versionTag value="v1" /></extensionElements>
    <variable id="v1" name="result" typeRef="Any" />
    <informationRequirement id="q1"><requiredInput href="#in1" /></informationRequirement>
    <informationRequirement id="q2"><requiredDecision href="#risk" /></informationRequirement>
    <authorityRequirement id="q3"><requiredAuthority href="#law" /></authorityRequirement>
    <decisionTable id="t1" hitPolicy="FIRST" biodi:annotationsWidth="400">
      <input id="i1" label="Age of the person" biodi:width="192">
        <inputExpression id="e1" typeRef="number"><text>age</text></inputExpression>
      </input>
      <input id="i2" label="Risk">
        <inputExpression id="e2" typeRef="string"><text>risk</text></inputExpression>
        <inputValues id="iv2"><text>"low","high"</text></inputValues>
      </input>
      <output id="o1" label="Approved?" name="approved" typeRef="boolean" biodi:width="192" />
      <output id="o2" label="Price" name="price" typeRef="number"><outputValues id="ov2"><text>1,2,3</text></outputValues></output>
      <annotation name="Why" />
      <rule id="x1"><description>children</description>
        <inputEntry id="c1"><text>&lt; 18</text></inputEntry><inputEntry id="c2"><text></text></inputEntry>
        <outputEntry id="c3"><text>false</text></outputEntry><outputEntry id="c4"><text>0</text></outputEntry>
        <annotationEntry><text>too young</text></annotationEntry>
      </rule>
      <rule id="x2">
        <inputEntry id="c5"><text>-</text></inputEntry><inputEntry id="c6"><text>"low"</text></inputEntry>
        <outputEntry id="c7"><text>true</text></outputEntry><outputEntry id="c8"><text>age * 1.5</text></outputEntry>
        <annotationEntry><text></text></annotationEntry>
      </rule>
    </decisionTable>
  </decision>
  <inputData id="in1" name="Age" />
  <knowledgeSource id="law" name="Law" />
  <decision id="risk" name="Risk">
    <variable id="v2" name="risk" typeRef="string" />
    <informationRequirement id="q4"><requiredInput href="#in1" /></informationRequirement>
    <literalExpression id="l1"><text>if age &gt; 60 then "high" else "low"</text></literalExpression>
  </decision>
  <textAnnotation id="a1"><text>A note</text></textAnnotation>
  <association id="s1"><sourceRef href="#in1" /><targetRef href="#a1" /></association>
  <dmndi:DMNDI>
    <dmndi:DMNDiagram id="di1">
      <dmndi:DMNShape id="di2" dmnElementRef="d"><dc:Bounds height="80" width="180" x="150" y="150" /></dmndi:DMNShape>
      <dmndi:DMNShape id="di3" dmnElementRef="risk"><dc:Bounds height="80" width="180" x="450" y="150" /></dmndi:DMNShape>
      <dmndi:DMNEdge id="di4" dmnElementRef="q2"><di:waypoint x="450" y="150" /><di:waypoint x="330" y="190" /></dmndi:DMNEdge>
    </dmndi:DMNDiagram>
  </dmndi:DMNDI>
</definitions>"""


def _drawn() -> Iterator[Case]:
    thirteen, dmndi = DMN, "https://www.omg.org/spec/DMN/20191111/DMNDI/"
    diagram = DRAWN[DRAWN.index("  <dmndi:DMNDI>") : DRAWN.index("</definitions>")]
    documents = {
        "1.3": DRAWN,
        "1.3/no-diagram": DRAWN.replace(diagram, ""),
        "1.2": DRAWN.replace(thirteen, "http://www.omg.org/spec/DMN/20180521/MODEL/").replace(dmndi, "http://www.omg.org/spec/DMN/20180521/DMNDI/"),
        "1.4": DRAWN.replace(thirteen, "https://www.omg.org/spec/DMN/20211108/MODEL/"),
        "1.5": DRAWN.replace(thirteen, "https://www.omg.org/spec/DMN/20230324/MODEL/"),
        "1.1": DRAWN.replace(thirteen, "http://www.omg.org/spec/DMN/20151101/dmn.xsd").replace(diagram, ""),
        "1.1/without-annotations": "\n".join(
            line for line in DRAWN.replace(thirteen, "http://www.omg.org/spec/DMN/20151101/dmn.xsd").replace(diagram, "").splitlines()
            if "annotation" not in line.lower() or "decisionTable" in line
        ),
    }  # fmt: skip
    of_15 = documents["1.5"].replace(dmndi, "https://www.omg.org/spec/DMN/20230324/DMNDI/")
    constrained = '<itemDefinition name="t"><typeRef>string</typeRef><typeConstraint><text>"a"</text></typeConstraint></itemDefinition>'
    documents |= {
        "1.5/own-diagram": of_15,
        "1.4/other-diagram": documents["1.4"].replace(dmndi, "https://www.omg.org/spec/DMN/20230324/DMNDI/"),
        "1.2/other-diagram": DRAWN.replace(thirteen, "http://www.omg.org/spec/DMN/20180521/MODEL/"),
        "1.4/broken": documents["1.4"].replace("<decisionTable", "<table").replace("</decisionTable>", "</table>"),
        "1.5/broken": of_15.replace("<decisionTable", "<table").replace("</decisionTable>", "</table>"),
        **{
            f"{name}/constrained": re.sub("<(decision|inputData)", rf"{constrained}<\1", documents[name], count=1)
            for name in ("1.2", "1.3", "1.4")
        },
        "1.5/constrained": re.sub("<(decision|inputData)", rf"{constrained}<\1", of_15, count=1),
    }  # fmt: skip
    for name, one in documents.items():
        for age in (12, 40, 70):
            yield Case("drawn", f"drawn/{name}/{age}", one, f"{{age: {age}}}")


def _random_tables(chance: random.Random) -> Iterator[Case]:
    """Tables whose cells, inputs and outputs are random, of every hit policy, with and without defaults."""
    names = [
        "x",
        "y",
        "name",
        "flag",
        "l",
        "n",
        "amount",
        "o.a.b",
        "x + y",
        "string length(name)",
        "missing",
        "items[1].ok",
    ]
    outputs = [
        "1",
        "2",
        '"a"',
        '"b"',
        "true",
        "null",
        "x",
        "y + 1",
        "name",
        "[1, 2]",
        "{k: x}",
        'date("2024-01-01")',
        "1.0",
        "amount",
    ]
    for number in range(700):
        width, height, policy = chance.randint(1, 3), chance.randint(1, 5), chance.choice(POLICIES)
        columns: list = [
            (name, ", ".join(chance.sample(outputs[:4], 3)) if chance.random() < 0.5 else "", chance.choice(["", "", "", '"none"', "x"]))
            for name in ("p", "q")[: 1 if chance.random() < 0.75 or " " in policy else 2]
        ]  # fmt: skip
        inputs = [chance.choice(names) for _ in range(width)]
        cells = [cell for cell in feel.CELLS if cell not in ("= 5", "!= 5")] + ["-"] * 25
        rules = [
            ([chance.choice(cells) for _ in inputs], [chance.choice(outputs) for _ in columns]) for _ in range(height)
        ]
        made = document(decision(table(policy, inputs, columns, rules)))
        yield Case("random table", f"random/{number}", made, feel.CONTEXT)


def _literals(chance: random.Random) -> Iterator[Case]:
    """Literal expressions and boxed contexts of FEEL's questions."""
    kinds = ("call/", "operator/", "grammar")  # what a new line among FEEL's written questions does not change
    known = [one.text for one in feel.expressions() if one.kind.startswith(kinds)]
    for number, one in enumerate(chance.sample(known, 500)):
        yield Case("literal", f"literal/{number}", document(decision(literal(one))), feel.CONTEXT)


def _changed(chance: random.Random, every: list[Case]) -> Iterator[Case]:
    """Documents with a part taken out, doubled, moved, renamed or emptied: refused or not."""
    sound = [one for one in every if one.kind in ("boxed", "knowledge", "graph", "hit policy", "table")]
    for number in range(400):
        case = chance.choice(sound)
        root = etree.fromstring(case.document)
        nodes = list(root.iter())
        for _ in range(chance.choice([1, 1, 1, 2])):
            _change(chance, chance.choice(nodes), chance.choice(nodes))
        yield Case("changed", f"changed/{number}", etree.tostring(root, encoding="unicode"), case.variables)


def _change(chance: random.Random, node, other) -> None:
    parent = node.getparent()
    match chance.randrange(6):
        case 0 if parent is not None:
            parent.remove(node)
        case 1 if parent is not None:
            parent.insert(chance.randrange(len(parent) + 1), node)
        case 2 if node.attrib:
            del node.attrib[chance.choice(sorted(node.attrib))]
        case 3 if node.attrib:
            node.attrib[chance.choice(sorted(node.attrib))] = chance.choice(
                ["", "x", "1", "FIRST", "COLLECT", "#a", "#d", "number"]
            )
        case 4:
            node.text = chance.choice(["", "x", "1 +", "-", "not("])
        case _:
            node.tag = other.tag
