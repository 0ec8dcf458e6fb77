"""`--lock-timeout`: how long Terraform asks for a state lock that somebody else holds."""

from __future__ import annotations

import re
from typing import Annotated

import typer

_DURATION = re.compile(r"[0-9]{1,6}[smh]")


def _duration(value: str | None) -> str | None:
    """As Terraform takes it, as far as anybody needs that. Raises typer.BadParameter."""
    if value is not None and not _DURATION.fullmatch(value):
        raise typer.BadParameter(
            f"{value!r} is no duration. Allowed: a whole number with s, m or h behind it, such as 30s or 10m."
        )
    return value


LockTimeout = Annotated[
    str | None,
    typer.Option(
        "--lock-timeout",
        metavar="DURATION",
        callback=_duration,
        show_default="0s",
        help="How long to wait while somebody else holds the state's lock: 30s, 10m, 1h.",
    ),
]
