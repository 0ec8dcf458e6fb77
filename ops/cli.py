"""`ops`: the command line. Commands are in `commands/`; this module names them and ends them well."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ops.commands import bootstrap, local, outputs, smoke, state, up
from ops.errors import OpsError
from ops.exit_codes import ExitCode

app = typer.Typer(
    name="ops",
    help="Deploy and look after the Specification Wizard's infrastructure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def options(
    use_local_aws: Annotated[
        bool, typer.Option("--local", help="Talk to this checkout's local AWS, with its example values.")
    ] = False,
) -> None:
    """Deploy and look after the Specification Wizard's infrastructure.

    Beside it, `cdktf diff` and `cdktf deploy` work on the same state. Exit codes: see the README.
    """
    if use_local_aws:
        from ops import local_target

        local_target.use()


app.command()(up.up)
app.command()(up.down)
app.command()(bootstrap.bootstrap)
app.command()(smoke.smoke)
app.command()(outputs.outputs)
app.add_typer(state.app, name="state")
app.add_typer(local.app, name="local")


def main() -> None:
    """Run a command; every known failure is one message and its exit code."""
    try:
        app(prog_name="ops")
    except OpsError as error:
        _fail(error.message, error.hint, error.code)
    except KeyboardInterrupt:
        _fail("Interrupted.", "Run the command again: it goes on from where it was.", ExitCode.INTERRUPTED)
    except Exception as error:
        if type(error).__name__ == "ConfigurationError":  # not imported: `ops --help` does without pydantic
            _fail(str(error), "", ExitCode.CONFIGURATION)
        raise


def _fail(message: str, hint: str, code: ExitCode) -> None:
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
    console.print("Error: ", style="bold red", end="")
    console.print(message, markup=False)
    if hint:
        console.print(hint, markup=False)
    sys.exit(code)


if __name__ == "__main__":
    main()
