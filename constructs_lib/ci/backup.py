"""What Terraform asks of AWS Backup for an environment's stack; the rest is in `ci/services.py`.

No backup can be deleted by it: a vault goes only when it is empty.
"""

from __future__ import annotations

from constructs_lib.ci.permissions import Permission, Place, actions
from environments import naming


def backup(place: Place) -> list[Permission]:
    """The vault, the plan, and the tests of restores."""
    plans = place.arns("backup", "backup-plan:*")
    services = [f"{name}.{place.region}.amazonaws.com" for name in ("backup", "backup-storage")]
    return [
        Permission(
            "Vaults",
            place.arns("backup", f"backup-vault:{place.prefix}"),
            actions("backup", "DescribeBackupVault ListTags"),
            actions("backup", "CreateBackupVault DeleteBackupVault TagResource UntagResource"),
        ),
        Permission(
            "VaultStorage",
            ["*"],
            [],
            actions("backup-storage", "MountCapsule"),
            reason="AWS checks no resource for it; a vault cannot be created without it.",
        ),
        # A vault with a customer key is made on behalf of the caller, as a table is.
        Permission(
            "UseKeysForVaults",
            place.arns("kms", "key/*"),
            [],
            actions("kms", "CreateGrant RetireGrant GenerateDataKey Decrypt"),
            {"StringEquals": place.tagged["StringEquals"] | {"kms:ViaService": services}},
        ),
        Permission(
            "LookAtBackupPlans",
            plans,
            actions("backup", "GetBackupPlan GetBackupSelection ListBackupSelections ListTags"),
        ),
        Permission(
            "FindBackupPlans",
            ["*"],
            actions("backup", "ListBackupPlans"),
            reason="A list is asked of the whole account and region.",
        ),
        Permission(
            "CreateBackupPlans", plans, [], actions("backup", "CreateBackupPlan"), place.created_tagged
        ),
        Permission(
            "TagNewBackupPlans",
            plans,
            [],
            actions("backup", "TagResource"),
            place.created_tagged | {"Null": {"aws:ResourceTag/Environment": "true"}},
        ),
        Permission(
            "ChangeBackupPlans",
            plans,
            [],
            actions(
                "backup",
                "UpdateBackupPlan DeleteBackupPlan CreateBackupSelection DeleteBackupSelection"
                " TagResource UntagResource",
            ),
            place.tagged,
        ),
        Permission(
            "RestoreTests",
            place.arns("backup", f"restore-testing-plan:{naming.restore_testing_plan(place.environment)}*"),
            actions("backup", "GetRestoreTestingPlan GetRestoreTestingSelection ListTags"),
            actions(
                "backup",
                "CreateRestoreTestingPlan UpdateRestoreTestingPlan DeleteRestoreTestingPlan"
                " CreateRestoreTestingSelection UpdateRestoreTestingSelection"
                " DeleteRestoreTestingSelection TagResource UntagResource",
            ),
        ),
    ]
