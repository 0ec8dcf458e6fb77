"""What was reviewed is what is applied, whatever becomes of the folder while a question is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ops.bundles import stack, staleness

if TYPE_CHECKING:
    from pathlib import Path

    from ops.bundles.file import Bundle
    from ops.terraform import Plan

FILE = "reviewed.tfplan"


@dataclass(frozen=True)
class Reviewed:
    """A plan that may be reviewed and applied.

    bundle: with the plan's bytes, and the document that Terraform itself shows of them. plan: the same, its
    file gone. sources: digest of what Terraform reads beside the plan, as `ops.bundles.stack.sources` has it.
    """

    bundle: Bundle
    plan: Plan
    sources: str


@contextmanager
def to_apply(reviewed: Reviewed, directory: Path) -> Iterator[Plan]:
    """The plan, its reviewed bytes in a file that no other run writes.

    Another run in the same checkout may have synthesized since, and Terraform reads the functions' zips only
    while it applies. Raises OpsError (STALE).
    """
    from ops.files import private_folder, write_private

    if stack.sources(directory) != reviewed.sources:
        staleness.refuse(
            reviewed.bundle.manifest.environment,
            ["synthesized stack: another run in this checkout wrote it anew since it was reviewed"],
        )
    with private_folder(directory) as folder:
        write_private(folder / FILE, reviewed.bundle.plan)
        yield replace(reviewed.plan, file=folder / FILE)
