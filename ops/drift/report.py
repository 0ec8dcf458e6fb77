"""What `ops drift` prints: each resource with its attributes, and what can be done."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from ops.drift.findings import DELETED, Finding
from ops.plans import texts
from ops.plans.differences import Difference, alike

WIDTH = 160
"""Characters of one value before it is cut."""


def lines(environment: str, drift: Sequence[Finding], waiting: Sequence[Finding]) -> Iterator[str]:
    """The findings as text."""
    if not drift:
        yield f"Nothing of {environment} was changed outside Terraform."
    else:
        yield f"Changed outside Terraform: {_count(len(drift), 'resource')} of {environment}"
        for finding in drift:
            yield from _finding(finding)
    if waiting:
        yield f"Waiting in the code: {_count(len(waiting), 'resource')} of {environment}"
        for finding in waiting:
            yield f"  {finding.construct or finding.address}  {finding.what}"
    elif drift:
        yield "Nothing waits in the code."


def _finding(finding: Finding) -> Iterator[str]:
    gone = "  deleted" if finding.what == DELETED else ""
    yield f"  {finding.construct or '(not in the code)'}{gone}"
    yield f"    {finding.address}  {finding.id}".rstrip()
    for one in finding.differences:
        yield f"      {one.where}: {_change(one)}"


def _change(one: Difference) -> str:
    if _is_set(one.before) and _is_set(one.after):
        added = [member for member in one.after if member not in one.before]
        removed = [member for member in one.before if member not in one.after]
        if added or removed:
            return "; ".join(
                f"{word} {', '.join(map(shown, members))}"
                for word, members in (("added", added), ("removed", removed))
                if members
            )
    before, after, same = pair(one.before, one.after, one.sensitive)
    return f"{before} → {same or after}"


def pair(before: Any, after: Any, sensitive: bool) -> tuple[str, str, str]:
    """Two values that differ, each in one line, long ones cut around the first difference; and what to say
    instead of the second where both read the same, else ""."""
    old, new = _line(before), _line(after)
    return (*texts.cut_pair(old, new, WIDTH), alike(before, after, sensitive) if old == new else "")


def _is_set(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(member, dict | list) for member in value)


def shown(value: Any) -> str:
    """A value in one line, cut where it is long."""
    return texts.cut(_line(value), WIDTH)


def _line(value: Any) -> str:
    if value in (None, ""):
        return "none"
    text = value if isinstance(value, str) else json.dumps(texts.opened(value))
    return " ".join(text.split())


def next_steps(stack: str, drift: Sequence[Finding]) -> Iterator[str]:
    """Both ways in short, where something drifted."""
    if drift:
        yield "Nothing was changed by this command. For each of them, either"
        yield f"  keep what was done outside:  ops drift {stack} --accept   explains how"
        yield f"  or undo it:                  ops drift {stack} --revert   explains how"


def accepting(stack: str, directory: str, drift: Sequence[Finding]) -> Iterator[str]:
    """How to keep what was done outside, one resource after the other."""
    yield "To keep what was done outside Terraform, say it in the code, then see that no plan undoes it:"
    for finding in drift:
        place = finding.construct or finding.address
        if finding.what == DELETED:
            yield f"  {place}: remove it from constructs_lib/ (or keep it: --revert)"
            continue
        for attribute in dict.fromkeys(one.attribute for one in finding.differences):
            if attribute in finding.by_hand:
                yield f"  {place}: {attribute} is not set in the code; set it there as it is now"
            else:
                yield f"  {place}: set {attribute} in constructs_lib/ or environments/ to what it is now"
    yield f"  cdktf diff {stack}   shows no change to these resources when the code says the same"
    yield "To write only the state anew, without a change of the code:"
    yield f"  terraform -chdir={directory} apply -refresh-only"
    yield f"The state then no longer tells; what the code says otherwise, the next deploy of {stack} undoes."


def reverting(stack: str, drift: Sequence[Finding]) -> Iterator[str]:
    """How to undo what was done outside."""
    hands = [(finding, attribute) for finding in drift for attribute in finding.by_hand]
    yield "To undo what was done outside Terraform:"
    if any(finding.what == DELETED or _reverted(finding) for finding in drift):
        yield f"  cdktf diff {stack}     shows what goes back to what the code says"
        yield f"  cdktf deploy {stack}   does it; what was deleted is made again, empty"
    for finding, attribute in hands:
        yield (
            f"  {finding.construct or finding.address}: the code does not set {attribute}, so a deploy "
            f"leaves it; put it back by hand ({finding.type} {finding.id})"
        )
    if hands:
        yield "  By hand first: a deploy takes into the state what the code does not speak of."


def _reverted(finding: Finding) -> bool:
    return any(one.attribute not in finding.by_hand for one in finding.differences)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
