"""`ops outputs`: what the application needs to know of a deployed environment."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ops.errors import OpsError
from ops.exit_codes import ExitCode


class Format(StrEnum):
    """How outputs are written."""

    ENV = "env"
    JSON = "json"
    SHELL = "shell"


def outputs(
    environment: Annotated[str, typer.Argument(help="dev, staging, prod or account.")],
    format_: Annotated[
        Format, typer.Option("--format", help="As .env lines, JSON or export commands.")
    ] = Format.ENV,
    json_: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    write: Annotated[Path | None, typer.Option(help="Write to this file (mode 0600) instead.")] = None,
    sensitive: Annotated[
        bool, typer.Option("--sensitive", help="Also outputs that Terraform holds for sensitive.")
    ] = False,
) -> None:
    """Print the outputs of a deployed environment."""
    from ops.files import write_private

    text = render(deployed(environment, sensitive=sensitive), Format.JSON if json_ else format_)
    if write:
        write_private(write, text)
        typer.echo(f"Written: {write}", err=True)
    else:
        typer.echo(text, nl=False)


def deployed(environment: str, *, sensitive: bool = False) -> dict[str, str]:
    """The outputs of a deployed environment, name -> value. Raises OpsError (STATE) if it is not deployed."""
    from ops import synth, terraform

    found = terraform.Terraform(synth.prepared(environment)).outputs(sensitive=sensitive)
    if not found:
        raise OpsError(
            f"{environment} is not deployed: its state has no outputs.",
            hint=f"Deploy it:  cdktf deploy {environment}   On the local AWS, dev:  ops up",
            code=ExitCode.STATE,
        )
    return found


def render(values: dict[str, str], format_: Format) -> str:
    """The outputs as text that ends in a newline. `values`: output name -> value."""
    import json
    import shlex

    if format_ is Format.JSON:
        return json.dumps(values, indent=2, sort_keys=True) + "\n"
    prefix, quote = ("export ", shlex.quote) if format_ is Format.SHELL else ("", _quoted)
    return "".join(f"{prefix}{name.upper()}={quote(value)}\n" for name, value in sorted(values.items()))


def _quoted(value: str) -> str:
    """A value for a .env file, quoted only where it must be: Docker takes quotes for a part of the value."""
    import re

    if re.fullmatch(r"[\w@%+=:,./-]*", value, re.ASCII):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
