"""`ops secrets`: the API keys of the model providers, in Secrets Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ops.commands import secrets_rotate
from ops.commands.json_option import AsJson
from ops.commands.secrets_arguments import Command, Group

if TYPE_CHECKING:
    from datetime import datetime

    from ops.api_keys.kinds import Kind
    from ops.api_keys.overview import Row


app = typer.Typer(
    name="secrets",
    cls=Group,
    help="Set, list, roll back and rotate the API keys of the model providers. Values are never shown.",
    no_args_is_help=True,
)

app.command("rotate", cls=Command)(secrets_rotate.rotate)

Environment = Annotated[str, typer.Argument(help="dev, staging or prod.", show_default=False)]
OptionalName = Annotated[
    str | None, typer.Argument(help="openai-api-key or anthropic-api-key.", show_default=False)
]
Name = Annotated[str, typer.Argument(help="openai-api-key or anthropic-api-key.", show_default=False)]
Confirm = Annotated[
    str | None,
    typer.Option("--confirm", metavar="ENV", help="prod: its name, where nobody can be asked to type it."),
]


@app.command("set", cls=Command)
def set_(
    environment: Environment,
    name: OptionalName = None,
    check: Annotated[
        bool, typer.Option("--check", help="Try the key first: a call that lists the provider's models.")
    ] = False,
    confirm: Confirm = None,
    json_: AsJson = False,
) -> None:
    """Put an API key in use, without a deploy. The one before it is kept: `rollback` goes back to it.

    The key is typed unseen, or piped in: `pass show openai | ops secrets set dev openai-api-key`.
    """
    from ops.api_keys import asking, entering, form
    from ops.api_keys import check as test_call

    kind = asking.kind(name)
    config, secret = asking.opened(environment, kind)
    asking.confirm(environment, f"set {kind.name}", confirm)
    seen = secret.labels()
    gateway = test_call.gateway(config, kind) is not None
    key = form.checked(entering.value(f"API key of {kind.owner}"), kind, gateway=gateway)
    if check:
        test_call.accepted(key, kind, test_call.base_url(config, kind))
    changed = secret.set(key, seen)
    if json_:
        _print_json(environment, kind, changed=changed, checked=check)
    elif not changed:
        typer.echo(f"{kind.name} of {environment} has this value already; nothing was written.")
    else:
        before = "the previous value is kept" if seen.current else "it is the first value"
        typer.echo(f"{kind.name} of {environment} is set; {before}.")
        if config.chat.provider == kind.provider:
            typer.echo("Workers read it when they start, or when the provider refuses the old one.")
        else:
            typer.echo(f"Nobody uses it yet: CHAT_PROVIDER of {environment} is {config.chat.provider}.")


@app.command(cls=Command)
def rollback(
    environment: Environment,
    name: Name,
    confirm: Confirm = None,
    json_: AsJson = False,
) -> None:
    """Put the previous key in use again; the current one becomes the previous one.

    Run twice, it is as it was: the same command goes forth again.
    """
    from ops.api_keys import asking

    kind = asking.kind(name)
    _, secret = asking.opened(environment, kind)
    asking.confirm(environment, f"roll back {kind.name}", confirm)
    seen, versions = secret.labels(), secret.versions()
    secret.roll_back(seen)
    if json_:
        _print_json(environment, kind, changed=True)
        return
    since = versions[str(seen.previous)].created
    typer.echo(f"{kind.name} of {environment}: the value of {_time(since)} is in use again.")
    typer.echo(f"Forth again:  ops secrets rollback {environment} {kind.name}")


@app.command("list", cls=Command)
def list_(environment: Environment, json_: AsJson = False) -> None:
    """Show which secrets are set, how old they are, when they were read, when they are due. Never values."""
    import json
    from datetime import UTC, datetime

    import environments
    from ops import aws
    from ops.api_keys import overview

    config = environments.load(environment)
    aws.verify_caller(config.aws_account_id, config.aws_region)
    longest = config.alerts.secret_max_age_days
    found = overview.rows(aws.client("secretsmanager", config.aws_region), environment, longest)
    now = datetime.now(UTC)
    if json_:
        rows = [row.as_json(now) for row in found]
        typer.echo(
            json.dumps({"environment": environment, "max_age_days": longest, "secrets": rows}, indent=2)
        )
        return
    _show(found, now)
    for row in found:
        if row.overdue(now):
            typer.echo(f"Due:  ops secrets rotate {environment} {row.name}")


def _show(found: list[Row], now: datetime) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("secret", "value", "age", "last read", "due", "previous"):
        table.add_column(title, overflow="fold")
    for row in found:
        age = row.age(now)
        due = f"{row.due:%Y-%m-%d}{' (overdue)' if row.overdue(now) else ''}" if row.due else "-"
        table.add_row(
            row.name,
            "set" if row.set_at else "empty",
            f"{age.days} d" if age is not None else "-",
            f"{row.used:%Y-%m-%d}" if row.used else ("never" if row.set_at else "-"),
            due,
            "there" if row.previous else "-",
        )
    Console(highlight=False).print(table)


def _time(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def _print_json(environment: str, kind: Kind, **more: object) -> None:
    import json

    typer.echo(json.dumps({"environment": environment, "name": kind.name, **more}, indent=2))
