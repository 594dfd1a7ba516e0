r"""Java's regular expressions as Python's.

Python reads most of them as they are. Translated are classes within classes, intersections (``[a-z&&[^x]]``),
properties (``\p{L}``), quotations, names of groups, flags in the middle, line breaks, and the few escapes that differ.
What Java refuses and Python would take is refused. Unknown here: blocks (``\p{InGreek}``), the flag ``(?U)``, and
possessive quantifiers on Python before 3.11.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache, lru_cache
from itertools import pairwise

#: First and last character, in order and apart.
Intervals = list[tuple[int, int]]

_LAST = sys.maxunicode
_FLAGS = {"i": re.I, "s": re.S, "m": re.M, "x": re.X}
#: Java's inline flags and Python's; of the others, Unix lines make no difference here.
_INLINE = {"i": "i", "s": "s", "m": "m", "x": "x", "u": "u"}
_QUANTIFIER = re.compile(r"\{\d+(?:,\d*)?\}")
_GROUP_FLAGS = re.compile(r"\(\?([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])")
_BREAKS = r"\n\r\x85\u2028\u2029"
_BLANKS = r" \t\xa0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000"
_LINES = r"\n\x0b\f\r\x85\u2028\u2029"
_ESCAPES = {
    "h": f"[{_BLANKS}]", "H": f"[^{_BLANKS}]", "v": f"[{_LINES}]", "V": f"[^{_LINES}]", "R": rf"(?:\r\n|[{_LINES}])",
    "z": r"\Z", "Z": r"(?=\n?\Z)", "b": r"(?u:\b)", "B": r"(?u:\B)", "e": r"\x1b", "a": r"\x07",
}  # fmt: skip
_POSIX = {
    "Lower": "a-z", "Upper": "A-Z", "ASCII": "\0-\x7f", "Alpha": "a-zA-Z", "Digit": "0-9", "Alnum": "0-9A-Za-z",
    "Punct": "!-/:-@[-`{-~", "Graph": "!-~", "Print": " -~", "Blank": " - \t-\t", "Cntrl": "\0-\x1f\x7f-\x7f",
    "XDigit": "0-9a-fA-F", "Space": " - \t-\r",
}  # fmt: skip
_CLASSES = {
    "d": "0-9", "w": "0-9A-Z_-_a-z", "s": " - \t-\r", "h": " - \t-\t\xa0-\xa0",
    "v": "\n-\r\x85-\x85\u2028-\u2029",
}  # fmt: skip
#: Of letters, by the first word of their names.
_SCRIPTS = {
    "Latin", "Greek", "Cyrillic", "Hebrew", "Arabic", "Hiragana", "Katakana", "Hangul", "Thai", "Devanagari",
    "Armenian", "Georgian",
}  # fmt: skip
_BINARY = {"Alphabetic": ("L", "Nl"), "Letter": ("L",), "Digit": ("Nd",), "Uppercase": ("Lu",), "Lowercase": ("Ll",),
           "Punctuation": ("P",), "White_Space": ("Z",), "Control": ("Cc",)}  # fmt: skip


@lru_cache(maxsize=512)
def pattern(text: str, flags: str = "") -> re.Pattern[str]:
    """Return Python's pattern of Java's.

    Raises:
        re.error: There is none.
    """
    chosen = sum(_FLAGS.get(flag, 0) for flag in set(flags))
    try:
        return re.compile(_Translator(text, dots="s" in flags or "(?s" in text).all(), chosen | re.A)
    except (LookupError, OverflowError, ValueError, RecursionError) as error:
        raise re.error(f"not a pattern: {error}") from error


class _Translator:
    def __init__(self, text: str, *, dots: bool) -> None:
        self.text = text
        self.at = 0
        self.dot = "." if dots else f"[^{_BREAKS}]"
        #: For each open group, the flags that hold in it from somewhere on.
        self.flags: list[list[str]] = [[]]

    def all(self) -> str:
        parts = []
        while self.at < len(self.text):
            parts.append(self.one())
        return "".join(parts) + _closed(self.flags[0])

    def one(self) -> str:
        sign = self.text[self.at]
        match sign:
            case "\\":
                return self.escape()
            case "[":
                return _written(*self.charset())
            case "(":
                return self.group()
            case ")":
                self.at += 1
                return _closed(self.flags.pop() if len(self.flags) > 1 else []) + ")"
            case "|":
                self.at += 1
                return _closed(self.flags[-1]) + "|" + "".join(self.flags[-1])
            case "{":
                found = _QUANTIFIER.match(self.text, self.at)
                if found is None:
                    raise re.error("Illegal repetition")
                self.at = found.end()
                return found[0]
        self.at += 1
        return self.dot if sign == "." else sign

    def group(self) -> str:
        text, at = self.text, self.at
        if text.startswith(("(?P", "(?#", "(?("), at):
            raise re.error("Unknown group type")
        if text.startswith("(?<", at) and text[at + 3] not in "=!":
            self.flags.append([])
            self.at += 3
            return "(?P<"
        found = _GROUP_FLAGS.match(text, at)
        if found is None or found[0] == "(?:":
            self.flags.append([])
            self.at += 1
            return "("
        on = "".join(dict.fromkeys(_INLINE[flag] for flag in found[1] if flag != "d"))
        off = "".join(_INLINE[flag] for flag in found[2] or "" if flag not in "du")
        opened = f"(?{on}{'-' + off if off else ''}:"
        self.at = found.end()
        if found[3] == ":":
            self.flags.append([])
        elif not on and not off:
            return ""
        else:
            self.flags[-1].append(opened)
        return opened

    def escape(self) -> str:
        """Return what an escape outside of classes is."""
        sign = self.text[self.at + 1]
        if sign == "Q":
            return re.escape(self.quotation())
        if sign in "pP":
            return _written(self.property(), negated=False)
        if sign == "k":
            end = self.text.index(">", self.at)
            name, self.at = self.text[self.at + 3 : end], end + 1
            return f"(?P={name})"
        if sign in "xu0c":
            return re.escape(self.character())
        self.at += 2
        return _ESCAPES.get(sign, "\\" + sign)

    def quotation(self) -> str:
        end = self.text.find("\\E", self.at)
        quoted = self.text[self.at + 2 : end if end >= 0 else None]
        self.at = len(self.text) if end < 0 else end + 2
        return quoted

    def character(self) -> str:
        """Take one character, maybe escaped."""
        text, at = self.text, self.at
        if text[at] != "\\":
            self.at += 1
            return text[at]
        sign = text[at + 1]
        if sign == "x" and text[at + 2] == "{":
            self.at = text.index("}", at) + 1
            return chr(int(text[at + 3 : self.at - 1], 16))
        if sign in "xu":
            self.at += 4 if sign == "x" else 6
            return chr(int(text[at + 2 : self.at], 16))
        if sign == "0":
            found = re.compile(r"[0-3]?[0-7]{1,2}").match(text, at + 2)
            if found is None:
                raise re.error("Illegal octal escape sequence")
            self.at = found.end()
            return chr(int(found[0], 8))
        self.at += 3 if sign == "c" else 2
        if sign == "c":
            return chr(ord(text[at + 2]) ^ 64)
        simple = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
        if sign.isascii() and sign.isalpha() and sign not in simple:
            raise re.error("Illegal/unsupported escape sequence")
        return simple.get(sign, sign)

    def property(self) -> Intervals:
        """Take a property: ``p{...}``, ``P{...}`` or ``pL`` behind a backslash."""
        negated = self.text[self.at + 1] == "P"
        if self.text[self.at + 2] == "{":
            end = self.text.index("}", self.at)
            name = self.text[self.at + 3 : end]
        else:
            end = self.at + 2
            name = self.text[end]
        self.at = end + 1
        found = _property(name)
        return _without(found) if negated else found

    # -- classes ----------------------------------------------------------------------------------------------------
    def charset(self) -> tuple[Intervals, bool]:
        """Take a class; return its characters, and whether it is all others."""
        self.at += 1
        negated = self.text[self.at] == "^"
        self.at += negated
        sets: list[Intervals] = [[]]
        first = True
        while first or self.text[self.at] != "]":
            if self.text.startswith("&&", self.at):
                self.at += 2
                sets.append([])
            else:
                sets[-1] += self.item()
            first = False
        self.at += 1
        found = _joined(sets[0])
        for other in sets[1:]:
            found = _without(_joined(_without(found) + _without(_joined(other))))
        return found, negated

    def item(self) -> Intervals:
        text, at = self.text, self.at
        if text[at] == "[":
            inner, negated = self.charset()
            return _without(inner) if negated else inner
        if text[at] == "\\":
            sign = text[at + 1]
            if sign in "pP":
                return self.property()
            if sign.lower() in _CLASSES:
                self.at += 2
                found = _ranges(_CLASSES[sign.lower()])
                return _without(found) if sign.isupper() else found
            if sign == "Q":
                return [(ord(one), ord(one)) for one in self.quotation()]
        low = ord(self.character())
        if text[self.at] == "-" and text[self.at + 1] not in "[]":
            self.at += 1
            high = ord(self.character())
            if high < low:
                raise re.error("Illegal character range")
            return [(low, high)]
        return [(low, low)]


def _closed(opened: list[str]) -> str:
    """Return what ends groups of flags, also behind a comment."""
    return "".join("\n)" if "x" in one else ")" for one in opened)


def _ranges(text: str) -> Intervals:
    return _joined([(ord(text[at]), ord(text[at + 2])) for at in range(0, len(text), 3)])


def _joined(intervals: Intervals) -> Intervals:
    found: Intervals = []
    for low, high in sorted(intervals):
        if found and low <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(high, found[-1][1])
        else:
            found.append((low, high))
    return found


def _without(intervals: Intervals) -> Intervals:
    """Return all other characters."""
    edges = [(-1, -1), *intervals, (_LAST + 1, _LAST + 1)]
    return [(before[1] + 1, after[0] - 1) for before, after in pairwise(edges) if before[1] + 1 <= after[0] - 1]


def _written(intervals: Intervals, negated: bool) -> str:
    if not intervals:
        return r"[\s\S]" if negated else "(?!)"
    inner = "".join(f"\\U{low:08x}" + (f"-\\U{high:08x}" if high > low else "") for low, high in intervals)
    return f"[{'^' if negated else ''}{inner}]"


def _property(name: str) -> Intervals:
    if name in _POSIX:
        return _ranges(_POSIX[name])
    name = re.sub(r"^(?:Is|gc=|general_category=|script=|sc=)", "", name)
    if name in _SCRIPTS:
        return _script(name.upper())
    categories = _BINARY.get(name, (name,))
    found = [one for category, ones in _categories().items() if category.startswith(categories) for one in ones]
    if not found or not name:
        raise re.error(f"Unknown character property name {{{name}}}")
    return _joined(found)


@cache
def _categories() -> dict[str, Intervals]:
    """Return the characters of each general category: a fifth of a second, so only where a property is asked for."""
    found: dict[str, Intervals] = {}
    before, start = unicodedata.category("\0"), 0
    for code in range(1, _LAST + 2):
        category = unicodedata.category(chr(code)) if code <= _LAST else ""
        if category != before:
            found.setdefault(before, []).append((start, code - 1))
            before, start = category, code
    return found


@cache
def _script(first_word: str) -> Intervals:
    intervals = [one for category, ones in _categories().items() if category[0] == "L" for one in ones]
    letters = (code for low, high in intervals for code in range(low, high + 1))
    return _joined([(code, code) for code in letters if unicodedata.name(chr(code), "").startswith(first_word + " ")])


__all__ = ["pattern"]
