"""Making a text fit: what is least dangerous loses its detail first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ops.review.entries import Risk


@dataclass
class Block:
    """One piece of a text, in several lengths.

    forms: longest first; the last one may be "". kind: what it is counted as once it is shed to "", such as
    "1 to change"; "" where nobody misses it.
    """

    risk: Risk
    forms: Sequence[str]
    kind: str = ""
    level: int = field(default=0)

    @property
    def text(self) -> str:
        """The form that is left."""
        return self.forms[self.level]

    @property
    def shed(self) -> bool:
        """Whether something of it is not shown."""
        return self.level > 0


def size(text: str) -> int:
    """Bytes of UTF-8: never less than characters or UTF-16 units, whichever a service counts."""
    return len(text.encode("utf-8"))


def fit(blocks: Sequence[Block], limit: int, assembled: Callable[[], str]) -> str:
    """The text, its blocks shed in their order of risk until it is no longer than `limit` bytes.

    All of one risk first lose their details, then shrink to a count, before the next risk loses anything;
    within a risk the last come first. The shortest text may still be longer than `limit`.
    """
    steps = _steps(blocks)
    text = assembled()
    while (over := size(text) - limit) > 0:
        saved = 0
        for block in steps:
            before = size(block.text)
            block.level += 1
            saved += before - size(block.text)
            if saved >= over:
                break
        else:
            return assembled()  # nothing is left to shed
        text = assembled()
    return text


def _steps(blocks: Sequence[Block]) -> Iterator[Block]:
    """Each block as often as it can be shed by one form."""
    for risk in Risk:
        here = [block for block in reversed(blocks) if block.risk is risk]
        for level in range(1, max((len(block.forms) for block in here), default=1)):
            yield from (block for block in here if level < len(block.forms))


def counted(blocks: Sequence[Block]) -> str:
    """What was shed to nothing, as counts: `12 to add, 3 to change`."""
    kinds = Counter(block.kind for block in blocks if block.kind and not block.text)
    return ", ".join(f"{number} {kind}" for kind, number in kinds.items())
