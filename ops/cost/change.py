"""What a plan does to the bill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from environments import ENVIRONMENTS, usage
from ops.cost import bill, prices, resources
from ops.cost.estimate import CostChange, Estimate
from ops.plans import document
from ops.plans.document import PlanDocument
from ops.plans.synthesized import Synthesized
from ops.stacks import is_account


def change(
    plan: PlanDocument | Mapping[str, Any],
    code: Synthesized,
    environment: str,
    *,
    region: str = prices.HOME,
    members: Iterable[str] = ENVIRONMENTS,
    today: date | None = None,
) -> CostChange:
    """The estimate of what is deployed, and of what an apply would leave.

    plan: read, or as `terraform show -json` prints it. environment: of the stack, or an account's stack; for
    that, `members` are the environments of the account, whose requests its trail records. region: such as the
    manifest of a bundle has it. Without the free tier, which needs all stacks of an account.
    """
    read = plan if isinstance(plan, PlanDocument) else document.read(plan)
    name = usage.ACCOUNT if is_account(environment) else environment
    listed, usages, account = prices.load(), *usage.load()

    def estimated(found: list[resources.Resource]) -> Estimate:
        stack = bill.Stack(name, region, found)
        return bill.of_account([stack], listed, usages, account, members=members, today=today)[name]

    return CostChange(estimated(resources.before(read, code)), estimated(resources.after(read, code)))
