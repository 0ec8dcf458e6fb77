"""Data that an apply would lose, or that it would leave with less protection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ops.gates import guards
from ops.gates.data_settings import FOREVER, SETTINGS, Setting, Turn
from ops.gates.data_types import HOLDS, KEEPS
from ops.gates.expiry import expires_earlier
from ops.gates.finding import Finding, Gate
from ops.gates.members import members_gone
from ops.gates.references import References
from ops.gates.retention import kept_for_less
from ops.plans import masking
from ops.plans.document import Order, PlanDocument, ResourceChange
from ops.plans.synthesized import Synthesized

REASONS = {
    "replace_because_tainted": "it was left half made by an earlier apply (tainted); a deploy without --plan "
    "keeps it",
    "replace_by_request": "the plan was asked to replace it (-replace)",
    "replace_by_triggers": "what triggers its replacement changes (replace_triggered_by)",
    "delete_because_no_resource_config": "the code does not have it any more",
    "delete_because_no_module": "the code does not have its module any more",
    "delete_because_no_move_target": "it was moved to an address that the code does not have",
    "delete_because_wrong_repetition": "the code repeats it in another way (count, for_each)",
    "delete_because_count_index": "the code has fewer of it (count)",
    "delete_because_each_key": "the code does not have its key any more (for_each)",
}
"""Terraform's action_reason in plain words."""


def findings(plan: PlanDocument, code: Synthesized, references: References) -> Iterator[Finding]:
    """What would be lost."""
    for change in plan.changes:
        if change.mode != "managed":
            continue
        path = code.construct_path(change.address)
        for what, details in _of(change, path or change.address, references):
            yield Finding(Gate.DATA_LOSS, change.address, path, what, details)


Told = tuple[str, tuple[str, ...]]
"""What a finding says, and the lines below it."""


def _of(change: ResourceChange, name: str, references: References) -> Iterator[Told]:
    ends, keeps = _ends(change), KEEPS.get(change.type)
    if ends and (lost := HOLDS.get(change.type)):
        yield f"{name} {_end(change, lost)}", tuple(_why(change))
        return
    if ends and keeps:
        attribute, type_, comes = keeps
        if not attribute or _leaves(change, references, attribute, type_):
            yield f"{name} would be {_verb(change)}: {comes}", tuple(_why(change))
    if change.after is None:
        return
    if change.before is not None:
        for setting in SETTINGS:
            if setting.type in ("*", change.type):
                yield from _of_setting(change, name, setting)
    if change.before is not None or _is_in_use(change, references):
        for what, details in (*members_gone(change), *expires_earlier(change), *kept_for_less(change)):
            yield f"{name}: {what}", details


def _leaves(change: ResourceChange, references: References, attribute: str, type_: str) -> bool:
    """Whether what it keeps stays without it, if only until a replacement is there."""
    old, new = references.targets(change, attribute, type_)
    if change.after is None or old != new:
        return bool(guards.lost(change, references, attribute, type_))
    owner = references.change(old)
    return owner is None or not _ends(owner)


def _is_in_use(change: ResourceChange, references: References) -> bool:
    """Whether a new lifecycle is for a bucket that may have objects already."""
    bucket = references.change(references.targets(change, "bucket", "aws_s3_bucket")[1])
    return bucket is None or bucket.before is not None


def _ends(change: ResourceChange) -> bool:
    return bool({"delete", "forget"} & set(change.actions))


def _verb(change: ResourceChange) -> str:
    if "forget" in change.actions:
        return "forgotten"
    return "replaced" if change.action == "replace" else "destroyed"


def _end(change: ResourceChange, lost: str) -> str:
    if change.deposed:
        return f"has an older one left from a replacement; that would be destroyed, and with it goes: {lost}"
    if "forget" in change.actions:
        return f"would be forgotten: it stays in AWS and nobody manages it. It holds: {lost}"
    return f"would be {_verb(change)}, and with it goes: {lost}"


def _why(change: ResourceChange) -> Iterator[str]:
    if change.replace_paths:
        forcing = sorted({str(path[0]) for path in change.replace_paths if path})
        yield f"because these cannot be changed in place: {', '.join(forcing)}"
    if reason := REASONS.get(change.action_reason):
        yield f"because {reason}"
    if change.order is Order.CREATE_FIRST:
        yield "the new one is made first"
    elif change.order is Order.DESTROY_FIRST:
        yield "the old one is destroyed first"
    window = (change.before or {}).get(
        {
            "aws_kms_key": "deletion_window_in_days",
            "aws_secretsmanager_secret": "recovery_window_in_days",
        }.get(change.type, "")
    )
    if window and "delete" in change.actions:
        yield f"AWS keeps it for {window} days, in which it can be brought back by hand"


def _of_setting(change: ResourceChange, name: str, setting: Setting) -> Iterator[Told]:
    if masking.any_marked(_inside(change.after_unknown, setting.path)):
        return
    old, new = (_inside(values, setting.path) for values in (change.before, change.after))
    if _turned(setting, change.type, old, new):
        shown = f"from {_shown(old)} to {_shown(new)}" if setting.turn is not Turn.GONE else "taken away"
        yield f"{name}: {setting.name} {shown}: {setting.why}", ()


def _turned(setting: Setting, type_: str, old: Any, new: Any) -> bool:
    if setting.turn is Turn.OFF:
        return _is_on(old) and not _is_on(new)
    if setting.turn is Turn.ON:
        return not _is_on(old) and _is_on(new)
    if setting.turn is Turn.GONE:
        return bool(old) and not new
    if setting.turn is Turn.OTHER:
        return bool(new) and old != new
    forever = FOREVER.get((type_, setting.name))
    old, new = (None if value == forever else value for value in (old, new))
    if forever is not None and old is None:
        return new is not None
    return old is not None and new is not None and new < old


def _is_on(value: Any) -> bool:
    return value is True or value in ("true", "Enabled")


def _inside(values: Any, path: tuple[str, ...]) -> Any:
    """The value at a path, of the first block where there are several."""
    for name in path:
        while isinstance(values, list):
            values = values[0] if values else None
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def _shown(value: Any) -> str:
    if value in (None, ""):
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else masking.without_secrets(str(value))
