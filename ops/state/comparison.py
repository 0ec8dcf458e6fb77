"""What differs between two states: resources, their attributes, outputs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ops.state.document import Instance, Output, State, Step
from ops.state.masking import MASK, masked, masked_output

ABSENT = "(absent)"


@dataclass(frozen=True)
class Difference:
    """One attribute. path: such as `tags.Name` or `rule[0].id`. before, after: JSON, or ABSENT or MASK."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Comparison:
    """added, removed: addresses. changed: address -> its attributes that differ. outputs: by name."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: dict[str, tuple[Difference, ...]]
    outputs: tuple[Difference, ...]

    @property
    def empty(self) -> bool:
        """Nothing differs but the serial and the like."""
        return not (self.added or self.removed or self.changed or self.outputs)

    def delta(self) -> str:
        """`+3 -1 ~2`, or `=`: resources and data that came, went and changed."""
        counts = (("+", self.added), ("-", self.removed), ("~", self.changed))
        parts = [f"{sign}{len(what)}" for sign, what in counts if what]
        return " ".join(parts) or ("outputs" if self.outputs else "=")


def compare(before: State, after: State) -> Comparison:
    """From one state to the other."""
    old = {one.address: one for one in before.instances}
    new = {one.address: one for one in after.instances}
    changed = {
        address: differences
        for address in old.keys() & new.keys()
        if (differences := tuple(_attributes(old[address], new[address])))
    }
    return Comparison(
        tuple(sorted(new.keys() - old.keys())),
        tuple(sorted(old.keys() - new.keys())),
        dict(sorted(changed.items())),
        tuple(_outputs(before.outputs, after.outputs)),
    )


class _Absent:
    """Stands where one of the two has nothing; null is something."""


_ABSENT = _Absent()


def _attributes(old: Instance, new: Instance) -> Iterator[Difference]:
    yield from _walk("", old.attributes, new.attributes, masked(old), masked(new))


def _outputs(old: tuple[Output, ...], new: tuple[Output, ...]) -> Iterator[Difference]:
    before, after = ({one.name: one for one in side} for side in (old, new))
    yield from _walk(
        "",
        {name: one.value for name, one in before.items()},
        {name: one.value for name, one in after.items()},
        {name: masked_output(one) for name, one in before.items()},
        {name: masked_output(one) for name, one in after.items()},
    )


def _walk(path: str, old: Any, new: Any, shown_old: Any, shown_new: Any) -> Iterator[Difference]:
    """The true values decide whether something differs, the masked ones are shown.

    What is masked on one side is masked on the other: a mark may be younger than the value.
    """
    if old == new:
        return
    if MASK in (_plain(shown_old), _plain(shown_new)):
        yield Difference(path, *(ABSENT if value is _ABSENT else MASK for value in (old, new)))
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _walk(_join(path, key), *(_at(side, key) for side in (old, new, shown_old, shown_new)))
    elif isinstance(old, list) and isinstance(new, list):
        for place in range(max(len(old), len(new))):
            sides = (_at(side, place) for side in (old, new, shown_old, shown_new))
            yield from _walk(_join(path, place), *sides)
    else:
        yield Difference(path, _text(shown_old), _text(shown_new))


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _at(side: Any, step: Step) -> Any:
    if isinstance(side, dict):
        return side.get(step, _ABSENT)
    if isinstance(side, list) and isinstance(step, int) and step < len(side):
        return side[step]
    return _ABSENT


def _join(path: str, step: Step) -> str:
    if isinstance(step, int):
        return f"{path}[{step}]"
    if not step.replace("_", "").replace("-", "").isalnum():
        return f"{path}[{json.dumps(step)}]"
    return f"{path}.{step}" if path else step


def _text(value: Any) -> str:
    return ABSENT if value is _ABSENT else json.dumps(value, ensure_ascii=False)
