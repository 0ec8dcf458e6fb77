"""Lifecycle rules of S3 that would delete more, or earlier."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ops.plans.document import ResourceChange

TYPE = "aws_s3_bucket_lifecycle_configuration"

_DELETES = (
    ("expiration", ("days", "date"), "current objects"),
    ("noncurrent_version_expiration", ("noncurrent_days",), "earlier versions"),
)


def expires_earlier(change: ResourceChange) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Rules that are new, delete by a nearer day, look at other objects than they did, or keep fewer."""
    if change.type != TYPE:
        return
    old = {str(rule.get("id")): rule for rule in _rules(change.before)}
    same = {_content(rule) for rule in old.values()}
    for rule in _rules(change.after):
        if _content(rule) in same:
            continue  # renamed, or as it was
        before = old.get(str(rule.get("id")), {})
        for block, names, which in _DELETES:
            found = _day(rule, block, names)
            if found is None:
                continue
            was = _day(before, block, names)
            name = f"rule {rule.get('id')}"
            if was is None or _is_nearer(found, was):
                was_text = f", until now {_told(was)}" if was is not None else ""
                yield f"{name} would delete {which} {_told(found)}{was_text}", ()
            elif _filter(rule) != _filter(before):
                yield (
                    f"{name} would delete {which} {_told(found)} of another selection",
                    (f"filter from {_filter(before)} to {_filter(rule)}",),
                )
            elif (kept := _kept(rule, block)) < (were := _kept(before, block)):
                yield f"{name} would keep {kept} {which} whatever their age, until now {were}", ()


def _rules(values: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    return [rule for rule in (values or {}).get("rule") or () if rule.get("status") == "Enabled"]


def _content(rule: Mapping[str, Any]) -> str:
    return json.dumps({key: value for key, value in rule.items() if key != "id"}, sort_keys=True)


def _filter(rule: Mapping[str, Any]) -> str:
    """What the rule looks at; `prefix` is the older way to say it."""

    def said(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: inner for key, one in value.items() if (inner := said(one)) not in _NOTHING}
        if isinstance(value, list):
            return [inner for one in value if (inner := said(one)) not in _NOTHING]
        return value

    return json.dumps(said([rule.get("filter"), rule.get("prefix")]), sort_keys=True)


_NOTHING: tuple[Any, ...] = (None, "", [], {})


def _day(rule: Mapping[str, Any], block: str, names: Sequence[str]) -> int | str | None:
    for inner in rule.get(block) or ():
        for name in names:
            if value := inner.get(name):
                return int(value) if str(value).isdigit() else str(value)
    return None


def _kept(rule: Mapping[str, Any], block: str) -> int:
    """How many of the newest are not deleted, however old they are."""
    return max(
        (int(inner.get("newer_noncurrent_versions") or 0) for inner in rule.get(block) or ()), default=0
    )


def _is_nearer(found: int | str, was: int | str) -> bool:
    """Days with days, dates with dates; one instead of the other may be nearer."""
    if isinstance(found, int) and isinstance(was, int):
        return found < was
    return type(found) is not type(was) or str(found) < str(was)


def _told(day: int | str) -> str:
    return f"after {day} days" if isinstance(day, int) else f"on {day}"
