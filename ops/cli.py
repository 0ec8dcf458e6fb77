"""`ops`: the command line. Commands are in `commands/`; this module names them and ends them well."""

from __future__ import annotations

import errno
import signal
import sys
from typing import Annotated, Any

import typer

from ops.commands import (
    account,
    alarms,
    backup,
    bootstrap,
    chat,
    comment,
    cost,
    dashboard,
    deploy,
    destroy,
    drift,
    drift_issue,
    email,
    local,
    may_deploy,
    migrate,
    outputs,
    parity,
    plan,
    policy,
    restore,
    secrets,
    session,
    sign_url,
    signing_key,
    smoke,
    state,
    up,
)
from ops.errors import OpsError
from ops.exit_codes import ExitCode

STARTS_IT_ITSELF = ("up", "down", "local")
"""Commands that are about the local AWS anyway: `--local` must not fail because it does not run yet."""

app = typer.Typer(
    name="ops",
    help="Deploy and look after the Specification Wizard's infrastructure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def options(
    context: typer.Context,
    use_local_aws: Annotated[
        bool, typer.Option("--local", help="Talk to this checkout's local AWS, with its example values.")
    ] = False,
) -> None:
    """Deploy and look after the Specification Wizard's infrastructure.

    Beside it, `cdktf diff` and `cdktf deploy` work on the same state. Exit codes: see the README.
    """
    if use_local_aws and context.invoked_subcommand not in STARTS_IT_ITSELF:
        from ops import local_target

        local_target.use()


app.command()(up.up)
app.command()(up.down)
app.command()(bootstrap.bootstrap)
app.command()(plan.plan)
app.command()(deploy.deploy)
app.command()(smoke.smoke)
app.command()(outputs.outputs)
app.command()(comment.comment)
app.command()(drift.drift)
app.command()(cost.cost)
app.command()(parity.parity)
app.command("drift-issue")(drift_issue.drift_issue)
app.command("may-deploy")(may_deploy.may_deploy)
app.command()(policy.policy)
app.command()(destroy.destroy)
app.command()(migrate.migrate)
app.command()(dashboard.dashboard)
app.command()(chat.chat)
app.add_typer(session.app, name="session")
app.command()(sign_url.sign_url)
app.add_typer(signing_key.app, name="signing-key")
app.add_typer(secrets.app, name="secrets")
app.add_typer(email.app, name="email")
app.add_typer(account.app, name="account")
app.add_typer(alarms.app, name="alarms")
app.add_typer(state.app, name="state")
app.add_typer(restore.app, name="restore")
app.add_typer(backup.app, name="backup")
app.add_typer(local.app, name="local")


def main() -> None:
    """Run a command; every known failure is one message and its exit code."""
    _end_in_order_when_told_to()
    try:
        app(prog_name="ops")
    except OpsError as error:
        _fail(error.message, error.hint, error.code)
    except SystemExit as error:
        # Typer turns Ctrl-C into this exit code without a word.
        if error.code == ExitCode.INTERRUPTED:
            _fail("Interrupted.", "Run the command again: it goes on from there.", ExitCode.INTERRUPTED)
        if isinstance(error.__context__, typer.Abort):  # a question, and nobody there to answer it
            interrupted = isinstance(error.__context__.__context__, KeyboardInterrupt)
            sys.exit(ExitCode.INTERRUPTED if interrupted else ExitCode.USAGE)
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            where = f" ({error.filename})" if error.filename else ""
            _fail(f"The disk is full{where}.", "Make room, then run the command again.", ExitCode.OUTPUT)
        raise
    except Exception as error:
        if type(error).__name__ == "ConfigurationError":  # not imported: `ops --help` does without pydantic
            _fail(str(error), "", ExitCode.CONFIGURATION)
        raise


def _end_in_order_when_told_to() -> None:
    """A cancelled pipeline (SIGTERM) or a closed terminal (SIGHUP) ends a command like one Ctrl-C.

    Otherwise Terraform would go on without a reader and die of the closed pipe, its state not written.
    """
    numbers = [
        number
        for number in (signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is signal.SIG_DFL  # nohup has SIGHUP ignored
    ]

    def interrupt(*_: Any) -> None:
        for number in numbers:  # once is enough: a second interrupt makes Terraform drop its state
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, interrupt)


def _fail(message: str, hint: str, code: ExitCode) -> None:
    """End with what went wrong. What others reported may have a key in it, and this is a pipeline's log."""
    from rich.console import Console

    from ops.plans.masking import without_secrets

    console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
    console.print("Error: ", style="bold red", end="")
    console.print(without_secrets(message), markup=False)
    if hint:
        console.print(without_secrets(hint), markup=False)
    sys.exit(code)


if __name__ == "__main__":
    main()
