"""A DMN document, read into decisions: what DMN-Scala, Camunda's engine, takes, and nothing else.

It refuses what it does not know when it is deployed, with the decision's id: other kinds of boxed expressions, other
languages than FEEL, texts that are not FEEL. A knowledge model that nothing requires is not read at all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lxml import etree

from camunda_client.embedded.feel import FeelSyntaxError, functions_known
from camunda_client.embedded.model._dmn_schema import NAMESPACES, problems_of_dmn
from camunda_client.embedded.model._expressions import Expression
from camunda_client.embedded.model._logic import (
    BoxedContext,
    BoxedFunction,
    BoxedList,
    Decision,
    Graph,
    Invocation,
    Knowledge,
    Logic,
    Output,
    Relation,
    Rule,
    Table,
)

#: What an expression's language may be called, in lower case.
_FEEL = {
    "feel", "http://www.omg.org/spec/feel/20140401", "http://www.omg.org/spec/dmn/20180521/feel/",
    "https://www.omg.org/spec/dmn/20191111/feel/", "https://www.omg.org/spec/dmn/20211108/feel/",
    "https://www.omg.org/spec/dmn/20230324/model/",
}  # fmt: skip
_HIT_POLICIES = {"UNIQUE", "ANY", "PRIORITY", "FIRST", "RULE ORDER", "OUTPUT ORDER", "COLLECT"}
_AGGREGATIONS = {None, "SUM", "MIN", "MAX", "COUNT"}
#: The elements that are an expression; others among them are refused.
_EXPRESSIONS = {
    "decisionTable", "literalExpression", "context", "list", "relation", "invocation", "functionDefinition",
    "conditional", "filter", "for", "some", "every",
}  # fmt: skip

_DECISIONS = "{*}informationRequirement/{*}requiredDecision"
_KNOWLEDGE = "{*}knowledgeRequirement/{*}requiredKnowledge"
_VERSION_TAG = "{http://camunda.org/schema/zeebe/1.0}versionTag"
_NAMED = {"businessKnowledgeModel", "variable", "formalParameter"}


class DecisionError(ValueError):
    """A DMN resource can't be deployed."""


def read_graph(content: bytes, *, modern: bool | None = None) -> Graph:
    """Return the decisions of a DMN document.

    Args:
        content: The document.
        modern: Its expressions are FEEL-Scala 1.21's (Camunda 8.8 on); as all expressions of models are, if left out.

    Raises:
        DecisionError: It is not DMN, or uses what DMN-Scala can't evaluate.
    """
    try:
        document = etree.fromstring(
            content, etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
        )
    except etree.XMLSyntaxError as error:
        raise DecisionError(f"SAXException while parsing input stream: {error}") from error
    if document.getroottree().docinfo.doctype:
        raise DecisionError("SAXException while parsing input stream: a document type (DOCTYPE) is not allowed")
    name = etree.QName(document)
    if name.namespace not in NAMESPACES or name.localname != "definitions":
        raise DecisionError("expected DMN definitions")
    problems = problems_of_dmn(document)
    if problems:
        raise DecisionError("SAXException while parsing input stream: " + "\n".join(problems))
    try:
        graph = _Reader(document, {} if modern is None else {"modern": modern}).read()
    except RecursionError:
        raise DecisionError("it is nested too deeply") from None
    graph.content = content
    return graph


class _Reader:
    """Reads one document."""

    def __init__(self, document: Any, options: dict[str, bool]) -> None:
        self._document = document
        self._options = options
        self._ids = {node.get("id"): node for node in document.iter() if node.get("id")}
        #: By name, as decisions come upon them.
        self._knowledge: dict[str, Knowledge] = {}
        #: What may be a function: knowledge models, and entries, parameters and results that one is the value of.
        self._named = {node.get("name") for node in document.iter() if _localname(node) in _NAMED}
        self._where = ""

    def read(self) -> Graph:
        with functions_known(self._named):
            return self._graph()

    def _graph(self) -> Graph:
        graph = Graph(self._document.get("id") or "", self._document.get("name") or "")
        nodes = self._document.findall("{*}decision")
        _check_cycles("decisions", nodes, _DECISIONS, self._required)
        models = self._document.findall("{*}businessKnowledgeModel")
        _check_cycles("BKMs", models, _KNOWLEDGE, self._required)
        for node in nodes:
            self._where = f"decision '{node.get('id')}' ('{node.get('name')}')"
            if not node.get("id"):
                raise DecisionError(f"{self._where}: it needs an id to be evaluated by")
            decision = graph.decisions[node.get("id")] = self._decision(node, graph)
            tag = node.find(f"{{*}}extensionElements/{_VERSION_TAG}")
            decision.version_tag = "" if tag is None else tag.get("value") or ""
        return graph

    def _required(self, node: Any, path: str) -> list[Any]:
        """Return the elements that another one requires."""
        found = []
        for reference in node.findall(path):
            href = (reference.get("href") or "").lstrip("#")
            if href not in self._ids:
                raise DecisionError(f"{_localname(node)} '{node.get('id')}' requires '{href}', which is not there")
            found.append(self._ids[href])
        return found

    def _decision(self, node: Any, graph: Graph) -> Decision:
        required = self._required(node, _DECISIONS)
        models = [self._model(one) for one in self._required(node, _KNOWLEDGE)]
        variable = node.find("{*}variable")
        return Decision(
            node.get("id"), node.get("name"), graph, self._logic(node, _OF_DECISIONS),
            node.get("id") if variable is None else variable.get("name"),
            ("" if variable is None else variable.get("typeRef")) or "",
            [one.get("id") for one in required if _localname(one) == "decision"], models,
        )  # fmt: skip

    def _model(self, node: Any) -> Knowledge:
        name = node.get("name")
        if name not in self._knowledge:
            required = [self._model(one) for one in self._required(node, _KNOWLEDGE)]
            encapsulated = node.find("{*}encapsulatedLogic")
            if encapsulated is None:
                logic: Logic = Expression("=null")
                parameters = []
            else:
                logic = self._logic(encapsulated, _OF_MODELS)
                parameters = _parameters(encapsulated)
            self._knowledge[name] = Knowledge(node.get("id") or "", name, logic, parameters, required)
        return self._knowledge[name]

    # -- expressions ------------------------------------------------------------------------------------------------
    def _logic(self, node: Any, allowed: Any) -> Logic:
        """Return the expression within an element, of the kinds that may stand there."""
        found = next((child for child in node if _localname(child) in _EXPRESSIONS), None)
        if found is None:
            raise self._refused("it has no expression")
        return self._boxed(found, allowed)

    def _boxed(self, node: Any, allowed: Any) -> Logic:
        kind = _localname(node)
        if kind not in allowed:
            raise self._refused(f"a boxed expression of the kind '{kind}' is not supported here")
        return _READERS[kind](self, node)

    def _literal_in(self, node: Any) -> Expression:
        """Return the literal expression within an element that takes no other."""
        self._logic(node, {"literalExpression"})
        return self._literal(node.find("{*}literalExpression"))

    def _refused(self, reason: str) -> DecisionError:
        return DecisionError(f"{self._where}: {reason}")

    def _literal(self, node: Any, *, unary: bool = False) -> Expression:
        text = None if node is None else node.find("{*}text")
        if text is None:
            raise self._refused("an expression must not be empty")
        language = (node.get("expressionLanguage") or "feel").lower()
        if language not in _FEEL:
            raise self._refused(f"Expression language '{language}' is not supported")
        try:
            source = "".join(text.itertext()).strip()
            return Expression(source if unary else f"={source}", unary=unary, **self._options)
        except FeelSyntaxError as error:
            raise self._refused(str(error)) from error

    def _context(self, node: Any) -> Logic:
        entries = [(entry.find("{*}variable"), self._logic(entry, _INNER)) for entry in node.findall("{*}contextEntry")]
        result = entries.pop()[1] if entries and entries[-1][0] is None else None
        if not entries and result is None:
            raise self._refused("a context has no entry")
        if any(variable is None for variable, _ in entries):
            raise self._refused("an entry of a context that is not its last needs a variable")
        return BoxedContext([(variable.get("name"), logic) for variable, logic in entries], result)

    def _list(self, node: Any) -> Logic:
        return BoxedList([self._boxed(child, _INNER) for child in node if _localname(child) in _EXPRESSIONS])

    def _relation(self, node: Any) -> Logic:
        columns = [column.get("name") for column in node.findall("{*}column")]
        rows = []
        for row in node.findall("{*}row"):
            cells = [child for child in row if _localname(child) in _EXPRESSIONS]
            if len(cells) != len(columns):
                raise self._refused(f"expected row with '{len(columns)}' elements but found '{len(cells)}'")
            rows.append([(name, self._boxed(cell, _INNER)) for name, cell in zip(columns, cells, strict=True)])
        return Relation(rows)

    def _function(self, node: Any) -> Logic:
        return BoxedFunction(_parameters(node), self._literal_in(node))

    def _invocation(self, node: Any) -> Logic:
        bindings = []
        for binding in node.findall("{*}binding"):
            bound = self._literal_in(binding)
            parameter = binding.find("{*}parameter")
            bindings.append(("" if parameter is None else parameter.get("name"), bound))
        called = next((child for child in node if _localname(child) in _EXPRESSIONS), None)
        if called is None or _localname(called) != "literalExpression":
            raise self._refused("an invocation needs a literal expression, which is the name of a knowledge model")
        text = called.find("{*}text")
        name = "" if text is None else "".join(text.itertext()).strip()
        if name not in self._knowledge:
            raise self._refused(f"no BKM found with name '{name}'")
        return Invocation(self._knowledge[name], bindings)

    # -- tables -----------------------------------------------------------------------------------------------------
    def _table(self, node: Any) -> Logic:
        policy, aggregation = node.get("hitPolicy") or "UNIQUE", node.get("aggregation")
        if policy not in _HIT_POLICIES or aggregation not in _AGGREGATIONS:
            raise self._refused(f"hit policy {policy} {aggregation or ''} is not supported")
        outputs = [self._output(column) for column in node.findall("{*}output")]
        if len(outputs) > 1:
            if policy == "COLLECT" and aggregation is not None:
                raise self._refused("hit policy 'COLLECT' with aggregator is not defined for compound output")
            for column in node.findall("{*}output"):
                if column.get("name") is None:
                    raise self._refused(f"no output name defined for `{column.get('label')}`")
        inputs = [self._input(column) for column in node.findall("{*}input")]
        rules = [self._rule(row, outputs) for row in node.findall("{*}rule")]
        return Table(policy, aggregation, inputs, outputs, rules)

    def _input(self, column: Any) -> tuple[str, str, Expression]:
        expression = self._literal(column.find("{*}inputExpression"))
        return column.get("id") or "", column.get("label") or expression.text, expression

    def _output(self, column: Any) -> Output:
        values, default = column.find("{*}outputValues"), column.find("{*}defaultOutputEntry")
        listed = "" if values is None else "".join(values.itertext())
        priorities = [one.strip().replace('"', "").replace("'", "") for one in listed.split(",")] if listed else []
        return Output(
            column.get("id") or "", column.get("name") or "", priorities,
            None if default is None else self._literal(default),
        )  # fmt: skip

    def _rule(self, row: Any, outputs: list[Output]) -> Rule:
        # Cells beyond the columns are read, and have no meaning, in DMN-Scala; columns beyond the cells are not tested.
        tests = [self._literal(cell, unary=True) for cell in row.findall("{*}inputEntry")]
        cells = [self._literal(cell) for cell in row.findall("{*}outputEntry")]
        entries = [(output.id, output.name, cell) for output, cell in zip(outputs, cells, strict=False)]
        return Rule(row.get("id") or "", tests, entries)


def _localname(node: Any) -> str:
    return str(etree.QName(node).localname)


def _parameters(node: Any) -> list[tuple[str, str]]:
    return [(one.get("name"), one.get("typeRef") or "") for one in node.findall("{*}formalParameter")]


def _check_cycles(what: str, nodes: list[Any], path: str, required: Callable[[Any, str], list[Any]]) -> None:
    """Refuse elements that require themselves, however far around."""
    left = {node: [one for one in required(node, path) if one in nodes] for node in nodes}
    while left:
        free = [node for node, needs in left.items() if not any(one in left for one in needs)]
        if not free:
            raise DecisionError(f"Invalid DMN model: Cyclic dependencies between {what} detected.")
        for node in free:
            del left[node]


_READERS: dict[str, Callable[[_Reader, Any], Logic]] = {
    "decisionTable": _Reader._table,
    "invocation": _Reader._invocation,
    "context": _Reader._context,
    "relation": _Reader._relation,
    "list": _Reader._list,
    "literalExpression": _Reader._literal,
    "functionDefinition": _Reader._function,
}
#: What may be a decision, a knowledge model, or stand within another expression.
_OF_DECISIONS = _READERS.keys() - {"functionDefinition"}
_OF_MODELS = _OF_DECISIONS - {"invocation"}
_INNER = _READERS.keys()
