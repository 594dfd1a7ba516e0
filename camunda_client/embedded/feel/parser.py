"""FEEL text to a syntax tree of nested tuples: ``(operation, operand, ...)``. No evaluation here.

The grammar, which is FEEL-Scala's, stands in README.md; there is a method for each of its levels.
What it does not know is a :class:`FeelSyntaxError`, so that a deployment is refused instead of a path being skipped
later.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from camunda_client.embedded.feel.errors import FeelSyntaxError
from camunda_client.embedded.feel.tokens import BETWEEN, Reader, Token, unquoted

Node = tuple[Any, ...]

#: Other words and signs that an operand may begin with.
_FIRST = {"(", "[", "{", "-", "?", "@"}
_CONSTANTS: dict[str, Any] = {"true": True, "false": False, "null": None}
_BOOLEANS = (("const", True), ("const", False))
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
#: Types of several words.
_TYPES = (("date", "and", "time"), ("days", "and", "time", "duration"), ("years", "and", "months", "duration"))
#: Properties of several words. ``start included`` is none: FEEL-Scala reads ``start in cluded``.
_PROPERTIES = (("time", "offset"),)
_NO_KEY = set(':,{}[]()"')


def parse(text: str, *, modern: bool = False) -> tuple[Node, set[str]]:
    """Return the tree of one expression, and the functions it calls but does not define.

    Args:
        text: Without the equals sign.
        modern: Read texts as FEEL-Scala 1.21 does.

    Raises:
        FeelSyntaxError: The text is not an expression.
    """
    parser = _Parser(text, modern=modern)
    tree = parser.expression()
    return tree, parser.finish()


def parse_unary_tests(text: str, *, modern: bool = False) -> tuple[Node, set[str]]:
    """Return the tree of a decision table's cell: tests of the implicit value ``?``. Otherwise like :func:`parse`."""
    if text.strip() in ("", "-"):
        return ("const", True), set()
    parser = _Parser(text, modern=modern)
    return parser.cell(), parser.finish()


class _Parser(Reader):
    """Recursive descent, one method per level of binding.

    It never goes back: what begins with a bracket (a range, a list, a parenthesis) is distinguished behind the first
    operand, which is handed on as ``first``. Trying one after the other took twice as long for each bracket within.
    """

    def __init__(self, text: str, *, modern: bool) -> None:
        super().__init__(text)
        self.modern = modern
        #: Functions called, and names that the expression itself gives values, which may be functions.
        self.called: set[str] = set()
        self.bound: set[str] = set()
        self.asked = 0  # how often the input value is asked for by its sign
        self.handed_on = 0  # and how many calls, lists and contexts have it within them
        self.in_range = False  # in its upper bound a bracket may end the range: ]1..x[ but ]1..x[1]]

    def finish(self) -> set[str]:
        """Return the functions that the expression calls and does not define; it must have ended."""
        if self.peek().kind != "end":
            raise self.unexpected("the end")
        return self.called - self.bound

    # -- levels, weakest first --------------------------------------------------------------------------------------
    def expression(self, first: Node | None = None) -> Node:
        if first is None:
            match self.keyword():
                case "if":
                    return self.if_()
                case "for":
                    return self.for_()
                case "some" | "every":
                    return self.quantified()
        left = self.conjunction(first)
        while self.accept("or"):
            left = ("or", left, self.conjunction())
        return left

    def keyword(self) -> str | None:
        """Return the word that an expression begins with, if one does; each may be a variable, too."""
        token, after = self.peek(), self.peek(1)
        if token.kind != "name":
            return None
        if token.text == "if" and after.kind != "end" and (after.kind != "op" or after.text in _FIRST):
            return "if"
        return token.text if token.text in ("for", "some", "every") and after.kind in ("name", "tick") else None

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
        start = self.at
        body = self.expression()
        looks_back = any(token.text in ("partial", "`partial`") for token in self.tokens[start : self.at])
        return ("for", iterators, body, looks_back)

    def quantified(self) -> Node:
        which = self.peek().text
        self.at += 1
        iterators = self.iterators()
        self.expect("satisfies")
        return (which, iterators, self.expression())

    def iterators(self) -> list[tuple[str, Node]]:
        found = []
        while True:
            name = self.name()
            self.bound.add(name)
            self.expect("in")
            source = self.sum()
            if self.accept(".."):
                source = ("span", source, self.sum())
            elif source[0] in ("arithmetic", "input in range") or (source[0] == "negate" and source[1][0] != "const"):
                raise self.unexpected("'..'")
            found.append((name, source))
            if not self.accept(","):
                return found

    def conjunction(self, first: Node | None = None) -> Node:
        left = self.comparison(first)
        while self.accept("and"):
            left = ("and", left, self.comparison())
        return left

    def comparison(self, first: Node | None = None) -> Node:
        if first is None:
            simple = self.simple_test()
            if simple is not None:
                return simple
        left = first or self.sum()
        if left[0] == "input in range":
            return left
        operator = self.accept(*_COMPARISONS)
        if operator:
            return ("compare", operator, left, self.sum())
        if self.accept("between"):
            low = self.sum()
            self.expect("and")
            return ("between", left, low, self.sum())
        if self.accept_words(("instance", "of")):
            return ("instance", left, self.accept_words(*_TYPES, ("function",)) or self.name())
        if self.accept("in") or self.accept_beginning("in"):
            return ("test", left, self.tests_of_in())
        return left

    # -- tests ------------------------------------------------------------------------------------------------------
    def cell(self) -> Node:
        if self.peek()[:2] == ("name", "not") and self.peek(1)[:2] == ("op", "("):
            self.at += 2
            tests = self.tests()
            self.expect(")")
            return ("not", tests)
        return self.tests()

    def tests_of_in(self) -> Node:
        if not self.is_op("("):
            return self.one_test()
        self.at += 1
        outer, self.in_range = self.in_range, False
        asked = self.asked
        low = self.sum() if not self.starts_a_simple_test() and not self.keyword() else None
        if low is not None and self.accept(".."):  # no list of tests but an open range: (1..5)
            self.in_range = outer
            return ("input in range", self.range_from(low, closed=False))
        tests = self.tests(low, asked)
        self.expect(")")
        self.in_range = outer
        return tests

    def tests(self, first: Node | None = None, asked: int | None = None) -> Node:
        found = [self.one_test(first, asked)]
        while self.accept(","):
            found.append(self.one_test())
        return found[0] if len(found) == 1 else ("any", found)

    def one_test(self, first: Node | None = None, asked: int | None = None) -> Node:
        """Return one test; ``asked`` is how often the input had been asked for by its sign before ``first``."""
        before, handed_on = self.asked if asked is None else asked, 0 if asked is not None else self.handed_on
        test = (self.simple_test() if first is None else None) or self.expression(first)
        if test[0] in ("input in range", "input compare"):
            return test
        # FEEL-Scala compares with true and false only at the very end of a text; anywhere else true matches anything.
        if self.peek().kind == "end" and test in _BOOLEANS and self.tokens[self.at - 1].text != ")":
            return ("equals", test)
        return ("matches", test, self.asked > before, self.handed_on > handed_on)

    def starts_a_simple_test(self) -> bool:
        return self.is_op("<", "<=", ">", ">=", "]")

    def simple_test(self) -> Node | None:
        operator = self.accept("<", "<=", ">", ">=")
        if operator:
            return ("input compare", operator, self.sum())
        if self.accept("]"):
            low = self.sum()
            self.expect("..")
            return ("input in range", self.range_from(low, closed=False))
        return None

    def range_from(self, low: Node, *, closed: bool) -> Node:
        """Return the range whose lower bound and dots have been read."""
        outer, self.in_range = self.in_range, True
        high = self.sum()
        self.in_range = outer
        closing = self.accept("]", ")", "[")
        if closing is None:
            raise self.unexpected("']'")
        return ("range", closed, low, high, closing == "]")

    # -- arithmetic -------------------------------------------------------------------------------------------------
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
        if not self.accept("-"):
            return self.value()
        if self.is_op("-") and self.peek(1).kind == "number":
            return ("negate", self.negation())
        return ("negate", self.value())

    def value(self) -> Node:
        left = self.terminal()
        while True:
            if left[0] == "input in range":
                return left
            if self.accept("."):
                left = ("path", left, self.accept_words(*_PROPERTIES) or self.name())
                if self.is_op("(") and _is_name(left):
                    left = ("method", left[1], left[2], *self.arguments())
            elif self.is_op("[") and (not self.in_range or self.begins_operand(self.peek(1))):
                self.at += 1
                outer, self.in_range = self.in_range, False
                left = ("filter", left, self.expression())
                self.in_range = outer
                self.expect("]")
            else:
                return left

    @staticmethod
    def begins_operand(token: Token) -> bool:
        if token.kind == "name":
            return token.text not in BETWEEN
        return token.kind in ("number", "string", "tick") or token.text in _FIRST

    # -- terminals --------------------------------------------------------------------------------------------------
    def terminal(self) -> Node:
        token = self.peek()
        if token.kind == "name":
            return self.named(token)
        self.at += 1
        if token.kind == "number":
            return ("const", int(token.text) if token.text.isdigit() else Decimal(token.text))
        if token.kind == "string":
            return ("const", unquoted(token.text, modern=self.modern))
        if token.kind == "tick":
            return ("name", token.text[1:-1])
        if token.text == "?":
            self.asked += 1
            return ("input",)
        if token.text == "@" and self.peek().kind == "string":
            self.at += 1
            return ("temporal", self.tokens[self.at - 1].text[1:-1])
        if token.text in ("(", "[", "{"):
            outer, self.in_range = self.in_range, False
            asked = self.asked
            inner = self.context() if token.text == "{" else self.range_or_list(token.text)
            self.handed_on += self.asked > asked and inner[0] in ("list", "context")
            self.in_range = outer
            return inner
        self.at -= 1
        raise FeelSyntaxError(f"unexpected {token.text or 'end'!r} in {self.text.strip()!r}")

    def named(self, token: Token) -> Node:
        called = self.words_before("(")
        if called is not None:
            self.called.add(called)
            return ("call", called, *self.arguments())
        if token.text == "function":
            return self.function()
        if token.text in _CONSTANTS:
            self.at += 1
            return ("const", _CONSTANTS[token.text])
        return ("name", self.accept_words(("time", "offset")) or self.name())

    def arguments(self) -> tuple[list[Node], dict[str, Node]]:
        self.expect("(")
        outer, self.in_range = self.in_range, False
        positional: list[Node] = []
        named: dict[str, Node] = {}
        asked = self.asked
        if not self.is_op(")"):
            self.one_argument(positional, named)
            while self.accept(","):
                self.one_argument(positional, named)
        self.handed_on += self.asked > asked
        self.in_range = outer
        self.expect(")")
        if positional and named:
            raise FeelSyntaxError(f"arguments are either all named or none is, in {self.text.strip()!r}")
        return positional, named

    def one_argument(self, positional: list[Node], named: dict[str, Node]) -> None:
        name = self.words_before(":")
        if name is not None:
            self.expect(":")
            named[name] = self.argument()
        else:
            positional.append(self.argument())

    def argument(self) -> Node:
        value = self.expression()
        return value[1] if value[0] == "input in range" else value

    def function(self) -> Node:
        self.expect("function")
        self.expect("(")
        names: list[str] = []
        while not self.is_op(")"):
            names.append(self.name())
            if not self.accept(","):
                break
            if self.is_op(")"):
                raise self.unexpected("a name")
        self.expect(")")
        self.bound.update(names)
        return ("function", names, self.expression())

    def range_or_list(self, opening: str) -> Node:
        if opening == "[" and self.accept("]"):
            return ("list", [])
        first = None if self.keyword() or self.starts_a_simple_test() else self.sum()
        if first is not None and self.accept(".."):
            return ("input in range", self.range_from(first, closed=opening == "["))
        first = self.expression(first)
        if opening == "(":
            self.expect(")")
            return ("inner", first) if first[0] in ("input in range", "input compare") else first
        found = [first]
        while not self.accept("]"):
            self.expect(",")
            found.append(self.expression())
        return ("list", found)

    def context(self) -> Node:
        found = []
        if not self.accept("}"):
            while True:
                key = self.key()
                self.bound.add(key)
                self.expect(":")
                found.append((key, self.expression()))
                if not self.accept(","):
                    break
            self.expect("}")
        return ("context", found)

    def key(self) -> str:
        token = self.peek()
        if token.kind == "string":
            self.at += 1
            return token.text[1:-1]  # whatever is escaped stays so
        if token.kind == "tick":
            return self.name()
        while self.peek().kind != "end" and not (
            self.peek().kind in ("op", "string") and self.peek().text[0] in _NO_KEY
        ):
            self.at += 1
        key = self.text[token.start : self.tokens[self.at - 1].end]
        if self.peek() is token:
            raise self.unexpected("a key")
        return key


def _is_name(path: Node) -> bool:
    """Return whether a path is nothing but names, which functions may be called by."""
    while path[0] == "path":
        path = path[1]
    return bool(path[0] == "name")


__all__ = ["Node", "parse", "parse_unary_tests"]
