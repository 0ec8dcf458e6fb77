"""`ops outputs`: what the application needs to know of a deployed environment."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How outputs are written."""

    ENV = "env"
    JSON = "json"
    SHELL = "shell"


def outputs(
    environment: Annotated[str, typer.Argument(help="dev, staging or prod.")],
    format_: Annotated[
        Format, typer.Option("--format", help="As .env lines, JSON or export commands.")
    ] = Format.ENV,
    write: Annotated[Path | None, typer.Option(help="Write to this file (mode 0600) instead.")] = None,
) -> None:
    """Print the outputs of a deployed environment."""
    from ops import synth, terraform
    from ops.files import write_private

    text = render(terraform.Terraform(synth.prepared(environment)).outputs(), format_)
    if write:
        write_private(write, text)
        typer.echo(f"Written: {write}", err=True)
    else:
        typer.echo(text, nl=False)


def render(values: dict[str, str], format_: Format) -> str:
    """The outputs as text that ends in a newline. `values`: output name -> value."""
    import json
    import shlex

    if format_ is Format.JSON:
        return json.dumps(values, indent=2, sort_keys=True) + "\n"
    prefix = "export " if format_ is Format.SHELL else ""
    quote = shlex.quote if format_ is Format.SHELL else str
    return "".join(f"{prefix}{name.upper()}={quote(value)}\n" for name, value in sorted(values.items()))
