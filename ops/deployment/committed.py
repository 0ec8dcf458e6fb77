"""What production runs can be named by a commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops import confirmation
from ops.errors import OpsError
from ops.exit_codes import ExitCode

if TYPE_CHECKING:
    from ops.bundles.origin import Commit


def require(environment: str, commit: Commit, what: str = "This checkout") -> None:
    """Raise OpsError (PROTECTED) where prod or the account would be made of what no commit holds.

    That is what wants its name typed. The local AWS takes anything. what: has this commit, such as a bundle.
    """
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
