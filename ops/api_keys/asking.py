"""What the commands ask for besides the value, and what they refuse to take as an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops import confirmation
from ops.api_keys import entering, kinds
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from environments import EnvironmentConfig
    from ops.api_keys.kinds import Kind
    from ops.api_keys.store import KeySecret


def in_the_history(message: str) -> OpsError:
    """For who typed a key as an argument. message: a sentence that goes on with "it is"."""
    return OpsError(
        f"{message}, it is in the shell's history now, and was in the list of processes.",
        hint="Make a new key, delete that one at its provider, and enter the new one when asked for it.",
        code=ExitCode.USAGE,
    )


def kind(name: str | None) -> Kind:
    """The key of this name, asked for where somebody can be asked. OpsError USAGE."""
    import typer

    if name is not None:
        return kinds.find(name)
    if not entering.by_hand():
        raise OpsError(f"Which API key? There are {kinds.NAMES}.", code=ExitCode.USAGE)
    return kinds.find(typer.prompt(f"Which API key ({kinds.NAMES})"))


def opened(environment: str, kind: Kind) -> tuple[EnvironmentConfig, KeySecret]:
    """The environment and the secret of its key, once the credentials are known to be of its account."""
    import environments
    from environments import naming
    from ops import aws
    from ops.api_keys.store import KeySecret

    config = environments.load(environment)
    aws.verify_caller(config.aws_account_id, config.aws_region)
    client = aws.client("secretsmanager", config.aws_region)
    return config, KeySecret(client, naming.secret(environment, kind.name), environment)


def confirm(environment: str, doing: str, confirmed: str | None) -> None:
    """prod: its name is typed, or given as `confirmed`: a key may come through the pipe. OpsError USAGE."""
    if not confirmation.wants_its_name(environment):
        return
    if confirmed is None and entering.by_hand():
        confirmation.ask(environment, f"{doing.capitalize()} of {environment}?")
    elif confirmed != environment:
        raise OpsError(
            f"{environment} was not confirmed, so nothing was done: {doing}.",
            hint=f"Type its name when asked for it; where nobody can be asked: --confirm {environment}",
            code=ExitCode.USAGE,
        )
