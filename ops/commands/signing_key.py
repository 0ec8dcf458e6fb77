"""`ops signing-key`: the key that signs the download links of an environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops.commands.json_option import AsJson

if TYPE_CHECKING:
    from environments import EnvironmentConfig
    from ops.signing.state import State

app = typer.Typer(
    name="signing-key", help="Make, replace and show the key that signs download links.", no_args_is_help=True
)

Environment = Annotated[str, typer.Argument(help="dev, staging or prod.", show_default=False)]


@app.command()
def create(
    environment: Environment,
    replace: Annotated[
        bool, typer.Option("--replace", help="Begin a new key. Links that are out stay valid.")
    ] = False,
    json_: AsJson = False,
) -> None:
    """Make the signing key, or go on with one that an earlier run began. Safe to run again.

    The private half goes straight into Secrets Manager, the public half into the environment's PEM file. A
    key that takes the place of another waits until a deploy has told CloudFront: then run this once more.
    """
    from ops.commands.outputs import deployed
    from ops.signing.state import SigningKeys

    config = _signing_config(environment)
    outcome = SigningKeys(config, deployed(environment)).reconcile(replacing=replace)
    if json_:
        _print_json(environment, outcome.state, {"changed": outcome.changed, "done": list(outcome.done)})
        return
    there = "A new key was begun already" if outcome.state.waiting else "The signing key was there already"
    for sentence in outcome.done or (f"{there}; nothing was changed.",):
        typer.echo(sentence)
    _say_next(environment, outcome.state, commit=outcome.changed)


@app.command()
def show(environment: Environment, json_: AsJson = False) -> None:
    """Show which keys the secret, the file and CloudFront have, and what to do if they differ."""
    from environments.fingerprints import fingerprint
    from ops.commands.outputs import deployed
    from ops.signing.state import SigningKeys

    config = _signing_config(environment)
    state = SigningKeys(config, deployed(environment)).read()
    if json_:
        _print_json(environment, state, {})
        return
    typer.echo(f"secret       {state.current.fingerprint if state.current else 'empty'}")
    if state.waiting:
        typer.echo(f"  waiting    {state.waiting.fingerprint}")
    typer.echo(f"file         {', '.join(fingerprint(pem) for pem in state.file) or 'no keys'}")
    typer.echo(f"             {config.cdn.public_key_file}")
    accepted = [f"{name} ({key.key_pair_id})" for name, key in state.deployed.items()]
    typer.echo(f"CloudFront   {', '.join(accepted) or 'no keys: it serves nothing'}")
    _say_next(environment, state)


def ensure(environment: str, outputs: Mapping[str, str]) -> bool:
    """Make the signing key of a deployed environment, unless it is there or none is asked for.

    True if the file of public keys changed: another deploy makes CloudFront accept what is new in it.
    """
    import environments
    from ops.signing.state import SigningKeys

    config = environments.load(environment)
    if not (config.enable_cloudfront and config.cdn.signed_urls):
        return False
    return SigningKeys(config, outputs).reconcile().changed


def require_signing(config: EnvironmentConfig) -> None:
    """Raise OpsError CONFIGURATION where the environment is configured to sign nothing."""
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode

    if not config.enable_cloudfront:
        text, variable = "has no CloudFront, so there is nothing to sign", "ENABLE_CLOUDFRONT"
    elif not config.cdn.signed_urls:
        text, variable = "serves its downloads to everybody, without a signature", "CLOUDFRONT_SIGNED_URLS"
    else:
        return
    raise OpsError(
        f"{config.environment} {text} ({variable}=false).",
        hint=f"Where that is not what you want, set {variable}=true and deploy.",
        code=ExitCode.CONFIGURATION,
    )


def _signing_config(environment: str) -> EnvironmentConfig:
    import environments

    config = environments.load(environment)
    require_signing(config)
    return config


def _say_next(environment: str, state: State, *, commit: bool = False) -> None:
    step = state.next_step(environment)
    if not step:
        typer.echo("Secret, file and CloudFront agree.")
    else:
        typer.echo(f"Next{' (commit the file first, where others deploy)' if commit else ''}:  {step}")


def _print_json(environment: str, state: State, more: dict[str, Any]) -> None:
    import json

    from environments.fingerprints import fingerprint

    document = {
        "environment": environment,
        "secret": state.current.fingerprint if state.current else None,
        "waiting": state.waiting.fingerprint if state.waiting else None,
        "file": [fingerprint(pem) for pem in state.file],
        "cloudfront": {name: key.key_pair_id for name, key in state.deployed.items()},
        "next": state.next_step(environment),
    }
    typer.echo(json.dumps(document | more, indent=2))
