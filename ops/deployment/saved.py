"""A saved plan, taken up again where it is still what would be planned."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ops.bundles import origin, stack, staleness
from ops.bundles.file import Bundle
from ops.bundles.terraform_plan import StateVersion
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from ops.deployment.reviewed import Reviewed
    from ops.stacks import Stack
    from ops.terraform import Terraform

FILE = "saved.tfplan"


def refuse_other(bundle: Bundle, environment: str, file: str) -> None:
    """Raise OpsError (USAGE) where the bundle holds no plan of this environment."""
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


def take(
    bundle: Bundle, owner: Stack, terraform: Terraform, console: Console, *, to_apply: bool = True
) -> Reviewed:
    """The plan of the bundle, to be applied in the folder of the synthesized stack.

    What is compared: account, region, commit, synthesized stack, state, Terraform and providers. Terraform
    compares the state once more, under its lock. What is reviewed and judged is what Terraform shows of the
    plan, and the stack as it was synthesized now, not the JSON of them in the bundle. Raises OpsError STALE,
    which names all that differs; STATE: the plan would replace what an apply left half made.

    What an earlier apply could not store is stored first, which who only looks may not do: it is the state
    that the plan is compared with.
    """
    import json

    from ops import adoption
    from ops import terraform as terraforms
    from ops.bundles.file import STACK
    from ops.deployment import half_made, steps
    from ops.deployment.reviewed import Reviewed
    from ops.files import private_folder, write_private

    directory = terraform.directory
    adoption.remove(directory)
    fingerprint, sources = stack.fingerprint(directory), stack.sources(directory)
    synthesized = json.loads((directory / STACK).read_text(encoding="utf-8"))
    terraform.init()
    if to_apply:
        steps.store_unstored(terraform, console)
    versions = terraforms.versions(directory)
    now = staleness.Now(
        owner.aws_account_id,
        owner.aws_region,
        origin.commit(),
        versions.terraform,
        _state(owner),
        fingerprint,
        versions.providers,
    )
    found = staleness.reasons(bundle.manifest, now)
    if terraform.unstored.exists():
        found.append(
            f"state: a deploy would first store {terraform.unstored.name}, of an apply that was cut off"
        )
    staleness.refuse(owner.name, found)
    with private_folder(directory) as folder:
        write_private(folder / FILE, bundle.plan)
        plan = terraform.shown(folder / FILE)
    half_made.refuse(owner.name, plan)
    return Reviewed(replace(bundle, document=plan.document, stack=synthesized), plan, sources)


def _state(owner: Stack) -> StateVersion:
    """Of the state that lies in the bucket now."""
    from environments import naming
    from ops import aws
    from ops.remote_state.reading import state_of

    bucket = naming.state_bucket(owner.aws_account_id, owner.aws_region)
    s3 = aws.client("s3", owner.aws_region)
    return StateVersion.of(state_of(s3, bucket, owner.environment))
