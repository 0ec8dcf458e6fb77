"""What MiniStack does differently from AWS and our stacks or proofs depend on, put right in memory.

One module per fix. To add one: write a module with `install() -> None` whose docstring says what is
wrong upstream (file, function, version) and what the fix does, add its name to `ALL`, and give it two
tests in tests/local_aws: one that the fix works, one that stock MiniStack still needs it.
"""

from __future__ import annotations

from collections.abc import Collection
from importlib import import_module

ALL = (
    "s3_policy_conditions",
    "kms_key_references",
    "kms_enforcement",
    "s3_configurations",
    "s3_expected_owner",
    "application_autoscaling",
    "log_group_keys",
    "dynamodb_recovery_period",
)
"""Names of the modules, in the order in which they are installed."""


def install(without: Collection[str] = ()) -> None:
    """Installs every fix but those named; `all` leaves all of them out."""
    unknown = set(without) - {*ALL, "all"}
    if unknown:
        raise ValueError(f"no such fix: {', '.join(sorted(unknown))}; known: {', '.join(ALL)}")
    for name in ALL:
        if name not in without and "all" not in without:
            import_module(f"{__name__}.{name}").install()
