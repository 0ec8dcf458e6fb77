"""`ops bootstrap`: create or complete the remote state of an environment's account and region."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from environments import EnvironmentConfig
    from ops.remote_state import Change


def bootstrap(
    environment: Annotated[str, typer.Argument(help="dev, staging or prod.", show_default=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")
    ] = False,
    remove: Annotated[
        bool,
        typer.Option("--remove", help="Take it all away, for every environment of the account and region."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --remove: do not ask; not for prod.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Create or complete the bucket, key and lock table of the Terraform state. Safe to run again.

    One set serves all environments of the same account and region. --remove is refused with exit code 14
    while any state in it still holds resources, and with 6 while any is locked.
    """
    from environments import load
    from ops import aws, remote_state
    from ops.remote_state import report

    if remove:
        from ops.commands import bootstrap_remove

        bootstrap_remove.run(environment, dry_run=dry_run, yes=yes, json_=json_)
        return
    config = load(environment)
    account_id, region = config.aws_account_id, config.aws_region
    caller = aws.verify_caller(account_id, region)
    if not json_:
        typer.echo(f"Remote state of account {account_id} in {region}, as {caller.arn}")
    if dry_run:
        changes = remote_state.plan(account_id, region)
    else:
        changes = ensure(config, (lambda change: None) if json_ else _progress, verify=False)
    if json_:
        typer.echo(report.as_json(config.environment, account_id, region, changes, dry_run=dry_run))
    else:
        report.show(changes, dry_run=dry_run)


def ensure(
    config: EnvironmentConfig, on_progress: Callable[[Change], Any], *, verify: bool = True
) -> list[Change]:
    """Bring the remote state of `config` to what it should be; the rows, those already right included.

    on_progress is called with each row once it is true. Raises OpsError. verify: ask STS first whose
    credentials these are; off where the caller has just done so.
    """
    from ops import aws, remote_state

    if verify:
        aws.verify_caller(config.aws_account_id, config.aws_region)
    changes = []
    for change in remote_state.apply(config.aws_account_id, config.aws_region):
        on_progress(change)
        changes.append(change)
    return changes


def _progress(change: Change) -> None:
    """A line per thing created, at once: the settings follow in the table at the end."""
    from ops.remote_state.model import EXISTS, Action

    if change.setting == EXISTS and change.action is Action.CREATE:
        typer.echo(f"created {change.resource}{f' ({change.note})' if change.note else ''}")
