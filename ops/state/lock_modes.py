"""What keeps two runs apart: as configured (`STATE_LOCK`), as synthesized, as the command line says it."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path

from ops.plans.synthesized import FILE

VARIABLE = "STATE_LOCK"


class Mode(StrEnum):
    """The values of `STATE_LOCK`."""

    BOTH = "both"
    TABLE = "dynamodb"
    FILE = "lockfile"

    @property
    def uses_table(self) -> bool:
        """Whether Terraform takes the item of the lock table, and keeps the digest in it."""
        return self is not Mode.FILE

    @property
    def uses_file(self) -> bool:
        """Whether Terraform takes the lock file beside the state."""
        return self is not Mode.TABLE


WORDS = {"both": Mode.BOTH, "table": Mode.TABLE, "file": Mode.FILE}
"""What `ops state migrate-lock --to` takes."""


def configured(environment: str) -> Mode:
    """By the environment's configuration; the account's stack always takes both."""
    import environments
    from ops.stacks import is_account

    return Mode.BOTH if is_account(environment) else Mode(environments.load(environment).state.lock)


def synthesized(directory: Path) -> Mode | None:
    """By the backend of a synthesized stack; None where there is none, or one without a lock."""
    try:
        stack = json.loads((directory / FILE).read_text(encoding="utf-8"))
        backend = stack["terraform"]["backend"]["s3"]
    except (FileNotFoundError, KeyError, ValueError):
        return None
    takes = {
        (True, True): Mode.BOTH,
        (True, False): Mode.TABLE,
        (False, True): Mode.FILE,
    }
    return takes.get((bool(backend.get("dynamodb_table")), bool(backend.get("use_lockfile"))))
