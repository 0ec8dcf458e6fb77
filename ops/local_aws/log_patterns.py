"""Filter patterns of CloudWatch Logs: JSON patterns and patterns of terms.

Syntax as in the CloudWatch Logs User Guide, "Filter pattern syntax". Where the guide is silent, the
stricter reading is taken, so that what matches here matches on AWS: a comparison with a field that is not
there is false, `!=` included; a quoted value equals strings only, a number equals JSON numbers only.
Regular expressions (`%…%`) and space-delimited patterns (`[a, b]`) are refused.
"""

from __future__ import annotations

import functools
import json
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

Matcher = Callable[[str], bool]
Condition = Callable[[Any], bool]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_STEP = re.compile(r"""\.?\[\s*(?:"([^"]*)"|'([^']*)'|(\d+)|(\*))\s*\]|\.([\w-]+)""")
_SELECTOR = re.compile(rf"\$(?:{_STEP.pattern})*", re.VERBOSE)
_TOKEN = re.compile(
    rf"""\s*(?:(?P<selector>{_SELECTOR.pattern})|(?P<sign>&&|\|\||!=|>=|<=|[=<>()])
    |(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<bare>[^\s()=<>!&|"]+))""",
    re.VERBOSE,
)
_TERM = re.compile(r'\s*(?P<mark>[?-]?)(?:"(?P<phrase>(?:[^"\\]|\\.)*)"|(?P<word>[^\s"]+))')
_ORDER = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}


@functools.lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Matcher:
    """What says whether a message matches; ValueError for a pattern that is wrong or not supported."""
    pattern = pattern.strip()
    if pattern.startswith("{") and pattern.endswith("}"):
        return _json_matcher(_Parser(pattern[1:-1]).whole())
    if pattern[:1] in ("[", "%", "{"):
        raise ValueError(f"Invalid filter pattern, or a kind that is not supported here: {pattern}")
    return _terms_matcher(pattern)


def matches(pattern: str, message: str) -> bool:
    """Whether the message matches."""
    return compile_pattern(pattern)(message)


def select(selector: str, document: Any) -> list[Any]:
    """The values that `$.a.b[0]["c"]` names in a JSON document; more than one only with `[*]`."""
    if not _SELECTOR.fullmatch(selector):
        raise ValueError(f"Invalid property selector: {selector}")
    values = [document]
    for step in _STEP.finditer(selector):
        values = [found for value in values for found in _children(value, step)]
    return values


def is_json_pattern(pattern: str) -> bool:
    """Whether it is a pattern of JSON fields."""
    return pattern.strip().startswith("{")


def _children(value: Any, step: re.Match[str]) -> Iterator[Any]:
    double, single, index, everything, name = step.groups()
    key = next((one for one in (double, single, name) if one is not None), None)
    if key is not None:
        if isinstance(value, dict) and key in value:
            yield value[key]
    elif isinstance(value, list):
        if everything:
            yield from value
        elif int(index) < len(value):
            yield value[int(index)]


def _json_matcher(condition: Condition) -> Matcher:
    def match(message: str) -> bool:
        # Most lines are no JSON at all.
        if not message.lstrip().startswith("{"):
            return False
        try:
            document = json.loads(message)
        except ValueError:
            return False
        return condition(document)

    return match


class _Parser:
    """Recursive descent; && binds more tightly than ||."""

    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    def whole(self) -> Condition:
        condition = self._disjunction()
        if self._at < len(self._tokens):
            raise ValueError(f"Invalid filter pattern at {self._tokens[self._at][1]!r}")
        return condition

    def _disjunction(self) -> Condition:
        parts = [self._conjunction()]
        while self._skip("||"):
            parts.append(self._conjunction())
        return lambda document: any(part(document) for part in parts)

    def _conjunction(self) -> Condition:
        parts = [self._operand()]
        while self._skip("&&"):
            parts.append(self._operand())
        return lambda document: all(part(document) for part in parts)

    def _operand(self) -> Condition:
        if self._skip("("):
            inner = self._disjunction()
            self._take("sign", ")")
            return inner
        selector = self._take("selector")
        kind, word = self._next()
        if kind == "bare" and word.upper() in ("IS", "NOT"):
            return _of_kind(selector, f"{word} {self._take('bare')}".upper())
        kind, value = self._next()
        if kind not in ("bare", "quoted"):
            raise ValueError(f"Invalid filter pattern: a value is expected after {selector} {word}")
        test = _comparison(word, value)
        return lambda document: any(test(found) for found in select(selector, document))

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise ValueError("Invalid filter pattern: it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _skip(self, sign: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign)
        self._at += found
        return found

    def _take(self, kind: str, text: str | None = None) -> str:
        found, value = self._next()
        if found != kind or text not in (None, value):
            raise ValueError(f"Invalid filter pattern: {text or kind} is expected instead of {value!r}")
        return value


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    text, at = text.rstrip(), 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"Invalid filter pattern at {text[at:]!r}")
        kind = str(token.lastgroup)
        yield kind, token.group(kind)
        at = token.end()


def _of_kind(selector: str, what: str) -> Condition:
    kinds: dict[str, Callable[[list[Any]], bool]] = {
        "NOT EXISTS": lambda found: not found,
        "IS NULL": lambda found: any(value is None for value in found),
        "IS TRUE": lambda found: any(value is True for value in found),
        "IS FALSE": lambda found: any(value is False for value in found),
    }
    if what not in kinds:
        raise ValueError(f"Invalid filter pattern: {what} is not known")
    return lambda document: kinds[what](select(selector, document))


def _comparison(sign: str, value: str) -> Condition:
    if sign in ("=", "!="):
        equal = _equality(value)
        return equal if sign == "=" else lambda found: not equal(found)
    if sign not in _ORDER or not _NUMBER.fullmatch(value):
        raise ValueError(f"Invalid filter pattern: {sign} {value}")
    bound = float(value)
    return lambda found: _is_number(found) and bool(_ORDER[sign](found, bound))


def _equality(value: str) -> Condition:
    if _NUMBER.fullmatch(value):
        number = float(value)
        return lambda found: _is_number(found) and found == number
    quoted = value.startswith('"')
    # A regular expression between percent signs would silently never match.
    if not quoted and value.startswith("%"):
        raise ValueError(f"Regular expressions are not supported here: {value}")
    text = re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted else value
    glob = re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)

    def equal(found: Any) -> bool:
        if not quoted and _is_number(found):
            found = json.dumps(found)
        return isinstance(found, str) and glob.fullmatch(found) is not None

    return equal


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _terms_matcher(pattern: str) -> Matcher:
    terms: dict[str, list[re.Pattern[str]]] = {"": [], "?": [], "-": []}
    at = 0
    while at < len(pattern):
        term = _TERM.match(pattern, at)
        if term is None or (term["word"] and not re.fullmatch(r"\w+", term["word"])):
            raise ValueError(f"Invalid character(s) in term {pattern[at:]!r}; quote it")
        phrase = term["word"] or re.sub(r"\\(.)", r"\1", term["phrase"])
        terms[term["mark"]].append(_whole_words(phrase))
        at = term.end()
    if terms["?"] and (terms[""] or terms["-"]):
        raise ValueError("Optional terms (?) cannot stand beside others: CloudWatch Logs ignores them there")

    def match(message: str) -> bool:
        return (
            all(one.search(message) for one in terms[""])
            and not any(one.search(message) for one in terms["-"])
            and (not terms["?"] or any(one.search(message) for one in terms["?"]))
        )

    return match


def _whole_words(phrase: str) -> re.Pattern[str]:
    before = r"(?<!\w)" if phrase[:1].isalnum() else ""
    after = r"(?!\w)" if phrase[-1:].isalnum() else ""
    return re.compile(before + re.escape(phrase) + after)
