"""Making a bundle: synth, init, plan, and what all of it was made from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ops.bundles import origin
from ops.bundles.file import ACCOUNT_ENVIRONMENTS, STACK, Bundle
from ops.bundles.manifest import Failure, Manifest
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from ops.deployment.reviewed import Reviewed
    from ops.stacks import Stack
    from ops.terraform import Terraform


@dataclass
class Attempt:
    """A run that may fail, and how far it came.

    step: as in `Failure`; again: the command that tries anew; so_far: what was applied, "" before an apply.
    """

    environment: str
    again: str
    step: str = "configuration"
    bundle: Bundle | None = None
    stack: dict[str, object] = field(default_factory=dict)
    so_far: str = ""


@contextmanager
def recorded(attempt: Attempt, file: Path | None) -> Iterator[None]:
    """Write whatever ends this, too, as a bundle to the file, so that the comment can tell it.

    A file of an earlier run is removed first: what is there afterwards is this run's. Raises OpsError
    (OUTPUT): it cannot be removed.
    """
    if file:
        _remove(file)
    try:
        yield
    except (Exception, KeyboardInterrupt) as error:
        if file:
            _write_failure(attempt, file, error)
        raise


def _remove(file: Path) -> None:
    import contextlib

    try:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            file.unlink()
    except OSError as error:
        raise OpsError(
            f"{file} is there already and cannot be removed: {error.strerror or error}.",
            hint="Name another file.",
            code=ExitCode.OUTPUT,
        ) from error


def make(
    stack: Stack, terraform: Terraform, console: Console, attempt: Attempt, *, to_apply: bool = False
) -> Reviewed:
    """Init and plan in a synthesized folder.

    to_apply: what an earlier apply could not store is stored first, and what it left half made is kept, which
    who only plans may not do. Raises OpsError: what Terraform refuses.
    """
    from ops import terraform as terraforms
    from ops.bundles import stack as stacks
    from ops.bundles.terraform_plan import state_before
    from ops.deployment import steps
    from ops.deployment.reviewed import Reviewed
    from ops.files import private_folder
    from ops.progress import step

    directory = terraform.directory
    attempt.stack = json.loads((directory / STACK).read_text(encoding="utf-8"))
    fingerprint, sources, commit = stacks.fingerprint(directory), stacks.sources(directory), origin.commit()
    attempt.step = "init"
    with step(console, "Terraform init"):
        terraform.init()
    if to_apply:
        steps.store_unstored(terraform, console)
    attempt.step = "plan"
    with private_folder(directory) as folder:  # another run may plan in this checkout at the same time
        own = replace(terraform, plan_file=f"{folder.name}/{terraform.plan_file}")
        plan = steps.plan(own, stack.name, stack.aws_region, console, to_apply=to_apply)
        content = plan.file.read_bytes()
    versions = terraforms.versions(directory)
    before = state_before(content)
    manifest = Manifest(
        environment=stack.name,
        aws_account_id=stack.aws_account_id,
        aws_region=stack.aws_region,
        made=datetime.now(UTC),
        commit=commit.sha,
        dirty=commit.dirty,
        terraform=versions.terraform,
        providers=versions.providers,
        lineage=before.lineage,
        serial=before.serial,
        stack=fingerprint,
        run=origin.run(),
    )
    attempt.bundle = Bundle(
        manifest, content, plan.document, dict(attempt.stack), configuration_of(stack.name)
    )
    return Reviewed(attempt.bundle, plan, sources)


def configuration_of(name: str) -> dict[str, object]:
    """What `Bundle.configuration` holds for a stack. Raises ConfigurationError where it is not configured."""
    import environments
    from ops import stacks
    from ops.parity import configuration

    if stacks.is_account(name):
        account = environments.load_accounts(environments.selected())[name]
        return {ACCOUNT_ENVIRONMENTS: list(account.environments)}
    return configuration.flat(environments.load(name))


def _write_failure(attempt: Attempt, file: Path, error: BaseException) -> None:
    """What there is of the bundle, with the failure; the run's own error counts, not one of writing this."""
    import contextlib

    from ops.bundles.file import write

    with contextlib.suppress(Exception):
        bundle = attempt.bundle or _begun(attempt)
        # A saved plan is of another run, perhaps; what failed is this one.
        run = origin.run() or bundle.manifest.run
        failed = bundle.manifest.model_copy(update={"failure": _failure(attempt, error), "run": run})
        write(file, replace(bundle, manifest=failed, plan=b""))


def _begun(attempt: Attempt) -> Bundle:
    """Of a run that ended before it had planned."""
    commit = origin.commit()
    manifest = Manifest(
        environment=attempt.environment,
        made=datetime.now(UTC),
        commit=commit.sha,
        dirty=commit.dirty,
        run=origin.run(),
    )
    return Bundle(manifest, stack=dict(attempt.stack))


def _failure(attempt: Attempt, error: BaseException) -> Failure:
    from ops.deployment import failing
    from ops.plans import masking

    why = failing.why(error)
    return Failure(
        step=attempt.step,
        code=why.code,
        message="\n".join(filter(None, (why.message, masking.without_secrets(attempt.so_far)))),
        hint=why.hint,
        address=why.address,
        construct_path=_construct_path(attempt, why.address),
        next_command=attempt.again,
    )


def _construct_path(attempt: Attempt, address: str) -> str:
    from ops.plans.synthesized import Synthesized

    return Synthesized.of_document(attempt.stack).construct_path(address) if address else ""
