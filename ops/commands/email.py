"""`ops email`: look at the mails, send one, see what SES still needs, and what became of mails."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops.commands.json_option import AsJson
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from environments import EnvironmentConfig
    from ops.mail.dns import Record
    from ops.mail.preflight import Finding

app = typer.Typer(
    help="The mails: preview, test, what SES still needs, what became of them.", no_args_is_help=True
)

SUCCESS = "success@simulator.amazonses.com"

Environment = Annotated[str, typer.Argument(help="dev, staging or prod.")]


class Name(StrEnum):
    """The templates. A test holds the list to `mail_templates.NAMES`, which is not imported for `--help`."""

    EXPORT = "export"
    SUBMISSION = "submission"


@app.command()
def preview(
    template: Annotated[Name, typer.Argument(help="Which mail.")],
    html: Annotated[bool, typer.Option("--html", help="Print the HTML.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Print the plain text (the default).")] = False,
    write: Annotated[Path | None, typer.Option(help="Write to this file instead of printing.")] = None,
    png: Annotated[
        Path | None, typer.Option(help="Write a picture of the HTML to this file; needs Chromium.")
    ] = None,
    width: Annotated[int, typer.Option(min=320, max=1600, help="Width of the picture in pixels.")] = 800,
    dark: Annotated[bool, typer.Option("--dark", help="The picture as in dark mode.")] = False,
) -> None:
    """Show a mail with its sample values. Asks nothing of AWS."""
    import mail_templates

    if html and text:
        raise typer.BadParameter("--html and --text exclude each other.")
    if png and (html or text or write):
        raise typer.BadParameter("--png stands alone.")
    if not png and (dark or width != 800):
        raise typer.BadParameter("--dark and --width are for --png.")
    data = mail_templates.data(mail_templates.sample(template))
    rendered = mail_templates.render(mail_templates.load(template), data)
    if png:
        from ops import screenshot

        screenshot.take(rendered.html, png, width=width, dark=dark)
        typer.echo(f"Written: {png}", err=True)
        return
    content = rendered.html if html else f"Subject: {rendered.subject}\n\n{rendered.text}"
    if write:
        from ops.files import write_private

        write_private(write, content)
        typer.echo(f"Written: {write}", err=True)
    else:
        typer.echo(content, nl=False)


@app.command()
def send_test(
    environment: Environment,
    to: Annotated[
        str, typer.Option(help="Recipient; in SES's sandbox a verified one or the simulator's.")
    ] = SUCCESS,
    template: Annotated[Name, typer.Option(help="Which mail.")] = Name.EXPORT,
    json_: AsJson = False,
) -> None:
    """Send a mail with its sample values as the application does. Its links lead nowhere.

    That is: under the application's role, through the configuration set.
    """
    import json

    from ops.aws import aws_errors
    from ops.commands.outputs import deployed
    from ops.mail.sending import send
    from ops.smoke.deployment import Deployment

    outputs = deployed(environment)
    with aws_errors(f"sending a mail to {to}"):
        message_id = send(Deployment(environment, outputs).application("sesv2"), outputs, template, to)
    if json_:
        typer.echo(json.dumps({"message_id": message_id, "to": to, "template": template}, indent=2))
    else:
        typer.echo(f"Sent {template} to {to}, message id {message_id}")


@app.command()
def status(environment: Environment, json_: AsJson = False) -> None:
    """Say whether SES sends for an environment, and the next step where not. Exit code 8 if it does not."""
    import json
    from dataclasses import asdict

    from environments import load
    from ops import aws
    from ops.mail import preflight

    config = load(environment)
    aws.verify_caller(config.aws_account_id, config.aws_region)
    found = preflight.findings(config, preflight.ask(config))
    if json_:
        typer.echo(json.dumps([asdict(finding) for finding in found], indent=2))
    else:
        _show(found)
    stopped = [finding for finding in found if finding.level is preflight.Level.STOPPED]
    if stopped:
        raise OpsError(
            f"SES sends no mail for {environment}: "
            + "; ".join(f"{finding.subject}: {finding.seen}" for finding in stopped),
            hint=stopped[0].next_step,
            code=ExitCode.PROOF,
        )


@app.command()
def dns(environment: Environment, json_: AsJson = False) -> None:
    """Print the DNS records of the sender's domain, to copy where Route 53 does not keep them already."""
    import json

    from environments import load
    from ops.mail import dns

    config = load(environment)
    records = dns.records(config, _identity(config))
    kept = bool(config.email.hosted_zone_id)
    if json_:
        rows = [{**record.as_json(), "kept_by_route53": kept} for record in records]
        typer.echo(json.dumps(rows, indent=2))
    elif not records:
        typer.echo(f"None: SES verifies the address {config.ses_from_email} by a link, not its domain.")
    else:
        if kept:
            typer.echo(f"Route 53 zone {config.email.hosted_zone_id} keeps these already; nothing to copy.")
        _table(records)


@app.command()
def events(
    environment: Environment,
    every: Annotated[bool, typer.Option("--all", help="Also what was sent and delivered.")] = False,
    json_: AsJson = False,
) -> None:
    """List mails that bounced, were complained of or could not be sent, and why; the queue keeps them.

    Reads about a thousand events at most.
    """
    import json

    from ops.aws import aws_errors
    from ops.commands.outputs import deployed
    from ops.mail import events
    from ops.smoke.deployment import Deployment
    from ops.smoke.email_events import searching

    outputs = deployed(environment)
    with (
        aws_errors("reading the events queue"),
        searching(
            Deployment(environment, outputs).deployer("sqs"), outputs["email_events_queue_url"]
        ) as queue,
    ):
        found = events.occurrences(queue.everything(1_000), every=every)
    if json_:
        typer.echo(json.dumps([one.as_json() for one in found], indent=2))
        return
    for one in found:
        typer.echo(f"{one.at}  {one.kind:<17}  {', '.join(one.to)}  {one.reason}".rstrip())
    if not found:
        typer.echo("No event is in the queue." if every else "No mail of the last 14 days went wrong.")


def _identity(config: EnvironmentConfig) -> dict[str, Any]:
    """What SES says of the domain; {} where only an address is verified. Raises OpsError (STATE)."""
    from ops import aws
    from ops.mail import preflight

    if config.email.identity == "address":
        return {}
    aws.verify_caller(config.aws_account_id, config.aws_region)
    found = preflight.ask(config).identity
    if found is None:
        raise OpsError(
            f"{config.mail_identity} is not in SES, so there are no DKIM records yet.",
            hint="Deploy the account's stack first:  cdktf deploy account",
            code=ExitCode.STATE,
        )
    return dict(found)


def _show(found: Sequence[Finding]) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True, emoji=False)
    styles = {"ready": "green", "limited": "yellow", "stopped": "bold red"}
    for finding in found:
        console.print(f"  {finding.level:<8}", style=styles[finding.level], end="")
        console.print(f" {finding.subject:<18} {finding.seen}", markup=False)
        if finding.next_step:
            console.print(f"{'':>30}{finding.next_step}", style="dim", markup=False)


def _table(records: Sequence[Record]) -> None:
    """Without frames and never wrapped: values are copied."""
    rows = [("FOR", "NAME", "TYPE", "VALUE")]
    rows += [(record.purpose, record.name, record.type, record.value) for record in records]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(size) for cell, size in zip(row, widths, strict=False)]
        typer.echo("  ".join([*cells, row[3]]))
