"""What an error says to people, secrets masked, whatever kind of error it is."""

from __future__ import annotations

from dataclasses import dataclass

from environments import ConfigurationError
from ops.errors import OpsError
from ops.exit_codes import ExitCode


@dataclass(frozen=True)
class Why:
    """code: the exit code. message, hint: as on the terminal, secrets masked. address: or ""."""

    code: ExitCode
    message: str
    hint: str = ""
    address: str = ""


def why(error: BaseException) -> Why:
    """Of what commands raise on purpose its own words; of anything else its class, too."""
    import errno

    import typer

    from ops.plans import masking

    def masked(text: str) -> str:
        return masking.without_secrets(text)

    if isinstance(error, KeyboardInterrupt):
        return Why(ExitCode.INTERRUPTED, "Interrupted.", "Run it again: it goes on from there.")
    if isinstance(error, typer.Abort):
        return Why(ExitCode.USAGE, "A question was not answered.")
    if isinstance(error, OpsError):
        return Why(error.code, masked(error.message), masked(error.hint), error.address)
    if isinstance(error, ConfigurationError):
        return Why(ExitCode.CONFIGURATION, masked(str(error)))
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    code = ExitCode.OUTPUT if full else ExitCode.FAILED
    return Why(code, masked(f"{type(error).__name__}: {error}"), "The log of the command says where.")
