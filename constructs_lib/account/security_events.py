"""What in the audit trail somebody must look at: filter patterns of CloudWatch Logs, as pure functions.

Source of the syntax: CloudWatch Logs user guide, "Filter pattern syntax" (JSON); of the fields: CloudTrail
user guide, "CloudTrail record contents". A pattern has at most 1,024 characters. A comparison with a field
that a record does not have is false, whatever the operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from environments import Account, naming

NAMESPACE = "SpecWizard/Security"
"""Of the metrics that the filters count in. They have no dimensions."""

REFUSALS = 10
"""A typing error is refused once, a page of the console that somebody has no rights for a handful of times.
Whoever tries out what stolen credentials are good for is refused dozens of times in five minutes."""


@dataclass(frozen=True)
class SecurityEvent:
    """More than `threshold` records in five minutes that match `pattern` set off the alarm `id`."""

    id: str
    metric: str
    pattern: str
    meaning: str
    action: str
    threshold: int = 0


def security_events(account: Account) -> list[SecurityEvent]:
    """All of an account."""
    return [
        SecurityEvent(
            "root-use",
            "RootUse",
            '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS'
            ' && $.eventType != "AwsServiceEvent" }',
            "Somebody works as the account's root user, whom nothing restrains.",
            "Ask who it was and why. If nobody knows: change root's password, delete its access keys, and"
            " read in the audit trail what was done.",
        ),
        SecurityEvent(
            "access-denied",
            "AccessDenied",
            '{ $.errorCode = "AccessDenied*" || $.errorCode = "*UnauthorizedOperation" }',
            f"More than {REFUSALS} calls were refused in five minutes: a role lacks a permission after a"
            " change, or somebody tries out what credentials are good for.",
            "Look in the audit trail by userIdentity.arn who it was. If it is not one of the functions after"
            " a deployment, revoke the role's sessions.",
            threshold=REFUSALS,
        ),
        SecurityEvent(
            "key-endangered",
            "KeyEndangered",
            _calls("kms.amazonaws.com", ["DisableKey", "ScheduleKeyDeletion"]),
            "A customer key is being disabled or deleted. With it go all data that it encrypts, backups too.",
            "If it is not an environment that is being destroyed: enable the key, or cancel its deletion,"
            " which takes days.",
        ),
        SecurityEvent(
            "bucket-opened",
            "BucketOpened",
            _calls(
                "s3.amazonaws.com",
                [
                    *("PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl"),
                    *("PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock"),
                    *("PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock"),
                ],
            ),
            "A bucket's policy, or what keeps buckets from being public, was changed.",
            "If nothing was deployed at that time: see who it was in the audit trail, and apply the stack"
            " again, which puts it back.",
        ),
        SecurityEvent(
            "trail-changed",
            "TrailChanged",
            _calls(
                "cloudtrail.amazonaws.com", ["StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"]
            ),
            "The audit trail was stopped or changed: what happened since may not be recorded.",
            "If it was not a deployment of the account's stack: start logging again, find out who it was.",
        ),
        SecurityEvent(
            "secret-read",
            "SecretReadByOthers",
            _secrets_read_by_others(account),
            "A secret of the Specification Wizard was read by somebody who is none of its roles.",
            "If it was not one of you, with a reason: replace the key at its provider, and revoke whose"
            " credentials read it.",
        ),
        SecurityEvent(
            "pipeline-changed",
            "PipelineChanged",
            _roles_of_pipelines_changed(account),
            "What the pipelines' roles may do, or who may take them, was changed.",
            "If it was not a deployment of the account's stack: apply it again, which puts it back, and find"
            " out who it was.",
        ),
    ]


def _any(field: str, values: Sequence[str]) -> str:
    return " || ".join(f'$.{field} = "{value}"' for value in values)


def _calls(source: str, names: Sequence[str]) -> str:
    return f'{{ $.eventSource = "{source}" && ({_any("eventName", names)}) }}'


def _secrets_read_by_others(account: Account) -> str:
    """The request names a secret by its name or by its ARN, which ends differently.

    Roles of environments begin with the environment's prefix; those of the pipelines with the account's.
    """
    assumed = f"arn:aws:sts::{account.aws_account_id}:assumed-role/"
    others = " && ".join(
        f'$.userIdentity.arn != "{assumed}{naming.role(environment, "*")}"'
        for environment in account.environments
    )
    names = naming.secret("*", "").rstrip("/")  # wildcards at the ends only
    return (
        '{ $.eventSource = "secretsmanager.amazonaws.com" && $.eventName = "GetSecretValue"'
        f' && $.requestParameters.secretId = "*{names}" && {others} }}'
    )


def _roles_of_pipelines_changed(account: Account) -> str:
    prefix = naming.resource(naming.ACCOUNT, "*")
    of_roles = ["AttachRolePolicy", "DetachRolePolicy", "PutRolePolicy", "UpdateAssumeRolePolicy"]
    of_policies = ["CreatePolicyVersion", "SetDefaultPolicyVersion"]
    return (
        '{ $.eventSource = "iam.amazonaws.com"'
        f' && ((({_any("eventName", of_roles)}) && $.requestParameters.roleName = "{prefix}")'
        f" || (({_any('eventName', of_policies)})"
        f' && $.requestParameters.policyArn = "arn:aws:iam::{account.aws_account_id}:policy/{prefix}")) }}'
    )
