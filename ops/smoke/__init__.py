"""Proof that a deployed environment does what it promises: real requests, under the application's role.

Each promise is a function in a module of this package; it takes a `Deployment`, returns what it saw in one
sentence, and raises `Broken` where the promise does not hold. What it wrote it removes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ops.smoke.deployment import Deployment


class Broken(Exception):
    """A promise does not hold; the message says what was seen instead."""


@dataclass(frozen=True)
class Promise:
    """concern: one of the seven; text: what is promised, as the table shows it."""

    concern: str
    text: str
    prove: Callable[[Deployment], str]


@dataclass(frozen=True)
class Result:
    """held: whether it held; seen: what was seen."""

    promise: Promise
    held: bool
    seen: str

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "concern": self.promise.concern,
            "promise": self.promise.text,
            "held": self.held,
            "seen": self.seen,
        }


def prove(deployment: Deployment, promises: Iterable[Promise]) -> Iterable[Result]:
    """Prove one after the other; one that fails does not keep the others from being tried."""
    for promise in promises:
        try:
            yield Result(promise, True, promise.prove(deployment))
        except Broken as broken:
            yield Result(promise, False, str(broken))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the promise was not kept
            yield Result(promise, False, f"{type(error).__name__}: {error}")
