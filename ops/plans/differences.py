"""How two values of a resource differ: attribute by attribute, into blocks and into texts that are JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ops import masking as names
from ops.plans import masking, policies
from ops.plans.document import Path, ResourceChange
from ops.plans.masking import Known, nothing_known

IDENTITIES = (
    "Sid",
    "id",
    "name",
    "key",
    "route_key",
    "path_pattern",
    "origin_id",
    "event_type",
    "header",
)
"""What names a block among its siblings, where all of them have it and no two the same."""

NOTHING: tuple[Any, ...] = (None, "", [], {}, False)
"""No value: a provider writes it one way and reads it another. Zero is one, though Python calls it False."""

WORD = re.compile(r"[A-Za-z_][\w-]*")


@dataclass(frozen=True)
class Difference:
    """One place that differs.

    path: from the attribute inwards, a named block by its name. before, after: fit to be shown, what is
    sensitive replaced, by a mark, by its look or by its name. sensitive: whether something was. unknown: the
    new value is only known after an apply.
    """

    path: Path
    before: Any
    after: Any
    sensitive: bool = False
    unknown: bool = False

    @property
    def attribute(self) -> str:
        """The attribute of the resource that it lies in."""
        return str(self.path[0])

    @property
    def where(self) -> str:
        """The path as people write it: `ttl[0].enabled`, `policy.Statement["*"].Action`."""
        return written(self.path)


def written(path: Path) -> str:
    """A path as people write it."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif WORD.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part, ensure_ascii=False)}]"
    return text


def alike(before: Any, after: Any, sensitive: bool) -> str:
    """What to say instead of a new value that reads like the old one. sensitive: see Difference."""
    if sensitive:
        return "another, also hidden"
    other_type = type(before) is not type(after)
    return "the same, as another type" if other_type else "another, which reads the same"


class Side(NamedTuple):
    """A value with Terraform's marks of what in it is sensitive, and of what in it is not known yet.

    called: whether it stands below a name of a secret, see `ops/masking.py`.
    """

    value: Any
    marks: Any = False
    unknown: Any = False
    called: bool | None = False

    def member(self, key: str | int) -> Side:
        """One of them, with its marks."""
        marks, unknown = masking.inner(self.marks, key), masking.inner(self.unknown, key)
        if not isinstance(self.value, dict):
            return Side(self.value[key], marks, unknown, self.called)
        return Side(self.value.get(key), marks, unknown, names.below(self.called, self.value, str(key)))


ABSENT = Side(None)


class Found(NamedTuple):
    """Where two values differ, both as they are."""

    path: Path
    before: Side
    after: Side
    unknown: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether these are two ways to write no value."""
        return not self.unknown and _is_nothing(self.before.value) and _is_nothing(self.after.value)


def of(
    change: ResourceChange, *, none_is_none: bool = False, known: Known = nothing_known
) -> list[Difference]:
    """All places in which a resource's attributes differ; none for one that is new or gone.

    none_is_none: the several ways to write no value are no difference. known: see `masking`. Attributes that
    only an apply will know come last: computed ones among them may come out as they were.
    """
    if change.before is None or change.after is None:
        return []
    before = Side(change.before, change.before_sensitive)
    after = Side(change.after, change.after_sensitive, change.after_unknown)
    return between(before, after, none_is_none=none_is_none, known=known)


def between(
    before: Side, after: Side, *, none_is_none: bool = False, known: Known = nothing_known
) -> list[Difference]:
    """The same for any two objects, such as outputs by their names."""
    found = [
        _difference(*place, known=known)
        for place in _members((), before, after)
        if not (none_is_none and place.is_nothing)
    ]
    return sorted(found, key=lambda one: one.unknown)  # stable: within both in the order of the attributes


def _is_nothing(value: Any) -> bool:
    return any(value == nothing and type(value) is type(nothing) for nothing in NOTHING)


def _members(path: Path, before: Side, after: Side) -> Iterator[Found]:
    """Key by key; a key that is only among the unknown has no value yet."""
    old, new = before.value, after.value
    unknown = after.unknown if isinstance(after.unknown, dict) else {}
    later = [key for key, mark in unknown.items() if masking.any_marked(mark)]
    for key in {**old, **new, **dict.fromkeys(later)}:
        # Most of a resource stays as it is: nothing is made of that.
        if key in old and key in new and key not in later and same(old[key], new[key]):
            continue
        yield from _between((*path, key), before.member(key), after.member(key))


def _between(path: Path, before: Side, after: Side) -> Iterator[Found]:
    old, new = before.value, after.value
    if after.unknown is True or (new is None and masking.any_marked(after.unknown)):
        yield Found(path, before, after, unknown=True)
    elif same(old, new) and not masking.any_marked(after.unknown):
        return
    elif True in (before.marks, after.marks):
        yield Found(path, before, after)
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _members(path, before, after)
    elif _blocks(old or new) and _blocks(new or old):
        yield from _between_blocks(path, before._replace(value=old or []), after._replace(value=new or []))
    elif masking.any_marked(after.unknown):  # a list of texts, some of them not known yet
        yield Found(path, before, after, unknown=True)
    elif (old_document := _parsed(old)) is not None and (new_document := _parsed(new)) is not None:
        yield from _between(
            path, Side(old_document, called=before.called), Side(new_document, called=after.called)
        )
    else:
        yield Found(path, before, after)


def _between_blocks(path: Path, before: Side, after: Side) -> Iterator[Found]:
    """Named blocks by name; others in order, once those that are on both sides are left out."""
    name = next((n for n in IDENTITIES if _named(before.value, n) and _named(after.value, n)), None)
    if name:
        old = {block[name]: before.member(index) for index, block in enumerate(before.value)}
        new = {block[name]: after.member(index) for index, block in enumerate(after.value)}
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _between((*path, key), old.get(key, ABSENT), new.get(key, ABSENT))
        return
    olds, news = _only(before, after), _only(after, before)
    if not olds and not news:  # the same blocks in another order, or more than once
        yield Found(path, before, after)
    for place in range(max(len(olds), len(news))):
        old_block = before.member(olds[place]) if place < len(olds) else ABSENT
        new_block = after.member(news[place]) if place < len(news) else ABSENT
        index = olds[place] if place < len(olds) else news[place]
        yield from _between((*path, index), old_block, new_block)


def _only(side: Side, other: Side) -> list[int]:
    """Which blocks are not on the other side, too; by their JSON, so that a thousand are no million pairs."""
    there = {json.dumps(block, sort_keys=True) for block in other.value}
    return [
        index
        for index, block in enumerate(side.value)
        if json.dumps(block, sort_keys=True) not in there or masking.any_marked(side.member(index).unknown)
    ]


def _difference(path: Path, before: Side, after: Side, unknown: bool, known: Known) -> Difference:
    marks = masking.either(before.marks, after.marks)
    called = before.called or after.called
    old, new = (
        None if side.value is None else masking.masked(side.value, marks, known, called=called)
        for side in (before, after)
    )
    hidden = masking.any_marked(marks) or (old, new) != (before.value, after.value)
    return Difference(path, old, new, hidden, unknown)


def same(old: Any, new: Any) -> bool:
    """Whether two values are the same as JSON, where 1 is not true."""
    if old != new:
        return False
    if isinstance(old, str):
        return True
    if isinstance(old, dict):
        return all(same(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return all(map(same, old, new))
    return isinstance(old, bool) is isinstance(new, bool)


def _blocks(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(member, dict) for member in value)


def _named(blocks: list[Any], name: str) -> bool:
    names = [block.get(name) for block in blocks]
    return all(isinstance(one, str) and one for one in names) and len(set(names)) == len(names)


def _parsed(value: Any) -> Any:
    """The document in a text that is JSON, its order and shorthand made even; None for any other text."""
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return None
    try:
        return policies.canonical(json.loads(value))
    except ValueError:
        return None
