"""Which generation of the table is live, as `ops restore table` wrote it down.

The file is part of the configuration and goes into version control: wherever the environment is deployed
from, it must be the same. What was restored on the local AWS concerns nobody else, and stays with its files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NAME = "table_generations.json"
PATH = "database.generation"
"""The field that the file gives a value to."""


def file(root: Path, *, own: bool, local_aws: bool) -> Path:
    """root: the folder of the `.env` files; own: whether that is the project's folder."""
    if local_aws:
        return root / ".local-aws" / NAME
    return (root / "environments" if own else root) / NAME


def read(path: Path) -> dict[str, Any]:
    """Environment -> generation, not yet checked; nothing where there is no file. Raises ValueError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if not isinstance(document, dict):
        raise ValueError("is not a JSON object")
    return document
