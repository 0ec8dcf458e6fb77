"""Rules of AWS Backup that would leave fewer backups."""

from __future__ import annotations

from collections.abc import Iterator

from ops.gates.schedules import runs_a_year
from ops.plans.document import Json


def fewer_backups(old: Json, new: Json) -> Iterator[str]:
    """What of a plan's rules is gone, or backs up less. old, new: the values of an aws_backup_plan."""
    rules = {rule.get("rule_name"): rule for rule in new.get("rule") or ()}
    for rule in old.get("rule") or ():
        name = rule.get("rule_name")
        if name not in rules:
            yield f"backups of rule {name} would not be made any more"
            continue
        other = rules[name]
        if less := _kept_shorter(rule, other):
            yield f"backups of rule {name} would be kept {less}"
        yield from _rarer(name, rule.get("schedule"), other.get("schedule"))
        if rule.get("enable_continuous_backup") is True and other.get("enable_continuous_backup") is not True:
            yield f"rule {name} would not back up continuously any more: there is no way back to any second"
        yield from _fewer_copies(name, rule, other)


def _kept_shorter(rule: Json, other: Json) -> str:
    kept, keeps = _days(rule), _days(other)
    if keeps is None or (kept is not None and keeps >= kept):
        return ""
    return f"for {keeps} days, until now {'for ever' if kept is None else f'for {kept} days'}"


def _rarer(name: str, old: str | None, new: str | None) -> Iterator[str]:
    if old == new or not old:
        return
    was, will = runs_a_year(old), runs_a_year(new or "")
    if was is None or will is None:
        yield f"rule {name} would run by {new or 'no schedule'}, which cannot be compared with {old}"
    elif will < was:
        yield f"rule {name} would run less often: by {new}, until now by {old}"


def _fewer_copies(name: str, rule: Json, other: Json) -> Iterator[str]:
    """Copies to a vault that only the apply will know are taken for those that are gone."""
    copies = {copy.get("destination_vault_arn"): copy for copy in other.get("copy_action") or ()}
    unknown = [one for one in other.get("copy_action") or () if not one.get("destination_vault_arn")]
    gone = []
    for copy in rule.get("copy_action") or ():
        vault = copy.get("destination_vault_arn")
        if vault not in copies:
            gone.append(vault)
        elif less := _kept_shorter(copy, copies[vault]):
            yield f"copies of rule {name} in {vault} would be kept {less}"
    if len(gone) > len(unknown):
        yield f"backups of rule {name} would not be copied any more to {', '.join(map(str, gone))}"


def _days(rule: Json) -> int | None:
    for block in rule.get("lifecycle") or ():
        if days := block.get("delete_after"):
            return int(days)
    return None
