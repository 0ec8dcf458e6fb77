"""What of a plan must not be shown: what Terraform marks as sensitive, and what looks like a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

SENSITIVE = "(sensitive)"
LOOKS_SECRET = "(looks like a secret)"

_SECRETS = re.compile(
    r"\bsk-[A-Za-z0-9_-]{8,}"  # OpenAI, Anthropic
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"  # JSON web tokens
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)
"""An attribute that a provider forgot to mark, such as a function's environment variable, may hold one."""


def inner(marks: Any, key: str | int) -> Any:
    """The marks of one member; a container that is marked as a whole marks each of them."""
    if marks is True:
        return True
    if isinstance(marks, Mapping):
        return marks.get(str(key), False)
    if isinstance(marks, Sequence) and not isinstance(marks, str) and isinstance(key, int):
        return marks[key] if key < len(marks) else False
    return False


def masked(value: Any, marks: Any) -> Any:
    """The value with every marked place, at any depth, replaced, and so is what looks like a secret."""
    if marks is True:
        return SENSITIVE
    if isinstance(value, Mapping):
        return {key: masked(member, inner(marks, key)) for key, member in value.items()}
    if isinstance(value, list):
        return [masked(member, inner(marks, index)) for index, member in enumerate(value)]
    return without_secrets(value) if isinstance(value, str) else value


def without_secrets(text: str) -> str:
    """The text without what looks like a key or a token."""
    return _SECRETS.sub(LOOKS_SECRET, text)


def any_marked(marks: Any) -> bool:
    """Whether anything below is marked."""
    if isinstance(marks, Mapping):
        return any(any_marked(mark) for mark in marks.values())
    if isinstance(marks, list):
        return any(any_marked(mark) for mark in marks)
    return bool(marks)
