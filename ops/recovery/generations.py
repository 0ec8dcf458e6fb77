"""Writing down which generation of the table is live; `environments/generations.py` reads it."""

from __future__ import annotations

import json
from pathlib import Path

import environments
from ops import paths
from ops.errors import OpsError
from ops.exit_codes import ExitCode


def write(environment: str, generation: int) -> Path:
    """Make this generation the configured one, and return the file. Raises OpsError (OUTPUT or INCOMPLETE).

    INCOMPLETE: a variable or an environment's file says otherwise, and stands above what is written here.
    """
    from environments import generations, loading
    from ops.files import write_private

    path = loading.generations_file()
    document = {**generations.read(path), environment: generation}
    kept = {name: number for name, number in sorted(document.items()) if number != 1}
    if kept:
        write_private(path, json.dumps(kept, indent=2) + "\n")
        path.chmod(0o644)  # it is no secret, and others read it from version control
    else:
        path.unlink(missing_ok=True)  # as if nothing had ever been restored
    configured = environments.load(environment).database.generation
    if configured != generation:
        raise OpsError(
            f"DYNAMODB_TABLE_GENERATION is set to {configured} for {environment}, in the process "
            f"environment, a .env file or environments/{environment}.py; that stands above {shown(path)}.",
            hint=f"Remove it there, or set it to {generation}, then run the command again.",
            code=ExitCode.INCOMPLETE,
        )
    return path


def shown(path: Path) -> str:
    """As a person would type it in the checkout."""
    return str(path.relative_to(paths.ROOT)) if path.is_relative_to(paths.ROOT) else str(path)


def is_local() -> bool:
    """Whether this is about the local AWS, whose generations are nobody else's concern."""
    import os

    from environments import loading

    return loading.is_loopback(os.environ.get("AWS_ENDPOINT_URL", ""))
