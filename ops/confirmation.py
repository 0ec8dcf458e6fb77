"""Asking before something that cannot simply be taken back: one way for all commands.

prod and the account want their name typed, or given by `--confirm` where a command has that; `--yes` is never
enough for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from environments import naming
from ops.errors import OpsError
from ops.exit_codes import ExitCode

BY_NAME = ("prod", naming.ACCOUNT)


def wants_its_name(environment: str) -> bool:
    """Whether a plain yes is not enough for this environment or account."""
    return environment in BY_NAME or environment.startswith(f"{naming.ACCOUNT}-")


def refuse_in_advance(environment: str, *, yes: bool, given: str, command: str) -> None:
    """Before any work: raise OpsError for answers on the command line that will not do.

    yes, given: of `--yes` and `--confirm`. command: with which it would do, such as "ops deploy prod".
    PROTECTED: --yes alone for prod. USAGE: another name than the environment's.
    """
    if given and given != environment:
        message, code = f"--confirm {given} is not the name of {environment}.", ExitCode.USAGE
    elif yes and not given and wants_its_name(environment):
        message, code = (
            f"--yes is not enough for {environment}: its name has to be given.",
            ExitCode.PROTECTED,
        )
    else:
        return
    raise OpsError(
        message,
        hint=f"Type the name when asked, or give it:  {command} --confirm {environment}   "
        "Nothing was changed.",
        code=code,
    )


def ask(
    environment: str,
    question: str,
    *,
    yes: bool = False,
    given: str = "",
    name: str = "",
    always_by_name: bool = False,
    unchanged: str = "Nothing was changed.",
) -> None:
    """Return once it is confirmed.

    question: such as "Restore it?". yes, given: answers from the command line. name: what is to be typed, if
    not the environment's name; always_by_name: also where a yes would do. unchanged: told after a no.
    Raises OpsError PROTECTED for `yes` where the name is wanted, USAGE for a no or another name,
    KeyboardInterrupt for Ctrl-C, and typer.Abort where nobody can answer.
    """
    import typer

    name = name or environment
    by_name = wants_its_name(environment)
    if given == name:
        return
    if yes and by_name:
        raise OpsError(
            f"--yes is not enough for {environment}: its name has to be typed.",
            hint=f"Run the command without --yes and type {name}. {unchanged}",
            code=ExitCode.PROTECTED,
        )
    if yes:
        return
    if by_name or always_by_name:
        with _interruptible():
            typed = typer.prompt(f"{question} Type {name} to go on", default="", show_default=False, err=True)
        if typed.strip() == name:
            return
        raise OpsError(f"{typed.strip()!r} is not {name!r}. {unchanged}", code=ExitCode.USAGE)
    with _interruptible():
        confirmed = typer.confirm(question, default=False, err=True)
    if not confirmed:
        raise OpsError(f"Not confirmed. {unchanged}", code=ExitCode.USAGE)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C at a question is one: to Typer it is the same as nobody there to answer."""
    import typer

    try:
        yield
    except typer.Abort as abort:
        if isinstance(abort.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from abort
        raise
