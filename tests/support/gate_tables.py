"""What the gates look at, as the tables of docs/gates.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ops.gates.data_settings import SETTINGS
from ops.gates.data_types import HOLDS, HOLDS_NOTHING, KEEPS
from ops.gates.exposures import EXPOSURES
from ops.gates.policy_types import ATTACHMENTS, NOT_JSON, POLICIES


def data() -> str:
    """Types that hold data, what keeps data, and settings."""
    return "\n".join(
        (
            "| destroyed, replaced or forgotten | what goes with it |",
            "|---|---|",
            *(_row(f"`{type_}`", lost) for type_, lost in sorted(HOLDS.items())),
            *(_row(_keeping(type_, of), comes) for type_, (_, of, comes) in KEEPS.items()),
            "",
            "| changed in place | how | what may be lost |",
            "|---|---|---|",
            *(_row(_types([one.type]), f"`{one.name}` {one.turn.value}", one.why) for one in SETTINGS),
            _row("`aws_dynamodb_table`", "a `replica` goes", "the copy in that region"),
            _row(
                "`aws_s3_bucket_lifecycle_configuration`",
                "a rule that is new, nearer, or of another filter deletes objects or earlier versions, or"
                " keeps fewer of them",
                "what is older than that",
            ),
            _row(
                "`aws_s3_bucket_object_lock_configuration`",
                "retention goes, is shorter, or from COMPLIANCE to GOVERNANCE",
                "new objects can be deleted, or earlier",
            ),
            _row(
                "`aws_backup_plan`",
                "a rule goes, keeps for a shorter time, runs less often, without continuous backup, or copies"
                " to fewer vaults",
                "backups",
            ),
            _row("`aws_cloudtrail`", "a selector goes or records less", "the record of that"),
            "",
            "| not held to be data | why |",
            "|---|---|",
            *(_row(_types(types.split(", ")), why) for types, why in HOLDS_NOTHING.items()),
            "",
        )
    )


def policies() -> str:
    """Where policies are looked for."""
    rows = [
        _row(
            f"`{type_}`",
            f"`{holder.attribute}`",
            f"that of `{holder.target}`" if holder.target else "its own",
        )
        for type_, holders in POLICIES.items()
        for holder in holders
    ]
    attached = (
        _row(f"`{type_}`", "the managed policy's text", f"that of `{attribute}`")
        for type_, (attribute, _) in ATTACHMENTS.items()
    )
    other = (_row(name if "`" in name else f"`{name}`", how, "") for name, how in NOT_JSON.items())
    return "\n".join(
        (
            "| resource | what is read | whose policy it is |",
            "|---|---|---|",
            *rows,
            *attached,
            *other,
            _row("any other", "every attribute that reads as a policy", "its own"),
            "",
        )
    )


def exposures() -> str:
    """What keeps strangers out."""
    return "\n".join(
        (
            "| concern | resource | what is found |",
            "|---|---|---|",
            *(_row(one.concern, _types(one.types), one.what) for one in EXPOSURES),
            "",
        )
    )


def _keeping(type_: str, of: str) -> str:
    return f"`{type_}`, where the `{of}` stays" if of else f"`{type_}`"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _types(types: Iterable[str]) -> str:
    listed: Sequence[str] = list(types)
    return "any" if listed == ["*"] else ", ".join(f"`{one}`" for one in listed)
