"""Terraform's reasons in plain words.

Source: developer.hashicorp.com/terraform/internals/json-format, and the constants of Terraform's
internal/command/jsonplan. What a later Terraform has beside these is shown as it is written.
"""

from __future__ import annotations

from ops.plans.document import Order

ACTIONS = {
    "replace_because_cannot_update": "cannot be changed in place",
    "replace_because_tainted": "it is tainted: an apply left it half made, or somebody marked it",
    "replace_by_request": "asked for by -replace",
    "replace_by_triggers": "something that it is tied to by replace_triggered_by changes",
    "delete_because_no_resource_config": "it is not in the code any more",
    "delete_because_no_module": "its module is not in the code any more",
    "delete_because_wrong_repetition": "its key does not fit the code's count or for_each any more",
    "delete_because_count_index": "its number is beyond the code's count",
    "delete_because_each_key": "its key is not in the code's for_each any more",
    "delete_because_no_move_target": "it was moved to an address that the code does not have",
    "read_because_config_unknown": "what it asks for is only known during the apply",
    "read_because_dependency_pending": "it waits for something that this plan changes",
    "read_because_check_nested": "a check reads it",
}

DEFERRED = {
    "instance_count_unknown": "how many there will be is not known yet",
    "resource_config_unknown": "what it is made from is not known yet",
    "provider_config_unknown": "its provider's configuration is not known yet",
    "absent_prereq": "something that it needs is not there yet",
    "deferred_prereq": "something that it needs is left to a later plan itself",
    "excluded": "it was excluded from this plan",
    "not_included": "this plan does not include it",
    "unknown": "Terraform does not say why",
}

ORDERS = {
    Order.DESTROY_FIRST: "destroyed first, then created: for a while there is none",
    Order.CREATE_FIRST: "created first, then the old one is destroyed",
    Order.CREATE_AND_FORGET: "a new one is created; the old one is forgotten and stays in AWS",
}


def action(reason: str, attributes: tuple[str, ...] = ()) -> str:
    """Why something is done, in words. attributes: those that force a replacement, as people write them."""
    words = ACTIONS.get(reason, reason)
    if not attributes:
        return words
    named = ", ".join(attributes)
    if reason == "replace_because_cannot_update":
        return f"{named} {words}"
    return f"{words}; {named} would force it, too" if words else f"forced by {named}"


def deferred(reason: str) -> str:
    """Why a change is left to a later plan, in words."""
    return DEFERRED.get(reason, reason)
