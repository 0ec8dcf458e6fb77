"""What Terraform asks of KMS and IAM for an environment's stack; the rest is in `ci/services.py`."""

from __future__ import annotations

from constructs_lib.ci.permissions import Permission, Place, actions, boundary_arn
from environments import naming


def keys(place: Place) -> list[Permission]:
    """Customer keys, by tag: an alias comes after the key and cannot tell whose it is at its creation."""
    all_keys = place.arns("kms", "key/*")
    services = [f"{name}.{place.region}.amazonaws.com" for name in ("dynamodb", "secretsmanager")]
    return [
        # Of any key of the account, AWS's own included: the provider compares a table's key with that. By an
        # alias it is asked whether an apply that was cut off has made it.
        Permission(
            "LookAtKeys",
            [*all_keys, *place.arns("kms", "alias/aws/dynamodb", naming.key_alias(place.environment, "*"))],
            actions("kms", "DescribeKey GetKeyPolicy GetKeyRotationStatus ListResourceTags"),
        ),
        Permission(
            "ListKeys", ["*"], actions("kms", "ListKeys ListAliases"), reason="AWS checks no resource for it."
        ),
        Permission(
            "CreateKeys",
            ["*"],
            [],
            actions("kms", "CreateKey"),
            place.created_tagged,
            reason="The key has no ARN before it is there; it must be given the environment's tags.",
        ),
        # AWS asks for this, too, where a key is created with tags. A key that has an alias, or is another
        # environment's, is not to be taken over by tagging it.
        Permission(
            "TagNewKeys",
            all_keys,
            [],
            actions("kms", "TagResource"),
            place.created_tagged
            | {"Null": {"aws:ResourceTag/Environment": "true", "kms:ResourceAliases": "true"}},
        ),
        Permission(
            "Keys",
            all_keys,
            [],
            actions(
                "kms",
                "PutKeyPolicy EnableKeyRotation DisableKeyRotation UpdateKeyDescription EnableKey DisableKey"
                " ScheduleKeyDeletion CancelKeyDeletion TagResource UntagResource"
                " CreateAlias UpdateAlias DeleteAlias",
            ),
            place.tagged,
        ),
        Permission(
            "Aliases",
            place.arns("kms", naming.key_alias(place.environment, "*")),
            [],
            actions("kms", "CreateAlias UpdateAlias DeleteAlias"),
        ),
        # A table or secret with a customer key is made on behalf of the caller (trap 4).
        Permission(
            "UseKeysForTablesAndSecrets",
            all_keys,
            [],
            actions("kms", "Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey CreateGrant"),
            {"StringEquals": place.tagged["StringEquals"] | {"kms:ViaService": services}},
        ),
    ]


def roles(place: Place) -> list[Permission]:
    """Roles of the environment, never those of the pipelines: these are of the environment `account`.

    Whoever writes a role's policy could give himself everything through it. The permissions boundary stands
    against that: a role without it cannot be made or changed, and it cannot be taken away.
    """
    own = f"arn:aws:iam::{place.account_id}:role/{naming.role(place.environment, '*')}"
    linked = f"arn:aws:iam::{place.account_id}:role/aws-service-role"
    services = [
        "dynamodb.application-autoscaling.amazonaws.com",
        "wafv2.amazonaws.com",
        "delivery.logs.amazonaws.com",
        "backup.amazonaws.com",
        "restore-testing.backup.amazonaws.com",
    ]
    return [
        Permission(
            "Roles",
            [own],
            actions(
                "iam",
                "GetRole GetRolePolicy ListRolePolicies ListAttachedRolePolicies ListInstanceProfilesForRole",
            ),
            actions(
                "iam", "DeleteRole UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy TagRole UntagRole"
            ),
        ),
        Permission(
            "BoundedRoles",
            [own],
            [],
            actions("iam", "CreateRole PutRolePolicy DeleteRolePolicy PutRolePermissionsBoundary"),
            {"StringEquals": {"iam:PermissionsBoundary": boundary_arn(place.account_id, place.environment)}},
        ),
        Permission(
            "PassRoles",
            [own],
            [],
            actions("iam", "PassRole"),
            {"StringEquals": {"iam:PassedToService": ["lambda.amazonaws.com", "backup.amazonaws.com"]}},
        ),
        Permission(
            "ServiceLinkedRoles",
            [f"{linked}/{service}/*" for service in services],
            [],
            actions("iam", "CreateServiceLinkedRole"),
            {"StringEquals": {"iam:AWSServiceName": services}},
        ),
    ]
