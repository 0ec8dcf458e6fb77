"""Months and stacks to be priced, made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from environments import usage
from environments.ranges import exactly
from environments.usage import AccountUsage, Usage
from ops.cost import bill, prices
from ops.cost.estimate import Amount, Estimate
from ops.cost.resources import Resource

NOTHING_USED = {
    name: exactly(1 if name in ("frame_units", "kept_days", "item_kb") else 0)
    for name in Usage.model_fields
    if name != "function_ms"
}


def month(**changes: Any) -> Usage:
    """One in which nothing happens, but for the changes: numbers, or (low, high)."""
    return Usage.model_validate({**NOTHING_USED, "function_ms": {}, **changes})


QUIET_ACCOUNT = AccountUsage.model_validate(dict.fromkeys(AccountUsage.model_fields, 0))


def resource(address: str, **values: Any) -> Resource:
    """Address as in a state, such as aws_kms_key.security_table-key_771F6453."""
    type_, _, name = address.partition(".")
    return Resource(address, type_, f"prod/{name}", values)


TABLE = "aws_dynamodb_table.database_table_89143D61"
INDEX = {"name": "GSI1", "hash_key": "GSI1PK", "projection_type": "ALL"}


def table(**values: Any) -> Resource:
    """With one index, on demand, but for these values."""
    return resource(TABLE, **{"billing_mode": "PAY_PER_REQUEST", "global_secondary_index": [INDEX], **values})


def estimate(
    resources: Iterable[Resource],
    used: Usage | None = None,
    *,
    environment: str = "prod",
    account: AccountUsage = QUIET_ACCOUNT,
    members: Iterable[str] = (),
    region: str = "us-east-1",
    free_tier: bool = False,
) -> Estimate:
    """Of one stack that has its account for itself."""
    usages = {environment: used or month()} if environment != usage.ACCOUNT else {}
    usages |= {name: used or month() for name in members}
    stack = bill.Stack(environment, region, list(resources))
    return bill.of_account([stack], prices.load(), usages, account, members=members, free_tier=free_tier)[
        environment
    ]


def cents(estimate_: Estimate, service: str) -> tuple[Decimal, Decimal]:
    """Low and high of one service."""
    found = estimate_.services.get(service, Amount(0, 0))
    return Decimal(str(found.low)), Decimal(str(found.high))


def units(estimate_: Estimate, key: str) -> tuple[float, float]:
    """Low and high of all that one row of the price list is charged for."""
    charges = [one for one in estimate_.charges if one.key == key]
    return sum(one.low for one in charges), sum(one.high for one in charges)
