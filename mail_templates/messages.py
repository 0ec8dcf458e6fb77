"""Every variable of every mail, named once: a message is one frozen dataclass whose fields they are.

No field has a default. A mail whose variable is missing is accepted by SES and then never sent; a message
that lacks one cannot be made.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Variable:
    """name: as in the templates; meaning: one phrase; sample: what previews show; link: is it an address?"""

    name: str
    meaning: str
    sample: str
    link: bool = False


def _text(meaning: str, sample: str) -> Any:
    return dataclasses.field(metadata={"meaning": meaning, "sample": sample})


def _link(meaning: str, sample: str) -> Any:
    return dataclasses.field(metadata={"meaning": meaning, "sample": sample, "link": True})


class Message:
    """A mail about to be sent. Raises ValueError for a value that no mail may hold.

    Text becomes one line: line breaks and characters that steer (control, direction) become spaces, because
    a subject is a header and a text body has no markup to keep a value in its place.
    """

    def __post_init__(self) -> None:
        for variable in variables(type(self)):
            value = getattr(self, variable.name)
            if not isinstance(value, str):
                raise TypeError(f"{variable.name} is {type(value).__name__}, expected str")
            checked = _web_address(variable.name, value) if variable.link else _one_line(value)
            if not checked:
                raise ValueError(f"{variable.name} is empty")
            object.__setattr__(self, variable.name, checked)


_PROJECT = "Booking portal for a sailing club, with members’ accounts & payments"
_SESSION = "https://wizard.example.com/s/7Kq2mXw9?token=b5Jm0cVtN3yQ8r&from=mail"


@dataclass(frozen=True, kw_only=True)
class Export(Message):
    """The specification as a PDF: a signed link instead of an attachment: it expires, and weighs nothing."""

    project_name: str = _text("what the user calls the project", _PROJECT)
    download_url: str = _link(
        "signed link to the PDF",
        "https://downloads.example.com/exports/7Kq2mXw9/specification.pdf"
        "?Expires=1796130000&Key-Pair-Id=K2JCJMDEHXQW5F&Signature=dGhpcyBpcyBhIHNhbXBsZQ__",
    )
    download_expires_at: str = _text("until when that link works", "1 December 2026, 13:00 UTC")
    download_size: str = _text("size of the PDF", "412 KB")
    session_url: str = _link("magic link back into the chat", _SESSION)
    session_expires_at: str = _text("until when that link works", "24 December 2026, 12:36 UTC")


@dataclass(frozen=True, kw_only=True)
class Submission(Message):
    """Confirmation that a specification was submitted."""

    reference_number: str = _text("number under which it was submitted", "SW-2026-004217")
    project_name: str = _text("what the user calls the project", _PROJECT)
    submitted_at: str = _text("when it was submitted", "24 November 2026, 12:36 UTC")
    session_url: str = _link("magic link to what was submitted", _SESSION)
    session_expires_at: str = _text("until when that link works", "24 December 2026, 12:36 UTC")


MESSAGES: dict[str, type[Message]] = {"export": Export, "submission": Submission}
"""Template name -> the message it is for."""


def variables(message: type[Message]) -> tuple[Variable, ...]:
    """The variables of a message, in the order of its fields."""
    # mypy: every Message is a dataclass, which its base is not.
    return tuple(Variable(field.name, **field.metadata) for field in dataclasses.fields(message))  # type: ignore[arg-type]


def sample(template: str) -> Message:
    """The message with its sample values."""
    message = MESSAGES[template]
    return message(**{variable.name: variable.sample for variable in variables(message)})


# Of the format characters only those that turn the direction: joiners belong to words and emoji.
_TURNS_DIRECTION = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_STEERS = ("Cc", "Cs", "Zl", "Zp")


def _one_line(value: str) -> str:
    kept = (" " if c in _TURNS_DIRECTION or unicodedata.category(c) in _STEERS else c for c in value)
    return " ".join("".join(kept).split())


def _web_address(name: str, value: str) -> str:
    """An https address in plain ASCII; anything else could run as a script or leave its attribute."""
    try:
        parts = urlsplit(value)
    except ValueError as error:
        raise ValueError(f"{name} is not an address: {error}") from error
    if parts.scheme != "https" or not parts.hostname or not re.fullmatch(r"[!-~]+", value):
        raise ValueError(f"{name} is not an https address")
    if re.search(r"[\"'<>`\\{}|^]", value):
        raise ValueError(f"{name} has a character that must be percent-encoded")
    return value
