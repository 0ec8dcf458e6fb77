"""Values of a plan as text: in one line, with nothing in it that a terminal or a browser would obey."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from ops.plans import texts

NONE = "none"
UNKNOWN = "(known after the apply)"


def shown(value: Any) -> str:
    """A value as one line, all of it: what is cut before it is compared may read like another one.

    Texts stand without quotes, but where they would read like another value.
    """
    if value is None:
        return NONE
    if isinstance(value, str):
        return visible(json.dumps(value, ensure_ascii=False) if _like_another(value) else value)
    return visible(json.dumps(texts.opened(value), ensure_ascii=False))


def _like_another(text: str) -> bool:
    """Whether the bare text would be taken for a number, a boolean, a list, or nothing at all."""
    return (
        text.strip() != text or text in ("", NONE, "true", "false", "null") or text.replace(".", "").isdigit()
    )


def visible(text: str) -> str:
    """The text in one line; control characters, and those that turn the direction of reading, spelt out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(one if _printed(one) else _spelt(one) for one in text)


def _printed(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def _spelt(character: str) -> str:
    known = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    number = ord(character)
    return known.get(character) or (f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}")
