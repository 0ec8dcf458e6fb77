"""Planning and applying, as `ops up`, `ops plan` and `ops deploy` do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from ops.deployment.tally import Tally
    from ops.terraform import Event, Plan, Terraform


def plan(
    terraform: Terraform, environment: str, region: str, console: Console, *, to_apply: bool = True
) -> Plan:
    """Plan until nothing more is found that an apply which was cut off has left behind.

    It takes that back, and shows what it is. to_apply: what was left half made is kept, for which the state
    is written. Raises OpsError (STATE) where it cannot.
    """
    from ops import adoption
    from ops.deployment import half_made
    from ops.progress import step

    adoption.remove(terraform.directory)  # of a run that was killed between its two plans
    found: dict[str, str] = {}
    with step(console, "Terraform plan"):
        try:
            made = _planned(terraform, environment, region, found)
            marked = half_made.to_keep(made)
            if marked and to_apply:
                terraform.untaint(marked)
                made = _planned(terraform, environment, region, found)
        finally:
            adoption.remove(terraform.directory)
    for address in found:
        console.print(f"  is there already, from an apply that was cut off: {address}", markup=False)
    for line in half_made.told(environment, marked, kept=to_apply):
        console.print(line, markup=False)
    _refuse_known(terraform, environment, made, found)
    return made


def _planned(terraform: Terraform, environment: str, region: str, found: dict[str, str]) -> Plan:
    """With import blocks for all that is there already; `found` grows by it."""
    from ops import adoption

    made = terraform.plan()
    while (there := adoption.find(made.changes, environment, region)).keys() - found.keys():
        found |= there
        adoption.write(terraform.directory, found)
        made = terraform.plan()
    return made


def _refuse_known(terraform: Terraform, environment: str, made: Plan, found: dict[str, str]) -> None:
    """Raise OpsError (STATE) where Terraform would make something twice."""
    from ops import adoption

    gone = adoption.not_imported(made.changes, found)
    if not gone:
        return
    from ops import paths
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode

    told = "\n".join(f"  - {address}: {found[address]}" for address in gone)
    addresses = " ".join(f"'{address}'" for address in gone)
    directory = paths.stack_directory(environment).relative_to(paths.ROOT)
    raise OpsError(
        f"What the state of {environment} knows is gone from AWS, and something else has its place:\n{told}",
        hint="An apply made that, which was cut off before it could say so. Nothing was changed. Have "
        "Terraform forget what is gone; the next run takes over what is there:\n"
        f"terraform -chdir={directory} state rm {addresses}",
        code=ExitCode.STATE,
    )


def store_unstored(terraform: Terraform, console: Console) -> None:
    """Store the state that an earlier apply could not."""
    if terraform.store_unstored():
        console.print("  The state that an earlier apply could not store is stored now.")


def apply(terraform: Terraform, plan: Plan, console: Console, tally: Tally | None = None) -> None:
    """Apply exactly this plan, with progress; then say what was done, or how far it came.

    tally: counts along, for who wants to know it afterwards.
    """
    from ops.deployment.tally import Tally
    from ops.plans.synthesized import Synthesized
    from ops.progress import ApplyProgress, step

    counted = tally or Tally(plan, Synthesized.of(terraform.directory))
    try:
        with step(console, "Terraform apply"), ApplyProgress(console, plan.operations) as progress:

            def on_event(event: Event) -> None:
                counted.on_event(event)
                progress.on_event(event)

            terraform.apply(plan, on_event)
    finally:
        console.print(counted.told(), markup=False)
