"""What an apply has done of its plan, counted from what Terraform says while it applies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.plans.synthesized import Synthesized
from ops.terraform import Event, Plan

NAMED = 10
"""How many of those that were not done are named."""

DONE = {"create": "added", "update": "changed", "delete": "destroyed"}
"""Operation, as Terraform's events name it -> what was done to the resource."""

WORDS = ("imported", "added", "changed", "replaced", "destroyed", "moved", "forgotten")


@dataclass(frozen=True)
class Operation:
    """Something that an apply reports as ended.

    action: create, update or delete; construct: the resource's path, or "".
    """

    address: str
    action: str
    construct: str

    def as_json(self) -> dict[str, str]:
        """For `--json`."""
        return {"address": self.address, "action": self.action, "construct_path": self.construct}

    def __str__(self) -> str:
        return f"{'  '.join(filter(None, (self.construct, self.address)))} ({self.action})"


class Tally:
    """Follows the events of `terraform apply -json`.

    What is only written down in the state (imports, moves, what is forgotten) and outputs have no events of
    their own: they count once Terraform has told its summary, which it does where all of the plan is done.
    """

    def __init__(self, plan: Plan, code: Synthesized) -> None:
        self._plan, self._code = plan, code
        self._ended: Counter[tuple[str, str]] = Counter()
        self._began = False
        self._imported: int | None = None

    def on_event(self, event: Event) -> None:
        """One event."""
        kind, hook = event.get("type"), event.get("hook", {})
        if kind == "apply_start":
            self._began = True
        elif kind == "apply_complete":
            self._ended[hook["resource"]["addr"], hook.get("action", "")] += 1
        elif kind == "change_summary" and event["changes"].get("operation") == "apply":
            self._imported = int(event["changes"].get("import", 0))

    @property
    def complete(self) -> bool:
        """Whether Terraform has said that all is done."""
        return self._imported is not None

    def counts(self) -> dict[str, int]:
        """How many resources were what, by `WORDS`, without those that are 0.

        A replacement of which one half is done is destroyed, or added. What was planned and came to nothing
        because its unknown values turned out to be the old ones is in none.
        """
        found: Counter[str] = Counter()
        for done, _ in self._followed():
            if len(done) > 1:
                found["replaced"] += 1
            else:
                found.update(DONE[action] for action in done)
        if self.complete:
            found["imported"] = self._imported or 0
            found["moved"] = sum(change.moved for change in self._plan.changes)
            found["forgotten"] = sum("forget" in change.actions for change in self._plan.changes)
        return {word: found[word] for word in WORDS if found[word]}

    def not_done(self) -> list[Operation]:
        """What of the plan has not ended well, in its order; nothing where Terraform has done all."""
        return [] if self.complete else [one for _, left in self._followed() for one in left]

    def as_json(self) -> dict[str, Any]:
        """For `--json`: done, total (operations: a replacement is two), complete, the counts, not_done."""
        left = self.not_done()
        return {
            "complete": self.complete,
            "total": self._plan.operations,
            "done": self._plan.operations - len(left),
            **self.counts(),
            "not_done": [one.as_json() for one in left],
        }

    def told(self) -> str:
        """For people: the counts, or how far it came and what is left, in several lines."""
        if self.complete:
            outputs = len(self._plan.output_changes)
            parts = [f"{number} {word}" for word, number in self.counts().items()]
            parts += [f"{outputs} {'output' if outputs == 1 else 'outputs'} changed"] if outputs else []
            return f"Applied: {', '.join(parts) or 'nothing had to be changed'}."
        left = self.not_done()
        total = self._plan.operations
        said = f"{total - len(left)} of {total} done."
        if not self._began or not left:
            return said
        named = [f"  - {one}" for one in left[:NAMED]]
        more = [f"  … and {len(left) - NAMED} more"] if len(left) > NAMED else []
        return "\n".join((f"{said} Not done:", *named, *more))

    def _followed(self) -> Iterator[tuple[list[str], list[Operation]]]:
        """Of each change: the actions that have ended, and what has not."""
        ended = self._ended.copy()
        for change in self._plan.changes:
            done: list[str] = []
            left: list[Operation] = []
            for action in filter(DONE.__contains__, change.actions):
                if ended[change.address, action]:  # one address may stand twice: a deposed object has its own
                    ended[change.address, action] -= 1
                    done.append(action)
                else:
                    left.append(Operation(change.address, action, self._code.construct_path(change.address)))
            yield done, left
