"""Making another generation of the table the live one: one plan, and one apply of exactly that plan.

What the synthesized stack says (see `constructs_lib/generations.py`) is completed here for what a stack
cannot know: the first table is imported where the way leads back to it, and a table in the state that the
stack does not name at all is forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from ops.terraform import Change, OnEvent, Plan, Terraform

TABLE = "aws_dynamodb_table"
FILE = "forgotten.tf.json"
HOLD_DATA = frozenset(
    {TABLE, "aws_s3_bucket", "aws_kms_key", "aws_secretsmanager_secret", "aws_backup_vault"}
)


def prepare(environment: str) -> Terraform:
    """Terraform in the folder of the environment, synthesized with the configuration as it is now."""
    from ops import synth, terraform

    return terraform.Terraform(synth.prepared(environment))


def plan(terraform: Terraform, environment: str, region: str) -> Plan:
    """What the switch does. Raises OpsError (PROTECTED) where it would make or destroy what holds data."""
    from ops import adoption

    clean(terraform.directory)
    try:
        planned = terraform.plan()
        adopted: dict[str, str] = {}
        forgotten: set[str] = set()
        gone: set[str] = set()
        while True:
            found = adoption.find(planned.changes, environment, region)
            lost = _tables_to_delete(planned.changes)
            replaced = {*adoption.not_imported(planned.changes, adopted)} - gone
            if not found.keys() - adopted.keys() and not lost - forgotten and not replaced:
                break
            if replaced:
                terraform.forget(sorted(replaced))
                gone |= replaced
            adopted |= found
            forgotten |= lost
            adoption.write(terraform.directory, adopted)
            _forget(terraform.directory, forgotten)
            planned = terraform.plan()
    finally:
        clean(terraform.directory)  # the saved plan holds it
    refuse_loss(planned.changes)
    return planned


def apply(terraform: Terraform, planned: Plan, on_event: OnEvent) -> None:
    """Apply it. A killed apply is gone on with by planning and applying again."""
    if not planned.empty:
        terraform.apply(planned, on_event)


def clean(directory: Path) -> None:
    """Remove what a run that was killed left beside the stack."""
    from ops import adoption

    adoption.remove(directory)
    (directory / FILE).unlink(missing_ok=True)


def refuse_loss(changes: Iterable[Change]) -> None:
    """Raises OpsError (PROTECTED) for a new, empty table, and where anything that holds data would go."""
    for change in changes:
        empty = change.type == TABLE and "create" in change.actions
        if empty or (change.type in HOLD_DATA and "delete" in change.actions):
            what = "make an empty table" if change.actions == ("create",) else "destroy or replace"
            raise OpsError(
                f"The switch would {what}: {change.address}.",
                hint="Nothing was changed. What is deployed differs from the code in more than the table's "
                "generation: look at the plan (cdktf diff), and deploy or take back that change first.",
                code=ExitCode.PROTECTED,
            )


def _tables_to_delete(changes: Iterable[Change]) -> set[str]:
    """Tables in the state that the stack does not name: generations that are not next to the live one."""
    return {change.address for change in changes if change.type == TABLE and change.actions == ("delete",)}


def _forget(directory: Path, addresses: Iterable[str]) -> None:
    from ops.files import write_private

    blocks = [{"from": address, "lifecycle": {"destroy": False}} for address in sorted(addresses)]
    if blocks:
        write_private(directory / FILE, json.dumps({"removed": blocks}, indent=2) + "\n")
