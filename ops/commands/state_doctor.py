"""`ops state doctor` and `ops state migrate-lock`: what is wrong with a state, and how it is locked."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.json_option import AsJson
from ops.commands.state_target import Environment

if TYPE_CHECKING:
    from ops.state.checks import Finding


class To(StrEnum):
    """`ops.state.lock_modes.WORDS`, for the help."""

    FILE = "file"
    BOTH = "both"
    TABLE = "table"


def doctor(environment: Environment, json_: AsJson = False) -> None:
    """Look for what is wrong with a state and with what keeps it; print the command that mends each finding.

    Bucket, key and lock table with every setting; the object and its digest; lineage; locks; how it is
    locked; Terraform's version. Changes nothing. Exit code 13 if there is something to mend.
    """
    import json
    from dataclasses import asdict

    from ops.commands.state_target import verified
    from ops.exit_codes import ExitCode
    from ops.state.doctor import examine

    report = examine(verified(environment))
    if json_:
        document = {
            "environment": environment,
            "sound": not report.wrong,
            "settings_right": report.right,
            "findings": [asdict(one) for one in report.findings],
        }
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _show(report.findings)
        count = len(report.wrong)
        verdict = f"{count} to mend." if count else "Nothing to mend."
        typer.echo(f"{environment}: {report.right} settings are right. {verdict}")
    if report.wrong:
        raise typer.Exit(ExitCode.UNSOUND)


def migrate_lock(
    environment: Environment,
    to: Annotated[To, typer.Option("--to", help="What is to keep two runs apart.", show_default=False)],
    json_: AsJson = False,
) -> None:
    """Go from one way of locking the state to another, one safe step at a time; safe to run again.

    Checks that nobody holds a lock in either place and that the step loses nobody's lock, puts the digest in
    the lock table right, and says what to set: which locks Terraform takes is STATE_LOCK.
    """
    import json
    from dataclasses import asdict

    from ops.commands.state_target import store_of
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode
    from ops.stacks import is_account
    from ops.state import lock_migration, lock_modes

    if is_account(environment):
        raise OpsError(
            f"{environment} always takes both locks: environments with either setting share it.",
            hint="Migrate an environment: dev, staging or prod.",
            code=ExitCode.USAGE,
        )
    configured, wanted = lock_modes.configured(environment), lock_modes.WORDS[to.value]
    outcome = lock_migration.migrate(store_of(environment), configured, wanted)
    if json_:
        typer.echo(json.dumps({"environment": environment, "to": to.value, **asdict(outcome)}, indent=2))
        return
    typer.echo(f"Nobody holds a lock of {environment}, in the table or as a file.")
    for sentence in outcome.done:
        typer.echo(sentence)
    if not outcome.todo:
        typer.echo(f"STATE_LOCK is {wanted.value} already: nothing is left to do.")
    for number, sentence in enumerate(outcome.todo, 1):
        typer.echo(f"{number}. {sentence}")


def _show(findings: list[Finding]) -> None:
    """A table on a terminal; piped, two lines for each, the second of which is what mends it."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False, emoji=False)
    if not findings:
        return
    if console.is_terminal:
        table = Table("", "what", "found", "do")
        for one in findings:
            style = "red" if one.level == "wrong" else "dim"
            table.add_row(
                f"[{style}]{one.level.value}[/]", escape(one.subject), escape(one.found), escape(one.fix)
            )
        console.print(table)
        return
    for one in findings:
        typer.echo(f"{one.level.value}: {one.subject} {one.found}")
        if one.fix:
            typer.echo(f"    {one.fix}")
