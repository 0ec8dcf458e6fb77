"""`--confirm`: the name of what cannot simply be taken back; see `ops/confirmation.py`."""

from __future__ import annotations

from typing import Annotated

import typer

Confirm = Annotated[
    str,
    typer.Option(
        "--confirm",
        help="The environment's name, for scripts that cannot type it.",
        show_default=False,
    ),
]
