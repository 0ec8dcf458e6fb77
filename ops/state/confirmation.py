"""Asking before a state is changed: the name is typed, and for prod there is no way around typing it."""

from __future__ import annotations

import typer

from environments import naming
from ops.errors import OpsError
from ops.exit_codes import ExitCode

ALWAYS_TYPED = ("prod", naming.ACCOUNT)


def confirm(environment: str, doing: str, *, yes: bool, name: str = "") -> None:
    """Return once it is confirmed; `doing` completes "Type dev to …", `name` is what to type instead of it.

    Raises OpsError PROTECTED for `yes` on prod or on the account, and USAGE where something else is typed.
    """
    name = name or environment
    typed = environment in ALWAYS_TYPED or environment.startswith(f"{naming.ACCOUNT}-")
    if yes and typed:
        raise OpsError(
            f"--yes is not enough for {environment}: its name has to be typed.",
            hint=f"Run the command without --yes and type {name}. Nothing was changed.",
            code=ExitCode.PROTECTED,
        )
    if yes:
        return
    answer = typer.prompt(f"Type {name} to {doing}", default="", show_default=False, err=True)
    if answer.strip() != name:
        raise OpsError(f"{answer.strip()!r} is not {name!r}, so nothing was changed.", code=ExitCode.USAGE)
