"""What production runs can be named by a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops import confirmation
from ops.bundles import origin
from ops.bundles.origin import Commit
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from ops.bundles.manifest import Manifest

CHECKOUT = "This checkout"


def require(manifest: Manifest, file: Path | None) -> None:
    """Raise OpsError (PROTECTED) where prod or the account would be made of what no commit holds.

    manifest: of the plan; file: its bundle, or None for a new plan. The checkout has to be in order as well:
    acknowledgements are read from it.
    """
    planned = Commit(manifest.commit, manifest.dirty)
    _require(manifest.environment, planned, f"What {file} was planned from" if file else CHECKOUT)
    require_checkout(manifest.environment)


def require_checkout(environment: str) -> None:
    """The same of the checkout alone, before any work."""
    _require(environment, origin.commit(), CHECKOUT)


def _require(environment: str, commit: Commit, what: str) -> None:
    """By who wants its name typed. The local AWS takes anything."""
    from ops.recovery import generations

    if commit.sha and not commit.dirty:
        return
    if not confirmation.wants_its_name(environment) or generations.is_local():
        return
    found = f"has changes beside commit {commit.sha[:12]}" if commit.sha else "is of no commit"
    raise OpsError(
        f"{what} {found}: what {environment} runs has to be in one.",
        hint="Commit the changes, an acknowledgement too, and plan from a clone at that commit. Nothing was "
        "applied.",
        code=ExitCode.PROTECTED,
    )
