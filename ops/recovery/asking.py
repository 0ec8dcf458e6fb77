"""The question before something that cannot simply be taken back."""

from __future__ import annotations

import typer

from ops.errors import OpsError
from ops.exit_codes import ExitCode


def confirm(environment: str, question: str, *, yes: bool, unchanged: str) -> None:
    """Go on, or raise OpsError: USAGE for a no, PROTECTED for --yes in prod, whose name is to be typed."""
    if environment == "prod":
        if yes:
            raise OpsError(
                "--yes is not enough in prod: its name is to be typed.",
                hint="Run the command without --yes; it asks for the name.",
                code=ExitCode.PROTECTED,
            )
        typed = typer.prompt(f"{question} Type the environment's name to go on", default="", err=True)
        if typed.strip() == environment:
            return
    elif yes or typer.confirm(question, default=False, err=True):
        return
    raise OpsError(f"Not confirmed. {unchanged}", code=ExitCode.USAGE)
