"""How many resources a plan does what with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from ops.plans.document import Order, PlanDocument


@dataclass(frozen=True)
class Counts:
    """Resources, exactly; one that does two things, such as a move with an update, is in both.

    replace: in either order, in neither of add and destroy. forget: it stays in AWS, and no state knows it.
    A replacement that forgets the old object is in add and in forget: nothing is destroyed.
    """

    add: int = 0
    change: int = 0
    replace: int = 0
    destroy: int = 0
    move: int = 0
    imported: int = 0
    forget: int = 0
    outputs: int = 0
    drift: int = 0
    deferred: int = 0
    reads: int = 0
    unchanged: int = 0

    def named(self) -> Iterator[tuple[str, int]]:
        """Every count that is not 0 with its words, those of an apply first; reads and no-ops apart."""
        for one in fields(self)[: len(WORDS)]:
            if number := getattr(self, one.name):
                yield WORDS[one.name].replace("outputs", "output" if number == 1 else "outputs"), number

    def phrase(self) -> str:
        """Such as `2 to add, 1 to replace`, or `no changes`."""
        return ", ".join(f"{number} {words}" for words, number in self.named()) or "no changes"

    def apart(self) -> str:
        """What an apply does not change: reads and what stays as it is; "" where there is neither."""
        parts = [(self.reads, "to read"), (self.unchanged, "unchanged")]
        return ", ".join(f"{number} {words}" for number, words in parts if number)

    @property
    def nothing_to_do(self) -> bool:
        """Whether an apply would do nothing, not even to an output."""
        return not any(getattr(self, name) for name in WORDS)


WORDS = {
    "add": "to add",
    "change": "to change",
    "replace": "to replace",
    "destroy": "to destroy",
    "move": "to move",
    "imported": "to import",
    "forget": "to forget",
    "outputs": "outputs to change",
}


def of(plan: PlanDocument, drift: int) -> Counts:
    """The counts of a plan. drift: how many resources were changed outside Terraform."""
    managed = [change for change in plan.changes if change.mode == "managed"]
    forgetting = sum(change.order is Order.CREATE_AND_FORGET for change in managed)

    def number(action: str) -> int:
        return sum(change.action == action for change in managed)

    return Counts(
        add=number("create") + forgetting,
        change=number("update"),
        replace=number("replace") - forgetting,
        destroy=number("delete"),
        move=sum(change.moved for change in managed),
        imported=sum(change.importing for change in managed),
        forget=number("forget") + forgetting,
        outputs=len(plan.outputs_to_change),
        drift=drift,
        deferred=len(plan.deferred),
        reads=sum(change.action == "read" for change in plan.changes),
        unchanged=sum(change.word == "no-op" for change in managed),
    )
