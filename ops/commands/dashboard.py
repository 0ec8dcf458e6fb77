"""`ops dashboard`: what the deployed dashboard shows, without the console."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.commands.json_option import AsJson
from ops.errors import OpsError
from ops.exit_codes import ExitCode


def dashboard(
    environment: Annotated[str, typer.Argument(help="dev, staging or prod.")],
    html: Annotated[
        Path | None, typer.Option(help="Write a page of its own to this file (mode 0600).")
    ] = None,
    png: Annotated[Path | None, typer.Option(help="Write a picture of that page; needs Chromium.")] = None,
    hours: Annotated[
        int | None, typer.Option(min=1, max=360, help="How far back, instead of what the dashboard says.")
    ] = None,
    dark: Annotated[bool, typer.Option("--dark", help="The picture as in dark mode.")] = False,
    json_: AsJson = False,
) -> None:
    """Show alarms, KPIs and metrics of a deployed environment: in the terminal, or as a page.

    The page is one file that loads nothing: it can be kept, mailed or printed. It may hold log lines.
    """
    import json
    from datetime import UTC, datetime
    from functools import cache

    from rich.console import Console

    from ops import aws
    from ops.alarms.subscriptions import topics
    from ops.commands.outputs import deployed
    from ops.dashboard import page, reading, summary

    if json_ and (html or png):
        raise typer.BadParameter("--json stands alone.")
    if dark and not png:
        raise typer.BadParameter("--dark is for --png.")
    outputs = deployed(environment)
    if "dashboard_name" not in outputs:
        raise OpsError(
            f"{environment} was deployed without a dashboard.",
            hint=f"Deploy it again:  cdktf deploy {environment}",
            code=ExitCode.STATE,
        )
    board = reading.read(
        environment,
        outputs["dashboard_name"],
        outputs["aws_region"],
        cache(lambda service, region: aws.client(service, region)),
        end=datetime.now(UTC),
        hours=hours,
        topics=topics(outputs),
    )
    if html:
        from ops.files import write_private

        write_private(html, page.render(board))
        typer.echo(f"Written: {html}", err=True)
    if png:
        from ops import screenshot

        screenshot.take(page.render(board), png, width=1480, dark=dark)
        typer.echo(f"Written: {png}", err=True)
    if json_:
        typer.echo(json.dumps(board.as_json(), indent=2))
    elif not html and not png:
        summary.show(board, Console(highlight=False, soft_wrap=True, emoji=False))
