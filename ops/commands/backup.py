"""`ops backup`: what is backed up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.json_option import AsJson

if TYPE_CHECKING:
    from environments import EnvironmentConfig
    from ops.recovery.backup_status import Status

app = typer.Typer(name="backup", help="What is backed up, and how far back.", no_args_is_help=True)


@app.command()
def status(
    environment: Annotated[str, typer.Argument(help="dev, staging or prod.", show_default=False)],
    json_: AsJson = False,
) -> None:
    """Show what can be restored, to when. Exit code 8 if it is less than the configuration promises."""
    import json

    import environments
    from ops import aws
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode
    from ops.recovery import backup_status

    config = environments.load(environment)
    aws.verify_caller(config.aws_account_id, config.aws_region)
    session = aws.session(config.aws_region)
    clients = {
        name: aws.client(name, config.aws_region, within=session) for name in ("dynamodb", "backup", "s3")
    }
    found = backup_status.read(config, clients)
    if json_:
        typer.echo(json.dumps({"environment": environment, **found.as_json()}, indent=2))
    else:
        _show(config, found)
    if found.findings:
        raise OpsError(
            f"{environment} is backed up less than its configuration promises: {found.findings[0]}",
            hint="\n".join(found.findings[1:]),
            code=ExitCode.PROOF,
        )


def _show(config: EnvironmentConfig, found: Status) -> None:
    from ops.recovery.times import shown

    def row(name: str, text: str) -> None:
        typer.echo(f"  {name:<24}  {text}")

    typer.echo(found.table)
    if found.earliest and found.latest:
        row("any second of", f"{shown(found.earliest)} to {shown(found.latest)}")
    else:
        row("point-in-time recovery", "off")
    if found.vault_since is None:
        row("daily backups", "none")
    else:
        kept = config.backup.retention_days
        row("daily backups", f"since {shown(found.vault_since)}, each kept for {kept} days")
        for point in found.recovery_points:
            row("", f"{shown(point.at)}  {point.status}  {point.size_bytes / 1e6:.1f} MB")
        if not found.recovery_points:
            row("", "no backup in the last 31 days")
    if found.tests_since is not None:
        row("restores tested", f"monthly, since {shown(found.tests_since)}")
        for test in found.restore_tests:
            row("", f"{shown(test.at)}  {test.status}  {test.message}".rstrip())
        if not found.restore_tests:
            row("", "none yet")
    typer.echo(found.bucket)
    row("versioning", found.versioning or "never on")
    days = found.noncurrent_days
    row("old versions are kept", "for ever" if days is None else f"for {days} days")
