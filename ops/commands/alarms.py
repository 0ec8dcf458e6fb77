"""`ops alarms`: who hears the alarms, and confirming that somebody wants to."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ops.commands.json_option import AsJson

app = typer.Typer(no_args_is_help=True, help="Who hears the alarms.")

_Environment = Annotated[
    str, typer.Argument(help="dev, staging, prod or account.", show_default=False, metavar="ENVIRONMENT")
]


@app.command()
def status(
    environment: _Environment,
    json_: AsJson = False,
) -> None:
    """Show who is subscribed, and who has not confirmed it yet. Exit code 8 where nobody hears an alarm."""
    import json

    from rich import box
    from rich.console import Console
    from rich.table import Table

    from ops.alarms.subscriptions import subscriptions, topics
    from ops.commands.outputs import deployed
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode

    outputs = deployed(environment)
    arns = topics(outputs)
    found = [one for arn in arns for one in subscriptions(_sns(arn), arn)]
    if json_:
        typer.echo(json.dumps([one.as_json() for one in found], indent=2))
    else:
        table = Table("topic", "by", "to", "", box=box.SIMPLE, pad_edge=False)
        for one in found:
            state = "[green]confirmed[/]" if one.confirmed else "[yellow]not confirmed yet[/]"
            table.add_row(one.topic_arn.rpartition(":")[2], one.protocol, one.endpoint, state)
        Console(emoji=False).print(table)
    unheard = [arn for arn in arns if not any(one.confirmed for one in found if one.topic_arn == arn)]
    if unheard:
        raise OpsError(
            f"Nobody hears the alarms of {', '.join(arn.rpartition(':')[2] for arn in unheard)}.",
            hint=(
                "Follow the link in the mail to ALERT_EMAIL, or give it to"
                f"  ops alarms confirm {environment} 'https://sns…'"
            ),
            code=ExitCode.PROOF,
        )


@app.command()
def confirm(
    environment: _Environment,
    link: Annotated[
        str | None,
        typer.Argument(
            help="The link in the mail. On the local AWS it is read from the mailbox.", show_default=False
        ),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Confirm the subscription of ALERT_EMAIL, as its owner would by following the link."""
    import json

    from ops.alarms.subscriptions import Link, topics
    from ops.commands.outputs import deployed
    from ops.errors import OpsError
    from ops.exit_codes import ExitCode

    outputs = deployed(environment)
    if link is None:
        count = confirm_from_the_mailbox(outputs)
        if not count:
            raise OpsError(
                "There is no mail to confirm a subscription by.",
                hint="On AWS give the link of the mail to ALERT_EMAIL as the second argument.",
                code=ExitCode.USAGE,
            )
        typer.echo(f"{count} subscription{'s' if count > 1 else ''} confirmed.", err=json_)
        if json_:
            typer.echo(json.dumps({"environment": environment, "confirmed": count}, indent=2))
        return
    found = Link.of(link)
    if found is None or found.topic_arn not in topics(outputs):
        raise OpsError(
            f"{link!r} is no link that confirms a subscription to the alarms of {environment}.",
            hint="It begins with https://sns and has TopicArn and Token in it; quote it for the shell.",
            code=ExitCode.USAGE,
        )
    _confirm(found.topic_arn, found.token)
    typer.echo("The subscription is confirmed.", err=json_)
    if json_:
        typer.echo(json.dumps({"environment": environment, "confirmed": 1}, indent=2))


def confirm_from_the_mailbox(outputs: dict[str, str]) -> int:
    """Confirm what waits for it and whose mail is in the local AWS's mailbox; returns how many there were."""
    from ops.alarms.subscriptions import links_are_readable, links_in_the_mailbox, subscriptions, topics

    waiting = [one for arn in topics(outputs) for one in subscriptions(_sns(arn), arn) if not one.confirmed]
    links = [one for one in links_in_the_mailbox() if one.topic_arn in {w.topic_arn for w in waiting}]
    if not links and links_are_readable():
        # The mail is gone, as after a restart of the local AWS: asked again, SNS sends another.
        for one in waiting:
            _sns(one.topic_arn).subscribe(
                TopicArn=one.topic_arn, Protocol=one.protocol, Endpoint=one.endpoint
            )
        links = [one for one in links_in_the_mailbox() if one.topic_arn in {w.topic_arn for w in waiting}]
    # The last mail is the one whose link is good.
    for topic_arn, token in {one.topic_arn: one.token for one in links}.items():
        _confirm(topic_arn, token)
    return len({one.topic_arn for one in links})


def _confirm(topic_arn: str, token: str) -> None:
    from ops import aws

    with aws.aws_errors(f"confirming a subscription to {topic_arn.rpartition(':')[2]}"):
        _sns(topic_arn).confirm_subscription(TopicArn=topic_arn, Token=token)


def _sns(topic_arn: str) -> Any:
    from ops import aws

    return aws.client("sns", topic_arn.split(":")[3])
