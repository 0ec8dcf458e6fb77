"""The patterns of policies, and the classes into which they divide all texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache

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


@lru_cache(maxsize=4_096)
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


def _matched(patterns: list[Pattern]) -> list[frozenset[int]]:
    """Each set of patterns (by number) that some text matches, and no other pattern with them.

    All patterns are read at once, as a finite automaton: a state is how far each may have come. What all
    begin with, as ARNs do, is not read: texts that begin otherwise match the first one alone.
    """
    first, *others = patterns
    shared = _shared(others) if first == EVERYTHING else 0
    read = _Reader([first, *(pattern[shared:] for pattern in others)])
    states, left = {read.start}, [read.start]
    found: dict[int, None] = {}
    while left:
        state = left.pop()
        found[state & read.ends] = None
        for character in read.characters(state):
            following = read.after(state, character)
            if following not in states:
                if len(states) >= MOST_STATES:
                    raise TooComplex
                states.add(following)
                left.append(following)
    otherwise = [frozenset({0})] if shared else []
    return list(dict.fromkeys([*otherwise, *(read.ended(ends) for ends in found)]))


def _shared(listed: list[Pattern]) -> int:
    """With how many tokens that are no wildcards all of them begin."""
    count = 0
    for tokens in zip(*listed, strict=False):
        if len(set(tokens)) > 1 or isinstance(tokens[0], Wild):
            break
        count += 1
    return count


class _Reader:
    """Reads patterns. A state is an int with a bit for each place in each pattern that it has come to: before
    each token, and behind the last. So a step of all of them is a shift."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.start = self.ends = self._literal = 0
        self._wild = dict.fromkeys(Wild, 0)
        self._before: dict[str, int] = {}
        self._tokens: dict[int, str] = {}
        self._numbers: dict[int, int] = {}
        bit = 1
        for number, pattern in enumerate(patterns):
            self.start |= bit
            for token in pattern:
                if isinstance(token, Wild):
                    self._wild[token] |= bit
                else:
                    self._literal |= bit
                    self._before[token] = self._before.get(token, 0) | bit
                    self._tokens[bit] = token
                bit <<= 1
            self.ends |= bit
            self._numbers[bit] = number
            bit <<= 1
        self._empty = self._wild[Wild.MANY] | self._wild[Wild.MANY_IN_PART]
        self._in_part = self._wild[Wild.MANY_IN_PART] | self._wild[Wild.ONE_IN_PART]
        self._any_wild = self._empty | self._in_part | self._wild[Wild.ONE]
        self.start = self._settled(self.start)

    def characters(self, state: int) -> Iterator[str]:
        """Those after which the patterns differ: the ones that stand next, the colon, and any other."""
        literals = dict.fromkeys(self._tokens[bit] for bit in _bits(state & self._literal))
        yield from literals
        if state & self._any_wild:
            if ":" not in literals and state & self._in_part:
                yield ":"
            yield "\0"  # no text in a policy has it

    def after(self, state: int, character: str) -> int:
        """The state after this character, or after a value that nobody knows yet."""
        stay = self._wild[Wild.MANY]
        step = self._before.get(character, 0)
        if len(character) == 1:
            step |= self._wild[Wild.ONE]
            if character != ":":
                stay |= self._wild[Wild.MANY_IN_PART]
                step |= self._wild[Wild.ONE_IN_PART]
        return self._settled((state & step) << 1 | state & stay)

    def ended(self, ends: int) -> frozenset[int]:
        """The numbers of the patterns whose ends these are."""
        return frozenset(self._numbers[bit] for bit in _bits(ends))

    def _settled(self, state: int) -> int:
        """With the places behind wildcards that may match nothing."""
        while (more := state | (state & self._empty) << 1) != state:
            state = more
        return state


def _bits(state: int) -> Iterator[int]:
    while state:
        lowest = state & -state
        yield lowest
        state ^= lowest
