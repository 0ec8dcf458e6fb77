"""How two values of a resource differ: attribute by attribute, into blocks and into texts that are JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ops.plans import masking, policies
from ops.plans.document import Path, ResourceChange

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

NOTHING = ("null", '""', "[]", "{}", "false")
"""No value, as JSON: a provider writes it one way and reads it another."""


@dataclass(frozen=True)
class Difference:
    """One place that differs.

    path: from the attribute inwards, a named block by its name. before, after: fit to be shown, what is
    sensitive replaced. sensitive: whether something was. unknown: the new value is only known after an apply.
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
        text = ""
        for part in self.path:
            if isinstance(part, int):
                text += f"[{part}]"
            elif re.fullmatch(r"[A-Za-z_][\w-]*", part):
                text += f".{part}" if text else part
            else:
                text += f"[{json.dumps(part)}]"
        return text


def of(change: ResourceChange, *, none_is_none: bool = False) -> list[Difference]:
    """All places in which a resource's attributes differ; none for one that is new or gone.

    none_is_none: the several ways to write no value are no difference.
    """
    if change.before is None or change.after is None:
        return []
    found = [
        difference
        for difference, values in _between(
            (), (change.before, change.before_sensitive), (change.after, change.after_sensitive)
        )
        if not (none_is_none and all(_is_nothing(value) for value in values))
    ]
    return [*found, *_unknown(change, {difference.attribute for difference in found})]


def _unknown(change: ResourceChange, told: set[str]) -> Iterator[Difference]:
    """Attributes that only an apply will know; computed ones among them, which may come out as they were."""
    if not isinstance(change.after_unknown, Mapping):
        return
    for attribute, marks in change.after_unknown.items():
        if masking.any_marked(marks) and attribute not in told:
            before = (change.before or {}).get(attribute)
            marked = masking.inner(change.before_sensitive, attribute)
            shown = masking.masked(before, marked)
            yield Difference((attribute,), shown, None, masking.any_marked(marked), unknown=True)


Marked = tuple[Any, Any]
"""A value, and Terraform's marks of what in it is sensitive."""


def _is_nothing(value: Any) -> bool:
    return json.dumps(value) in NOTHING


Found = tuple[Difference, tuple[Any, Any]]
"""A difference, and the two values as they are."""


def _between(path: Path, before: Marked, after: Marked) -> Iterator[Found]:
    (old, old_marks), (new, new_marks) = before, after
    if old == new:
        return
    if True in (old_marks, new_marks):
        yield _difference(path, before, after)
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _between((*path, key), _member(before, key), _member(after, key))
    elif _blocks(old or new) and _blocks(new or old):
        before, after = (old or [], old_marks), (new or [], new_marks)
        yield from _between_blocks(path, before, after)
    elif (old_document := _parsed(old)) is not None and (new_document := _parsed(new)) is not None:
        yield from _between(path, (old_document, old_marks), (new_document, new_marks))
    else:
        yield _difference(path, before, after)


def _between_blocks(path: Path, before: Marked, after: Marked) -> Iterator[Found]:
    """Named blocks by name; others in order, once those that are on both sides are left out."""
    name = next((n for n in IDENTITIES if _named(before[0], n) and _named(after[0], n)), None)
    if name:
        old = {block[name]: _member(before, index) for index, block in enumerate(before[0])}
        new = {block[name]: _member(after, index) for index, block in enumerate(after[0])}
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _between((*path, key), old.get(key, ABSENT), new.get(key, ABSENT))
        return
    olds = [index for index, block in enumerate(before[0]) if block not in after[0]]
    news = [index for index, block in enumerate(after[0]) if block not in before[0]]
    if not olds and not news:  # the same blocks in another order, or more than once
        yield _difference(path, before, after)
    for place in range(max(len(olds), len(news))):
        old_block = _member(before, olds[place]) if place < len(olds) else ABSENT
        new_block = _member(after, news[place]) if place < len(news) else ABSENT
        index = olds[place] if place < len(olds) else news[place]
        yield from _between((*path, index), old_block, new_block)


ABSENT: Marked = (None, False)


def _member(value: Marked, key: str | int) -> Marked:
    content, marks = value
    inside = content.get(key) if isinstance(content, Mapping) else content[key]
    return inside, masking.inner(marks, key)


def _difference(path: Path, before: Marked, after: Marked) -> Found:
    sensitive = masking.any_marked(before[1]) or masking.any_marked(after[1])
    shown = Difference(path, masking.masked(*before), masking.masked(*after), sensitive)
    return shown, (before[0], after[0])


def _blocks(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(member, Mapping) for member in value)


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
