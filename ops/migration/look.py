"""Everything a migration decides on, found in one go; changes nothing in AWS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.errors import OpsError
from ops.exit_codes import ExitCode
from ops.migration import cdk, fitness, imports, retain, verdict
from ops.migration.rows import Row, rows
from ops.stacks import Stack
from ops.terraform import Plan, Terraform

PREVENTED = "Instance cannot be destroyed"
"""Terraform's words where `prevent_destroy` stands against a plan."""


@dataclass(frozen=True)
class Found:
    """imports: address -> id; unfit, endangered: why the plan must not be applied.

    weakened: what protection it takes away; outstanding: stack -> logical ids of what would go with it.
    """

    table: list[Row]
    imports: dict[str, str]
    plan: Plan
    unfit: list[str]
    endangered: list[str]
    weakened: list[str]
    outstanding: dict[str, list[str]]

    @property
    def refused(self) -> list[str]:
        """Why nothing may be applied; empty if it may."""
        return self.unfit + self.endangered


@contextmanager
def looked_at(stack: Stack, directory: Path, named: Sequence[str]) -> Iterator[Found]:
    """What there is, and a plan that imports it, which can be applied inside.

    directory: the stack, synthesized and initialized. The import blocks lie there for as long.
    """
    from ops import adoption

    file = directory / _file(stack)
    for left_over in (file, directory / adoption.FILE):
        left_over.unlink(missing_ok=True)
    try:
        yield _look(stack, directory, file, named)
    finally:
        file.unlink(missing_ok=True)


def write(stack: Stack, directory: Path, found: Found) -> Path:
    """Keep the import blocks in a file of this folder, for `cdktf deploy` or to be read."""
    from ops.files import write_private

    file = directory / _file(stack)
    write_private(file, imports.blocks(found.imports))
    return file


def _file(stack: Stack) -> str:
    return f"{stack.name}_imports.tf.json"


def _look(stack: Stack, directory: Path, file: Path, named: Sequence[str]) -> Found:
    from ops import aws
    from ops.files import write_private

    region, document = stack.aws_region, imports.synthesized(directory)
    plan = _plan(directory)
    creating = plan.changes
    unfit = fitness.of_table(creating, region)
    found: dict[str, str] = {}
    while (there := _imports(plan, document, stack, without_table=bool(unfit))).keys() - found.keys():
        found |= there
        write_private(file, imports.blocks(found))
        plan = _plan(directory)
    with aws.aws_errors("asking CloudFormation what the old stacks hold"):
        session = aws.session(region)
        cloudformation = aws.client("cloudformation", region, within=session)
        stacks = cdk.stacks(cloudformation, stack.environment, imports.names(document), named)
        old = [resource for name in stacks for resource in cdk.resources(cloudformation, name)]
        known = {(resource.kind, resource.name) for resource in old}
        old += [
            resource
            for resource in cdk.tagged(aws.client("resourcegroupstaggingapi", region, within=session))
            if resource.stack in named or cdk.belongs(resource.stack, stack.environment)
            if (resource.kind, resource.name) not in known
        ]
        table = rows(old, found, creating, verdict.managed(plan.document))
        outstanding = retain.outstanding(cloudformation, table)
    return Found(
        table,
        found,
        plan,
        unfit,
        [str(one) for one in verdict.endangered(plan.document)],
        verdict.weakened(plan.document),
        outstanding,
    )


def _imports(plan: Plan, document: imports.Document, stack: Stack, *, without_table: bool) -> dict[str, str]:
    found = imports.find(plan.changes, document, stack.environment, stack.aws_region)
    return {
        address: identifier
        for address, identifier in found.items()
        if not (without_table and address.startswith("aws_dynamodb_table."))
    }


def _plan(directory: Path) -> Plan:
    try:
        return Terraform(directory).plan()
    except OpsError as error:
        if PREVENTED not in error.message:
            raise
        raise OpsError(
            f"The plan would destroy what its configuration protects.\n{error.message}",
            hint="Nothing was changed. What differs so that it would have to be replaced is named above.",
            code=ExitCode.PROTECTED,
        ) from error
