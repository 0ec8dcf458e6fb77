"""The built-in model: answers where no language model can be asked, and says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from functions.chat_worker.providers.interface import Turn

QUOTED_CHARACTERS = 500
NAMES = {"anthropic": "Anthropic", "openai": "OpenAI"}


class BuiltIn:
    """instead_of: the provider whose key is not set; "built-in" where the configuration wants no other.

    The same turns always give the same answer, in the same pieces.
    """

    name = "built-in"
    model = "built-in"
    built_in = True

    def __init__(self, instead_of: str) -> None:
        self._instead_of = instead_of

    def stream(self, turns: Sequence[Turn]) -> _Words:
        return _Words(answer(turns, self._instead_of))


class _Words:
    """A text in pieces of one word each."""

    def __init__(self, whole: str) -> None:
        self._whole = whole

    def __iter__(self) -> Iterator[str]:
        yield from re.findall(r"\s*\S+\s*$|\s*\S+", self._whole)

    def interrupt(self) -> None:
        """Nothing to do: it never waits."""


def answer(turns: Sequence[Turn], instead_of: str) -> str:
    """What the built-in model says to these turns."""
    if instead_of in NAMES:
        why = f"no API key of {NAMES[instead_of]} is set in this environment"
    else:
        why = "this environment is configured to ask no language model"
    question = " ".join(turns[-1].text.split())
    if len(question) > QUOTED_CHARACTERS:
        question = question[:QUOTED_CHARACTERS] + " …"
    asked = sum(turn.role == "user" for turn in turns)
    return (
        f"This is the built-in model speaking, because {why}. "
        f"It understands nothing; it only shows that the chat works. "
        f"Message {asked} of this conversation reads: “{question}”"
    )
