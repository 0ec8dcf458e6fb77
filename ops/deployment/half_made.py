"""What an apply that was cut off left half made: Terraform marks it as tainted and would replace it.

Here that is wrong for most. The deployment of the API is made anew before the old one goes, and so is, by
Terraform's rule, all that it depends on, down to the table. A second one of the same name AWS refuses
("already exists", for ever), or takes for the first one (a queue), which the replacement's second half then
deletes. And what holds data would lose it. The thing itself is there, and a plan without the mark completes
it in place.
Source: developer.hashicorp.com/terraform/language/meta-arguments/lifecycle, "create_before_destroy".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from ops.terraform import Plan


def to_keep(plan: Plan) -> list[str]:
    """Addresses of what the plan replaces for that mark alone, and should not; in the plan's order.

    What is destroyed first and holds nothing is left to Terraform: the name is free for the new one.
    """
    from ops.gates.data_types import HOLDS

    return [
        change["address"]
        for change in plan.document.get("resource_changes", [])
        if change.get("action_reason") == "replace_because_tainted"
        and (change["change"]["actions"][0] == "create" or change["type"] in HOLDS)
    ]


def refuse(environment: str, plan: Plan) -> None:
    """Raise OpsError (STATE) where a saved plan would replace it."""
    if addresses := to_keep(plan):
        raise OpsError(
            f"The plan replaces what an apply that was cut off left half made in {environment}:\n"
            f"{_listed(addresses)}",
            hint=f"It is there, and `ops deploy {environment}` without --plan completes it in place. Nothing "
            "was applied.",
            code=ExitCode.STATE,
        )


def told(environment: str, addresses: Iterable[str], *, kept: bool) -> Iterable[str]:
    """A line for each, for who reads the plan. kept: it is not replaced any more."""
    for address in addresses:
        what = "kept and completed in place" if kept else f"`ops deploy {environment}` keeps it"
        yield f"  was left half made by an apply that was cut off, {what}: {address}"


def _listed(addresses: Iterable[str]) -> str:
    return "\n".join(f"  - {address}" for address in addresses)
