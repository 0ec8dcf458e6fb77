"""What of a plan must not be shown: what Terraform marks as sensitive, and what looks like a secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ops import masking

SENSITIVE = "(sensitive)"
LOOKS_SECRET = "(looks like a secret)"

Known = Callable[[str], str]
"""Hides within a text the secrets that a plan marks (`ops/review/veil.py`), before anything is hidden by look
or by name: that takes a part out of a secret, and the rest of it is found no more."""


def nothing_known(text: str) -> str:
    """For values of which no plan marks anything."""
    return text


def inner(marks: Any, key: str | int) -> Any:
    """The marks of one member; a container that is marked as a whole marks each of them."""
    if not marks or marks is True:  # nearly all of a plan
        return bool(marks)
    if isinstance(marks, Mapping):
        return marks.get(str(key), False)
    if isinstance(marks, Sequence) and not isinstance(marks, str) and isinstance(key, int):
        return marks[key] if key < len(marks) else False
    return False


def masked(value: Any, marks: Any, known: Known = nothing_known, *, called: bool | None = False) -> Any:
    """The value with every marked place, at any depth, replaced, and so is what looks like a secret.

    called: whether it stands below a name of one, see `ops/masking.py`.
    """
    if marks is True:
        return SENSITIVE
    if isinstance(value, Mapping):
        return {
            without_secrets(known(str(key))): masked(
                member, inner(marks, key), known, called=masking.below(called, value, key)
            )
            for key, member in value.items()
        }
    if isinstance(value, list):
        return [
            masked(member, inner(marks, index), known, called=called) for index, member in enumerate(value)
        ]
    if called and masking.may_be_one(value):
        return LOOKS_SECRET
    if isinstance(value, str):
        return _text(value, known)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value if known(text := str(value)) == text else SENSITIVE
    return value


def _text(text: str, known: Known) -> str:
    """A text; in one that is JSON also what its keys call a secret."""
    text = known(text)
    if text.lstrip().startswith(("{", "[")):
        try:
            document = json.loads(text)
        except ValueError:
            return without_secrets(text)
        shown = masked(document, False, known)
        return text if shown == document else json.dumps(shown)
    return without_secrets(text)


def masked_as(name: str, value: Any, marks: Any, known: Known = nothing_known) -> Any:
    """The same for the value of an attribute or a key of this name, which may say that it is a secret."""
    return masked(value, marks, known, called=masking.below(False, {}, name))


@lru_cache(maxsize=4_096)
def without_secrets(text: str) -> str:
    """The text without what looks like a key or a token. The same texts come again: tags, regions, names."""
    return masking.without_secrets(text, LOOKS_SECRET)


def either(marks: Any, others: Any) -> Any:
    """The marks of both sides of a change in one: whoever marks a value today mostly had the same secret
    there, unmarked, yesterday."""
    if True in (marks, others):
        return True
    if isinstance(marks, Mapping) and isinstance(others, Mapping):
        return {**marks, **{key: either(marks.get(key, False), other) for key, other in others.items()}}
    if isinstance(marks, list) and isinstance(others, list):
        longer, shorter = sorted((marks, others), key=len, reverse=True)
        return [either(mark, inner(shorter, index)) for index, mark in enumerate(longer)]
    return marks or others


def marked(marks: Any) -> Any:
    """The marks without the places that have none, so that two that say the same are the same."""
    if isinstance(marks, Mapping):
        return {key: inside for key, mark in marks.items() if (inside := marked(mark))}
    if isinstance(marks, list):
        return [marked(mark) for mark in marks] if any_marked(marks) else []
    return marks


def any_marked(marks: Any) -> bool:
    """Whether anything below is marked."""
    if not marks or marks is True:
        return bool(marks)
    if isinstance(marks, Mapping):
        return any(any_marked(mark) for mark in marks.values())
    if isinstance(marks, list):
        return any(any_marked(mark) for mark in marks)
    return bool(marks)
