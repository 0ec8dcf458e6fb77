"""The patterns of policies, and the classes into which they divide all texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum

MOST_STATES = 60_000
"""Beyond this many the comparison is given up: a policy of 10 kB stays far below it."""

UNKNOWN, KNOWN = "\ue000", "\ue001"
"""They stand around the name of a value that only an apply will know."""

_HOLES = re.compile(rf"\$\{{([^}}]*)\}}|{UNKNOWN}([^{KNOWN}]*){KNOWN}")


class TooComplex(Exception):
    """Two policies with too many overlapping patterns to be compared exactly."""


class Wild(Enum):
    """What matches more than itself. The last two stay within one part of an ARN."""

    MANY = "*"
    ONE = "?"
    MANY_IN_PART = "*:"
    ONE_IN_PART = "?:"


Pattern = tuple[str | Wild, ...]
"""A text of one character stands for itself; a longer one for a value that nobody knows yet, such as
${aws:username}, which only * is sure to match."""

EVERYTHING: Pattern = (Wild.MANY,)
_WILDCARDS = {"*": Wild.MANY, "?": Wild.ONE}
_WITHIN = {"*": Wild.MANY_IN_PART, "?": Wild.ONE_IN_PART}


def glob(text: str, *, fold: bool = False) -> Pattern:
    """The pattern of a text in which * and ? are wildcards. fold: letters in either case."""
    return tuple(_tokens(text, _WILDCARDS, fold))


def literal(text: str, *, fold: bool = False) -> Pattern:
    """The pattern of a text in which nothing is a wildcard."""
    return tuple(_tokens(text, {}, fold))


def arn(text: str) -> Pattern:
    """The pattern of ArnLike and ArnEquals: the six parts of an ARN match one by one.

    Source: IAM user guide, "Amazon Resource Name (ARN) condition operators".
    """
    parts = text.split(":", 5)
    if len(parts) < 6:
        return glob(text)
    inner = [token for part in parts[:5] for token in (*_tokens(part, _WITHIN, False), ":")]
    return (*inner, *glob(parts[5]))


def _tokens(text: str, wildcards: dict[str, Wild], fold: bool) -> Iterator[str | Wild]:
    """IAM writes a literal *, ? or $ as ${*}, ${?} or ${$}; what else is in ${ } is a policy variable."""
    at = 0
    for hole in _HOLES.finditer(text):
        yield from _plain(text[at : hole.start()], wildcards, fold)
        if hole[1] is None:
            yield f"{UNKNOWN}{hole[2]}"
        else:
            yield hole[1] if hole[1] in ("*", "?", "$") else f"${{{hole[1].lower()}"
        at = hole.end()
    yield from _plain(text[at:], wildcards, fold)


def _plain(text: str, wildcards: dict[str, Wild], fold: bool) -> Iterator[str | Wild]:
    for character in text.lower() if fold else text:
        yield wildcards.get(character, character)


class Classes:
    """All texts, divided by which of the patterns they match. A set of classes is an int, one bit each.

    within: only texts that match this pattern exist. Raises TooComplex.
    """

    def __init__(self, patterns: Iterable[Pattern], within: Pattern = EVERYTHING) -> None:
        listed = list(dict.fromkeys([within, *patterns]))
        found = [matched for matched in _matched(listed) if 0 in matched]
        self.everything = (1 << len(found)) - 1
        self._masks = {
            pattern: sum(1 << bit for bit, matched in enumerate(found) if number in matched)
            for number, pattern in enumerate(listed)
        }

    def of(self, patterns: Iterable[Pattern]) -> int:
        """The classes of texts that match any of these, which are among those it was made of."""
        mask = 0
        for pattern in patterns:
            mask |= self._masks[pattern]
        return mask


_State = frozenset[tuple[int, int]]


def _matched(patterns: list[Pattern]) -> list[frozenset[int]]:
    """Each set of patterns (by number) that some text matches, and no other pattern with them.

    All patterns are read at once, as a finite automaton: a state is how far each may have come.
    """
    start = _settled(((number, 0) for number in range(len(patterns))), patterns)
    states, left = {start}, [start]
    found: dict[frozenset[int], None] = {}
    while left:
        state = left.pop()
        found[frozenset(n for n, place in state if place == len(patterns[n]))] = None
        for character in _characters(state, patterns):
            following = _settled(_read(state, character, patterns), patterns)
            if following not in states:
                if len(states) >= MOST_STATES:
                    raise TooComplex
                states.add(following)
                left.append(following)
    return list(found)


def _settled(places: Iterable[tuple[int, int]], patterns: list[Pattern]) -> _State:
    """With the places behind wildcards that may match nothing."""
    reached = set()
    for number, place in places:
        reached.add((number, place))
        pattern = patterns[number]
        while place < len(pattern) and pattern[place] in (Wild.MANY, Wild.MANY_IN_PART):
            place += 1
            reached.add((number, place))
    return frozenset(reached)


def _characters(state: _State, patterns: list[Pattern]) -> Iterator[str]:
    """Those after which the patterns differ: the ones that stand next, the colon, and any other."""
    following = {patterns[n][place] for n, place in state if place < len(patterns[n])}
    literals = {token for token in following if isinstance(token, str)}
    yield from literals
    if len(literals) < len(following):
        if ":" not in literals and following & {Wild.MANY_IN_PART, Wild.ONE_IN_PART}:
            yield ":"
        yield "\0"  # no text in a policy has it


def _read(state: _State, character: str, patterns: list[Pattern]) -> Iterator[tuple[int, int]]:
    for number, place in state:
        if place == len(patterns[number]):
            continue
        token = patterns[number][place]
        known, inner = len(character) == 1, character != ":"
        if token is Wild.MANY or (token is Wild.MANY_IN_PART and known and inner):
            yield number, place
        elif token == character or (known and (token is Wild.ONE or (token is Wild.ONE_IN_PART and inner))):
            yield number, place + 1
