"""The table: time to live, its stream, scaling, and what keeps it from being lost."""

from __future__ import annotations

from ops.policy.rule import rule
from ops.policy.stack import Resource, Stack

TTL_ATTRIBUTE = "expiresAt"
"""Number, seconds since 1970; see docs/data-model.md."""
SCALED = {
    f"dynamodb:{what}:{access}CapacityUnits" for what in ("table", "index") for access in ("Read", "Write")
}
MOVED_BY_SCALING = {"read_capacity", "write_capacity", "global_secondary_index"}


@rule(
    "SW_TABLE_TTL",
    "aws_dynamodb_table",
    guards="trap 8",
    what="Items expire by the attribute that the functions write",
    mend=f"Enable `ttl` on {TTL_ATTRIBUTE}, and leave it out of `attribute`, where keys alone may stand",
)
def time_to_live(stack: Stack, table: Resource) -> str:
    if table.get("ttl", "enabled") is not True:
        return "ttl is not enabled"
    if table.get("ttl", "attribute_name") != TTL_ATTRIBUTE:
        return f"ttl is on {table.get('ttl', 'attribute_name')}, not on {TTL_ATTRIBUTE}"
    if TTL_ATTRIBUTE in [attribute.get("name") for attribute in table.blocks("attribute")]:
        return f"{TTL_ATTRIBUTE} is declared as an attribute, which no key uses"
    return ""


@rule(
    "SW_TABLE_STREAM_READ",
    "aws_dynamodb_table",
    guards="trap 9",
    what="A change stream has a reader that sees both images",
    mend="Map the stream to a function with aws_lambda_event_source_mapping, or switch it off",
)
def stream_is_read(stack: Stack, table: Resource) -> str:
    if table.get("stream_enabled") is not True:
        return "stream_enabled is off: nothing counts sessions and submissions"
    if table.get("stream_view_type") != "NEW_AND_OLD_IMAGES":
        return f"stream_view_type is {table.get('stream_view_type')}"
    readers = stack.referring(table, "aws_lambda_event_source_mapping")
    return "" if readers else "no aws_lambda_event_source_mapping reads it"


@rule(
    "SW_TABLE_SCALING",
    "aws_dynamodb_table",
    guards="trap 10",
    what="A provisioned table scales, with its index, and Terraform leaves the capacities alone",
    mend="Add a target and a policy for Read and Write of table and index; ignore_changes on the capacities",
)
def scaling(stack: Stack, table: Resource) -> str:
    if table.get("billing_mode") != "PROVISIONED":
        return ""
    targets = stack.referring(table, "aws_appautoscaling_target")
    missing = SCALED - {target.get("scalable_dimension") for target in targets}
    if missing:
        return f"no target for {', '.join(sorted(missing))}"
    unused = [one.construct for one in targets if not stack.referring(one, "aws_appautoscaling_policy")]
    if unused:
        return f"no policy for {', '.join(unused)}"
    free = MOVED_BY_SCALING - set(table.get("lifecycle", "ignore_changes") or [])
    return f"a deploy would set {', '.join(sorted(free))} back" if free else ""


@rule(
    "SW_TABLE_UNDELETABLE",
    "aws_dynamodb_table",
    guards="trap 56",
    what="DynamoDB itself refuses to delete prod's table",
    mend="Set deletion_protection_enabled",
    only=("prod",),
)
def deletion_protection(stack: Stack, table: Resource) -> str:
    return "" if table.get("deletion_protection_enabled") is True else "deletion_protection_enabled is off"
