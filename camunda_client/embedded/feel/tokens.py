"""FEEL text to words, signs, numbers and texts; and how a parser goes through them."""

from __future__ import annotations

import re
from typing import NamedTuple

from camunda_client.embedded.feel.errors import FeelSyntaxError

__all__ = ["BETWEEN", "Reader", "Token", "tokens", "unquoted"]

_TOKEN = re.compile(
    r"""\s*(?:(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<number>\d+(?:\.\d+)?|\.\d+)
    |(?P<string>"(?:\\.|[^"\\])*")
    |(?P<tick>`[^`]+`)
    |(?P<name>[^\W\d][\w$]*|\$[\w$]*)
    |(?P<op>\*\*|\.\.|<=|>=|!=|[-+*/=<>()\[\]{},:.?@]))""",
    re.X | re.S,
)
#: What no variable is called.
_RESERVED = {"null", "true", "false", "function", "in", "and", "or", "return", "then", "else", "satisfies"}
#: FEEL-Scala 1.18 leaves two backslashes as they are, and reads the second one as the beginning of an escape.
_ESCAPED_BEFORE = re.compile(r"\\([ntrbf\"'])")
_ESCAPED = re.compile(r"\\(.)", re.S)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}
#: What goes before or between operands, so that a name of several words ends there.
BETWEEN = {"and", "or", "in", "then", "else", "return", "satisfies", "between", "instance"}
#: What ends a name of several words. "between" does not: ``x between (1) and 2`` calls a function, as in FEEL-Scala.
_ENDS_A_NAME = BETWEEN - {"between", "instance"}
#: Functions whose names have one of the words that else go between operands.
_SPACED = (("get", "or", "else"), ("date", "and", "time"), ("years", "and", "months", "duration"))
_SPACED_FIRST = {words[0] for words in _SPACED}
#: With a bracket behind these begin something else than a call.
_NEVER_CALLED = {
    "if", "for", "some", "every", "function", "true", "false", "null", "in", "return", "then", "else", "satisfies",
}  # fmt: skip


class Token(NamedTuple):
    """One word, sign, number or text; kinds: name, number, string, tick, op, end."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Return the tokens, ended by one of the kind ``end``."""
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
        if kind != "comment":
            found.append(Token(kind, match[kind], match.start(kind), match.end(kind)))
    found.append(Token("end", "", len(text), len(text)))
    return found


def unquoted(text: str, *, modern: bool = False) -> str:
    """Return the value of a string literal."""
    pattern = _ESCAPED if modern else _ESCAPED_BEFORE
    return pattern.sub(lambda match: _ESCAPES.get(match[1], "\\" + match[1]), text[1:-1])


class Reader:
    """Goes through the tokens of a text, one after the other."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.at = 0

    def peek(self, offset: int = 0) -> Token:
        """Return the next token, or one behind it."""
        at = self.at + offset
        return self.tokens[at if at < len(self.tokens) else -1]

    def is_op(self, *signs: str) -> bool:
        """Whether the next token is one of some signs."""
        token = self.tokens[self.at]
        return token.kind == "op" and token.text in signs

    def accept(self, *values: str) -> str | None:
        """Take one of some words or signs, if it is next."""
        token = self.tokens[self.at]
        if token.kind in ("op", "name") and token.text in values:
            self.at += 1
            return token.text
        return None

    def accept_words(self, *choices: tuple[str, ...]) -> str | None:
        """Take one of some names of several words."""
        if self.tokens[self.at].kind != "name":
            return None
        for words in choices:
            if self.tokens[self.at].text == words[0] and all(
                self.peek(n)[:2] == ("name", word) for n, word in enumerate(words)
            ):
                self.at += len(words)
                return " ".join(words)
        return None

    def expect(self, value: str) -> None:
        """Take a word or sign that must be next."""
        if self.accept(value) is None:
            raise self.unexpected(repr(value))

    def unexpected(self, wanted: str) -> FeelSyntaxError:
        """Return the error for what is next instead of what is wanted."""
        found = self.peek().text or "the end"
        return FeelSyntaxError(f"expected {wanted} but found {found!r} in {self.text.strip()!r}")

    def name(self) -> str:
        """Take a name."""
        token = self.peek()
        if token.kind == "tick":
            self.at += 1
            return token.text[1:-1]
        if token.kind != "name" or token.text in _RESERVED:
            raise self.unexpected("a name")
        self.at += 1
        return token.text

    def words_before(self, sign: str) -> str | None:
        """Take a name of one or several words that a sign follows; None, and nothing is taken, if it does not."""
        at, last = self.at, len(self.tokens) - 1
        if self.tokens[at].kind != "name":
            return None
        after = self.tokens[at + 1]  # there is one: the end
        if after.kind == "op":  # by far the commonest
            if after.text != sign:
                return None
            count = 1
        else:
            count = len(self._spaced_name()) if at < last else 0
        if not count:
            while self.peek(count).kind == "name":
                word, before = self.peek(count), self.peek(count - 1)
                if count and (word.text in _ENDS_A_NAME or word.start - before.end != 1):
                    return None
                count += 1
        end = self.peek(count)
        if not count or end.kind != "op" or end.text != sign:
            return None
        words = [self.peek(n).text for n in range(count)]
        if words[0] in _NEVER_CALLED or (words[0] in BETWEEN and words != ["and"] and words != ["or"]):
            return None
        self.at += count
        return " ".join(words)

    def _spaced_name(self) -> tuple[str, ...]:
        if self.tokens[self.at].text not in _SPACED_FIRST:
            return ()
        return next((s for s in _SPACED if all(self.peek(n)[:2] == ("name", w) for n, w in enumerate(s))), ())
