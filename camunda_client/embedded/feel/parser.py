"""FEEL text to a syntax tree of nested tuples: ``(operation, operand, ...)``. No evaluation here.

FEEL names may hold spaces only where the language itself says so (``string length``); variables
with other characters are written in backticks. What this grammar does not know is a
:class:`FeelSyntaxError`, so that a deployment is refused instead of a path being skipped later.

Why our own: PyPI's ``bkflow-feel`` 1.2 raises where FEEL yields null, and has neither ``string length``
nor ``split``; ``pySFeel`` 1.4 keeps variables as state of a parser, can't parse without evaluating and
knows no functions of contexts. Both were tried on 60 expressions (docs/embedded.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from camunda_client.embedded.feel.errors import FeelSyntaxError

Node = tuple[Any, ...]

#: Names with blanks inside, longest first, so that ``string length`` is not read as ``string`` and a stray word.
SPACED_NAMES = sorted(
    [
        "string length", "upper case", "lower case", "substring before", "substring after", "starts with", "ends with",
        "list contains", "list replace", "insert before", "index of", "distinct values", "duplicate values",
        "get value", "get entries", "get or else", "context put", "context merge", "is defined", "is empty",
        "date and time", "days and time duration", "years and months duration", "day of week", "day of year",
        "week of year", "month of year", "round up", "round down", "round half up", "round half down",
        "string join", "random number", "to base64", "last day of month", "instance of",
    ],
    key=len,
    reverse=True,
)  # fmt: skip
_SPACED = "|".join(r"\s+".join(map(re.escape, name.split())) for name in SPACED_NAMES)
_TOKEN = re.compile(
    rf"""\s*(?:(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<number>\d+(?:\.\d+)?|\.\d+)
    |(?P<string>"(?:\\.|[^"\\])*")
    |(?P<tick>`[^`]*`)
    |(?P<name>(?:{_SPACED})\b|[^\W\d][\w$]*)
    |(?P<op>\*\*|\.\.|<=|>=|!=|->|[-+*/=<>()\[\]{{}},:.?@]))""",
    re.X | re.S,
)
_WORDS = {"and", "or", "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "between", "function",
          "true", "false", "null", "instance of"}  # fmt: skip
#: Other words and signs that an operand may begin with.
_FIRST = {"(", "[", "{", "-", "?", "@", "if", "for", "some", "every", "function", "true", "false", "null"}
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}
_COMPARISONS = {"=", "!=", "<", "<=", ">", ">="}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


def tokens(text: str) -> list[tuple[str, str]]:
    """Return ``(kind, text)`` pairs, ended by ``("end", "")``."""
    found, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.end() == position:
            rest = text[position:].strip()
            if not rest:
                break
            raise FeelSyntaxError(f"unexpected {rest[:20]!r} at character {position + 1}")
        position = match.end()
        kind = match.lastgroup or ""
        value = match.group(kind)
        if kind == "comment":
            continue
        if kind == "name":
            value = " ".join(value.split())
            kind = "word" if value in _WORDS else "name"
        found.append((kind, value))
    found.append(("end", ""))
    return found


def parse(text: str, supported: Callable[[str, str], bool]) -> Node:
    """Return the tree of one expression.

    Args:
        text: Without the equals sign.
        supported: Tells whether a function that the expression does not define may be called: its name, the expression.

    Raises:
        FeelSyntaxError: The text is no expression we know, or calls a function we lack.
    """
    parser = _Parser(text)
    tree = parser.expression()
    parser.finish(supported)
    return tree


def parse_unary_tests(text: str, supported: Callable[[str, str], bool]) -> Node:
    """Return the tree of a decision table's cell: tests of the implicit value ``?``. Otherwise like :func:`parse`."""
    if text.strip() in ("", "-"):
        return ("const", True)
    parser = _Parser(text)
    tree = parser.unary_tests()
    parser.finish(supported)
    return tree


class _Parser:
    """Recursive descent, one method per level of binding.

    It never goes back: what begins with a bracket is told apart (a range, a list, a parenthesis) behind the first
    operand, which is handed on as ``first``. Trying one after the other took twice as long for each bracket within.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0
        #: Functions called, and names that the expression itself gives values, which may be functions.
        self.called: set[str] = set()
        self.bound: set[str] = set()
        self.in_range = False  # in its upper bound a bracket may end the range: ]1..x[ but ]1..x[1]]

    # -- the stream -------------------------------------------------------------------------------------------------
    def peek(self, offset: int = 0) -> tuple[str, str]:
        return self.tokens[min(self.at + offset, len(self.tokens) - 1)]

    def take(self) -> tuple[str, str]:
        token = self.peek()
        self.at += 1
        return token

    def accept(self, *values: str) -> str | None:
        kind, value = self.peek()
        if kind in ("op", "word") and value in values:
            self.at += 1
            return value
        return None

    def expect(self, value: str) -> str:
        kind, text = self.peek()
        if (value == "end" and kind == "end") or (kind in ("op", "word") and text == value):
            self.at += 1
            return text
        wanted = "the end" if value == "end" else repr(value)
        raise FeelSyntaxError(f"expected {wanted} but found {text or 'the end'!r} in {self.text.strip()!r}")

    def finish(self, supported: Callable[[str, str], bool]) -> None:
        self.expect("end")
        for name in sorted(self.called - self.bound):
            if not supported(name, self.text):
                raise FeelSyntaxError(f"function {name!r} is not supported")

    def name(self) -> str:
        kind, value = self.take()
        if kind == "tick":
            return value[1:-1]
        if kind != "name":
            raise FeelSyntaxError(f"expected a name but found {value or 'the end'!r} in {self.text.strip()!r}")
        return value

    # -- levels, weakest first --------------------------------------------------------------------------------------
    def expression(self, first: Node | None = None) -> Node:
        if first is None and self.at_keyword():
            _, value = self.peek()
            return {"if": self.if_, "for": self.for_, "function": self.function}.get(value, self.quantified)()
        return self.disjunction(first)

    def at_keyword(self) -> bool:
        kind, value = self.peek()
        return kind == "word" and value in ("if", "for", "some", "every", "function")

    def if_(self) -> Node:
        self.expect("if")
        condition = self.expression()
        self.expect("then")
        yes = self.expression()
        self.expect("else")
        return ("if", condition, yes, self.expression())

    def for_(self) -> Node:
        self.expect("for")
        iterators = self.iterators()
        self.expect("return")
        return ("for", iterators, self.expression())

    def quantified(self) -> Node:
        _, which = self.take()
        iterators = self.iterators()
        self.expect("satisfies")
        return (which, iterators, self.expression())

    def iterators(self) -> list[tuple[str, Node]]:
        found = []
        while True:
            name = self.name()
            self.bound.add(name)
            self.expect("in")
            source = self.disjunction()
            if self.accept(".."):
                source = ("span", source, self.disjunction())
            found.append((name, source))
            if not self.accept(","):
                return found

    def function(self) -> Node:
        self.expect("function")
        self.expect("(")
        names = []
        while not self.accept(")"):
            names.append(self.name())
            self.accept(",")
        self.bound.update(names)
        return ("function", names, self.expression())

    def disjunction(self, first: Node | None = None) -> Node:
        left = self.conjunction(first)
        while self.accept("or"):
            left = ("or", left, self.conjunction())
        return left

    def conjunction(self, first: Node | None = None) -> Node:
        left = self.comparison(first)
        while self.accept("and"):
            left = ("and", left, self.comparison())
        return left

    def comparison(self, first: Node | None = None) -> Node:
        left = first or self.sum()
        operator = self.accept(*_COMPARISONS)
        if operator:
            return ("compare", operator, left, self.sum())
        while True:
            if self.accept("between"):
                low = self.sum()
                self.expect("and")
                left = ("between", left, low, self.sum())
            elif self.accept("in"):
                left = ("test", left, self.tests_of_in())
            elif self.accept("instance of"):
                left = ("instance", left, self.name())
            else:
                return left

    def tests_of_in(self) -> Node:
        if not self.accept("("):
            return self.unary_test()
        tests = self.unary_tests()
        match tests:
            case ("any", [("matches", low)]) if self.accept(".."):  # no list of tests but an open range: (1..5)
                return self.range_from(low, closed=False)
        self.expect(")")
        return tests

    def unary_tests(self) -> Node:
        if self.peek() == ("name", "not") and self.peek(1) == ("op", "("):
            self.at += 2
            tests = self.unary_tests()
            self.expect(")")
            return ("not", tests)
        found = [self.unary_test()]
        while self.accept(","):
            found.append(self.unary_test())
        return ("any", found)

    def unary_test(self) -> Node:
        operator = self.accept("<", "<=", ">", ">=", "=", "!=")
        if operator:
            return ("compare", operator, ("name", "?"), self.sum())
        if self.accept("]"):
            low = self.sum()
            self.expect("..")
            return self.range_from(low, closed=False)
        return ("matches", self.expression())

    def range_from(self, low: Node, *, closed: bool) -> Node:
        """Return the range whose lower bound and dots have been read."""
        outer, self.in_range = self.in_range, True
        high = self.sum()
        self.in_range = outer
        closing = self.accept("]", ")", "[")
        if closing is None:
            self.expect("]")
        return ("range", closed, low, high, closing == "]")

    def sum(self) -> Node:
        left = self.product()
        while operator := self.accept("+", "-"):
            left = ("arithmetic", operator, left, self.product())
        return left

    def product(self) -> Node:
        left = self.power()
        while operator := self.accept("*", "/"):
            left = ("arithmetic", operator, left, self.power())
        return left

    def power(self) -> Node:
        left = self.negation()
        while self.accept("**"):
            left = ("arithmetic", "**", left, self.negation())
        return left

    def negation(self) -> Node:
        if self.accept("-"):
            return ("negate", self.negation())
        return self.postfix()

    def postfix(self) -> Node:
        left = self.primary()
        while True:
            if self.accept("."):
                left = ("path", left, self.name())
            elif self.peek() == ("op", "[") and (not self.in_range or self.begins_operand(self.peek(1))):
                self.take()
                left = ("filter", left, self.expression())
                self.expect("]")
            elif self.peek() == ("op", "(") and left[0] == "name":
                left = self.call(left)
            else:
                return left

    @staticmethod
    def begins_operand(token: tuple[str, str]) -> bool:
        kind, value = token
        return kind in ("number", "string", "name", "tick") or value in _FIRST

    def call(self, function: Node) -> Node:
        self.expect("(")
        self.called.add(function[1])
        positional: list[Node] = []
        named: dict[str, Node] = {}
        while not self.accept(")"):
            if self.peek()[0] == "name" and self.peek(1) == ("op", ":"):
                name = self.name()
                self.expect(":")
                named[name] = self.expression()
            else:
                positional.append(self.expression())
            if not self.accept(","):
                self.expect(")")
                break
        return ("call", function, positional, named)

    def primary(self) -> Node:
        kind, value = self.peek()
        if kind in ("number", "string"):
            self.take()
            return ("number", value) if kind == "number" else ("const", unquoted(value))
        if kind in ("name", "tick"):
            return ("name", self.name())
        if kind == "word" and value in _CONSTANTS:
            self.take()
            return ("const", _CONSTANTS[value])
        return self.bracketed(value)

    def bracketed(self, value: str) -> Node:
        if self.accept("?"):
            return ("name", "?")
        if self.accept("@"):
            return ("temporal", unquoted(self.take()[1]))
        opening = self.accept("(", "[", "{")
        if opening is None:
            raise FeelSyntaxError(f"unexpected {value or 'end'!r} in {self.text.strip()!r}")
        outer, self.in_range = self.in_range, False
        inner = self.context() if opening == "{" else self.range_or_list(opening)
        self.in_range = outer
        return inner

    def range_or_list(self, opening: str) -> Node:
        if opening == "[" and self.accept("]"):
            return ("list", [])
        first = None if self.at_keyword() else self.sum()
        if first is not None and self.accept(".."):
            return self.range_from(first, closed=opening == "[")
        first = self.expression(first)
        if opening == "[":
            return ("list", self.items_from(first))
        self.expect(")")
        return first

    def items_from(self, first: Node) -> list[Node]:
        found = [first]
        while not self.accept("]"):
            self.expect(",")
            if self.peek() != ("op", "]"):
                found.append(self.expression())
        return found

    def context(self) -> Node:
        found = []
        while not self.accept("}"):
            kind, value = self.peek()
            if kind == "string":
                self.take()
                key = unquoted(value)
            else:
                key = self.name()
            self.bound.add(key)
            self.expect(":")
            found.append((key, self.expression()))
            if not self.accept(","):
                self.expect("}")
                break
        return ("context", found)


def unquoted(text: str) -> str:
    """Return the value of a string literal."""
    return re.sub(
        r"\\(.)",
        lambda m: _ESCAPES.get(m[1], "\\" + m[1]),
        text[1:-1],
        flags=re.S,
    )
