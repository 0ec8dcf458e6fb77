"""Whether a saved plan still is what would be planned: everything that could have moved, looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ops.bundles.manifest import Manifest
from ops.bundles.origin import Commit
from ops.bundles.terraform_plan import StateVersion
from ops.errors import OpsError
from ops.exit_codes import ExitCode


@dataclass(frozen=True)
class Now:
    """What a plan would be made from at this moment; fields as in `Manifest`."""

    aws_account_id: str
    aws_region: str
    commit: Commit
    terraform: str
    state: StateVersion
    stack: str
    providers: dict[str, str] = field(default_factory=dict)


def reasons(then: Manifest, now: Now) -> list[str]:
    """One sentence for each thing that is not as it was; empty for a plan that may be applied."""
    return [*_place(then, now), *_sources(then, now), *_state(then, now), *_tools(then, now)]


def refuse(environment: str, found: list[str]) -> None:
    """Raise OpsError (STALE), which says what differs, where anything does."""
    if found:
        raise OpsError(
            f"The saved plan of {environment} is stale; nothing was applied.\n"
            + "\n".join(f"  - {one}" for one in found),
            hint=f"Plan again, review that, and apply it:  ops plan {environment} --out FILE",
            code=ExitCode.STALE,
        )


def _place(then: Manifest, now: Now) -> Iterator[str]:
    if then.aws_account_id != now.aws_account_id:
        yield f"AWS account: planned for {then.aws_account_id}, now {now.aws_account_id}"
    if then.aws_region != now.aws_region:
        yield f"region: planned for {then.aws_region}, now {now.aws_region}"


def _sources(then: Manifest, now: Now) -> Iterator[str]:
    if then.commit != now.commit.sha:
        yield f"commit: planned at {_short(then.commit)}, the checkout is at {_short(now.commit.sha)}"
    elif now.commit.dirty and not then.dirty:
        yield f"commit: planned at {_short(then.commit)} as committed, the checkout has changes beside it"
    if then.stack != now.stack:
        yield (
            f"synthesized stack: planned with {_short(then.stack)}, this checkout and configuration make "
            f"{_short(now.stack)}"
        )


def _state(then: Manifest, now: Now) -> Iterator[str]:
    if then.lineage != now.state.lineage:
        yield f"state lineage: planned against {then.lineage or 'none'}, now {now.state.lineage or 'none'}"
    elif then.serial != now.state.serial:
        yield f"state serial: planned against {then.serial}, now {now.state.serial}: it was written since"


def _tools(then: Manifest, now: Now) -> Iterator[str]:
    if then.terraform != now.terraform:
        yield f"Terraform: planned with {then.terraform}, now {now.terraform or 'none'}"
    for source in sorted(then.providers.keys() | now.providers.keys()):
        before, after = then.providers.get(source, "none"), now.providers.get(source, "none")
        if before != after:
            yield f"provider {source}: planned with {before}, now {after}"


def _short(digest: str) -> str:
    return digest[:12] or "none"
