"""A saved plan, taken up again where it is still what would be planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.bundles import origin, stack, staleness
from ops.bundles.file import Bundle
from ops.bundles.terraform_plan import StateVersion
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from ops.stacks import Stack
    from ops.terraform import Plan, Terraform

FILE = "saved.tfplan"


def refuse_other(bundle: Bundle, environment: str, file: str) -> None:
    """Raise OpsError where the bundle holds no plan of this environment: USAGE, or STALE where it failed."""
    manifest = bundle.manifest
    if manifest.environment != environment:
        raise OpsError(
            f"{file} is a plan of {manifest.environment}, not of {environment}.",
            hint=f"ops deploy {manifest.environment} --plan {file}   applies it.",
            code=ExitCode.USAGE,
        )
    if manifest.failure or not bundle.plan:
        step = manifest.failure.step if manifest.failure else "plan"
        raise OpsError(
            f"{file} holds no plan: the run that wrote it failed at its {step}.",
            hint=f"Plan again:  ops plan {environment} --out {file}",
            code=ExitCode.USAGE,
        )


def take(bundle: Bundle, owner: Stack, terraform: Terraform) -> Plan:
    """The plan of the bundle, in the folder of the synthesized stack.

    What is compared: account, region, commit, synthesized stack, state, Terraform and providers. Terraform
    compares the state once more, under its lock. Raises OpsError STALE, which names all that differs.
    """
    from ops import adoption
    from ops import terraform as terraforms
    from ops.files import write_private

    adoption.remove(terraform.directory)
    fingerprint = stack.fingerprint(terraform.directory)
    terraform.init()
    versions = terraforms.versions(terraform.directory)
    now = staleness.Now(
        owner.aws_account_id,
        owner.aws_region,
        origin.commit(),
        versions.terraform,
        _state(owner),
        fingerprint,
        versions.providers,
    )
    staleness.refuse(owner.name, staleness.reasons(bundle.manifest, now))
    file = terraform.directory / FILE
    write_private(file, bundle.plan)
    return terraform.shown(file)


def _state(owner: Stack) -> StateVersion:
    """Of the state that lies in the bucket now."""
    from environments import naming
    from ops import aws
    from ops.remote_state.reading import state_of

    bucket = naming.state_bucket(owner.aws_account_id, owner.aws_region)
    s3 = aws.client("s3", owner.aws_region)
    return StateVersion.of(state_of(s3, bucket, owner.environment))
