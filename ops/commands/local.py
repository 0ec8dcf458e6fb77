"""`ops local`: the checkout's own local AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands.json_option import AsJson

if TYPE_CHECKING:
    from ops.local_aws.instance import Status
    from ops.local_target import Variables

app = typer.Typer(help="The local AWS of this checkout (MiniStack, this machine only).", no_args_is_help=True)


@app.command()
def start(as_json: AsJson = False) -> None:
    """Start it, unless it runs. Earlier state is there again. Port: LOCAL_AWS_PORT, else 4566 and 4567."""
    from ops.local_aws.instance import LocalAws

    _show(LocalAws.of_checkout().start(), as_json)


@app.command()
def stop(as_json: AsJson = False) -> None:
    """Stop it and keep its state."""
    from ops.local_aws.instance import LocalAws

    instance = LocalAws.of_checkout()
    stopped = instance.stop()
    if as_json:
        _show(instance.status(), as_json)
    else:
        typer.echo(
            "The local AWS is stopped; its state is kept." if stopped else "The local AWS was not running."
        )


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say whether it runs, and where."""
    from ops.local_aws.instance import LocalAws

    _show(LocalAws.of_checkout().status(), as_json)


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False, as_json: AsJson = False
) -> None:
    """Erase everything in it: buckets, tables, keys, Terraform states. Works running or not."""
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode
    from ops.local_aws.instance import LocalAws

    instance = LocalAws.of_checkout()
    if not yes and not typer.confirm(f"Erase everything in the local AWS in {instance.directory}?", err=True):
        raise OpsError("Nothing was erased.", code=ExitCode.USAGE)
    instance.reset()
    if as_json:
        _show(instance.status(), as_json)
    else:
        typer.echo("The local AWS is empty. Its deploy user has a new access key: see `ops local env`.")


@app.command()
def env(as_json: AsJson = False) -> None:
    """Print what leads cdktf, terraform and aws to it:  eval "$(ops local env)"."""
    import json

    from ops import local_target

    found = local_target.variables()
    typer.echo(json.dumps(dict(found.assigned), indent=2) if as_json else shell_lines(found), nl=as_json)


def shell_lines(variables: Variables) -> str:
    """Lines for sh, bash and zsh: first what must go, then what must be set."""
    exports = "".join(f"export {name}={_quoted(value)}\n" for name, value in variables.assigned.items())
    return (
        "# Access and example configuration of the local AWS of this checkout; never for AWS itself.\n"
        f"unset {' '.join(variables.unset)}\n{exports}"
    )


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\"'\"'") + "'"


def _show(found: Status, as_json: bool) -> None:
    if as_json:
        import json

        typer.echo(json.dumps(found.as_json(), indent=2))
        return
    if not found.running:
        typer.echo(f"The local AWS is not running. Files: {found.directory}")
        return
    typer.echo(f"The local AWS runs: {found.endpoint} (plain HTTP: {found.plain_endpoint})")
    typer.echo(
        f"  account {found.account}, pid {found.pid}, MiniStack {found.version}, files {found.directory}"
    )
    typer.echo('  to use it from this shell: eval "$(ops local env)"')
