"""`ops session`: sessions of the chat and the tokens of their magic links."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.commands.json_option import AsJson

app = typer.Typer(no_args_is_help=True, help="Sessions of the chat.")

_Environment = Annotated[str, typer.Argument(help="dev, staging or prod.", show_default=False)]


@app.command()
def create(
    environment: _Environment,
    json_: AsJson = False,
) -> None:
    """Make a session and print the token of its magic link, which is shown this once.

    The token alone goes to standard output: TOKEN=$(ops session create dev)
    """
    import json
    from datetime import UTC, datetime

    from ops import aws
    from ops.chat import sessions
    from ops.commands.outputs import deployed
    from ops.smoke.deployment import Deployment

    deployment = Deployment(environment, deployed(environment))
    with aws.aws_errors(f"making a session in {environment}"):
        opened = sessions.create(deployment)
    end = datetime.fromtimestamp(opened.expires_at, UTC).isoformat()
    if json_:
        found = {"session_id": opened.session_id, "token": opened.token, "expires": end}
        typer.echo(json.dumps(found, indent=2))
        return
    typer.echo(f"Session {opened.session_id}, until {end}", err=True)
    typer.echo(opened.token)


@app.command()
def revoke(
    environment: _Environment,
    session_id: Annotated[str, typer.Argument(help="The session's id.", show_default=False)],
    json_: AsJson = False,
) -> None:
    """End a session: its token opens no connection any more, and open ones answer no message."""
    import json

    from ops import aws
    from ops.chat import sessions
    from ops.commands.outputs import deployed
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode
    from ops.smoke.deployment import Deployment

    table = sessions.table(Deployment(environment, deployed(environment)))
    with aws.aws_errors(f"revoking a session of {environment}"):
        if table.session(session_id) is None:
            raise OpsError(
                f"{environment} has no session {session_id!r}, or it has expired.", code=ExitCode.USAGE
            )
        table.revoke_session(session_id)
    typer.echo(f"Session {session_id} is revoked.", err=json_)
    if json_:
        typer.echo(json.dumps({"session_id": session_id, "revoked": True}, indent=2))
