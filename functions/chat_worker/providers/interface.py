"""What a provider is to the rest of the worker, and in which ways it fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True)
class Turn:
    """What one side said."""

    role: Literal["user", "assistant"]
    text: str


class Stream(Protocol):
    """An answer on its way: iterating gives its text in pieces, and raises ProviderError."""

    def __iter__(self) -> Iterator[str]: ...

    def interrupt(self) -> None:
        """From another thread: end the iteration, even where it waits for the provider."""


class Provider(Protocol):
    """name and model: as the frames name them. built_in: no language model is asked."""

    name: str
    model: str
    built_in: bool

    def stream(self, turns: Sequence[Turn]) -> Stream:
        """The answer to the last turn, which is the user's. Nothing is sent before it is iterated."""


class ProviderError(Exception):
    """Its text is for the log: a status, a kind of error, never what the provider wrote about a message."""


class Unavailable(ProviderError):
    """Another time it may answer. retry_after_s: when, if it said so."""

    def __init__(self, reason: str, retry_after_s: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class Unauthorized(ProviderError):
    """It does not take the API key."""


class Refused(ProviderError):
    """It will never answer this: asking again is of no use."""
