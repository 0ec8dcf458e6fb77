"""Lifecycle rules as pure functions, and how they join rules that are already there."""

from __future__ import annotations

from typing import Any

Rule = dict[str, Any]

NONCURRENT_DAYS = 90
"""How long an overwritten state can be brought back."""
LOG_DAYS = 365
ABORT_DAYS = 7


def state_rules() -> list[Rule]:
    """Old versions go after 90 days. Nothing here may ever touch a current version: that is the state."""
    return [
        {
            "ID": "expire-noncurrent-versions",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": NONCURRENT_DAYS},
        },
        _abort(),
    ]


def log_rules() -> list[Rule]:
    """Access logs go after a year."""
    return [
        {
            "ID": "expire-access-logs",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "Expiration": {"Days": LOG_DAYS},
        },
        _abort(),
    ]


def merge(current: list[Rule] | None, ours: list[Rule], *, holds_state: bool) -> list[Rule]:
    """`current` with our rules put in by ID; others stay, unless they would remove states (`holds_state`).

    Returns `current` itself where nothing differs.
    """
    if current is None:
        return ours
    wanted = {rule["ID"]: rule for rule in ours}
    found = {rule.get("ID"): rule for rule in current}
    harmful = [rule for rule in current if holds_state and removes_states(rule)]
    if not harmful and all(_normal(found.get(name, {})) == _normal(wanted[name]) for name in wanted):
        return current
    return [*ours, *(rule for rule in current if rule.get("ID") not in wanted and rule not in harmful)]


def removes_states(rule: Rule) -> bool:
    """Would this rule expire or archive a current version, or drop an old one before `NONCURRENT_DAYS`?"""
    if rule.get("Status") != "Enabled":
        return False
    expiration = rule.get("Expiration", {})
    noncurrent = rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays", NONCURRENT_DAYS)
    current = "Days" in expiration or "Date" in expiration or bool(rule.get("Transitions"))
    return current or noncurrent < NONCURRENT_DAYS


def note(current: list[Rule] | None, ours: list[Rule], *, holds_state: bool) -> str:
    """Which rules of others stay and which have to go; empty if there are none."""
    names = {rule["ID"] for rule in ours}
    others = [rule for rule in current or [] if rule.get("ID") not in names]
    harmful = [rule for rule in others if holds_state and removes_states(rule)]
    stay = [rule for rule in others if rule not in harmful]
    parts = [f"kept as found: {_ids(stay)}"] if stay else []
    parts += [f"removed, because it would remove states: {_ids(harmful)}"] if harmful else []
    return "; ".join(parts)


def show(rules: list[Rule] | None) -> str:
    """The rule IDs, for reports."""
    return _ids(rules or []) or "none"


def _abort() -> Rule:
    return {
        "ID": "abort-incomplete-uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_DAYS},
    }


def _normal(rule: Rule) -> Rule:
    """S3 gives an empty filter back as `{}`, as `{"Prefix": ""}` or as the older top-level Prefix."""
    prefix = rule.get("Filter", {}).get("Prefix", "") or rule.get("Prefix", "")
    rest = {key: value for key, value in rule.items() if key not in ("Filter", "Prefix")}
    other = {key: value for key, value in rule.get("Filter", {}).items() if key != "Prefix"}
    return {**rest, "prefix": prefix, "other filters": other}


def _ids(rules: list[Rule]) -> str:
    return ", ".join(str(rule.get("ID") or "(a rule without ID)") for rule in rules)
