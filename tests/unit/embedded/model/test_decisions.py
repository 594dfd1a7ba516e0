"""DMN tables and expressions."""

from __future__ import annotations

from typing import Any

import pytest

from camunda_client.embedded import Engine, Rejection
from camunda_client.embedded.model import EvaluationError

HEAD = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="g" name="G" namespace="n">{}</definitions>'
)


def table(policy: str) -> str:
    rules = "".join(
        f'<rule id="r{i}"><inputEntry id="i{i}"><text>{test}</text></inputEntry>'
        f'<outputEntry id="o{i}"><text>{out}</text></outputEntry></rule>'
        for i, (test, out) in enumerate([("&gt; 5", "1"), ("&gt; 8", "2"), ("-", "3")])
    )
    return HEAD.format(
        f'<decision id="d" name="D"><decisionTable id="t" {policy}><input id="i"><inputExpression id="e"><text>n</text>'
        f'</inputExpression></input><output id="o" name="out"/>{rules}</decisionTable></decision>'
    )


def literal(text: str) -> str:
    return f'<decision id="d" name="D"><literalExpression><text>{text}</text></literalExpression></decision>'


def evaluate(document: str, **variables: Any) -> Any:
    engine = Engine()
    engine.deploy(("d.dmn", document))
    decision = engine.decision(decision_id="d")
    assert decision is not None
    return engine.evaluate(decision, variables)[-1].output


@pytest.mark.parametrize(
    ("policy", "output"),
    [
        ('hitPolicy="FIRST"', 1),
        ('hitPolicy="RULE ORDER"', [1, 2, 3]),
        ('hitPolicy="COLLECT"', [1, 2, 3]),
        ('hitPolicy="COLLECT" aggregation="SUM"', 6),
        ('hitPolicy="COLLECT" aggregation="MAX"', 3),
        ('hitPolicy="COLLECT" aggregation="COUNT"', 3),
    ],
)
def test_a_hit_policy_picks_from_the_matching_rules(policy: str, output: Any) -> None:
    assert evaluate(table(policy), n=9) == output


def test_two_matches_contradict_a_unique_table() -> None:
    with pytest.raises(ValueError, match="UNIQUE hit policy"):
        evaluate(table(""), n=9)


@pytest.mark.parametrize(
    "policy", ['hitPolicy="COLLECT"', 'hitPolicy="COLLECT" aggregation="COUNT"', 'hitPolicy="FIRST"']
)
def test_no_match_is_null_whatever_the_policy(policy: str) -> None:
    """An empty list and a count of 0 were answered."""
    assert evaluate(table(policy).replace("<text>-</text>", "<text>&gt; 9</text>"), n=1) is None


@pytest.mark.parametrize("policy", ['hitPolicy="COLLECT" aggregation="SUM"', 'hitPolicy="UNIQUE"'])
def test_a_default_output_stands_in_where_nothing_matches(policy: str) -> None:
    """It was passed over without a word."""
    document = table(policy).replace("<text>-</text>", "<text>&gt; 9</text>")
    default = '<output id="o" name="out"><defaultOutputEntry id="x"><text>n + 7</text></defaultOutputEntry></output>'

    assert evaluate(document.replace('<output id="o" name="out"/>', default), n=1) == 8


def test_an_aggregate_of_two_columns_is_refused() -> None:
    document = table('hitPolicy="COLLECT" aggregation="SUM"').replace("<rule", '<output id="p" name="q"/><rule', 1)

    with pytest.raises(Rejection, match="with aggregator is not defined for compound output"):
        Engine().deploy(("d.dmn", document))


@pytest.mark.parametrize(
    ("aggregation", "output", "told"),
    [("SUM", "null", "null"), ("MIN", '"a"', '"a"'), ("MAX", "true", "true"), ("SUM", "[1,2]", "[1, 2]")],
)
def test_an_aggregate_of_no_numbers_is_refused_in_camundas_words(aggregation: str, output: str, told: str) -> None:
    """Python's TypeError went through the engine."""
    document = table(f'hitPolicy="COLLECT" aggregation="{aggregation}"').replace(
        "<text>3</text>", f"<text>{output}</text>"
    )

    with pytest.raises(ValueError, match="expected number") as refused:
        evaluate(document, n=9)

    assert str(refused.value) == f"Expected to evaluate decision 'd', but expected number but found '{told}'"


def test_an_aggregate_counts_in_decimals() -> None:
    document = table('hitPolicy="COLLECT" aggregation="SUM"').replace("<text>1</text>", "<text>0.1</text>")

    assert evaluate(document.replace("<text>3</text>", "<text>0.2</text>"), n=6) == 0.3


def test_an_expression_without_a_result_fails_the_decision() -> None:
    with pytest.raises(ValueError, match="Division by zero") as failed:
        evaluate(table('hitPolicy="FIRST"').replace("<text>1</text>", "<text>0 ** -1</text>"), n=9)

    assert str(failed.value).startswith(
        "Expected to evaluate decision 'd', but failed to evaluate expression '0 ** -1'"
    )


def test_a_decision_sees_the_output_of_those_it_requires() -> None:
    required = (
        '<decision id="base" name="B"><variable name="base"/>'
        '<literalExpression id="l"><text>n * 2</text></literalExpression></decision>'
    )
    top = (
        '<decision id="d" name="D"><variable name="d"/><informationRequirement id="q"><requiredDecision href="#base"/>'
        '</informationRequirement><literalExpression id="m"><text>base + 1</text></literalExpression></decision>'
    )

    assert evaluate(HEAD.format(required + top), n=4) == 9


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (table('hitPolicy="SOME ORDER"'), "SOME ORDER"),
        (HEAD.format('<decision id="d" name="Box"><context/></decision>'), "'Box'"),
        (HEAD.format(literal("1 +")), "unexpected"),
        (HEAD.format(literal("")), "unexpected"),
        (
            HEAD.format(literal("x").replace("<literalExpression", '<literalExpression expressionLanguage="juel"')),
            "Expression language 'juel'",
        ),
        ("<definitions/>", "DMN"),
        ("<!DOCTYPE definitions>" + HEAD.format(literal("1")), "DOCTYPE"),
        ('<!DOCTYPE d [<!ENTITY x "1">]>' + HEAD.format(literal("&x;")), "DOCTYPE"),
        (HEAD.format(literal("1").replace("<decision ", '<decision wrong="x" ')), "Line=1.*'wrong'"),
        (HEAD.format(literal("1") + literal("2")), "'d'"),
        (HEAD.format(literal("1").replace(' id="d"', "")), "needs an id"),
        (
            HEAD.format(
                literal("1").replace(
                    "<literal", '<informationRequirement><requiredDecision href="#d"/></informationRequirement><literal'
                )
            ),
            "Cyclic",
        ),
        (
            HEAD.format(
                literal("1").replace(
                    "<literal", '<informationRequirement><requiredDecision href="#e"/></informationRequirement><literal'
                )
            ),
            "requires 'e'",
        ),
    ],
)
def test_what_can_not_be_evaluated_is_refused(document: str, words: str) -> None:
    with pytest.raises(Rejection, match=words):
        Engine().deploy(("d.dmn", document))


def test_a_decision_calls_the_business_knowledge_model_it_requires() -> None:
    """It was deployed, and null without a word."""
    model = (
        '<businessKnowledgeModel id="m" name="add"><encapsulatedLogic>'
        '<formalParameter name="a"/><formalParameter name="b"/>'
        "<literalExpression><text>a + b</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>"
    )
    required = '<knowledgeRequirement><requiredKnowledge href="#m"/></knowledgeRequirement><literal'

    assert evaluate(HEAD.format(literal("add(b: 1, a: n)").replace("<literal", required) + model), n=4) == 5


def test_priority_takes_the_output_that_stands_first_among_the_values() -> None:
    """It was refused."""
    document = table('hitPolicy="PRIORITY"').replace(
        '<output id="o" name="out"/>',
        '<output id="o" name="out"><outputValues><text>3, 2, 1</text></outputValues></output>',
    )

    assert evaluate(document, n=9) == 3
    assert evaluate(document.replace("PRIORITY", "OUTPUT ORDER"), n=9) == [3, 2, 1]


def test_a_date_is_a_date_to_the_decision_that_requires_it() -> None:
    """It was text, whose year is null."""
    day = literal('date("2024-02-29")').replace('id="d"', 'id="day"')
    required = '<informationRequirement><requiredDecision href="#day"/></informationRequirement><literal'

    assert evaluate(HEAD.format(day + literal("day.year").replace("<literal", required))) == 2024


def test_decisions_nested_beyond_the_stack_are_refused_or_fail() -> None:
    boxes = "<list>" * 500 + "</list>" * 500
    with pytest.raises(Rejection):
        Engine().deploy(("d.dmn", HEAD.format(f'<decision id="d" name="D">{boxes}</decision>')))
    chain = "".join(
        f'<decision id="d{n}" name="D"><informationRequirement><requiredDecision href="#d{n + 1}"/>'
        "</informationRequirement>"
        "<literalExpression><text>1</text></literalExpression></decision>"
        for n in range(2000)
    )
    chain = chain.replace('id="d0"', 'id="d"')
    last = '<decision id="d2000" name="D"><literalExpression><text>1</text></literalExpression></decision>'
    with pytest.raises(EvaluationError, match="maximum recursion depth"):
        evaluate(HEAD.format(chain + last))
